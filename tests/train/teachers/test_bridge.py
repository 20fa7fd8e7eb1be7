"""The bridge: teachers hear of what was played, where it was played, before they choose again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dispatchlab.agents.sb3_env import as_sb3
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.families import load_family
from dispatchlab.train.levels import make_levels
from dispatchlab.train.teachers.base import Episode, Fragment, Level, Play, PointTeacher
from dispatchlab.train.teachers.bridge import TeacherVecEnv
from dispatchlab.train.teachers.history import History, read_history
from dispatchlab.train.teachers.registry import TEACHERS, make_teacher
from dispatchlab.train.teaching import Teaching
from tests.train.helpers import Interrupt, progress, same_weights

WIDTH = 4


class Recorder(PointTeacher):
    """Hands out numbered levels and keeps what it hears; every third is only judged."""

    wants_regret = wants_values = wants_fragments = True

    def __init__(self, dimensions: int) -> None:
        """Begin with level 0."""
        super().__init__(dimensions)
        self.given: list[Play] = []
        self.heard: list[Episode] = []
        self.known: list[int] = []
        self.rollouts: list[Sequence[Fragment]] = []

    def sample(self, count: int) -> list[Play]:
        """The next numbers."""
        self.known += [len(self.heard)] * count
        first = len(self.given)
        point = (0.5,) * self.dimensions
        plays = [Play(Level(point, n), n % 3 > 0) for n in range(first, first + count)]
        self.given += plays
        return plays

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Keep them."""
        self.heard += episodes

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """Keep them."""
        self.rollouts.append(fragments)


@pytest.fixture
def config(tiny: TrainConfig) -> TrainConfig:
    """Shops of up to five jobs."""
    return replace(tiny, num_envs=WIDTH, n_steps=32)


def _bridge(config: TrainConfig) -> tuple[TeacherVecEnv, Recorder, Any]:
    levels = make_levels(config)
    teacher = Recorder(len(levels.space))
    inner = as_sb3(load_family(config.family).training_env(config))
    return TeacherVecEnv(inner, teacher, levels), teacher, levels


def _play(env: TeacherVecEnv, steps: int) -> list[Mapping[str, Any]]:
    """Random legal actions; the infos of all episodes that end, in order."""
    noise, ended = np.random.default_rng(0), []
    env.reset()
    for step in range(steps):
        masks = np.array(env.env_method("action_masks"))
        actions = (masks * noise.random(masks.shape)).argmax(1)
        _, _, dones, infos = env.step(actions)
        env.note_values(np.full(WIDTH, float(step)))
        ended += [info for info, done in zip(infos, dones, strict=True) if done]
    return ended


def test_what_was_played_is_credited(config: TrainConfig) -> None:
    """Objectives, lengths and returns belong to the level, and are known before the next choice."""
    env, teacher, levels = _bridge(config)
    ended = _play(env, 60)
    assert len(teacher.heard) == len(ended) > WIDTH
    assert env.episodes == teacher.heard
    for record, info in zip(teacher.heard, ended, strict=True):
        problem = levels.problem(record.play.level)
        assert record.length == info["decisions"]
        assert record.episode_return == pytest.approx(info["episode"]["r"], abs=1e-6)
        reference = levels.reference(problem)
        assert record.score == levels.judge(problem, info["objective"])
        assert record.regret == (info["objective"] - reference) / reference
        assert record.success == (record.regret <= 0)
    # zero lag: whoever begins anew was chosen with everything known that had ended by then
    assert teacher.known[:WIDTH] == [0] * WIDTH
    assert teacher.known[WIDTH:] == sorted(teacher.known[WIDTH:])
    assert teacher.known[-1] == len(teacher.heard)


def test_first_values(config: TrainConfig) -> None:
    """The value of the first decision arrives with every episode of two decisions or more."""
    env, teacher, _ = _bridge(config)
    _play(env, 60)
    long = [episode for episode in teacher.heard if episode.length > 1]
    assert long
    assert not any(math.isnan(episode.first_value) for episode in long)
    assert [e.first_value for e in long[:1]] == [0.0]


def test_fragments_cut_the_rollout_at_episodes(config: TrainConfig) -> None:
    """Every decision is in one fragment, with its values; cut episodes have no record yet."""
    env, teacher, _ = _bridge(config)
    _play(env, 40)
    learns = env.learns()
    values = np.arange(40 * WIDTH, dtype=np.float64).reshape(40, WIDTH)
    env.end_rollout(values, -values)
    (fragments,) = teacher.rollouts
    for index in range(WIDTH):
        own = [fragment for fragment in fragments if fragment.environment == index]
        assert np.concatenate([f.values for f in own]).tolist() == values[:, index].tolist()
        assert np.concatenate([f.advantages for f in own]).tolist() == (-values[:, index]).tolist()
        assert [f.ends for f in own] == [True] * (len(own) - 1) + [own[-1].episode is not None]
        taught = np.concatenate([np.full(len(f.values), f.play.learns) for f in own])
        assert taught.tolist() == learns[:, index].tolist()
        for fragment in own[1:-1]:
            assert fragment.episode is not None
            assert fragment.episode.play == fragment.play
            assert fragment.episode.length == len(fragment.values)
    assert env.episodes == []


@pytest.mark.parametrize(
    "teacher",
    [
        "alp-gmm:fit_rate=20", "adr", "spdl:update_every=200,first_update=200",
        "robust-plr:capacity=16", "regret-accel:capacity=16", "sfl:num_candidates=8,period=64",
        "paired:batch=4,hidden=16",
    ],
)  # fmt: skip
def test_taught_runs_resume(
    teacher: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies in the middle of a rollout ends as if nothing had happened."""
    config = replace(tiny, teacher=teacher)
    train(config, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(600)])
    train(None, tmp_path / "broken", resume=True, console=quiet)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    assert progress(tmp_path / "whole") == progress(tmp_path / "broken")
    histories = [read_history(tmp_path / name / "curriculum.jsonl") for name in ("whole", "broken")]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 9


def test_nothing_is_learned_from_what_is_only_judged(
    tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Robust PLR does not learn before its buffer is filled; PLR does."""
    for teacher in ("robust-plr:capacity=4000", "plr:capacity=4000"):
        train(replace(tiny, teacher=teacher), tmp_path / teacher[:3], console=quiet)
    train(replace(tiny, total_timesteps=0), tmp_path / "none", console=quiet)
    assert same_weights(tmp_path / "rob", tmp_path / "none")
    assert not same_weights(tmp_path / "plr", tmp_path / "none")


def test_a_run_keeps_its_task_space(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """A teacher that has learned about other tasks is refused."""
    config = replace(tiny, teacher="uniform", total_timesteps=128)
    train(config, tmp_path / "run", console=quiet)
    other = replace(config, generator="random:num_jobs=3-9")
    with pytest.raises(CheckpointError, match=r"started with generator='random:num_jobs=3-5.*3-9"):
        train(other, tmp_path / "run", resume=True, console=quiet)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alpgmm", r"no teacher 'alpgmm': did you mean alp-gmm"),
        ("alp-gmm:fitrate=3", r"'alp-gmm' has no 'fitrate': did you mean fit_rate"),
        ("alp-gmm:fit_rate=x", r"fit_rate of the teacher 'alp-gmm' is 'x': give a number"),
        ("alp-gmm:fit_rate", r"'fit_rate' of the teacher 'alp-gmm:fit_rate' has no value"),
        ("regret-plr:score=max-mc", r"'regret-plr' has no 'score'"),
        ("plr:capacity=8,capacity=9", r"'capacity' stands twice"),
    ],
)
def test_bad_teachers(text: str, message: str, tiny: TrainConfig) -> None:
    """Names, settings and values are checked before anything runs."""
    with pytest.raises(DispatchlabError, match=message):
        replace(tiny, teacher=text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plr:capacity=999999999999", r"capacity is 999999999999 but must be between 1 and"),
        ("linear:directions=1", r"directions are 1 but must be 2 numbers"),
        ("accel:num_edits=1000000000", r"num_edits is 1000000000 but must be between 1 and 1000"),
    ],
)
def test_settings_out_of_range(text: str, message: str, tiny: TrainConfig) -> None:
    """Numbers that no machine could hold are refused by name."""
    with pytest.raises(DispatchlabError, match=message):
        make_teacher(text, make_levels(tiny))


def test_nothing_to_choose(tiny: TrainConfig) -> None:
    """A generator without ranges leaves a teacher without a task space."""
    levels = make_levels(replace(tiny, generator="taillard:4x4"))
    with pytest.raises(DispatchlabError, match=r"'uniform' has nothing to choose: give .*ranges"):
        make_teacher("uniform", levels)


@pytest.mark.parametrize("name", [name for name in TEACHERS if name != "clutr"])  # tested apart
def test_every_teacher_can_be_made(name: str, tiny: TrainConfig) -> None:
    """By its name alone; its levels can be played."""
    levels = make_levels(tiny)
    plays = make_teacher(name, levels, seed=3).sample(2)
    sizes = [len(np.unique(levels.problem(play.level)[0].job)) for play in plays]
    assert len(sizes) == 2
    assert all(size >= 1 for size in sizes)


def test_a_history_survives_a_cut(tmp_path: Path) -> None:
    """Half a last line is dropped, and so is what training repeats."""
    path = tmp_path / "curriculum.jsonl"
    path.write_text('{"timesteps": 1}\n{"timesteps": 2}\n{"timest')
    assert [line["timesteps"] for line in read_history(path)] == [1, 2]
    History(path, keep=1).close()
    assert path.read_text() == '{"timesteps": 1}\n'


def test_two_students_begin_as_equals(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """What the first learns before PPO, the second knows too."""
    config = replace(
        tiny, teacher="paired:batch=4,hidden=16", self_labelling_rounds=1,
        self_labelling_instances=2, self_labelling_samples=4, total_timesteps=0,
    )  # fmt: skip
    equal = []

    def watch(teaching: Teaching, model: OnPolicyAlgorithm) -> None:
        begin(teaching, model)
        assert teaching._antagonist is not None
        assert teaching._antagonist.env._levels is teaching.env._levels  # made once
        ours, theirs = model.policy.state_dict(), teaching._antagonist.model.policy.state_dict()
        equal.append(all(torch.equal(ours[key], theirs[key]) for key in ours))

    begin = Teaching.begin
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Teaching, "begin", watch)
        train(config, tmp_path / "run", console=quiet)
    assert equal == [True]
