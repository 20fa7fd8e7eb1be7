"""Beam search with a learned policy over a vector environment."""

from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.strategies import (
    FloatArray,
    IntArray,
    Observation,
    SearchResult,
    check_environment,
)

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Schedule


def beam(policy: LearnedPolicy, env: Any, *, seed: int | None = None) -> SearchResult:  # noqa: ANN401 - structural
    """Beam search by cumulative log-probability; the width is the number of rows.

    Args:
        policy: The policy.
        env: Vector environment made with ``num_envs=width`` and a fixed instance.
        seed: Seed of the reset.

    Returns:
        Every schedule that the beam completed, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    check_environment(policy, env)
    width = env.num_envs
    obs, _ = env.reset(seed=None if seed is None else [seed] * width)
    # All rows start alike, so only the first may be expanded.
    score = np.full(width, -np.inf)
    score[0] = 0.0
    if not obs["action_mask"].any():  # nothing to decide
        return SearchResult.best_of([env.schedule(0)], [float(env.objectives()[0])])
    schedules: list[Schedule] = []
    objectives: list[float] = []
    while np.isfinite(score).any():
        parents, actions, score = _expand(policy, obs, score)
        env.restore(env.snapshot(), rows=np.arange(width), sources=parents)
        obs, _, terminated, truncated, _ = env.step(actions)
        finished = np.flatnonzero((terminated | truncated) & np.isfinite(score))
        current = env.objectives() if len(finished) else np.zeros(0)
        for row in finished:
            schedules.append(env.schedule(int(row)))
            objectives.append(float(current[row]) if terminated[row] else np.inf)
        score[terminated | truncated] = -np.inf
    return SearchResult.best_of(schedules, objectives)


def _expand(
    policy: LearnedPolicy, obs: Observation, score: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """The ``width`` most probable children: parent rows, actions and scores."""
    log_probability = policy.logits(obs).double().log_softmax(-1).cpu().numpy()  # (W, A)
    legal = obs["action_mask"] > 0  # (W, A)
    child = np.where(legal, score[:, None] + log_probability, -np.inf).ravel()  # (W*A,)
    order = np.argsort(-child, kind="stable")[: len(score)]  # (W,)
    # Unused places repeat the best child; their score keeps them out of the next round.
    parents, actions = np.divmod(
        np.where(np.isfinite(child[order]), order, order[0]), legal.shape[1]
    )
    return parents, actions, child[order]
