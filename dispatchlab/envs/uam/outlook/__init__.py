"""What schedulers may expect of a day: times, passengers, and what aircraft are worth."""
