"""Teacher: whoever chooses what is played next, and the records that it learns from."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class Level(NamedTuple):
    """A problem in a form that a teacher can keep, repeat and change.

    Attributes:
        point: The task in the unit cube, see `TaskSpace.normalise`.
        seed: Of everything that the task leaves to chance.
        edits: Tokens of the changes that are made to the instance afterwards, in rising order.
    """

    point: tuple[float, ...]
    seed: int = 0
    edits: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Hash of the content, equal for equal levels."""
        return hashlib.blake2b(repr(tuple(self)).encode(), digest_size=8).hexdigest()


class Play(NamedTuple):
    """A level that is to be played once.

    Attributes:
        level: The level.
        learns: Whether the student learns from it; else it is only judged.
    """

    level: Level
    learns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What became of a play.

    Attributes:
        play: What was played.
        score: How well, from 0 to 1, the same scale in every level; 1 is as good as it gets.
        episode_return: Sum of the rewards.
        length: Decisions.
        regret: How far the student was from a reference method on the very same problem, relative;
            negative where it was better, NaN where nobody asked.
        success: Whether it was about as good as the reference.
        first_value: What the critic expected before the first decision; NaN if nobody asked.
    """

    play: Play
    score: float
    episode_return: float = 0.0
    length: int = 1
    regret: float = math.nan
    success: bool = False
    first_value: float = math.nan


class Fragment(NamedTuple):
    """The decisions of one episode in one rollout.

    Attributes:
        play: What was played.
        values: ``(n,)`` what the critic expected.
        advantages: ``(n,)`` generalised advantage estimates.
        ends: Whether the episode ended with the last of them.
        episode: The record of the episode if it ended.
        environment: Index of the environment, which tells apart episodes of the same level.
    """

    play: Play
    values: FloatArray
    advantages: FloatArray
    ends: bool
    episode: Episode | None = None
    environment: int = 0


class Teacher(Protocol):
    """Chooses levels, and learns from what becomes of them.

    Has a generator of its own, seeded at construction, and touches nothing global.

    Attributes:
        wants_regret: Whether `Episode.regret` and `Episode.success` must be computed.
        wants_values: Whether `Episode.first_value` must be known.
        wants_fragments: Whether `on_rollout` must be called.
    """

    wants_regret: bool
    wants_values: bool
    wants_fragments: bool

    def sample(self, count: int) -> list[Play]:
        """What the next environments that become free play, in order."""
        ...

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Episodes that have ended, in the order of their environments."""
        ...

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """All decisions of a rollout, when its advantages are known, before the update."""
        ...

    def summary(self) -> Mapping[str, float]:
        """Numbers for the log."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what is sampled next."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        ...


class PointTeacher:
    """A teacher of points in the unit cube; each play gets a fresh seed.

    A subclass chooses points (`_choose`) and learns from them (`_learn`), and adds what it
    remembers to the state.

    Attributes:
        dimensions: d.
        rng: Source of all its randomness.
    """

    wants_regret = False
    wants_values = False
    wants_fragments = False

    def __init__(self, dimensions: int, *, seed: int = 0) -> None:
        """Seed the generator."""
        self.dimensions = dimensions
        self.rng = np.random.default_rng(seed)

    def sample(self, count: int) -> list[Play]:
        """Plays of new points."""
        return [self._play() for _ in range(count)]

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Learn from each episode in turn."""
        for episode in episodes:
            self._learn(np.array(episode.play.level.point, np.float64), episode)

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """Nothing."""

    def summary(self) -> Mapping[str, float]:
        """Nothing."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """The generator."""
        return {"rng": self.rng.bit_generator.state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.rng.bit_generator.state = state["rng"]

    def _play(self) -> Play:
        point = np.clip(self._choose(), 0.0, 1.0)
        return Play(Level(tuple(point.tolist()), int(self.rng.integers(2**31))))

    def _choose(self) -> FloatArray:
        """``(d,)`` the next point."""
        raise NotImplementedError

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        """Nothing."""
