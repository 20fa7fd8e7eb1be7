"""Automatic discount scheduling: an agent looks as far ahead as it can follow an expert.

See Liu et al., "Imitation learning from observation with automatic discount scheduling" (ADS),
arXiv:2310.07433, section 4 and algorithm 2.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

FloatArray = npt.NDArray[np.float64]
Score = Callable[[int], float]
T = TypeVar("T")


class DiscountSchedule:
    """A discount that grows with the part of the expert's decisions that the agent reproduces.

    After k decisions a reward is worth alpha of what it is now: gamma = alpha^(1/k). k grows while
    the agent matches the first k decisions nearly as well as experts match each other, and never
    falls.

    Attributes:
        horizon: H, decisions of an episode.
        progress: k, from 1 to H.
    """

    def __init__(
        self, horizon: int, *, alpha: float = 0.2, start: float = 0.2, most: int = 5,
        share: float = 0.9,
    ) -> None:  # fmt: skip
        """Begin with a short sight.

        Args:
            horizon: H.
            alpha: Worth of a reward k decisions ahead.
            start: k at first, as a share of H.
            most: By how much k may grow at once.
            share: Of the experts' score that is enough.

        Raises:
            DispatchlabError: A number is out of range.
        """
        for name, count in {"horizon": horizon, "most": most}.items():
            if count < 1:
                raise DispatchlabError(f"{name} is {count}: give a whole number of at least 1.")
        for name, value in {"alpha": alpha, "start": start, "share": share}.items():
            if not 0 < value < 1:
                raise DispatchlabError(f"{name} is {value}: give a number above 0 and below 1.")
        self.horizon, self._alpha, self._most, self._share = horizon, alpha, most, share
        self.progress = max(1, int(start * horizon))

    @property
    def gamma(self) -> float:
        """The discount, alpha^(1/k)."""
        return float(self._alpha ** (1.0 / self.progress))

    def update(self, score: Score, reference: Score) -> float:
        """Let k grow if the agent has come far enough.

        Args:
            score: How many of the first k decisions the agent matches.
            reference: The same of the experts among themselves.

        Returns:
            The discount from now on.
        """
        for _ in range(self._most):
            k = self.progress
            if k >= self.horizon or score(k) < int(self._share * reference(k)):
                break
            self.progress += 1
        return self.gamma

    def state_dict(self) -> dict[str, Any]:
        """The progress."""
        return {"progress": self.progress}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.progress = int(state["progress"])


def longest_rise(values: Sequence[float]) -> int:
    """Length of the longest strictly rising subsequence."""
    ends: list[float] = []
    for value in values:
        place = bisect_left(ends, value)
        ends[place : place + 1] = [value]
    return len(ends)


def match(costs: FloatArray, k: int) -> int:
    """How many of the first k steps of a trajectory follow those of another in order.

    Args:
        costs: ``(n, m)`` dissimilarity of step i of the one and step j of the other.
        k: Steps that are looked at.

    Returns:
        Length of the longest rise of the nearest steps.
    """
    prefix = np.asarray(costs)[:k, :k]
    return longest_rise(prefix.argmin(1).tolist()) if prefix.size else 0


def agent_score(costs: Sequence[FloatArray]) -> Score:
    """Score of an agent, the 90th percentile of `match`.

    Args:
        costs: ``(n, m)`` for each pair of an agent's trajectory and an expert's.

    Returns:
        Score by k.
    """
    pairs = _at_least_one(costs)
    return lambda k: float(np.percentile([match(pair, k) for pair in pairs], 90))


def expert_score(costs: Sequence[FloatArray]) -> Score:
    """Score of experts, the median of `match`.

    Args:
        costs: ``(n, m)`` for each pair of different trajectories of experts, in both orders.

    Returns:
        Score by k.
    """
    pairs = _at_least_one(costs)
    return lambda k: float(np.median([match(pair, k) for pair in pairs]))


def reproduced(expert: Sequence[Hashable], agent: Sequence[Hashable], k: int) -> int:
    """How many of an expert's first k decisions an agent makes among its own first k, in order.

    The score for schedules, where decisions have names and need no measure of likeness: an expert
    scores k with itself. Equal decisions are told apart by how often they have been made before.

    Args:
        expert: Its decisions, such as the jobs that it dispatched.
        agent: The agent's on the same problem.
        k: Decisions that are looked at.

    Returns:
        Length of the longest run, gaps allowed.
    """
    places = {name: place for place, name in enumerate(_numbered(expert[:k]))}
    return longest_rise([places[name] for name in _numbered(agent[:k]) if name in places])


def reproduced_score(
    pairs: Sequence[tuple[Sequence[Hashable], Sequence[Hashable]]],
) -> tuple[Score, Score]:
    """What `DiscountSchedule.update` wants, from decisions.

    Args:
        pairs: Decisions of expert and agent on each of some problems.

    Returns:
        The 90th percentile of `reproduced`, and the same of experts who follow themselves: k, or
        the length of an episode that is shorter.
    """
    problems = _at_least_one(pairs)

    def score(k: int) -> float:
        return float(np.percentile([reproduced(*pair, k) for pair in problems], 90))

    def reference(k: int) -> float:
        return float(np.percentile([min(k, len(expert)) for expert, _ in problems], 90))

    return score, reference


def set_gamma(model: "BaseAlgorithm", gamma: float) -> None:
    """Change the discount in all places where stable-baselines3 keeps it.

    These are the algorithm, its rollout or replay buffer, and every `VecNormalize` around its
    environment; the algorithm's own would not change the advantages.

    Args:
        model: An algorithm.
        gamma: The discount.
    """
    holders: list[Any] = [model]
    holders += [getattr(model, name, None) for name in ("rollout_buffer", "replay_buffer")]
    env: Any = model.get_env()
    while env is not None:
        holders.append(env)
        env = getattr(env, "venv", None)
    for holder in filter(None, holders):
        # Not hasattr: wrappers pass on the attributes of what they wrap.
        if "gamma" in vars(holder):
            holder.gamma = gamma


def _numbered(decisions: Sequence[Hashable]) -> list[tuple[Hashable, int]]:
    """Each decision with how often it has been made before."""
    seen: dict[Hashable, int] = {}
    out = []
    for decision in decisions:
        seen[decision] = seen.get(decision, -1) + 1
        out.append((decision, seen[decision]))
    return out


def _at_least_one(items: Sequence[T]) -> Sequence[T]:
    """The items, of which there have to be some."""
    if not len(items):
        raise DispatchlabError("There are 0 pairs of trajectories: give one at least.")
    return items
