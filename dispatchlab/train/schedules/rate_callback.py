"""RateSearch: `AutoLrs` inside a run of stable-baselines3."""

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import FloatSchedule

from dispatchlab.agents.sb3_env import NativeVecEnv
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.schedules.autolrs import AutoLrs, Stage
from dispatchlab.train.schedules.forecast import LEAST_LOSSES
from dispatchlab.train.schedules.sb3_trainee import AlgorithmTrainee
from dispatchlab.train.schedules.searched import Searched
from dispatchlab.train.schedules.text import parse_schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm


def make_rate_search(config: TrainConfig, env: NativeVecEnv) -> "RateSearch | None":
    """The search that a run asks for.

    Args:
        config: All settings.
        env: Where the run learns.

    Returns:
        None if its rates are not searched.

    Raises:
        MissingExtraError: optuna is not installed.
        DispatchlabError: The run is too short for a search.
    """
    schedule = parse_schedule(config.schedule)
    if not isinstance(schedule, Searched):
        return None
    rollout = config.num_envs * config.n_steps
    least = config.critic_warm_up + LEAST_LOSSES
    if 0 < math.ceil(config.total_timesteps / rollout) < least:
        raise DispatchlabError(
            f"total_timesteps is {config.total_timesteps}, but a search of rates needs "
            f"{least * rollout} at least, {least} updates of {rollout} each: give more, a "
            "smaller n_steps, or another schedule."
        )
    if find_spec("optuna") is None:
        raise MissingExtraError("optuna", "tune")
    search = AutoLrs(schedule.config(config.learning_rate, config.seed))
    return RateSearch(search, env, config.total_timesteps, config.critic_warm_up)


class RateSearch(BaseCallback):
    """Searches the rate of a stage before its first rollout.

    Give it after the callbacks that save the run: what they save has not begun to search.

    Attributes:
        is_over: Says whether this rollout will not be played.
        is_late: Says whether the time is up.
        stop: Called when it is, instead of playing the rollout; saves what has been tried.
        say: Called with a line after each search.
        is_searching: Whether what is played now is a trial, which does not count.
    """

    def __init__(self, search: AutoLrs, env: NativeVecEnv, total: int, warm_up: int = 0) -> None:
        """Begin before the first stage.

        Args:
            search: Chooses the rates.
            env: The native environment of the algorithm.
            total: Decisions of the whole run.
            warm_up: Updates before the first search, in which no rate changes what is played.
        """
        super().__init__()
        self.is_over: Callable[[], bool] = lambda: False
        self.is_late: Callable[[], bool] = lambda: False
        self.stop: Callable[[], None] = lambda: None
        self.is_searching = False
        self.say: Callable[[str], None] = lambda line: None
        self._search, self._env, self._total, self._warm_up = search, env, total, warm_up
        self._end = 0

    def state_dict(self) -> dict[str, Any]:
        """The stages and where the last one ends."""
        return {"search": self._search.state_dict(), "end": self._end}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._search.load_state_dict(state["search"])
        self._end = state["end"]

    def _on_training_start(self) -> None:
        """Take up the rate of a stage that has begun."""
        if self._search.stages:
            self._set_rate(self._search.stages[-1].rate)

    def _on_rollout_start(self) -> None:
        """Search if a stage is over."""
        model: Any = self.model  # PPO of either library
        warms_up = model._n_updates < self._warm_up * model.n_epochs
        if warms_up or self.num_timesteps < self._end or self.is_over():
            return
        trainee = AlgorithmTrainee(cast("OnPolicyAlgorithm", self.model), self._env)
        left = math.ceil((self._total - self.num_timesteps) / trainee.decisions)
        self.is_searching = True
        stage = self._search.choose(trainee, left, self.is_late)
        self.is_searching = False
        if stage is None:
            self.stop()
            return
        self._end = self.num_timesteps + stage.steps * trainee.decisions
        self._set_rate(stage.rate)
        self.say(f"{self.num_timesteps:>9} decisions  {describe_stage(stage)}")

    def _set_rate(self, rate: float) -> None:
        """What stable-baselines3 asks before each update."""
        cast("OnPolicyAlgorithm", self.model).lr_schedule = FloatSchedule(rate)

    def _on_step(self) -> bool:
        """Go on."""
        return True


def describe_stage(stage: Stage) -> str:
    """A line on what a search came to."""
    if not stage.tried:
        why = "too few to try others"
    elif stage.is_chosen:
        why = f"the best of {len(stage.tried)} that were tried"
    else:
        why = f"which {len(stage.tried)} trials did not tell from others"
    updates = "update" if stage.steps == 1 else f"{stage.steps} updates"
    return f"learning rate {stage.rate:.2e} for the next {updates}, {why}"
