"""Bandwidth traces: those read from files, and those made like a 4G network's."""

import json
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.edge.network import MOBILITIES
from dispatchlab.envs.edge.networks import STATISTICS, constant_trace, synthetic_4g
from dispatchlab.envs.edge.trace_files import read_trace, read_traces

# Of the 40 traces of UMass-LIDS/sabre, example/mmsys18/4Glogs, weighted by their seconds: mean
# (Mbit/s), coefficient of variation over all traces of the kind, and within a trace (root of the
# mean variance over the mean), mean of the fifth percentiles (Mbit/s), whether the first
# percentile over all seconds of the kind is 0.
PUBLISHED = {
    "foot": (29.3, 0.543, 0.448, 9.99, True),
    "bicycle": (28.2, 0.540, 0.529, 6.64, True),
    "bus": (31.9, 0.544, 0.468, 10.64, False),
    "car": (33.9, 0.467, 0.453, 12.00, False),
    "train": (22.7, 0.640, 0.638, 1.28, True),
    "tram": (29.2, 0.591, 0.469, 9.26, True),
}


def test_all_kinds_have_statistics() -> None:
    """Every mobility can be asked for."""
    assert tuple(STATISTICS) == MOBILITIES == tuple(PUBLISHED)


@pytest.mark.parametrize("kind", MOBILITIES)
def test_statistics_of_synthetic_traces(kind: str) -> None:
    """Mean within 6 %, both variations within 8 %, the fifth percentile within 3 Mbit/s."""
    rng = np.random.default_rng(2016)
    traces = [synthetic_4g(rng, kind, 450).bandwidth_kbps / 1000 for _ in range(250)]
    mean, pooled, within, low, dark = PUBLISHED[kind]
    seconds = np.concatenate(traces)
    assert seconds.mean() == pytest.approx(mean, rel=0.06)
    assert seconds.std() / seconds.mean() == pytest.approx(pooled, rel=0.08)
    spread = np.sqrt(np.mean([trace.var() for trace in traces])) / seconds.mean()
    assert spread == pytest.approx(within, rel=0.08)
    assert np.mean([np.percentile(trace, 5) for trace in traces]) == pytest.approx(low, abs=3.0)
    assert (np.percentile(seconds, 1) < 0.1) == dark
    share = (seconds < 0.1).mean()
    assert STATISTICS[kind].fade_share * 0.8 < share < STATISTICS[kind].fade_share + 0.02
    # fastest seconds of the recorded ones: 64 to 72 on average, 111 in all
    assert 55.0 < np.mean([trace.max() for trace in traces]) < 85.0
    assert seconds.max() < 120.0


@pytest.mark.parametrize("kind", ["foot", "train"])
def test_memory_of_synthetic_traces(kind: str) -> None:
    """Bandwidth stays alike for seconds; one recorded trace of each has 0.57 (foot), 0.70 (train).

    These are correlations of one second with the next; ten seconds on they are 0.5 and 0.1.
    """
    rng = np.random.default_rng(0)
    traces = [synthetic_4g(rng, kind, 450).bandwidth_kbps for _ in range(100)]
    lags = [np.mean([np.corrcoef(t[k:], t[:-k])[0, 1] for t in traces]) for k in (1, 10, 60)]
    assert 0.5 < lags[0] < 0.75
    assert 0.1 < lags[1] < 0.5
    assert abs(lags[2]) < 0.15


def test_fades_last_some_seconds() -> None:
    """Seconds without bandwidth come in runs of 3 on average."""
    rng = np.random.default_rng(0)
    dark = np.concatenate([synthetic_4g(rng, "car", 600).bandwidth_kbps == 0 for _ in range(200)])
    runs = np.diff(np.flatnonzero(np.diff(dark.astype(int), prepend=0, append=0)))[::2]
    assert 2.3 < runs.mean() < 3.7


def test_seeds_decide_synthetic_traces() -> None:
    """The same seed gives the same trace, another a different one; its latency is 20 ms."""
    first, second, third = (
        synthetic_4g(np.random.default_rng(seed), "tram", 60) for seed in (1, 1, 2)
    )
    assert first == second
    assert first != third
    assert first.name == "4g-tram"
    assert set(first.latency_ms.tolist()) == {20}
    assert len(synthetic_4g(np.random.default_rng(0), "foot", 1).bandwidth_kbps) == 1


@pytest.mark.parametrize(
    ("kind", "seconds", "message"),
    [("boat", 5, "mobility 'boat' is unknown; choose one of foot"), ("bus", 0, "of 0 s is too")],
)
def test_impossible_synthetic_traces(kind: str, seconds: int, message: str) -> None:
    """An unknown kind and a length of nothing are refused."""
    with pytest.raises(InvalidInstanceError, match=message):
        synthetic_4g(np.random.default_rng(0), kind, seconds)


def test_constant_trace() -> None:
    """The nominal network has 30 Mbit/s and 20 ms."""
    trace = constant_trace()
    assert (trace.bandwidth_kbps.tolist(), trace.latency_ms.tolist()) == ([30_000], [20])


def write(folder: Path, text: str, name: str = "t.csv") -> Path:
    """A file with a text."""
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "bandwidth", "latency"),
    [
        ("time_s,bandwidth_kbps\n0,1000\n1,2000\n2,3000\n", [1000, 2000, 3000], [20, 20, 20]),
        ("time_s,bandwidth_mbps,latency_ms\n10,1.5,30\n11,0,40\n", [1500, 0], [30, 40]),
        ("time_ms,bandwidth_kbps\n0,1000\n500,3000\n1000,500\n1500,500\n", [2000, 500], [20, 20]),
        (" time_s , bandwidth_kbps ,lat\n0,8,x\n2,4,y\n4,2,z\n", [8, 8, 4, 4, 2, 2], [20] * 6),
        ("time_s,bandwidth_kbps\n0,90\n0.25,30\n0.5,60\n", [60], [20]),
        ("time_ms,bandwidth_kbps\n0,1000\n1001,3000\n2000,5000\n", [1000, 2998, 5000], [20] * 3),
    ],
)
def test_csv(tmp_path: Path, text: str, bandwidth: list[int], latency: list[int]) -> None:
    """Rows hold until the next; each second has the mean of its time, the rest is cut."""
    trace = read_trace(write(tmp_path, text))
    assert trace.name == "t"
    assert trace.bandwidth_kbps.tolist() == bandwidth
    assert trace.latency_ms.tolist() == latency


def test_json(tmp_path: Path) -> None:
    """The layout of sabre: durations need not be a second."""
    rows = [(734, 5544), (1000, 9665), (1001, 11_967), (265, 0)]
    data = [{"duration_ms": d, "bandwidth_kbps": b, "latency_ms": 20} for d, b in rows]
    trace = read_trace(write(tmp_path, json.dumps(data), "t.json"))
    expected = [
        (734 * 5544 + 266 * 9665) / 1000, (734 * 9665 + 266 * 11_967) / 1000,
        735 * 11_967 / 1000,
    ]  # fmt: skip
    assert trace.bandwidth_kbps.tolist() == [round(value) for value in expected]
    assert trace.latency_ms.tolist() == [20, 20, 20]
    del data[0]["latency_ms"]
    assert read_trace(write(tmp_path, json.dumps(data), "t.json")) == trace


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s,bandwidth_kbps\n", "has a header but no rows"),
        ("time_s,bandwidth_kbps\n0,1\n", "has one row, which ends nowhere"),
        ("time,bandwidth_kbps\n0,1\n1,1\n", "one column time_s or time_ms, and has neither"),
        ("time_s,time_ms,bandwidth_kbps\n0,0,1\n", "and has time_s and time_ms; name one so"),
        ("time_s,rate\n0,1\n", "one column bandwidth_mbps or bandwidth_kbps"),
        ("time_s,bandwidth_kbps\n0,1\n1,-2\n", "row 3: bandwidth_kbps is '-2'; write a number"),
        ("time_s,bandwidth_kbps\n0,1\n1,nan\n", "row 3: bandwidth_kbps is 'nan'"),
        ("time_s,bandwidth_kbps\n0,fast\n1,2\n", "row 2: bandwidth_kbps is 'fast'"),
        ("time_s,bandwidth_kbps\n0,1\n1\n", "row 3: bandwidth_kbps is None"),
        ("time_s,bandwidth_kbps\n,1\n1,2\n", "row 2: time_s is ''"),
        ("time_s,bandwidth_kbps,latency_ms\n0,1,20\n1,2,inf\n", "row 3: latency_ms is 'inf'"),
        ("time_s,bandwidth_kbps\n0,1\n1,2\n1,3\n", "row 4: time_s does not grow; sort"),
        ("time_s,bandwidth_kbps\n0,1\n1,2\n2,2\n9,3\n", "row 5: time_s jumps by 7 s where 1 s"),
        ("time_s,bandwidth_kbps\n0,1e300\n1,2\n", "row 2: bandwidth_kbps is '1e300'; write 1e.15"),
        ("time_s,bandwidth_kbps\n0,1\n9e9,2\n", "lasts .* s; cut it to 1000000 s at most"),
        ("time_s,bandwidth_kbps\n0,1\n1,\"2\n", "no valid CSV"),
    ],
)  # fmt: skip
def test_bad_csv(tmp_path: Path, text: str, message: str) -> None:
    """Errors name the file, and the row where there is one."""
    with pytest.raises(
        InstanceFormatError, match=f"^t.csv .read as a bandwidth trace.: .*{message}"
    ):
        read_trace(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the list is empty"),
        ('{"a": 1}', "holds {'a': 1}; write a list"),
        ("[3]", r"the field '\[0\]' holds 3; write an object"),
        ("[{", "no valid JSON"),
        ('[{"duration_ms": 1000}]', r"the field '\[0\].bandwidth_kbps' is missing"),
        ('[{"duration_ms": 0, "bandwidth_kbps": 1}]', r"'\[0\].duration_ms' is 0; write a pos"),
        ('[{"duration_ms": 1, "bandwidth_kbps": -1}]', r"'\[0\].bandwidth_kbps' is -1; it must"),
        ('[{"duration_ms": 1, "bandwidth_kbps": NaN}]', r"'\[0\].bandwidth_kbps' is nan; write"),
        ('[{"duration_ms": "1", "bandwidth_kbps": 1}]', r"'\[0\].duration_ms' is '1'; write a nu"),
        ('[{"duration_ms": 1, "bandwidth_kbps": 1, "x": 1}]', r"'\[0\].x' is unknown"),
        ('[{"duration_ms": 1, "bandwidth_kbps": 1, "latency_ms": -3}]', r"latency_ms' is -3"),
    ],
)
def test_bad_json(tmp_path: Path, text: str, message: str) -> None:
    """Errors name the file and the field."""
    with pytest.raises(InstanceFormatError, match=f"^t.json .*: .*{message}"):
        read_trace(write(tmp_path, text, "t.json"))


def test_files_that_are_none(tmp_path: Path) -> None:
    """An empty file, another extension, and a file that is not there."""
    with pytest.raises(InstanceFormatError, match="is empty; it should hold a bandwidth trace"):
        read_trace(write(tmp_path, ""))
    with pytest.raises(InstanceFormatError, match=r"extension is '.txt'; use .csv or .json"):
        read_trace(write(tmp_path, "x", "t.txt"))
    with pytest.raises(InstanceFormatError, match="There is no file"):
        read_traces(tmp_path / "none.csv")
