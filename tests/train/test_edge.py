"""Training on edges: what a run says, whom it imitates, and that it resumes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from dispatchlab.agents.checkpoint import load_policy
from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.edge.env import EdgeCloudEnv, EdgeCloudVectorEnv
from dispatchlab.envs.edge.generator import make_generator
from dispatchlab.train import train
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.problems import draw_problems
from tests.train.helpers import IMITATING, Interrupt, same_weights

SPEC = "2d-a:duration_ms=3000"


@pytest.fixture
def edge() -> TrainConfig:
    """A run of seconds."""
    return TrainConfig(
        family="edge",
        generator=f"preset:instances={SPEC}",
        total_timesteps=4 * 128,
        eval_generator=SPEC,
        eval_instances=2,
        **IMITATING,
    )


def test_policy_plays_as_it_was_validated(
    edge: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """The run's policy knows its actions, and scores as a dispatcher what the run reports."""
    result = train(edge, tmp_path / "run", console=quiet)
    scores = result.scores[SPEC]
    assert set(scores) == {
        "greedy", "greedy_completed", "dem-q", "dem-q_completed", "dem", "dem_completed",
        "marginal", "marginal_completed",
    }  # fmt: skip
    policy = load_policy(tmp_path / "run", family="edge")
    assert policy.meta["env"] == {"migrate": True, "observation": "graph"}
    problems = draw_problems(make_generator(SPEC), 2)
    outcomes = run_dispatcher(policy, problems, **policy.meta["env"])
    assert np.mean([o.utility for o in outcomes]) == scores["greedy"]
    rule = run_dispatcher(EdgeRule("dem-q"), problems)
    assert np.mean([o.utility for o in rule]) == scores["dem-q"]
    env = EdgeCloudEnv(SPEC, **policy.meta["env"])
    observation, info = env.reset(seed=0)
    action = policy.act(env.view())
    assert action == policy.act(observation)
    assert info["action_mask"][action]


def test_resumed_run_equals_uninterrupted_run(
    edge: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Bit for bit."""
    train(edge, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(edge, tmp_path / "broken", console=quiet, callbacks=[Interrupt(300)])
    assert train(None, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_expert_is_the_rule(edge: TrainConfig) -> None:
    """Its actions are legal, cost nothing, and every other legal action costs 1."""
    expert = load_family("edge").expert(replace(edge, imitation_rule="dem"))
    env = EdgeCloudVectorEnv(4, instance=SPEC)
    env.reset(seed=0)
    rule, several = EdgeRule("dem"), 0
    for _ in range(60):
        costs, actions = expert(env)
        legal = env.action_masks()
        assert (actions == rule.act_batch(env.view())).all()
        playing = legal.any(1)
        assert legal[np.arange(4), actions][playing].all()
        assert (costs[np.arange(4), actions] == 0).all()
        assert (np.isfinite(costs) == legal)[playing].all()
        several += int((costs == 1).sum())
        env.step(actions)
    assert several > 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reward": "job-time"}, "reward is 'job-time': choose one of utility, qos"),
        ({"encoder": "deepsocs"}, "encoder is 'deepsocs': choose one of arcs"),
        ({"wait": True}, "the family 'edge' has no such setting"),
    ],
)
def test_settings_that_do_not_fit(
    edge: TrainConfig, changes: dict[str, object], message: str
) -> None:
    """One sentence that names the setting."""
    with pytest.raises(DispatchlabError, match=message):
        replace(edge, **changes)


def test_unknown_rule_leaves_no_folder(edge: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """The rule to imitate is looked up before anything is written."""
    with pytest.raises(DispatchlabError, match="edd"):
        train(replace(edge, imitation_rule="edd"), tmp_path / "run", console=quiet)
    assert not (tmp_path / "run").exists()
