"""Validation problems, their scores, and the writers that record them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.network import GraphNetwork, NetworkConfig
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.train import TrainConfig
from dispatchlab.train.families.jobshop import make_training_env
from dispatchlab.train.problems import draw_problems
from dispatchlab.train.validation import Validation
from dispatchlab.train.writers import CsvWriter


def make_policy(config: TrainConfig) -> LearnedPolicy:
    """An untrained policy for the environment of a config."""
    layout = make_training_env(config).graph_spec.layout()
    network = GraphNetwork(
        GraphLayout.from_dict(layout), NetworkConfig(hidden=8, num_layers=1, num_heads=1)
    )
    return LearnedPolicy(network, layout=layout)


def test_problems_are_the_same_every_time() -> None:
    """The instances do not depend on the run, and more of them begin with the same."""
    first, second = (draw_problems(make_generator("random:num_jobs=4"), count) for count in (3, 5))
    for (one, _), (two, _) in zip(first, second, strict=False):
        assert np.array_equal(one.mode_duration, two.mode_duration)
    assert not np.array_equal(second[3][0].mode_duration, second[4][0].mode_duration)


def test_benchmarks_are_measured_by_their_best_known_value(tiny: TrainConfig) -> None:
    """ft06 has the optimum 55 (Fisher and Thompson 1963); generated shops have their bound."""
    config = replace(tiny, eval_benchmarks=("ft06",))
    generated, benchmarks = Validation(config).sets
    assert generated.reference.kind == "lower bound"
    assert benchmarks.reference.kind == "best known"
    assert benchmarks.reference.mean_gap(np.array([66.0])) == pytest.approx(20.0)


def test_best_of_k_does_not_lose_to_one_sample(tiny: TrainConfig) -> None:
    """More samples of the same seed can only help, and no gap is negative."""
    part = Validation(replace(tiny, eval_instances=3)).sets[0]
    policy = make_policy(tiny)
    gaps = [part.best_of_gap(policy, k) for k in (1, 16)]
    assert 0.0 <= gaps[1] < gaps[0]


def test_chunks_do_not_mix_problems(tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A greedy-like agent scores the same whether problems are sampled together or apart."""
    part = Validation(tiny).sets[0]
    policy = make_policy(tiny)
    # A huge weight on the scores makes sampling greedy, so that chunks cannot differ by luck.
    last = policy.network.pointer.score[-1]
    last.weight.data *= 1e7
    whole = part.best_of_gap(policy, 2)
    monkeypatch.setattr("dispatchlab.train.families.jobshop.MOST_ROWS", 2)
    assert part.best_of_gap(policy, 2) == pytest.approx(whole)
    assert part.greedy(policy)["greedy"] == pytest.approx(whole)


def test_unknown_benchmark_is_refused(tiny: TrainConfig) -> None:
    """A misspelt benchmark is an error before training."""
    with pytest.raises(DispatchlabError, match="ft6"):
        Validation(replace(tiny, eval_benchmarks=("ft6",)))


def test_regret_reward_sums_to_the_gap(tiny: TrainConfig) -> None:
    """The return of an episode is minus the relative distance to the lower bound."""
    env = make_training_env(replace(tiny, num_envs=2, n_steps=32))
    obs, _ = env.reset(seed=0)
    total = np.zeros(2)
    done = np.zeros(2, bool)
    while not done[0]:
        obs, rewards, done, _, infos = env.step(obs["action_mask"].argmax(axis=1))
        total += rewards
    final = infos["final_info"]
    gap = final["objective"][0] / final["lower_bound"][0] - 1.0
    assert total[0] == pytest.approx(-gap)


def test_csv_drops_what_training_repeats(tmp_path: Path) -> None:
    """Rows behind the checkpoint and the half row of a killed process go."""
    path = tmp_path / "progress.csv"
    path.write_text("timesteps,loss\n128,1.0\n256,2.0\n384,3.0\n5")
    writer = CsvWriter(path, ["timesteps", "loss"], keep=256)
    writer.write({"loss": 4.0, "other": 1}, {}, step=384)
    writer.close()
    assert path.read_text().split() == ["timesteps,loss", "128,1.0", "256,2.0", "384,4.0"]


def test_futures_are_not_chosen(tiny: TrainConfig) -> None:
    """Where arrivals are random, the best of k is no score: nobody could have known it."""
    config = replace(tiny, eval_generator="random:num_jobs=5,num_machines=4,arrival_load=0.8")
    (part,) = Validation(config).sets
    assert part.final(make_policy(config)) == {}
