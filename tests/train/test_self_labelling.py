"""Tests of self-labelling, on the toy of the agents' tests and on small job shops."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from rich.console import Console

from dispatchlab.agents import GraphActorCriticPolicy, load_policy
from dispatchlab.agents.strategies import play
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.families.jobshop import make_play_env
from dispatchlab.train.self_labelling import (
    SelfLabelling,
    SelfLabellingConfig,
    SelfLabellingProgress,
)
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import Arrays, ToyVectorEnv
from tests.train.helpers import same_weights

SHORT = SelfLabellingConfig(
    rounds=8, instances=24, samples=8, passes=4, batch_size=32, learning_rate=1e-2, seed=4
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep tiny matrices off the thread pool."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class GivenToys(ToyVectorEnv):
    """Toys whose problem is a seed."""

    def __init__(self, problems: Sequence[int], copies: int) -> None:
        """Keep the seeds."""
        super().__init__(len(problems) * copies, autoreset="disabled")
        self.problems = list(problems) * copies

    def reset(self, **_: Any) -> tuple[Arrays, dict[str, Any]]:
        """Start the first episode of every problem."""
        self.episode[:] = 0
        return super().reset(seed=self.problems)


class ToyGenerator:
    """Draws seeds."""

    def sample(self, rng: np.random.Generator, task: Mapping[str, float] | None = None) -> int:
        """A seed."""
        return int(rng.integers(1 << 30))


def toy(config: SelfLabellingConfig) -> tuple[SelfLabelling, GraphActorCriticPolicy]:
    """A run on toys that is yet to begin, and its policy."""
    torch.manual_seed(0)
    policy = make_policy(ToyVectorEnv(1), hidden=32, num_layers=1)
    return SelfLabelling(policy, ToyGenerator(), GivenToys, config), policy  # type: ignore[arg-type]


def played(
    config: SelfLabellingConfig,
) -> tuple[GraphActorCriticPolicy, list[SelfLabellingProgress]]:
    """A policy after all rounds, and their progress."""
    labelling, policy = toy(config)
    return policy, [labelling.play_round() for _ in range(config.rounds)]


def mistakes(policy: GraphActorCriticPolicy) -> float:
    """Mean wrong decisions in an episode of two."""
    env = GivenToys(range(100), 1)
    obs, _ = env.reset()
    for _ in play(env, obs, lambda seen, _: policy.predict(seen, deterministic=True)[0]):
        pass
    return float(env.objectives().mean())


def test_learns_from_its_own_samples() -> None:
    """Nobody tells it what is right: the best of 8 random episodes is.

    Before 1.92 of 2 decisions were wrong, afterwards none.
    """
    policy, progress = played(SHORT)
    assert mistakes(toy(SHORT)[1]) > 0.9
    assert mistakes(policy) < 0.2
    assert progress[-1].policy_loss < 0.5 * progress[0].policy_loss
    assert progress[0].advantage > 0.2
    assert [p.decisions for p in progress] == [384 * (i + 1) for i in range(8)]
    assert all(0 < p.labels <= 48 for p in progress)


def test_equal_seeds_give_equal_weights() -> None:
    """Two runs agree bit for bit, whatever the global generators do; another seed differs."""
    config = replace(SHORT, rounds=2, vf_coef=0.5)
    first = played(config)[0].state_dict()
    second = played(config)[0].state_dict()
    other = played(replace(config, seed=5))[0].state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_goes_on_from_its_state() -> None:
    """Rounds played by another object are the same rounds."""
    config = replace(SHORT, rounds=4)
    whole, progress = played(config)
    first, _ = toy(config)
    for _ in range(2):
        first.play_round()
    state = {key: value for key, value in first.state_dict().items()}
    second, policy = toy(config)
    second.load_state_dict(state)
    assert [second.play_round(), second.play_round()] == progress[2:]
    weights = policy.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in whole.state_dict().items())


@pytest.mark.parametrize(("vf_coef", "learnt"), [(0.5, True), (0.0, False)])
def test_value_learns_returns(vf_coef: float, learnt: bool) -> None:
    """With a weight the value comes close to what remains of 2 decisions, and not without."""
    policy, progress = played(replace(SHORT, vf_coef=vf_coef))
    obs, _ = GivenToys(range(50), 1).reset()
    with torch.no_grad():
        values = policy.predict_values(to_tensors(obs))
    assert (float((values - 2.0).abs().mean()) < 0.4) == learnt
    assert (progress[-1].value_loss > 0) == learnt


@pytest.mark.parametrize("kind", ["random", "flexible"])
def test_labels_are_the_best_schedules(kind: str, tiny: TrainConfig) -> None:
    """On job shops the return of the labels' first decisions is the least regret sampled."""
    config = replace(tiny, generator=f"{kind}:num_jobs=5,num_machines=4")
    problems = [make_generator(config.generator).sample(np.random.default_rng(i)) for i in range(3)]
    policy = make_policy(make_play_env(config, problems), hidden=16, num_layers=1)
    labelling = SelfLabelling(
        policy, make_generator(config.generator),
        lambda given, copies: make_play_env(config, given, copies),
        SelfLabellingConfig(samples=6, instances=3),
    )  # fmt: skip
    samples = labelling._sample(problems, seed=0)
    best = samples.objectives.reshape(6, 3).argmin(0) * 3 + np.arange(3)
    labels = labelling._replay(problems, samples.actions[:, best], np.ones(3, bool))
    env = make_play_env(config, problems)
    env.reset(seed=0)
    bounds = env.episodes.dynamics.initial_bound()
    scale = env.episodes.dynamics.reward_scale()
    regret = (samples.objectives[best] - bounds) / scale
    assert labels["return"][:3] == pytest.approx(-regret, abs=1e-6)
    assert (labels["target"].sum(1) == 1).all()
    assert (labels["action_mask"][labels["target"] > 0] == 1).all()
    assert (labels["action_mask"].sum(1) > 1).all()
    rows = np.ones(3, bool)
    rows[1] = False
    fewer = labelling._replay(problems, samples.actions[:, best], rows)
    assert 0 < len(fewer["return"]) < len(labels["return"])


@pytest.mark.parametrize(
    ("field", "value"), [("rounds", 0), ("samples", 0), ("vf_coef", -0.1), ("seed", -1)]
)
def test_faults_are_named(field: str, value: float) -> None:
    """A number out of range is refused in one sentence."""
    with pytest.raises(DispatchlabError, match=rf"^{field} is {value}: give a number of at least"):
        replace(SHORT, **{field: value})


@pytest.fixture
def labelled(tiny: TrainConfig) -> TrainConfig:
    """A run of which six rounds of self-labelling are half."""
    return replace(
        tiny, self_labelling_rounds=6, self_labelling_instances=2, self_labelling_samples=4,
        self_labelling_vf_coef=0.5, self_labelling_batch_size=16, total_timesteps=256,
        eval_every=25, checkpoint_every=25, critic_warm_up=1,
    )  # fmt: skip


def curves(folder: Path) -> dict[str, Any]:
    """What a run wrote about its scores."""
    data: dict[str, Any] = json.loads((folder / "eval.json").read_text())
    return data


def dying(calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process die in that round of this sitting."""
    play_round, left = SelfLabelling.play_round, [calls]

    def play_or_die(self: SelfLabelling) -> SelfLabellingProgress:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return play_round(self)

    monkeypatch.setattr(SelfLabelling, "play_round", play_or_die)


def test_resumed_run_equals_uninterrupted_run(
    labelled: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies in its first round and later on ends as if nothing had happened."""
    train(labelled, tmp_path / "whole", console=quiet)
    for resume, calls in ((False, 1), (True, 4), (True, 2)):
        with monkeypatch.context() as patch:
            dying(calls, patch)
            with pytest.raises(KeyboardInterrupt):
                train(labelled, tmp_path / "broken", resume=resume, console=quiet)
    assert train(None, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    whole = curves(tmp_path / "whole")
    assert whole == curves(tmp_path / "broken")
    points: npt.NDArray[Any] = np.array([point["decisions"] for point in whole["self_labelling"]])
    assert len(points) > 2
    assert (np.diff(points) > 0).all()


def test_clock_stops_self_labelling(labelled: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """Every sitting plays a round, leaves a policy that can be used, and goes on from there."""
    train(labelled, tmp_path / "whole", console=quiet)
    hasty = replace(labelled, max_minutes=1e-9)
    first = train(hasty, tmp_path / "broken", console=quiet)
    assert (first.finished, first.timesteps) == (False, 0)
    assert load_policy(tmp_path / "broken").family == "job-shop"
    second = train(hasty, tmp_path / "broken", resume=True, console=quiet)
    assert not second.finished
    assert second.seconds > first.seconds
    assert train(labelled, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_nothing_but_self_labelling(labelled: TrainConfig, tmp_path: Path) -> None:
    """Without PPO the run ends with what self-labelling has learned, and says so."""
    config = replace(labelled, total_timesteps=0)
    console = Console(file=(tmp_path / "log.txt").open("w"), width=200)
    result = train(config, tmp_path / "run", console=console)
    console.file.close()
    assert (result.finished, result.timesteps) == (True, 0)
    assert set(result.scores["generated"]) == {"greedy", "best_of_4", "spt", "mwkr", "fdd-mwkr"}
    data = curves(tmp_path / "run")
    assert [point["timesteps"] for point in data["curve"]] == [0]
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert sum(line.startswith("self-labelling ") for line in lines) == 6
    assert lines[0].startswith("self-labelling 1/6: ")
    assert lines[-1].startswith("final, generated: mean gap % best_of_4 ")


def test_other_families_have_no_such_setting() -> None:
    """What happens on a chip is not known beforehand, so its episodes cannot be compared."""
    with pytest.raises(DispatchlabError, match=r"has no such setting"):
        TrainConfig(family="soc", self_labelling_rounds=3)
