"""Rollouts: every action is tried in many futures, with a rule that decides after it."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.futures import play_futures
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.baselines.uam.settings import PRICE, SCORE
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.random_bits import grow_streams
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import SLOT
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.outlook.outlook import Outlook
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.envs.uam.view import UamView

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_STREAM = 0xF07_0BE5  # no environment draws its day with it
MOST_SCENARIOS = 4096  # each takes some 10 kB for every action of a fleet of 40


class _Futures(NamedTuple):
    """Days that were drawn for one episode.

    Attributes:
        realisation: What really happens in it, to tell it from others.
        drawn: The days.
        work: Room to play them on from where the episode is.
        outlook: What a rule knows of ``work``.
    """

    realisation: UamRealisation
    drawn: Dynamics
    work: Dynamics
    outlook: Outlook


class Rollouts:
    """The rollout algorithm (Bertsekas, Tsitsiklis and Wu 1997) over a rule.

    An action is worth what the rule earns after it, on average over futures that are drawn anew for
    each episode: all that has shown itself is as it was, the rest as it may come. All actions meet
    the same futures, and what is not the rule's own choice is worth some standard errors less, so
    that noise does not pass for an improvement. Who is out of service is not expected back.

    Args:
        rule: The rule.
        scenarios: Futures of an episode, from 2 to `MOST_SCENARIOS`.
        span_s: How far they are played on, in seconds; beyond, aircraft would differ by chance.
        caution: How many standard errors less.
        seed: Of the futures.

    Raises:
        DispatchlabError: A number is out of range, or there is no such rule.
    """

    def __init__(
        self,
        rule: str = "lookahead",
        *,
        scenarios: int = 64,
        span_s: int = 10_800,
        caution: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Have no futures yet."""
        for name, value, least, most in (
            ("scenarios", scenarios, 2, MOST_SCENARIOS),
            ("span_s", span_s, 1, math.inf),
            ("caution", caution, 0, math.inf),
        ):
            if not least <= value <= most:  # nor is it one that is no number
                wanted = f"at least {least}" if most == math.inf else f"{least} to {most}"
                raise DispatchlabError(f"{name} is {value}; give {wanted}.")
        self._rule = UamRule(rule)
        self._how = self._rule.settings
        self._scenarios, self._span_s, self._caution = scenarios, span_s, caution
        self._rng = np.random.default_rng([_STREAM, seed])
        self._rows: dict[int, _Futures] = {}

    def act(self, view: UamView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: UamView) -> IntArray:
        """``(B,)`` one action per environment; 0 where the day is over."""
        return self.value_batch(view)[1]

    def value_batch(
        self, view: UamView, wanted: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """What every action is worth.

        Args:
            view: The batch.
            wanted: ``(B,)`` rows to look at, all by default; elsewhere legal actions are worth 0.

        Returns:
            ``(B, A)`` dollars above the rule's choice, minus infinity for illegal actions, and
            ``(B,)`` the best actions, the rule's where none is better.
        """
        legal, chosen = view.legal, self._rule.act_batch(view)
        values = np.where(legal, 0.0, -np.inf)
        open_rows = ~view.dynamics.done()
        for row in np.flatnonzero(open_rows if wanted is None else open_rows & wanted):
            actions = np.flatnonzero(legal[row])
            if len(actions) > 1:
                profits = self.profits(view.dynamics, int(row), actions)
                more = profits - profits[actions == chosen[row]]  # (A, S)
                error = more.std(1, ddof=1) / self._scenarios**0.5
                values[row, actions] = more.mean(1) - self._caution * error
        return values, np.where(values.max(1) > 0, values.argmax(1), chosen)

    def profits(self, dynamics: Dynamics, row: int, actions: IntArray) -> FloatArray:
        """``(A, S)`` what a row earns from here on after each of some actions in each future."""
        d, futures = dynamics, self._futures(dynamics, row)
        profits = np.zeros((len(actions), self._scenarios))
        until = d.now(row) + self._span_s
        play_futures(
            d.problem, d.state, row, futures.drawn.problem, futures.work.problem,
            futures.work.state, *futures.outlook.recall(), self._how, d.stop_at == "choices",
            actions, until, profits,
        )  # fmt: skip
        return profits

    def _futures(self, dynamics: Dynamics, row: int) -> _Futures:
        """Those of the episode of a row, drawn when it is seen first."""
        slot = int(dynamics.state.row[row, SLOT])
        instance, realisation = dynamics.instances[slot], dynamics.realisations[slot]
        if instance is None or realisation is None:
            raise RuntimeError(f"Row {row} plays slot {slot}, in which there is no problem.")
        found = self._rows.get(row)
        if found is None or found.realisation is not realisation:
            found = self._rows[row] = self._draw(instance, realisation, dynamics.stop_at)
        return found

    def _draw(self, instance: UamInstance, realisation: UamRealisation, stop_at: str) -> _Futures:
        """Futures of an episode."""
        days = [draw(self._rng, instance) for _ in range(self._scenarios)]
        most = max(day.num_passengers for day in days) + realisation.num_passengers
        limits = UamLimits.of(instance)
        limits = limits._replace(passengers=max(limits.passengers, most))
        actions = instance.num_ports * instance.num_levels
        drawn = Dynamics(1, limits, stop_at=stop_at, slots=self._scenarios, log=False)
        work = Dynamics(
            self._scenarios * actions, limits, stop_at=stop_at, slots=self._scenarios, log=False
        )
        for slot, day in enumerate(days):
            drawn.load(slot, instance, day)
            work.load(slot, instance, day)
        streams = grow_streams(np.zeros(0, np.uint64), 0, work.batch)
        outlook = Outlook(work, streams, priced=self._how[SCORE] == PRICE)
        return _Futures(realisation, drawn, work, outlook)
