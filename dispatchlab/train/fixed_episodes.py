"""FixedEpisodes: what expert and agent decide on the same problems."""

from collections.abc import Hashable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.strategies import Choose, Observation, play
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.problems import draw_problems

if TYPE_CHECKING:
    from dispatchlab.envs.core.vector_env import SchedulingVectorEnv

_KEY = 0xAD5  # not that of validation
Decisions = list[Hashable]


class FixedEpisodes:
    """Problems of a run's generator that neither training nor validation draws.

    Args:
        config: Of the run.
        count: How many problems there are.
    """

    def __init__(self, config: TrainConfig, count: int) -> None:
        """Draw the problems, the same ones in every run."""
        self._config, self._family = config, load_family(config.family)
        # Nobody learns here: workers and batches only have to fit.
        alone = replace(
            config, engine="local", rollout_workers=0, ray_address="",
            num_envs=count, n_steps=2, batch_size=2 * count,
        )  # fmt: skip
        self._env: SchedulingVectorEnv[Any, Any] = self._family.training_env(alone)
        problems = draw_problems(self._env.episodes.generator, count, key=_KEY)
        self._env.chooser = lambda rows, *_: [problems[row] for row in rows.tolist()]

    def of_expert(self) -> list[Decisions]:
        """The decisions of whom the config names as its expert, to the end of each episode.

        Raises:
            DispatchlabError: There is no such expert, or it cannot play these problems.
        """
        expert = self._family.expert(self._config)
        try:
            return self._played(lambda _, rows: expert(self._env)[1][rows])
        except DispatchlabError as error:
            raise DispatchlabError(
                f"imitation_rule is {self._config.imitation_rule!r}, which cannot play what "
                f"discount compares: name another expert ({str(error).rstrip('.')})."
            ) from error

    def of_agent(self, policy: LearnedPolicy, limit: int) -> list[Decisions]:
        """The first decisions of the policy that takes its most probable actions.

        Args:
            policy: The policy.
            limit: Decisions of an episode, at most.

        Returns:
            Those of each episode.
        """
        return self._played(lambda seen, _: policy.act_batch(seen), limit)

    def _played(self, choose: Choose, limit: int | None = None) -> list[Decisions]:
        """Decisions by episode, named as the family names them."""
        made: list[Decisions] = [[] for _ in range(self._env.num_envs)]

        def noted(seen: Observation, rows: Any) -> Any:  # noqa: ANN401 (as in Choose)
            actions = choose(seen, rows)
            for row, action in zip(rows.tolist(), actions.tolist(), strict=True):
                made[row].append(self._family.decision(self._env.episodes.dynamics, row, action))
            return actions

        observed, _ = self._env.reset(seed=0)
        for _ in islice(play(self._env, observed, noted), limit):
            pass
        return made
