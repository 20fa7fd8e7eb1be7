"""The presets: published numbers, each with its source."""

from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.jobshop.library import instance_names as benchmark_names
from dispatchlab.envs.soc.formats import write_instance
from dispatchlab.envs.soc.instance import Injection, Noise
from dispatchlab.envs.soc.library import (
    graph_names,
    instance_names,
    is_soc_problem,
    load_instance,
    single_job,
)
from dispatchlab.envs.soc.limits import SocLimits


def test_names() -> None:
    """The presets are listed in order, with prefixes too."""
    assert instance_names("top-") == [*(f"top-{k}" for k in range(1, 11)), "top-mix"]
    assert instance_names()[11:] == ["wifi-tx80", "wifi-tx20", "soc16-mix", "pulse-doppler"]


@pytest.mark.parametrize(
    ("graph", "tasks", "arcs"),
    [
        ("Top_1", 10, 15),
        ("Top_3", 10, 12),
        ("WiFi_Transmitter", 27, 30),
        ("WiFi_Receiver", 34, 37),
        ("lag_detection", 7, 7),
        ("SC-T", 8, 7),
        ("SC-R", 8, 7),
        ("Temporal_Mitigation", 10, 12),
        ("pulse_doppler", 451, 640),
    ],
)
def test_graph_sizes(graph: str, tasks: int, arcs: int) -> None:
    """Sizes of the published graphs (SoCRATES commit e246978, DS3 commits 056c930, bd7bee7)."""
    job = single_job(graph)
    assert (job.graphs[0].num_tasks, len(job.graphs[0].arc_from)) == (tasks, arcs)
    assert job.injection == Injection("batch", 25.0, 1, None, 0, False, 1)


def test_canonical_example() -> None:
    """Execution times and volumes of Topcuoglu, Hariri and Wu (2002), figure 2 and table 1."""
    top = load_instance("top-1")
    assert top.expected_us(0).tolist() == [
        [14, 16, 9], [13, 19, 18], [11, 13, 19], [13, 8, 17], [12, 13, 10],
        [13, 16, 9], [7, 15, 11], [5, 11, 14], [18, 12, 20], [21, 7, 16],
    ]  # fmt: skip
    graph = top.graphs[0]
    assert graph.volume.tolist() == [18, 12, 9, 11, 14, 19, 16, 23, 27, 23, 13, 15, 17, 11, 13]
    assert top.chip.bandwidth[~np.eye(3, dtype=bool)].tolist() == [1.0] * 6
    assert top.injection == Injection("lossy", 25.0, 3, 5000, 0, True)
    assert all(points.is_placeholder for points in top.chip.operating_points)


def test_soc16() -> None:
    """Numbers of DS3's 16-element chip, SoC.MULTIPLE_BAL at commit 056c930."""
    mix = load_instance("soc16-mix")
    chip = mix.chip
    assert np.bincount(chip.cluster).tolist() == [4, 4, 2, 4, 2]
    assert chip.cluster_names == ("A7", "A15", "MM", "FFT", "VIT")
    row = dict(zip(chip.kernels, chip.exec_us.tolist(), strict=True))
    assert row["fft_1"] == [289] * 4 + [114] * 4 + [-1] * 2 + [12] * 4 + [-1] * 2
    assert row["viterbi_decoder"] == [1828] * 4 + [739] * 4 + [-1] * 6 + [2] * 2
    assert row["CMM_1"] == [240] * 4 + [54] * 4 + [22] * 2 + [-1] * 6
    assert row["fir_filter"][0] == 30
    assert (chip.bandwidth[0, 10], chip.bandwidth[0, 14], chip.bandwidth[10, 14]) == (
        10,
        1000,
        1000,
    )
    assert np.array_equal(chip.bandwidth, chip.bandwidth.T)
    assert chip.operating_points[1].active_power_w == (3.32, 5.05, 6.15, 6.91)
    assert mix.probabilities == (0.2, 0.2, 0.2, 0.1, 0.1, 0.2)
    assert mix.injection == Injection("blocked", 100.0, 12, 60000, 10000, False)


def test_wifi_and_pulse_doppler() -> None:
    """Streams of the WiFi mixes and the radar chip, whose FFT links are slow as well."""
    tx80, tx20 = load_instance("wifi-tx80"), load_instance("wifi-tx20")
    assert (tx80.probabilities, tx20.probabilities) == ((0.8, 0.2), (0.2, 0.8))
    assert tx80.injection == Injection("blocked", 200.0, 12, 60000, 10000, False)
    radar = load_instance("pulse-doppler")
    assert radar.injection == Injection("blocked", 2000.0, 2, 50000, 0, False)
    row = dict(zip(radar.chip.kernels, radar.chip.exec_us.tolist(), strict=True))
    assert row["xcorr_ifft"] == [9] * 4 + [4] * 4 + [-1] * 2 + [6] * 4 + [-1] * 2
    assert row["magnitude"][:8] == [20] * 4 + [12] * 4
    assert radar.chip.bandwidth[0, 10] == 10
    assert set(radar.graphs[0].volume.tolist()) == {1.0, 40.0}


def test_widths() -> None:
    """Bounds of ready tasks follow from the shapes: five symbols; 64 pulses of two FFTs each."""
    assert SocLimits.of(load_instance("wifi-tx80")).ready == 12 * 5
    assert SocLimits.of(load_instance("pulse-doppler")).ready == 2 * 128


def test_presets_are_shared_and_case_does_not_matter() -> None:
    """A preset is loaded once; an instance is handed through."""
    assert load_instance("TOP-1") is load_instance("top-1")
    assert load_instance(load_instance("top-1")) is load_instance("top-1")
    assert load_instance("job:SC-T").name == "SC-T"


def test_settings() -> None:
    """Settings behind a name change the stream and the noise only."""
    text = "top-1:mean_gap_us=50,max_jobs=4,noise=gaussian,noise_std=0.2,prefill=false"
    changed, plain = load_instance(text), load_instance("top-1")
    assert changed.injection == Injection("lossy", 50.0, 4, 5000, 0, False)
    assert changed.noise == Noise("gaussian", 0.2)
    assert (changed.chip, changed.graphs) == (plain.chip, plain.graphs)
    assert load_instance("top-1:noise_std=0.1").noise.kind == "gaussian"
    batch = load_instance("top-1:mode=batch,num_jobs=2,horizon_us=none,prefill=false")
    assert (batch.injection.num_jobs, batch.injection.horizon_us) == (2, None)
    assert load_instance("top-1:noise=none").noise == Noise()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("top-11", InstanceFormatError, "did you mean top-1"),
        ("nothing", InstanceFormatError, "no SoC instance named 'nothing'; choose one of top-1"),
        ("job:Top_11", InstanceFormatError, "no task graph named 'Top_11'; choose one of Top_1"),
        ("missing.json", InstanceFormatError, "no file 'missing.json'"),
        ("top-1:speed=3", InvalidInstanceError, "has no setting 'speed'; there are mode"),
        ("top-1:max_jobs", InstanceFormatError, "no SoC instance named 'top-1:max_jobs'"),
        ("top-1:max_jobs=", InvalidInstanceError, "'max_jobs=' in 'top-1:max_jobs=' is incomplete"),
        ("top-1:max_jobs=3,max_jobs=4", InvalidInstanceError, "'max_jobs' stands twice"),
        ("top-1:max_jobs=many", InvalidInstanceError, "max_jobs is 'many'"),
        ("top-1:noise=loud", InvalidInstanceError, "noise.kind is 'loud'"),
    ],
)
def test_bad_names(given: str, error: type[Exception], message: str) -> None:
    """Unknown names, files and settings are refused in one sentence."""
    with pytest.raises(error, match=message) as caught:
        load_instance(given)
    assert type(caught.value) is error


def test_files(tmp_path: Path) -> None:
    """A file is an instance as well, with settings too."""
    path = write_instance(load_instance("top-2"), tmp_path / "two.json")
    assert load_instance(path) == load_instance("top-2")
    assert load_instance(f"{path}:max_jobs=5").injection.max_jobs == 5


def test_is_soc_problem(tmp_path: Path) -> None:
    """Names and files of this family are told apart from those of others."""
    own = write_instance(load_instance("top-2"), tmp_path / "two.json")
    shop = tmp_path / "shop.json"
    shop.write_text('{"format": "dispatchlab-cp-encoding"}')
    names = ["top-1", "top-1:max_jobs=2", "job:Top_1", "x.stg", "x.dot", str(own), "top-11"]
    names.append(f"{own}:max_jobs=2")
    assert all(is_soc_problem(name) for name in names)
    assert not any(is_soc_problem(name) for name in ["ft06", "x.json", "x.jsp", str(shop)])
    assert not any(is_soc_problem(name) for name in benchmark_names())


def test_graph_names() -> None:
    """Every published graph can be taken alone."""
    assert len(graph_names()) == 17
    assert all(single_job(name).graphs[0].name == name for name in graph_names())
