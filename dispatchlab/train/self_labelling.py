"""Self-labelling: sample many schedules of each of some new problems, and imitate the best ones.

The agent is its own teacher (Corsini, Porrello, Calderara and Dell'Amico 2024, Self-Labeling the
Job Shop Scheduling Problem, NeurIPS). A round leaves nothing behind but the weights and the
optimizer, so it can be continued from there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.strategies import play
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.train.fitting import fit_step, network_of
from dispatchlab.train.values import check_least

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
MakeEnv = Callable[[Sequence[Any], int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfLabellingConfig:
    """Everything that decides self-labelling.

    Attributes:
        rounds: Rounds of sampling and fitting.
        instances: New problems in a round.
        samples: Schedules sampled of each.
        temperature: Divides the logits of the samples; above 0.
        passes: Times that the decisions of the best schedules are learned from.
        batch_size: Decisions in a gradient step.
        learning_rate: That of Adam in the first round; it falls linearly to zero.
        vf_coef: Weight of the squared error of the value to the return of the best schedule; at 0
            the value is not trained.
        gamma: Discount of that return.
        max_grad_norm: Clipping of the gradient norm.
        seed: Seed of problems, sampling and batches.
    """

    rounds: int = 100
    instances: int = 8
    samples: int = 32
    temperature: float = 1.0
    passes: int = 2
    batch_size: int = 128
    learning_rate: float = 1e-3
    vf_coef: float = 0.0
    gamma: float = 1.0
    max_grad_norm: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_least(self)


@dataclass(frozen=True, slots=True)
class SelfLabellingProgress:
    """What a round showed.

    Attributes:
        round_index: The round, from 0.
        decisions: Decisions sampled so far.
        labels: Decisions of the best schedules in this round: those with a choice.
        advantage: By how much the best schedule of a problem is below the mean sample, relative
            to it; the mean over the problems.
        policy_loss: Mean divergence from the labels over the gradient steps.
        value_loss: Mean squared error of the value; 0 if it is not trained.
    """

    round_index: int
    decisions: int
    labels: int
    advantage: float
    policy_loss: float
    value_loss: float


class _Samples(NamedTuple):
    """What was played in the rows of a round; row b plays problem ``b % M``.

    Attributes:
        actions: ``(T, B)``.
        objectives: ``(B,)``, infinite where the episode was cut off.
        decisions: Number of them.
    """

    actions: IntArray
    objectives: FloatArray
    decisions: int


class SelfLabelling:
    """A policy that learns from the best of its own schedules.

    Equal seeds, weights and threads of torch give equal weights. The policy's own optimizer is not
    touched. All samples of a problem meet the same realisation, so that where it is random the best
    one is chosen with hindsight.

    Attributes:
        config: Its settings.
        rounds_done: Rounds played so far.
        decisions: Decisions sampled so far.
    """

    def __init__(
        self, policy: nn.Module, generator: Generator[Any, Any, Any], make_env: MakeEnv,
        config: SelfLabellingConfig,
    ) -> None:  # fmt: skip
        """Prepare the first round.

        Args:
            policy: A graph policy of stable-baselines3, or its network; changed in place.
            generator: Draws the problems.
            make_env: Makes a vector environment from M problems and a number of copies, whose row b
                plays problem ``b % M`` and stays as it is at its end.
            config: See `SelfLabellingConfig`.

        Raises:
            DispatchlabError: The policy holds no network.
        """
        self.config = config
        self.rounds_done = self.decisions = 0
        self._network = network_of(policy)
        self._policy = LearnedPolicy(self._network)
        self._generator, self._make_env = generator, make_env
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=config.learning_rate)

    def play_round(self) -> SelfLabellingProgress:
        """Sample, choose the best and imitate them.

        Raises:
            DispatchlabError: All rounds have been played.
        """
        if self.rounds_done >= self.config.rounds:
            raise DispatchlabError(
                f"All of the {self.config.rounds} rounds have been played: begin with more of them."
            )
        rng = np.random.default_rng([self.config.seed, self.rounds_done])
        problems = [self._generator.sample(rng) for _ in range(self.config.instances)]
        samples = self._sample(problems, int(rng.integers(2**63)))
        objectives = samples.objectives.reshape(-1, len(problems))  # (K, M)
        best = objectives.argmin(0) * len(problems) + np.arange(len(problems))  # (M,)
        solved = np.isfinite(samples.objectives[best])
        labels = self._replay(problems, samples.actions[:, best], solved)
        policy_loss, value_loss = self._fit(labels, rng)
        self.rounds_done += 1
        self.decisions += samples.decisions
        return SelfLabellingProgress(
            self.rounds_done - 1, self.decisions, len(labels["return"]),
            _advantage(objectives[:, solved]), policy_loss, value_loss,
        )  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next rounds depend on."""
        return {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "rounds_done": self.rounds_done,
            "decisions": self.decisions,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.rounds_done, self.decisions = state["rounds_done"], state["decisions"]

    def _sample(self, problems: Sequence[Any], seed: int) -> _Samples:
        """Play every row to its end, drawing from the policy at the temperature."""
        generator = torch.Generator(self._policy.device).manual_seed(seed)
        env = self._make_env(problems, self.config.samples)
        obs, _ = env.reset(seed=0)
        actions, cut, decisions = [], np.zeros(env.num_envs, bool), 0

        def draw(seen: Arrays, _: IntArray) -> IntArray:
            return self._policy.act_batch(
                seen, temperature=self.config.temperature, generator=generator, greedy=False
            )

        for step in play(env, obs, draw):
            actions.append(step.actions)
            decisions += int(step.rows.sum())
            cut |= step.truncated
        return _Samples(np.stack(actions), np.where(cut, np.inf, env.objectives()), decisions)

    def _replay(
        self, problems: Sequence[Any], actions: IntArray, solved: npt.NDArray[np.bool_]
    ) -> Arrays:
        """Play ``(T, M)`` actions again: the decisions with a choice in the solved problems."""
        env = self._make_env(problems, 1)
        obs, _ = env.reset(seed=0)
        seen: list[tuple[Arrays, IntArray]] = []

        def repeat(current: Arrays, rows: IntArray) -> IntArray:
            seen.append((current, rows))
            again: IntArray = actions[len(seen) - 1, rows]
            return again

        rewards = np.stack([step.rewards for step in play(env, obs, repeat)])  # (T, M)
        returns = _discounted(rewards, self.config.gamma)
        parts: list[Arrays] = []
        for t, (current, rows) in enumerate(seen):
            keep = np.flatnonzero((current["action_mask"].sum(1) > 1) & solved[rows])
            part = {key: array[keep] for key, array in current.items()}
            part["target"] = np.zeros(part["action_mask"].shape, np.float32)
            part["target"][np.arange(len(keep)), actions[t, rows[keep]]] = 1.0
            part["return"] = returns[t, rows[keep]].astype(np.float32)
            parts.append(part)
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def _fit(self, labels: Arrays, rng: np.random.Generator) -> tuple[float, float]:
        """The round's gradient steps; the mean losses."""
        config, count = self.config, len(labels["return"])
        if not count:
            return 0.0, 0.0
        for group in self._optimizer.param_groups:
            group["lr"] = config.learning_rate * (1.0 - self.rounds_done / config.rounds)
        losses = []
        for _ in range(config.passes):
            batches = max(1, round(count / config.batch_size))
            for chosen in np.array_split(rng.permutation(count), batches):
                batch = {key: array[chosen] for key, array in labels.items()}
                losses.append(
                    fit_step(
                        self._network, self._optimizer, batch,
                        vf_coef=config.vf_coef, max_grad_norm=config.max_grad_norm,
                    )
                )  # fmt: skip
        policy_mean, value_mean = np.mean(losses, axis=0)
        return float(policy_mean), float(value_mean)


def _advantage(objectives: FloatArray) -> float:
    """Mean over the columns of how far the least entry lies below the mean, relative to it."""
    finite = np.ma.masked_invalid(objectives)
    mean, best = finite.mean(0), finite.min(0)
    return float(np.ma.filled(((mean - best) / np.maximum(abs(mean), 1e-9)).mean(), 0.0))


def _discounted(rewards: FloatArray, gamma: float) -> FloatArray:
    """``(T, M)`` return from each step on."""
    returns: FloatArray = rewards.copy()
    for t in range(len(returns) - 2, -1, -1):
        returns[t] += gamma * returns[t + 1]
    return returns
