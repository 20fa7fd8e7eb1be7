"""Training on air-taxi fleets: what a run says, whom it imitates, and that it resumes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from dispatchlab.agents.checkpoint import load_policy
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.baselines.uam.rollout_policy import Rollouts
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.env import UamVectorEnv
from dispatchlab.envs.uam.generator import make_generator
from dispatchlab.train import train
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.families.uam_experts import (
    CAUTION,
    FINE,
    FIRM_USD,
    LOYALTY_USD,
    SCENARIOS,
    USUAL,
)
from dispatchlab.train.problems import draw_problems
from tests.train.helpers import IMITATING, Interrupt, same_weights

SPEC = "random:sizes=2x3+3x3+4x4,rho=0.8-1.6,horizon_s=7200"


@pytest.fixture
def uam() -> TrainConfig:
    """A run of seconds."""
    return TrainConfig(
        family="uam",
        generator=SPEC,
        observation="priced",
        total_timesteps=4 * 128,
        eval_generator=SPEC,
        eval_instances=2,
        imitation_temperature=5.0,
        imitation_rule="rolling",
        **IMITATING,
    )


def test_policy_plays_as_it_was_validated(uam: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """The run's policy scores as a dispatcher what the run reports."""
    result = train(uam, tmp_path / "run", console=quiet)
    policy = load_policy(tmp_path / "run", family="uam")
    problems = draw_problems(make_generator(SPEC), 2)
    played = run_dispatcher(policy, problems, **policy.meta["env"])
    mean = np.mean([outcome.profit_usd for outcome in played])
    assert result.scores[SPEC]["greedy"] == pytest.approx(mean)


@pytest.mark.parametrize("encoder", ["arcs", "captain"])
def test_resumed_run_equals_uninterrupted_run(
    uam: TrainConfig, quiet: Console, tmp_path: Path, encoder: str
) -> None:
    """Bit for bit."""
    uam = replace(uam, encoder=encoder)
    train(uam, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(uam, tmp_path / "broken", console=quiet, callbacks=[Interrupt(300)])
    assert train(None, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_expert_plans(uam: TrainConfig) -> None:
    """Costs are finite where legal and nil for what is played; pairs have rollouts."""
    expert, env = load_family("uam").expert(uam), UamVectorEnv(12, generator=SPEC)
    advisers = {
        2: Rollouts(scenarios=SCENARIOS, caution=CAUTION),
        3: RollingHorizon(FINE),
        4: RollingHorizon(USUAL),
    }  # fmt: skip
    env.reset(seed=0)
    met = {2: 0, 3: 0, 4: 0}
    for _ in range(40):
        view = env.view()
        costs, actions = expert(env)
        assert (np.isfinite(costs) == env.action_masks()).all()
        assert (costs[np.arange(12), actions] == 0).all()
        for row in range(12):
            ports = view.dynamics.encoding(row).num_ports
            values, chosen = advisers[ports].value_batch(view, np.arange(12) == row)
            legal = np.isfinite(values[row])
            values[row, chosen[row]] += FIRM_USD if ports == 2 else LOYALTY_USD
            assert chosen[row] == actions[row]
            assert costs[row, legal] == pytest.approx(values[row].max() - values[row, legal])
            met[ports] += 1
        env.step(actions)
    assert min(met.values()) > 20


def test_expert_of_a_rule(uam: TrainConfig) -> None:
    """The rule's action costs nothing, every other legal action 1."""
    expert = load_family("uam").expert(replace(uam, imitation_rule="price"))
    env = UamVectorEnv(4, generator=SPEC)
    env.reset(seed=0)
    rule = UamRule("price")
    for _ in range(20):
        costs, actions = expert(env)
        assert (actions == rule.act_batch(env.view())).all()
        assert (np.isfinite(costs) == env.action_masks()).all()
        assert (costs[np.arange(4), actions] == 0).all()
        env.step(actions)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reward": "utility"}, "reward is 'utility': choose one of profit"),
        ({"imitation_rule": "heft"}, "imitation_rule is 'heft': choose one of rolling, "),
        ({"migrate": False}, "the family 'uam' has no such setting"),
    ],
)
def test_settings_that_do_not_fit(
    uam: TrainConfig, changes: dict[str, object], message: str
) -> None:
    """One sentence that names the setting."""
    with pytest.raises(DispatchlabError, match=message):
        replace(uam, **changes)
