"""TeacherVecEnv: hands levels to environments and episodes to their teacher."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env.base_vec_env import (
    VecEnvObs,
    VecEnvStepReturn,
    VecEnvWrapper,
)

from dispatchlab.agents.sb3_env import NativeVecEnv
from dispatchlab.train.levels.base import Levels
from dispatchlab.train.teachers.base import (
    BoolArray,
    Episode,
    FloatArray,
    Fragment,
    IntArray,
    Level,
    Play,
    Teacher,
)
from dispatchlab.train.teachers.bounded import Bounded

REFERENCES = 8192  # that are kept: a replayed level is not judged anew
Problem = tuple[Any, Any]


@dataclass(slots=True)
class _Seat:
    """An episode that is being played.

    Attributes:
        serial: Its number.
        play: What is played.
        total: Rewards so far.
        first_value: What the critic expected before the first decision, once it is known.
    """

    serial: int
    play: Play
    total: float = 0.0
    first_value: float = math.nan


class TeacherVecEnv(VecEnvWrapper):
    """Lets a teacher choose every episode of a native vector environment.

    The teacher hears of an episode before it chooses the next one in the same environment, and is
    told what was really played there. Environments that end in the same step come in the order of
    their indices. So a run is a function of its seeds.

    Args:
        venv: The environments; their generator is not asked any more.
        teacher: Chooses.
        levels: Makes problems of levels, and judges what became of them.
        margin: Relative regret up to which an episode is a success.

    Attributes:
        teacher: The teacher.
        episodes: Records of the episodes that ended in this rollout.
    """

    def __init__(
        self, venv: NativeVecEnv, teacher: Teacher, levels: Levels, *, margin: float = 0.0
    ) -> None:
        """Take the choice away from the generator."""
        super().__init__(venv)
        self.teacher, self._levels, self._margin = teacher, levels, margin
        self.episodes: list[Episode] = []
        self._native: Any = venv.native
        self._native.chooser = self._choose
        self._seats: list[_Seat] = []
        self._serials = 0
        self._ended: dict[int, Episode] = {}
        self._taught: dict[int, Play] = {}
        self._log: list[IntArray] = []
        self._references: Bounded[Level, float] = Bounded(REFERENCES)

    def reset(self) -> VecEnvObs:
        """Start new episodes everywhere; the teacher hears nothing of those that are cut off."""
        self._seats = []
        self._forget()
        return self.venv.reset()

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments."""
        played = [seat.serial for seat in self._seats]
        self._taught |= {seat.serial: seat.play for seat in self._seats}
        self._log.append(np.array(played))
        returned = self.venv.step_wait()
        for seat, serial, reward in zip(self._seats, played, returned[1], strict=True):
            if seat.serial == serial:
                seat.total += float(reward)
        return returned

    def note_values(self, values: npt.NDArray[np.floating[Any]]) -> None:
        """Take what the critic expected before the last decisions, of which some were the first.

        Args:
            values: ``(B,)`` values.
        """
        for seat, serial, value in zip(self._seats, self._log[-1], values, strict=True):
            if seat.serial == serial and math.isnan(seat.first_value):
                seat.first_value = float(value)

    def learns(self) -> BoolArray:
        """``(T, B)`` whether the student learns from the decisions of this rollout."""
        return np.array([[self._taught[s].learns for s in row] for row in self._log], np.bool_)

    def end_rollout(self, values: FloatArray, advantages: FloatArray) -> None:
        """Tell the teacher of the rollout, and forget it.

        Args:
            values: ``(T, B)`` what the critic expected.
            advantages: ``(T, B)`` advantages.
        """
        if self.teacher.wants_fragments:
            self.teacher.on_rollout(self._fragments(values, advantages))
        self._forget()

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit between two rollouts."""
        seats = [(s.serial, tuple(s.play), s.total, s.first_value) for s in self._seats]
        inner: Any = self.venv
        return {
            "venv": inner.state_dict(),
            "teacher": self.teacher.state_dict(),
            "seats": seats,
            "serials": self._serials,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> Any:  # noqa: ANN401 (an observation)
        """Restore `state_dict` and return the observation at which it was taken."""
        inner: Any = self.venv
        observed = inner.load_state_dict(state["venv"])
        self.teacher.load_state_dict(state["teacher"])
        self._seats = [
            _Seat(serial, Play(Level(*play[0]), play[1]), total, first)
            for serial, play, total, first in state["seats"]
        ]
        self._serials = state["serials"]
        self._forget()
        return observed

    def _choose(
        self, rows: IntArray, rewards: FloatArray, infos: Mapping[str, Any]
    ) -> list[Problem]:
        """What these rows play next, after the teacher has heard what became of the last."""
        if "final_info" in infos:
            ended = [self._end(int(row), float(rewards[row]), infos) for row in rows]
            self.episodes += ended
            self.teacher.observe(ended)
        plays = self.teacher.sample(len(rows))
        if not self._seats:
            self._seats = [_Seat(-1, plays[0])] * self.num_envs
        problems = []
        for row, play in zip(rows.tolist(), plays, strict=True):
            self._seats[row] = _Seat(self._serials, play)
            self._serials += 1
            problems.append(self._levels.problem(play.level))
        return problems

    def _end(self, row: int, reward: float, infos: Mapping[str, Any]) -> Episode:
        """The record of the episode that has ended in a row."""
        seat, final, dynamics = (
            self._seats[row],
            infos["final_info"],
            self._native.episodes.dynamics,
        )
        problem = (dynamics.encoding(row), dynamics.realisation(row))
        objective, reference, regret = self._levels.objective(final, row), None, math.nan
        if self.teacher.wants_regret:
            reference = self._reference(seat.play.level, problem)
            regret = self._levels.regret(problem, objective, reference)
        record = Episode(
            play=seat.play,
            score=self._levels.judge(problem, objective, reference),
            episode_return=seat.total + reward,
            length=int(final["decisions"][row]),
            regret=regret,
            success=regret <= self._margin,
            first_value=seat.first_value,
        )
        self._ended[seat.serial] = record
        return record

    def _reference(self, level: Level, problem: Problem) -> float:
        """What the reference reaches in the problem of a level."""
        if level not in self._references:
            self._references[level] = self._levels.reference(problem)
        return self._references[level]

    def _fragments(self, values: FloatArray, advantages: FloatArray) -> list[Fragment]:
        """The rollout, episode by episode, environment by environment."""
        serials = np.array(self._log)  # (T, B)
        fragments = []
        for env in range(self.num_envs):
            column = serials[:, env]
            cuts = np.flatnonzero(np.diff(column)) + 1
            for part in np.split(np.arange(len(column)), cuts):
                serial = int(column[part[0]])
                episode = self._ended.get(serial)
                fragments.append(
                    Fragment(
                        self._taught[serial],
                        values[part, env].astype(np.float64),
                        advantages[part, env].astype(np.float64),
                        episode is not None,
                        episode,
                        env,
                    )
                )
        return fragments

    def _forget(self) -> None:
        self.episodes, self._log = [], []
        self._ended, self._taught = {}, {}
