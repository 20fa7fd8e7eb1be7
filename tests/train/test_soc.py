"""Training on chips: imitation, resuming, validation and settings."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from dispatchlab.agents import load_policy
from dispatchlab.baselines.soc.rollout import run_dispatcher
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.soc.env import SocEnv
from dispatchlab.envs.soc.generator import make_generator
from dispatchlab.train import TrainConfig, preset, train
from dispatchlab.train.families.soc import ActionPrices
from dispatchlab.train.problems import draw_problems
from dispatchlab.train.validation import Validation
from tests.train.helpers import IMITATING, Interrupt, progress, same_weights, weights


@pytest.fixture
def chip() -> TrainConfig:
    """A run of seconds: imitation, then five updates of a small network on short streams."""
    return TrainConfig(
        family="soc",
        generator="preset:top-1+top-mix,mean_gap_us=50-100,horizon_us=300",
        max_ready=6,
        total_timesteps=5 * 128,
        eval_generator="top-1:horizon_us=400",
        eval_instances=3,
        **IMITATING,
    )


def test_run_folder_tells_how_to_play(chip: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """The policy knows its actions, and plays as a dispatcher what it played in validation."""
    config = replace(chip, wait=True, observation="rehearsed", imitation_rule="etf+peft-rt")
    result = train(config, tmp_path / "run", console=quiet)
    assert set(result.scores["top-1:horizon_us=400"]) == {
        "greedy", "greedy_completed", "etf", "etf_completed", "met", "met_completed",
    }  # fmt: skip
    policy = load_policy(tmp_path / "run", family="soc")
    assert policy.meta["env"] == {
        "actions": "task-pe", "wait": True, "max_ready": 6, "observation": "rehearsed",
    }  # fmt: skip
    assert "semantics" not in policy.meta["config"]
    problems = draw_problems(make_generator("top-1:horizon_us=400"), 3)
    outcomes = run_dispatcher(policy, problems, **policy.meta["env"])
    scores = result.scores["top-1:horizon_us=400"]
    assert np.mean([o.latency_us for o in outcomes]) == scores["greedy"]
    assert np.mean([o.completed for o in outcomes]) == scores["greedy_completed"]
    env = SocEnv("top-1", **policy.meta["env"])
    observation, info = env.reset(seed=0)
    action = policy.act(env.view())
    assert action == policy.act(observation)
    assert info["action_mask"][action]
    rows = progress(tmp_path / "run")
    assert float(rows[-1]["eval/top-1:horizon_us=400/greedy"]) == scores["greedy"]
    assert json.loads((tmp_path / "run" / "eval.json").read_text())["final"] == result.scores


def test_resumed_run_equals_uninterrupted_run(
    chip: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Bit for bit, whether the run dies in an update or while it imitates."""
    train(chip, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(chip, tmp_path / "late", console=quiet, callbacks=[Interrupt(400)])
    assert not same_weights(tmp_path / "whole", tmp_path / "late")
    assert train(None, tmp_path / "late", resume=True, console=quiet).finished
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dispatchlab.train.preparation.imitate_expert", _die)
        with pytest.raises(KeyboardInterrupt):
            train(chip, tmp_path / "early", console=quiet)
    assert train(None, tmp_path / "early", resume=True, console=quiet).finished
    for name in ("late", "early"):
        assert same_weights(tmp_path / "whole", tmp_path / name)
        assert progress(tmp_path / "whole") == progress(tmp_path / name)


def test_imitation_changes_where_ppo_begins(
    chip: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """The first validation differs with and without it; the seeds are the same."""
    first = replace(chip, total_timesteps=128, eval_every=0, imitation_updates=30)
    scores = []
    for name, rounds in (("with", 2), ("without", 0)):
        train(replace(first, imitation_rounds=rounds), tmp_path / name, console=quiet)
        curve = json.loads((tmp_path / name / "eval.json").read_text())["curve"]
        scores.append(curve[0]["scores"]["top-1:horizon_us=400"])
    assert scores[0]["etf"] == scores[1]["etf"]
    assert scores[0]["greedy"] != scores[1]["greedy"]


def test_critic_warm_up_leaves_the_policy_alone(
    chip: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """In the first updates nothing but the value head moves; then everything does."""
    starts = replace(chip, critic_warm_up=2, total_timesteps=2 * 128, checkpoint_every=128)
    none = replace(chip, total_timesteps=128, learning_rate=0.0)
    moves = replace(starts, total_timesteps=4 * 128)
    runs = []
    for index, config in enumerate((none, starts, moves)):
        train(config, tmp_path / str(index), console=quiet)
        runs.append(weights(tmp_path / str(index)))
    for name, before in runs[0].items():
        if not name.startswith("value."):
            assert torch.equal(before, runs[1][name]), name
    assert not all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    frozen = [name for name in runs[1] if not name.startswith("value.")]
    assert not all(torch.equal(runs[1][name], runs[2][name]) for name in frozen)


def test_ordering_with_deepsocs(chip: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """The actions of DeepSoCS are trained by PPO alone."""
    config = replace(
        chip, actions="ordering", encoder="deepsocs", imitation_rounds=1, total_timesteps=128
    )
    assert train(config, tmp_path / "run", console=quiet).finished


def test_validation_plays_reserved_streams(chip: TrainConfig) -> None:
    """Each benchmark is a set; its streams repeat, and are those that the rules are scored on."""
    sets = Validation(replace(chip, eval_benchmarks=("top-1", "top-2"), eval_instances=2)).sets
    assert [part.name for part in sets] == ["top-1", "top-2"]
    outcomes = run_dispatcher(SocRule("met"), draw_problems(make_generator("top-2"), 2))
    assert sets[1].rules["met"] == np.mean([o.latency_us for o in outcomes])
    assert not Validation(replace(chip, eval_instances=0)).sets
    fresh = make_generator("top-2").sample(np.random.default_rng(0))[1]
    reserved = draw_problems(make_generator("top-2"), 1)[0][1]
    assert not np.array_equal(fresh.gap_us, reserved.gap_us)


def test_the_expert_prices_every_legal_action(chip: TrainConfig) -> None:
    """Finite where an action is legal, and the cheapest is the one it plays."""
    from dispatchlab.train.families import load_family

    env = load_family("soc").training_env(chip)
    env.reset(seed=0)
    costs, actions = ActionPrices("etf")(env)
    assert np.array_equal(np.isfinite(costs), env.action_masks())
    assert np.array_equal(costs.min(axis=1), costs[np.arange(8), actions])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"semantics": "active"}, "semantics is 'active', but the family 'soc' has no such"),
        ({"actions": "both"}, "actions is 'both': choose one of task-pe, ordering"),
        ({"encoder": "transformer"}, "encoder is 'transformer': choose one of arcs"),
        ({"encoder": "deepsocs"}, "use deepsocs with ordering"),
        ({"actions": "ordering", "wait": True}, "use actions=task-pe"),
        ({"reward": "regret"}, "choose one of job-time, job-time-per-job"),
        ({"imitation_rounds": -1}, "imitation_rounds is -1"),
        ({"family": "moon"}, "family is 'moon': choose one of job-shop, soc, edge"),
        ({"family": "job-shop", "wait": True}, "wait is True, but the family 'job-shop' has no"),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, object], message: str) -> None:
    """Each is refused in one sentence."""
    with pytest.raises(DispatchlabError) as caught:
        TrainConfig(**{"family": "soc", **changes})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_instances_leave_no_folder(chip: TrainConfig, tmp_path: Path) -> None:
    """A rule or preset that does not exist is named before anything is written."""
    for changes, name in (
        ({"generator": "top-99"}, "top-99"),
        ({"eval_benchmarks": ("top-0",)}, "top-0"),
        ({"imitation_rule": "eftt"}, "eftt"),
    ):
        with pytest.raises(DispatchlabError, match=name):
            train(replace(chip, **changes), tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_families_keep_their_settings_apart() -> None:
    """A change of family brings its defaults, and files name only what matters."""
    config = preset("quick").override(["family=soc", "wait=true"])
    assert (config.encoder, config.observation, config.wait) == ("arcs", "graph", True)
    assert "semantics" not in config.to_dict()
    assert "wait" not in TrainConfig().to_dict()
    with pytest.raises(DispatchlabError, match="no family 'soq': did you mean soc"):
        preset("quick", "soq")


def test_a_run_of_another_family_is_not_continued(
    chip: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """The family is the first setting that is compared."""
    train(replace(chip, total_timesteps=128, imitation_rounds=0), tmp_path / "run", console=quiet)
    with pytest.raises(CheckpointError, match="started with family='soc', not 'job-shop'"):
        train(TrainConfig(), tmp_path / "run", resume=True)


def _die(*_: object) -> None:
    raise KeyboardInterrupt
