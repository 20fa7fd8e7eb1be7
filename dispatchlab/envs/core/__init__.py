"""What all families share: schedules, errors, task spaces and base environments."""
