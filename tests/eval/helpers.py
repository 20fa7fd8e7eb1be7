"""Tiny instances, runs and policies."""

import math
import re
from html import unescape
from pathlib import Path
from typing import Any

from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.eval.compare import Run

# Two jobs on two machines; the optimum 7 is the sum of the work on machine 0.
TINY = job_shop([[0, 1], [1, 0]], [[3, 2], [2, 4]], name="tiny")


def make_run(method: str, instance: str, seed: int, gap: float) -> Run:
    """A run whose reference is 100."""
    found = not math.isnan(gap)
    return Run(
        method=method,
        instance=instance,
        seed=seed,
        objective_name="makespan",
        objective=100 * (1 + gap),
        lower_bound=90.0,
        reference=100.0,
        reference_is_known=True,
        gap=gap,
        runtime_s=0.5,
        decisions=10,
        time_per_decision_s=0.05,
        status="feasible" if found else "unknown",
        verified=True if found else None,
    )


def chart_headings(page: str) -> list[str]:
    """What stands above the charts of a page, in their order."""
    return [unescape(text) for text in re.findall(r'id="chart-\d+-heading"><bdi>(.*?)</bdi>', page)]


def save_untrained(folder: Path, *, family: str = "job-shop", **config: Any) -> Path:
    """Save a policy with random weights as ``dispatchlab train`` would."""
    from dispatchlab.agents import GraphActorCriticPolicy, save_policy
    from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv

    env = CPSchedulingVectorEnv(1, instance="ft06")
    layout = env.graph_spec.layout()
    policy = GraphActorCriticPolicy(
        env.single_observation_space, env.single_action_space, lambda _: 1e-3, layout=layout,
        hidden=8, num_layers=1, num_heads=2, feedforward=8,
    )  # fmt: skip
    settings = {"semantics": "non-delay", "stop_at": "choices", "observation": "tokens"}
    meta = {"family": family, "config": settings | config}
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(folder / "policy", policy, meta, layout=layout)
    return folder
