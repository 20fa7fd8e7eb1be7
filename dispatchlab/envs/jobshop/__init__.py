"""Job shops and every other problem in a CP encoding."""
