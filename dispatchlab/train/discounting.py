"""Discounting: the discount of a run grows with what its agent can follow of an expert."""

from collections.abc import Mapping, Sequence
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.train.callback import passes_multiple
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.discount import reproduced_score, set_gamma
from dispatchlab.train.discount_settings import parse_discount
from dispatchlab.train.fixed_episodes import Decisions, FixedEpisodes

GAMMA = "train/gamma"
PROGRESS = "train/discount_progress"
REPRODUCED = "train/discount_reproduced"
COLUMNS = (GAMMA, PROGRESS, REPRODUCED)


class Discounting(BaseCallback):
    """Compares agent and expert between rollouts, and sets the discount of the next ones.

    It stands before whoever logs and saves at the same boundary. What is logged is the discount of
    the update that is over, and, where agent and expert were compared, k of the next one and the
    share of the expert's first decisions that the agent reproduced.
    """

    def __init__(
        self, config: TrainConfig, policy: LearnedPolicy, models: Sequence[BaseAlgorithm],
        state: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Set the first discount; a new run plays the expert before.

        Args:
            config: Of the run.
            policy: The network in training, as a dispatcher.
            models: Algorithms that have this discount.
            state: Where to go on, from `state_dict`.

        Raises:
            DispatchlabError: There is no such expert.
        """
        super().__init__()
        self._settings = parse_discount(config.discount)
        self._policy, self._models, self._most = policy, models, config.gamma
        self._episodes = FixedEpisodes(config, self._settings.problems)
        self._compared = -1
        self._expert: list[Decisions] = (
            self._episodes.of_expert() if state is None else state["expert"]
        )
        self._schedule = self._settings.schedule(max(map(len, self._expert)))
        if state is not None:
            self._compared = state["compared"]
            self._schedule.load_state_dict(state["schedule"])
        self._set()

    @property
    def gamma(self) -> float:
        """The discount: the schedule's, but no more than the setting ``gamma``."""
        return min(self._schedule.gamma, self._most)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next discounts depend on, besides the policy."""
        return {
            "expert": self._expert,
            "schedule": self._schedule.state_dict(),
            "compared": self._compared,
        }

    def _on_rollout_start(self) -> None:
        """Between two rollouts."""
        self._log_update()
        if passes_multiple(self._compared, self.num_timesteps, self._settings.every):
            self._compare()

    def _on_step(self) -> bool:
        """Go on."""
        return True

    def _on_training_end(self) -> None:
        """After the last update."""
        self._log_update()

    def _log_update(self) -> None:
        """Note the discount of the rollout that is over, if there was one."""
        if self.num_timesteps:
            self.logger.record(GAMMA, self.gamma)

    def _compare(self) -> None:
        """Let the discount grow if the agent has come far enough."""
        k = self._schedule.progress
        agent = self._episodes.of_agent(self._policy, k + self._settings.most)
        score, reference = reproduced_score(list(zip(self._expert, agent, strict=True)))
        self.logger.record(REPRODUCED, score(k) / reference(k))
        self._schedule.update(score, reference)
        self.logger.record(PROGRESS, self._schedule.progress)
        self._compared = self.num_timesteps
        self._set()

    def _set(self) -> None:
        """Hand the discount out."""
        for model in self._models:
            set_gamma(model, self.gamma)
