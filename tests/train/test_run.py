"""A whole run: its folder, its errors, determinism and resuming."""

import io
import json
import multiprocessing
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from stable_baselines3 import PPO

from dispatchlab.agents import load_policy
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.checkpoint import capture_random, read_checkpoint, write_checkpoint
from dispatchlab.train.config_files import read_config, write_config
from tests.train.helpers import Interrupt, progress, same_weights

KILLS = 24


def test_run_folder_is_complete(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """Every file is there, can be read and tells the same story."""
    out = tmp_path / "runs" / "first"
    result = train(replace(tiny, tensorboard=True), out, console=quiet)
    assert result.finished
    assert result.path == out
    assert result.timesteps == tiny.total_timesteps
    assert read_config(out / "config.yaml") == replace(tiny, tensorboard=True)
    data = json.loads((out / "eval.json").read_text())
    assert [point["timesteps"] for point in data["curve"]] == [0, 512, 1024, 1152]
    assert data["final"] == result.scores
    assert set(data["final"]["generated"]) == {"greedy", "best_of_4", "spt", "mwkr", "fdd-mwkr"}
    assert data["sets"]["generated"]["gap_to"] == "lower bound"
    assert json.loads((out / "versions.json").read_text())["torch"]
    assert list((out / "tensorboard").glob("events.*"))
    rows = progress(out)
    assert [int(row["timesteps"]) for row in rows] == list(range(0, 1153, 128))
    assert float(rows[-1]["eval/generated/greedy"]) == data["final"]["generated"]["greedy"]
    assert float(rows[-1]["train/learning_rate"]) == 0.0
    policy = load_policy(out)
    assert policy.family == "job-shop"
    assert policy.meta["timesteps"] == result.timesteps
    stored = PPO.load(out / "model.zip").policy.net.state_dict()
    assert all(
        torch.equal(value, stored[key]) for key, value in policy.network.state_dict().items()
    )


def test_same_seed_gives_same_weights(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """Two runs agree bit for bit; another seed does not."""
    short = replace(tiny, total_timesteps=256)
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        train(replace(short, seed=seed), tmp_path / name, console=quiet)
    assert same_weights(tmp_path / "one", tmp_path / "two")
    assert not same_weights(tmp_path / "one", tmp_path / "three")


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_resumed_run_equals_uninterrupted_run(
    algo: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies twice in the middle of a rollout ends as if nothing had happened."""
    config = replace(tiny, algo=algo, generator="random:num_jobs=3-5,duration_noise=0.2")
    train(config, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(450)])
    assert not same_weights(tmp_path / "whole", tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", resume=True, console=quiet, callbacks=[Interrupt(1000)])
    result = train(None, tmp_path / "broken", resume=True, console=quiet)
    assert result.finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    assert progress(tmp_path / "whole") == progress(tmp_path / "broken")
    curves = [
        json.loads((tmp_path / name / "eval.json").read_text()) for name in ("whole", "broken")
    ]
    assert curves[0] == curves[1]


def test_time_limit_stops_at_a_checkpoint(
    tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """A run that its clock stops continues to the same weights under another limit."""
    train(tiny, tmp_path / "whole", console=quiet)
    first = train(replace(tiny, max_minutes=1e-9), tmp_path / "broken", console=quiet)
    assert not first.finished
    assert first.timesteps < tiny.total_timesteps
    assert train(tiny, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_finished_run_can_be_resumed_without_harm(
    tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Nothing is left to train, and the scores are those of the first time."""
    short = replace(tiny, total_timesteps=128)
    first = train(short, tmp_path / "run", console=quiet)
    again = train(None, tmp_path / "run", resume=True, console=quiet)
    assert (again.finished, again.timesteps, again.scores) == (True, 128, first.scores)


def test_global_generators_are_left_alone(
    tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Training neither consumes nor reseeds the global random streams."""
    torch.manual_seed(3)
    before, threads = capture_random(), torch.get_num_threads()
    train(replace(tiny, total_timesteps=128, threads=2), tmp_path / "run", console=quiet)
    after = capture_random()
    assert after["python"] == before["python"]
    assert torch.equal(after["torch"], before["torch"])
    assert np.array_equal(after["numpy"][1], before["numpy"][1])
    assert torch.get_num_threads() == threads


def test_progress_goes_to_the_console_as_lines(tiny: TrainConfig, tmp_path: Path) -> None:
    """Without a terminal every validation is one line, and there is no bar."""
    console = Console(file=(tmp_path / "log.txt").open("w"), width=200)
    train(replace(tiny, total_timesteps=128), tmp_path / "run", console=console)
    console.file.close()
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert len(lines) == 3
    assert lines[0].split()[:4] == ["0", "decisions", "generated:", "mean"]
    assert lines[-1].startswith("final, generated: mean gap % best_of_4 ")


class TestErrors:
    """Bad folders are refused in one sentence, before anything is trained."""

    def test_taken_folder(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """A folder with another run is not overwritten."""
        write_config(tiny, tmp_path / "config.yaml")
        with pytest.raises(DispatchlabError, match="holds another run: continue it with --resume"):
            train(tiny, tmp_path)

    def test_folder_with_other_files(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """A folder with somebody's files is not littered."""
        (tmp_path / "thesis.tex").touch()
        with pytest.raises(DispatchlabError, match="is not empty: choose another name"):
            train(tiny, tmp_path)

    @pytest.mark.parametrize(
        ("found", "device", "message"),
        [
            (0, "cuda", "'cuda', but torch finds none: give cpu or auto"),
            (2, "cuda:2", "'cuda:2', but torch finds 2, the last one cuda:1: give that, cpu or"),
        ],
    )
    def test_accelerator_that_is_not_there(
        self, found: int, device: str, message: str, tiny: TrainConfig, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """Before a folder is made."""
        monkeypatch.setattr(torch.cuda, "is_available", lambda: found > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: found)
        with pytest.raises(DispatchlabError, match=message):
            train(replace(tiny, device=device), tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_unwritable_folder(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """A path below a file cannot be made."""
        (tmp_path / "file").touch()
        with pytest.raises(DispatchlabError, match=r"Cannot make the folder .*another path"):
            train(tiny, tmp_path / "file" / "run")

    def test_resume_without_checkpoint(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """There is nothing to continue in an empty folder."""
        with pytest.raises(CheckpointError, match=r"no checkpoint .* without --resume"):
            train(None, tmp_path, resume=True)
        (tmp_path / "file").touch()
        with pytest.raises(CheckpointError, match=r"file' is a file: give --out the folder"):
            train(None, tmp_path / "file", resume=True)

    def test_resume_with_other_settings(
        self, tiny: TrainConfig, quiet: Console, tmp_path: Path
    ) -> None:
        """The first setting that differs is named."""
        train(replace(tiny, total_timesteps=128), tmp_path / "run", console=quiet)
        other = replace(tiny, total_timesteps=128, clip_range=0.3)
        with pytest.raises(CheckpointError, match=r"started with clip_range=0\.2, not 0\.3"):
            train(other, tmp_path / "run", resume=True)

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            ("timesteps,", "time;", r"progress\.csv' has no header with a column 'timesteps'"),
            ("\n0,", "\nnull,", r"Line 2 of .*progress\.csv' does not hold .* or remove it"),
            ("\n0,", "\nnan,", r"Line 2 of .*progress\.csv' does not hold .* or remove it"),
            (",time/fps", ",fps", r"progress\.csv' has the column 'fps', which this run does not"),
        ],
    )
    def test_damaged_progress(
        self, before: str, after: str, message: str, tiny: TrainConfig, quiet: Console,
        tmp_path: Path,
    ) -> None:  # fmt: skip
        """The curve of a run is not thrown away: the file is named and stays as it is."""
        path = tmp_path / "run" / "progress.csv"
        train(replace(tiny, total_timesteps=128), path.parent, console=quiet)
        damaged = path.read_bytes().decode().replace(before, after, 1)
        assert damaged != path.read_bytes().decode()
        path.write_bytes(damaged.encode())
        with pytest.raises(CheckpointError, match=message):
            train(None, path.parent, resume=True, console=quiet)
        assert path.read_bytes() == damaged.encode()
        path.unlink()
        assert train(None, path.parent, resume=True, console=quiet).finished

    def test_resume_with_settings_changed_by_hand(
        self, tiny: TrainConfig, quiet: Console, tmp_path: Path
    ) -> None:
        """They are compared with those in the checkpoint, if it has them: older ones do not."""
        run = tmp_path / "run"
        short = replace(tiny, total_timesteps=128, eval_generator=f" {tiny.eval_generator}")
        train(short, run, console=quiet)
        assert train(None, run, resume=True, console=quiet).finished
        write_config(replace(short, clip_range=0.3, max_minutes=9.0), run / "config.yaml")
        refusal = r"config\.yaml' has clip_range=0\.3, but the run was started with 0\.2: put it"
        for config in (None, replace(short, clip_range=0.3)):
            with pytest.raises(CheckpointError, match=refusal):
                train(config, run, resume=True, console=quiet)
        assert read_config(run / "config.yaml").clip_range == 0.3
        state = read_checkpoint(run / "checkpoint.pt")
        del state["config"], state["version"]
        write_checkpoint(run / "checkpoint.pt", state)
        assert train(None, run, resume=True, console=quiet).finished

    def test_damaged_checkpoint(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """A checkpoint that is none is refused."""
        write_config(tiny, tmp_path / "config.yaml")
        (tmp_path / "checkpoint.pt").write_bytes(b"nothing")
        with pytest.raises(CheckpointError, match=r"Cannot read .*checkpoint\.pt"):
            train(None, tmp_path, resume=True)

    def test_bad_generator_leaves_no_folder(self, tiny: TrainConfig, tmp_path: Path) -> None:
        """A setting that only the environment can judge is refused before the folder is made."""
        with pytest.raises(DispatchlabError, match="nonsense"):
            train(replace(tiny, generator="nonsense:1"), tmp_path / "run")
        assert not (tmp_path / "run").exists()


def _sit(config: TrainConfig, out: Path) -> None:
    """Begin a run, or go on with it."""
    is_there = (out / "checkpoint.pt").exists()
    if not is_there:
        shutil.rmtree(out, ignore_errors=True)
    train(None if is_there else config, out, resume=is_there, console=Console(file=io.StringIO()))


@pytest.mark.slow
def test_killed_process_resumes(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """Killed by the system at two dozen random moments, a run ends with the same files."""
    config = replace(tiny, total_timesteps=120 * 128, checkpoint_every=128)
    begin = time.perf_counter()
    train(config, tmp_path / "whole", console=quiet)
    whole_s = time.perf_counter() - begin
    out, moments, kills = tmp_path / "broken", random.Random(1), 0
    # A fork has everything imported, so that it dies in training and not in imports.
    context = multiprocessing.get_context("fork")
    while True:
        sitting = context.Process(target=_sit, args=(config, out))
        sitting.start()
        sitting.join(moments.uniform(0.0, 0.06) * whole_s if kills < KILLS else None)
        if not sitting.is_alive():
            break
        sitting.kill()
        sitting.join()
        kills += 1
    assert sitting.exitcode == 0
    assert kills == KILLS
    assert same_weights(tmp_path / "whole", out)
    assert progress(tmp_path / "whole") == progress(out)
    assert (tmp_path / "whole" / "eval.json").read_text() == (out / "eval.json").read_text()


def test_what_does_not_fit_leaves_no_folder(
    tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Arrivals cannot be planned among active schedules: an error before anything is written."""
    config = replace(tiny, generator="random:num_jobs=4,arrival_load=0.5", semantics="active")
    with pytest.raises(DispatchlabError, match="'active'"):
        train(config, tmp_path / "run", console=quiet)
    assert not (tmp_path / "run").exists()
