"""Training: configuration, the run loop, teachers and imitation."""
