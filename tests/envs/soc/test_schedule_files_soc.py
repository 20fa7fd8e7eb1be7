"""Schedule files: the round trip of episodes, and one sentence for every damage."""

import json
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.baselines.soc.planners import make_planner
from dispatchlab.baselines.soc.rollout import run_dispatcher, run_planner
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.errors import InfeasibleScheduleError, InstanceFormatError
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.envs.soc.schedule_files import (
    SocEpisode,
    is_schedule_file,
    read_schedule,
    write_schedule,
)
from dispatchlab.envs.soc.verify import verify


def make_episode(name: str, planner: str | None = None) -> SocEpisode:
    """An episode of a preset, by ETF or a planner."""
    instance = load_instance(name)
    problem = (instance, draw(np.random.default_rng(3), instance))
    if planner is None:
        outcome = run_dispatcher(SocRule("etf"), [problem])[0]
    else:
        outcome = run_planner(make_planner(planner), [problem])[0]
    assert outcome.schedule is not None
    return SocEpisode(
        *problem, outcome.schedule, planned=planner is not None, objective=outcome.job_time_us,
        method=planner or "etf", info={"runtime_s": 0.5},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "planner"),
    [
        ("top-mix:noise_std=0.3,horizon_us=600", None),
        ("wifi-tx20:horizon_us=2000,warmup_us=0", None),
        ("top-1:horizon_us=400", "heft"),
        ("job:Top_1", "peft"),
    ],
)
def test_round_trip(name: str, planner: str | None, tmp_path: Path) -> None:
    """Everything comes back bit for bit, and what comes back verifies alone."""
    episode = make_episode(name, planner)
    path = tmp_path / "episode.json"
    write_schedule(path, episode)
    assert is_schedule_file(path)
    again = read_schedule(path)
    assert again.instance == episode.instance
    assert again.schedule == episode.schedule
    for part in ("gap_us", "graph", "factor"):
        assert np.array_equal(getattr(again.realisation, part), getattr(episode.realisation, part))
    assert (again.planned, again.method, again.info) == (
        episode.planned, episode.method, episode.info,
    )  # fmt: skip
    verify(
        again.instance, again.realisation, again.schedule, again.objective, planned=again.planned
    )


def test_a_wrong_schedule_survives(tmp_path: Path) -> None:
    """The file holds what was done, right or wrong, so that the checker can judge it."""
    path = tmp_path / "episode.json"
    write_schedule(path, make_episode("job:Top_1"))
    document = json.loads(path.read_text())
    document["schedule"]["start_us"][0][9] -= 1
    path.write_text(json.dumps(document))
    episode = read_schedule(path)
    with pytest.raises(InfeasibleScheduleError):
        verify(episode.instance, episode.realisation, episode.schedule)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), '"format": "dispatchlab-soc-schedule"'),
        (lambda d: d.update(version=9), "'version' is 9"),
        (lambda d: d.pop("realisation"), "'realisation' is missing"),
        (lambda d: d["schedule"].pop("pe"), r"'schedule\.pe' is missing"),
        (lambda d: d["schedule"]["pe"].pop(), r"'schedule\.pe' has 0 entries, but 1"),
        (lambda d: d["schedule"]["pe"][0].pop(), r"'schedule\.pe\[0\]' has 9 entries, but 10"),
        (lambda d: d["schedule"]["end_us"][0].__setitem__(0, 1.5), r"schedule\.end_us\[0\]"),
        (lambda d: d["schedule"]["end_us"][0].__setitem__(0, 10**30), "below 2"),
        (lambda d: d["schedule"]["end_us"][0].__setitem__(0, -2), "-1 or more"),
        (lambda d: d["realisation"].update(graph=[]), r"realisation\.graph"),
        (lambda d: d["realisation"].update(factor=[["x"] * 10]), r"realisation\.factor\[0\]"),
        (lambda d: d["instance"]["chip"].pop("pes"), "pes"),
        (lambda d: d["schedule"].update(now_us=None), "now_us"),
    ],
)
def test_damage_is_named(change: object, message: str, tmp_path: Path) -> None:
    """Each damage gives one sentence with the file and the field."""
    path = tmp_path / "episode.json"
    write_schedule(path, make_episode("job:Top_1"))
    document = json.loads(path.read_text())
    change(document)  # type: ignore[operator]
    path.write_text(json.dumps(document))
    with pytest.raises(InstanceFormatError, match=message) as caught:
        read_schedule(path)
    assert "episode.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file_and_no_json(tmp_path: Path) -> None:
    """A missing file, another extension and half a file are told apart."""
    with pytest.raises(InstanceFormatError, match="no schedule file"):
        read_schedule(tmp_path / "nowhere.json")
    with pytest.raises(InstanceFormatError, match="extension"):
        write_schedule(tmp_path / "s.csv", make_episode("job:Top_1"))
    half = tmp_path / "half.json"
    write_schedule(half, make_episode("job:Top_1"))
    half.write_text(half.read_text()[:-20])
    with pytest.raises(InstanceFormatError, match=r"half\.json"):
        read_schedule(half)
    assert not is_schedule_file(tmp_path / "nowhere.json")
