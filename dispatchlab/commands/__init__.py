"""The commands, one module each; heavy imports happen inside them, so that help stays fast."""
