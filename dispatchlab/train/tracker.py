"""Tracker: sends the numbers of a run to a service that may be out of reach for a while."""

import time
from collections.abc import Callable
from functools import partial
from numbers import Real
from typing import Any

from stable_baselines3.common.logger import KVWriter

from dispatchlab.envs.core.errors import first_line

FINISHED, FAILED, STOPPED = "finished", "failed", "stopped"
_PAUSE_S = 60.0  # after a row that did not arrive, at least
_SHARE = 4.0  # the pause over what the attempt took: libraries try for minutes
_STOPS = ("KeyboardInterrupt", "SystemExit", "TrialPruned")  # optuna is not loaded for its name


class Tracker(KVWriter):
    """Sends scalars; what does not arrive waits, and training goes on.

    Attributes:
        run_id: Of the record at the service.
        say: Tells a person something; by default nobody.
    """

    run_id: str

    def __init__(self, name: str, errors: tuple[type[Exception], ...]) -> None:
        """Nothing waits.

        Args:
            name: Of the service.
            errors: What its library raises if something is not accepted.
        """
        self.say: Callable[[str], None] = lambda _: None
        self._name, self._errors = name, errors
        self._waiting: list[tuple[int, dict[str, Any]]] = []
        self._not_before = 0.0
        self._has_warned = False
        self._end = FINISHED

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send the numbers, after those that wait; or let them wait too."""
        numbers = {key: value for key, value in key_values.items() if isinstance(value, Real)}
        self._waiting.append((step, numbers))
        if time.monotonic() >= self._not_before:
            self._deliver()

    def ended_by(self, error: BaseException) -> None:
        """Hear what ended the run before its time.

        Args:
            error: What was raised.
        """
        self._end = STOPPED if type(error).__name__ in _STOPS else FAILED

    def pause(self) -> None:
        """Hear that the clock has stopped the run, which is to be continued."""
        self._end = STOPPED

    def close(self) -> None:
        """Send what waits, and end the record."""
        self._deliver()
        self._tried(partial(self._finish, self._end))
        if self._waiting:
            self.say(
                f"{self._name} did not get the last {len(self._waiting)} rows; progress.csv has "
                "them all."
            )

    def _deliver(self) -> None:
        """Send what waits, as far as it is taken."""
        while self._waiting:
            if not self._tried(partial(self._send, *self._waiting[0])):
                return
            del self._waiting[0]

    def _tried(self, send: Callable[[], None]) -> bool:
        """Whether something worked; the first time that it does not, that is said."""
        begun = time.monotonic()
        try:
            send()
        except self._errors as error:
            now = time.monotonic()
            self._not_before = now + max(_PAUSE_S, _SHARE * (now - begun))
            if not self._has_warned:
                self.say(
                    f"{self._name} cannot be reached ({first_line(error)}): training goes on, and "
                    "what it did not get is sent later."
                )
            self._has_warned = True
            return False
        return True

    def _send(self, step: int, values: dict[str, Any]) -> None:
        """Send the scalars of a step."""
        raise NotImplementedError

    def _finish(self, end: str) -> None:
        """End the record: `FINISHED`, `FAILED` or `STOPPED`."""
        raise NotImplementedError
