"""What all twins share: moments in time at which things happen in a given order."""

import simpy
from simpy.events import EventPriority


class Moment(simpy.Event):
    """An event that waits for its turn among those of the same time."""

    def happen(self, turn: EventPriority, delay: int = 0) -> "Moment":
        """Let it happen after a delay."""
        self._ok, self._value = True, None
        self.env.schedule(self, turn, delay)
        return self
