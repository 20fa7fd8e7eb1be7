"""Tracker: sends the numbers of a run to a service that may be out of reach for a while."""

import sys
import threading
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
_ATTEMPTS = 3  # to send a row, until it is suspected of being refused for good
_LAST_PROBES = 8  # of later rows at the end
_CLOSE_S = 120.0  # for what is left at the end


class Tracker(KVWriter):
    """Sends scalars; what does not arrive waits, and training goes on.

    A row that is not taken though a later one is, is given up: it is refused for good, and would
    hold up all others.

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
        self._failures = 0  # of the first row that waits
        self._probes = 1  # of later rows, where the first is suspected
        self._refused = 0
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
        optuna: Any = sys.modules.get("optuna")  # what is not loaded has raised nothing
        pruned = () if optuna is None else (optuna.TrialPruned,)
        is_stop = isinstance(error, (KeyboardInterrupt, SystemExit, *pruned))
        self._end = STOPPED if is_stop else FAILED
        if isinstance(error, KeyboardInterrupt):
            self.say(f"{self._name} is told that the run was stopped; Ctrl-C again does not wait.")

    def pause(self) -> None:
        """Hear that the clock has stopped the run, which is to be continued."""
        self._end = STOPPED

    def close(self) -> None:
        """Send what waits, and end the record; a service that hangs is left to itself."""
        raised: list[Exception] = []
        # A daemon, which does not keep the process alive.
        ending = threading.Thread(target=self._close, args=(raised,), daemon=True)
        ending.start()
        ending.join(_CLOSE_S)
        if raised:
            raise raised[0]
        if ending.is_alive():
            self.say(
                f"{self._name} has not ended the record within {_CLOSE_S:g} s, and is waited for "
                "no longer; progress.csv has all rows."
            )
        elif self._waiting:
            self.say(
                f"{self._name} did not get the last {len(self._waiting)} rows; progress.csv has "
                "them all."
            )

    def _close(self, raised: list[Exception]) -> None:
        """What closing comes to, in a thread of its own."""
        try:
            # There is no later attempt.
            self._failures, self._probes = max(self._failures, _ATTEMPTS - 1), _LAST_PROBES
            self._deliver()
            self._tried(partial(self._finish, self._end))
        except Exception as error:
            raised.append(error)

    def _deliver(self) -> None:
        """Send what waits, as far as it is taken."""
        while self._waiting:
            if self._tried(partial(self._send, *self._waiting[0])):
                self._failures = 0
                del self._waiting[0]
                continue
            self._failures += 1
            if self._failures < _ATTEMPTS or not self._passed_over():
                return

    def _passed_over(self) -> bool:
        """Whether a later row is taken where the first is not, which is given up then."""
        others = len(self._waiting) - 1
        for _ in range(min(self._probes, others)):  # several in a row may be refused
            probe = 1 + (self._failures - _ATTEMPTS) % others
            if self._tried(partial(self._send, *self._waiting[probe])):
                self._give_up(probe)
                return True
            self._failures += 1
        return False

    def _give_up(self, probe: int) -> None:
        """Leave out the first row, since a later one was taken."""
        step, _ = self._waiting[0]
        del self._waiting[probe], self._waiting[0]
        self._failures = _ATTEMPTS - 1  # rows between them have the same suspicion upon them
        if not self._refused:
            self.say(
                f"{self._name} refuses the row of {step} decisions: it is left out, as others "
                "will be that are refused; progress.csv has them all."
            )
        self._refused += 1

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
