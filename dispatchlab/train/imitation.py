"""Imitation: behaviour cloning of an expert that prices every legal action, with DAgger.

Each round plays decisions with a mixture of expert and learner, asks the expert for the cost of
every action at each of them, and fits the policy to the softmax of the negative costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from dispatchlab.agents.inference import to_tensors
from dispatchlab.agents.network import GraphNetwork
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.train.decision_buffer import DecisionBuffer, soft_targets
from dispatchlab.train.fitting import fit_step, network_of
from dispatchlab.train.values import check_least

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Expert = Callable[[Any], tuple[FloatArray, IntArray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImitationConfig:
    """Everything that decides a run of imitation.

    Attributes:
        rounds: Rounds of collecting and fitting.
        n_steps: Decisions of each environment in a round.
        updates: Gradient steps in a round.
        batch_size: Decisions in a gradient step.
        buffer_size: Decisions that are kept; the oldest make room.
        learning_rate: That of Adam at the start; it falls linearly to zero.
        temperature: Cost by which an action must be worse to be e times less probable in the
            target; at 0 the cheapest actions share everything.
        beta_start: Share of the expert's actions among those played in the first round.
        beta_end: That share from ``beta_rounds`` on.
        beta_rounds: Rounds over which the share changes linearly.
        vf_coef: Weight of the squared error of the value to the return of what was played; at 0
            the value is not trained.
        gamma: Discount of that return.
        max_grad_norm: Clipping of the gradient norm.
        seed: Seed of episodes, mixture, sampling and batches.
    """

    rounds: int = 20
    n_steps: int = 64
    updates: int = 100
    batch_size: int = 256
    buffer_size: int = 20_000
    learning_rate: float = 1e-3
    temperature: float = 1.0
    beta_start: float = 1.0
    beta_end: float = 0.0
    beta_rounds: int = 5
    vf_coef: float = 0.0
    gamma: float = 1.0
    max_grad_norm: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_least(self)
        for name in ("beta_start", "beta_end", "gamma"):
            if getattr(self, name) > 1:
                raise DispatchlabError(
                    f"{name} is {getattr(self, name)}: give a number between 0 and 1."
                )

    def beta(self, round_index: int) -> float:
        """Share of the expert's actions in a round, counted from 0."""
        progress = min(round_index / self.beta_rounds, 1.0)
        return self.beta_start + progress * (self.beta_end - self.beta_start)


@dataclass(frozen=True, slots=True)
class ImitationProgress:
    """What a round showed.

    Attributes:
        round_index: The round, from 0.
        decisions: Decisions played so far.
        beta: Share of the expert's actions among those played.
        agreement: Share of the decisions with a choice in which the learner's most probable
            action, before fitting the round, was one of the cheapest.
        regret: Mean cost of those actions above the cheapest.
        policy_loss: Mean divergence of the policy from the targets over the updates.
        value_loss: Mean squared error of the value over the updates; 0 if it is not trained.
    """

    round_index: int
    decisions: int
    beta: float
    agreement: float
    regret: float
    policy_loss: float
    value_loss: float


def imitate(
    policy: nn.Module, env: Any, expert: Expert, config: ImitationConfig,  # noqa: ANN401 - structural
    on_progress: Callable[[ImitationProgress], None] | None = None,
) -> None:  # fmt: skip
    """Fit a policy to an expert, in place.

    The policy's own optimizer is not touched. Equal seeds, weights and threads of torch give
    equal weights.

    Args:
        policy: A graph policy of stable-baselines3, or its network.
        env: Native vector environment with same-step autoreset.
        expert: Gets the environment and returns the cost of each action, ``(B, A)``, lower is
            better and infinite where illegal, and the actions ``(B,)`` that it would play.
        config: See `ImitationConfig`.
        on_progress: Called after each round.

    Raises:
        DispatchlabError: The expert's costs are malformed, or the policy holds no network.
    """
    run = _Run(network_of(policy), env, expert, config)
    for round_index in range(config.rounds):
        progress = run.play_round(round_index)
        if on_progress is not None:
            on_progress(progress)


class _Run:
    """The state of a run between its rounds."""

    def __init__(
        self, network: GraphNetwork, env: Any, expert: Expert, config: ImitationConfig  # noqa: ANN401
    ) -> None:  # fmt: skip
        """Start the episodes."""
        self.network, self.env, self.expert, self.config = network, env, expert, config
        self.device = next(network.parameters()).device
        self.optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
        self.buffer = DecisionBuffer(env.graph_spec, config.buffer_size)
        self.rng = np.random.default_rng(config.seed)
        self.generator = torch.Generator(self.device).manual_seed(config.seed)
        self.obs: Arrays = env.reset(seed=config.seed)[0]

    def play_round(self, round_index: int) -> ImitationProgress:
        """Collect, then fit."""
        beta = self.config.beta(round_index)
        agreement, regret = self._collect(beta)
        policy_loss, value_loss = self._fit(round_index) if self.buffer.size else (0.0, 0.0)
        decisions = (round_index + 1) * self.config.n_steps * self.env.num_envs
        return ImitationProgress(
            round_index, decisions, beta, agreement, regret, policy_loss, value_loss
        )

    def _collect(self, beta: float) -> tuple[float, float]:
        """Play a round's decisions into the buffer; agreement and regret of the learner."""
        steps: list[tuple[Arrays, FloatArray]] = []
        rewards, ended = [], []
        excess: list[FloatArray] = []
        for _ in range(self.config.n_steps):
            costs, wanted = self._ask()
            sampled, best = self._choose()
            rows = _with_choice(costs)
            cheapest = costs[rows].min(1)
            excess.append(costs[rows, best[rows]] - cheapest)
            actions = np.where(self.rng.random(len(wanted)) < beta, wanted, sampled)
            if self.config.vf_coef:
                steps.append((self.obs, costs))
            else:
                self._store(self.obs, costs, np.zeros(self.env.num_envs))
            self.obs, reward, terminated, truncated, _ = self.env.step(actions)
            rewards.append(reward)
            ended.append(terminated | truncated)
        if self.config.vf_coef:
            for (obs, costs), returns in zip(steps, self._returns(rewards, ended), strict=True):
                self._store(obs, costs, returns)
        differences = np.concatenate(excess)
        if not len(differences):
            return 1.0, 0.0
        return float((differences <= 0).mean()), float(differences.mean())

    def _ask(self) -> tuple[FloatArray, IntArray]:
        """The expert's costs, infinite where an action is illegal, and its actions."""
        legal = self.obs["action_mask"] > 0  # (B, A)
        costs, actions = self.expert(self.env)
        if np.shape(costs) != legal.shape or np.shape(actions) != legal.shape[:1]:
            raise DispatchlabError(
                f"The expert returned costs of shape {np.shape(costs)} and actions of shape "
                f"{np.shape(actions)}: give {legal.shape} and {legal.shape[:1]}."
            )
        costs = np.where(legal, costs, np.inf)
        wrong = np.isnan(costs).any(1) | (legal.any(1) & ~np.isfinite(costs).any(1))
        if wrong.any():
            raise DispatchlabError(
                f"The expert's costs in row {int(wrong.argmax())} are not numbers or leave no "
                "legal action: give every legal action a finite cost."
            )
        return costs, np.asarray(actions)

    @torch.no_grad()
    def _choose(self) -> tuple[IntArray, IntArray]:
        """Actions sampled from the learner, and its most probable ones."""
        logits = self.network.logits(to_tensors(self.obs, self.device))  # (B, A)
        sampled = torch.multinomial(logits.softmax(-1), 1, generator=self.generator)[:, 0]
        return sampled.cpu().numpy(), logits.argmax(-1).cpu().numpy()

    def _returns(
        self, rewards: list[FloatArray], ended: list[npt.NDArray[np.bool_]]
    ) -> list[FloatArray]:
        """Return of each decision of the round; the value stands in for what comes after it."""
        with torch.no_grad():
            values = self.network.values(to_tensors(self.obs, self.device))  # (B, 1)
        following: FloatArray = values[:, 0].double().cpu().numpy()
        out = []
        for reward, end in zip(reversed(rewards), reversed(ended), strict=True):
            following = reward + self.config.gamma * np.where(end, 0.0, following)
            out.append(following)
        return out[::-1]

    def _store(self, obs: Arrays, costs: FloatArray, returns: FloatArray) -> None:
        """Keep the decisions that teach something: those with a choice, or all for the value."""
        enough = np.isfinite(costs).any(1) if self.config.vf_coef else _with_choice(costs)
        rows = np.flatnonzero(enough)
        if len(rows):
            decisions = {key: array[rows] for key, array in obs.items()}
            decisions["target"] = soft_targets(costs[rows], self.config.temperature)
            decisions["return"] = returns[rows]
            self.buffer.add(decisions)

    def _fit(self, round_index: int) -> tuple[float, float]:
        """A round's gradient steps; the mean losses."""
        config = self.config
        losses = np.zeros(2)
        for update in range(config.updates):
            done = (round_index * config.updates + update) / (config.rounds * config.updates)
            for group in self.optimizer.param_groups:
                group["lr"] = config.learning_rate * (1.0 - done)
            losses += fit_step(
                self.network, self.optimizer, self.buffer.sample(self.rng, config.batch_size),
                vf_coef=config.vf_coef, max_grad_norm=config.max_grad_norm,
            )  # fmt: skip
        policy_mean, value_mean = losses / config.updates
        return float(policy_mean), float(value_mean)


def _with_choice(costs: FloatArray) -> npt.NDArray[np.bool_]:
    """Rows with more than one legal action."""
    several: npt.NDArray[np.bool_] = np.isfinite(costs).sum(1) > 1
    return several
