"""Tests of the readers and writers of instance files."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError, InstanceFormatError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.jobshop.formats import (
    FORMATS,
    detect_format,
    dump_instance,
    parse_instance,
    read_instance,
    write_instance,
)
from dispatchlab.envs.jobshop.instance import CpEncoding, Mode
from dispatchlab.envs.jobshop.shops import (
    flexible_job_shop,
    flow_shop,
    job_shop,
    open_shop,
    project,
)

STANDARD = "# a comment\n2 3\n0 5 1 4 2 3\n2 2 1 1 0 6\n"
TAILLARD = (
    "Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound\n"
    "  2  3  840612802  398197754  99  50\nTimes\n 5 4 3\n 2 1 6\nMachines\n 1 2 3\n 3 2 1\n"
)
SHOP = job_shop([[0, 1, 2], [2, 1, 0]], [[5, 4, 3], [2, 1, 6]])

durations = st.integers(0, 200)


@st.composite
def job_shops(draw: st.DrawFn) -> CpEncoding:
    """Job shops in which every job visits every machine once."""
    jobs, machines = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    order = [draw(st.permutations(range(machines))) for _ in range(jobs)]
    times = [[draw(durations) for _ in range(machines)] for _ in range(jobs)]
    return job_shop(order, times, num_machines=machines)


@st.composite
def flexible_shops(draw: st.DrawFn) -> CpEncoding:
    """Flexible job shops with ragged jobs and unused machines."""
    machines = draw(st.integers(1, 4))
    modes = st.dictionaries(st.integers(0, machines - 1), durations, min_size=1)
    operations = st.lists(modes.map(lambda d: list(d.items())), min_size=1, max_size=3)
    return flexible_job_shop(
        draw(st.lists(operations, min_size=1, max_size=3)), num_machines=machines
    )


@st.composite
def projects(draw: st.DrawFn) -> CpEncoding:
    """Multi-mode projects between a source and a sink."""
    inner, resources = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    capacities = [draw(st.integers(1, 5)) for _ in range(resources)]
    times, rows = [], []
    for _ in range(inner):
        count = draw(st.integers(1, 3))
        times.append([draw(durations) for _ in range(count)])
        rows.append([[draw(st.integers(0, c)) for c in capacities] for _ in range(count)])
    idle = [[0] * resources]
    # Every inner activity follows the source and precedes the sink, some another inner one too.
    after = [
        sorted({inner + 1, *(s for s in range(i + 1, inner + 1) if draw(st.booleans()))})
        for i in range(1, inner + 1)
    ]
    return project(
        [[0], *times, [0]], [idle, *rows, idle], capacities, [[*range(1, inner + 1)], *after, []]
    )


@given(job_shops(), st.sampled_from(["standard", "taillard", "fjs", "json"]))
def test_job_shop_round_trip(shop: CpEncoding, format: str) -> None:
    """Writing and reading a job shop gives it back, in every format that can express it."""
    assert parse_instance(dump_instance(shop, format), format) == shop


@given(flexible_shops(), st.sampled_from(["fjs", "json"]))
def test_flexible_round_trip(shop: CpEncoding, format: str) -> None:
    """Machines may be unused and jobs ragged; fjs still gives the same encoding."""
    assert parse_instance(dump_instance(shop, format), format) == shop


@given(projects(), st.sampled_from(["psplib", "json"]))
def test_project_round_trip(rcpsp: CpEncoding, format: str) -> None:
    """Multi-mode projects survive PSPLIB text."""
    assert parse_instance(dump_instance(rcpsp, format), format) == rcpsp


def test_json_keeps_everything() -> None:
    """Set-ups, lags, due dates, weights, objective and names survive JSON."""
    encoding = CpEncoding.build(
        [[Mode(3, ((0, 1),))], [Mode(4, ((0, 1),)), Mode(5, ((1, 2),))], [Mode(0)]],
        [1, 3],
        [(0, 1, -1), (2, 1, 4, True)],
        job=[0, 0, 1],
        release=[0, 2, 0],
        due=[5, 6],
        weight=[0, 3],
        setups={0: ({0: 1}, [[0, 2], [3, 0], [1, 1]])},
        objective="total_weighted_tardiness",
        name="all of it",
        activity_names=["a", "b", "ü"],
        resource_names=["x", "y"],
    )
    back = parse_instance(dump_instance(encoding, "json"), "json")
    assert back == encoding
    assert (back.name, back.activity_names, back.resource_names) == (
        encoding.name, encoding.activity_names, encoding.resource_names,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "suffix", "format"),
    [
        (STANDARD, ".txt", "standard"),
        (TAILLARD, ".txt", "taillard"),
        ("2 3\n5 4 3\n2 1 6\n1 2 3\n3 2 1\n", "", "taillard"),
        ("2 2\n1 2 1 5 2 4\n2 1 1 3 1 2 2\n", ".txt", "fjs"),
        ("2 2 1.5\n1 2 1 5 2 4\n2 1 1 3 1 2 2\n", "", "fjs"),
        (dump_instance(SHOP, "json"), ".dat", "json"),
        (dump_instance(project([0, 0], [[0], [0]], [1], [[1], []]), "psplib"), ".txt", "psplib"),
        (STANDARD, ".fjs", "fjs"),
    ],
)
def test_detect_format(text: str, suffix: str, format: str) -> None:
    """Extension and content tell the format."""
    assert detect_format(text, suffix) == format


def test_titles_comments_and_wrapped_rows() -> None:
    """OR-Library titles and comments are skipped; rows may be wrapped."""
    titled = " instance x\n +++++\n Authors 1988\n" + STANDARD
    assert parse_instance(titled, "standard") == SHOP
    assert parse_instance("2 3 # jobs\n0 5 1 4\n2 3 2 2\n1 1 0 6", "standard") == SHOP


def test_taillard_with_and_without_titles() -> None:
    """Descriptive lines are optional; machines count from 1."""
    assert parse_instance(TAILLARD, "taillard") == SHOP
    assert parse_instance("2 3\n5 4 3\n2 1 6\n1 2 3\n3 2 1", "taillard") == SHOP
    swapped = "2 3\nMachines\n1 2 3\n3 2 1\nTimes\n5 4 3\n2 1 6\n"
    assert parse_instance(swapped, "taillard") == SHOP


def test_fjs_base_follows_the_content() -> None:
    """A file with a machine 0 counts from 0, any other from 1."""
    from_zero = parse_instance("1 2\n1 2 0 5 1 4\n", "fjs")
    from_one = parse_instance("1 2 2.0\n1 2 1 5 2 4\n", "fjs")
    assert from_zero == from_one
    assert from_zero.use_resource.tolist() == [0, 1]


def test_psplib_release_and_unused_nonrenewables() -> None:
    """The project's release date counts; nonrenewable resources are fine while nobody uses them."""
    rcpsp = project([0, 3, 0], [[0], [2], [0]], [2], [[1], [2], []], release=[4, 4, 4])
    text = dump_instance(rcpsp, "psplib")
    assert parse_instance(text, "psplib") == rcpsp
    assert parse_instance(_with_nonrenewable(text, 0), "psplib") == rcpsp
    with pytest.raises(InstanceFormatError, match="job 2 uses 5 of a nonrenewable resource"):
        parse_instance(_with_nonrenewable(text, 5), "psplib")


def _with_nonrenewable(text: str, use: int) -> str:
    """Add a nonrenewable resource, used by job 2."""
    text = text.replace("nonrenewable              :  0", "nonrenewable              :  1")
    head, table = text.split("REQUESTS/DURATIONS:\n")
    rows = table.splitlines()
    for index, extra in ((2, 0), (3, use), (4, 0), (8, 9)):
        rows[index] += f"  {extra}"
    return head + "REQUESTS/DURATIONS:\n" + "\n".join(rows)


PSPLIB = dump_instance(project([0, 3, 0], [[0], [1], [0]], [1], [[1], [2], []]), "psplib")


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("standard", "2 3\n0 5 1 4 2 3\n", "12 numbers are expected .* but 6 were found"),
        ("standard", "2 3\n0 5 1 4 2 3\n2 2 1 1\n", "line 3: job 1 has 4 numbers"),
        ("standard", STANDARD + "7 7\n", "has too many numbers"),
        ("standard", "1 2\n0 5 2 4\n", "on machine 2, but machines are numbered 0 to 1"),
        ("standard", "1 1\n-1 5\n", "on machine -1"),
        ("standard", "1 1\n0 -5\n", "has duration -5"),
        ("standard", "1 1\n0 nan\n", "line 2: 'nan' is no valid duration"),
        ("standard", "1 1\n0 1.5\n", "line 2: '1.5' is no valid duration"),
        ("standard", "1 1\n0 99999999999999999999\n", "up to 1099511627776"),
        ("standard", "1 1\n0 " + "9" * 9999, "is out of range as a duration"),
        ("standard", "1 1\n0 9999999999999999\n", "durations must be between"),
        ("standard", "0 3\n", "asks for 0 jobs and 3 machines"),
        ("standard", "3\n", "header '3' has one entry"),
        ("standard", "3 x\n", "'x' is no valid number of machines"),
        ("standard", "1 999999999\n0 1\n", "1 to 100000 machines"),
        ("standard", "hello\n", "no line with numbers"),
        ("taillard", "1 2\n5 4\n", "4 numbers are expected .* but 2 were found"),
        ("taillard", "1 2\n5 4\n0 1\n", "operation 0 of job 0 is on machine 0"),
        ("taillard", "1 2\n5 4\nmachines\n1 two\n", "'two' is no valid machine"),
        ("fjs", "2 2\n1 1 1 5\n", "number of operations of job 1 should follow"),
        ("fjs", "1 2\n1 2 1 5\n", "the file ends after 4 numbers"),
        ("fjs", "1 2\n0\n", "job 0 has 0 operations"),
        ("fjs", "1 2\n1 0\n", "operation 0 of job 0 has 0 alternative machines"),
        ("fjs", "1 2\n1 1 3 5\n", "machine 3 occurs, but the 2 machines are numbered 1 to 2"),
        ("fjs", "1 2\n2 1 0 5 1 2 5\n", "numbered 0 to 1"),
        ("fjs", "1 2\n1 1 -1 5\n", "negative machine"),
        ("fjs", "1 2\n1 1 1 -5\n", "has duration -5"),
        ("fjs", "1 2\n1 2 1 5 1 6\n1\n", "1 numbers are left over"),
        ("fjs", "1 2 many\n1 1 1 5\n", "'many' in the header"),
        ("fjs", "1 2\n999999 1 1 5\n", "announces 999999 operations"),
        ("psplib", PSPLIB[:600], "section .* is missing"),
        ("psplib", PSPLIB.replace(":  3", ":  4"), "precedence row of job 4 should follow"),
        ("psplib", PSPLIB.replace("renewable                 :  1", "renewable : 2"), "job"),
        ("psplib", PSPLIB.replace("projects                      :  1", "projects : 2"),
         "holds 2 projects"),
        ("psplib", PSPLIB.replace("jobs (incl", "tasks (incl"), "line 'jobs"),
        ("psplib", PSPLIB.replace(" 3 \n", " 9\n").replace("    3\n", "    9\n"),
         "job 2 has successor 9"),
        ("json", "{", "no valid JSON"),
        ("json", "[]", 'lacks "format"'),
        ("json", '{"format": "dispatchlab-cp-encoding", "version": 2}', "has version 2"),
        ("json", '{"format": "dispatchlab-cp-encoding", "version": 1}', "'objective' is missing"),
        ("json", dump_instance(SHOP, "json").replace("[5, 4,", "[5, true,"), "is True; write"),
        ("json", dump_instance(SHOP, "json").replace("[5, 4,", "[5, NaN,"), "is nan; write"),
        ("json", dump_instance(SHOP, "json").replace("[5, 4,", "[-5, 4,"), "has duration -5"),
        ("json", dump_instance(SHOP, "json").replace('"name"', '"title"'), "'title' is unknown"),
        ("xml", "", "format 'xml' is unknown"),
    ],
)  # fmt: skip
def test_bad_text_is_explained(format: str, text: str, message: str) -> None:
    """Every broken text raises an InstanceFormatError that says where and what."""
    with pytest.raises(InstanceFormatError, match=message):
        parse_instance(text, format)


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=80))
def test_garbage_never_crashes(format: str, text: str) -> None:
    """Random text is refused with our error, whatever the format."""
    with pytest.raises(InstanceFormatError):
        parse_instance(text, format)


@given(
    st.sampled_from([("standard", STANDARD), ("taillard", TAILLARD), ("psplib", PSPLIB)]),
    st.data(),
)
def test_truncation_is_noticed(case: tuple[str, str], data: st.DataObject) -> None:
    """A text cut before its last number is refused."""
    format, text = case
    stem = text.rstrip("*\n ")
    cut = data.draw(st.integers(0, len(stem) - 2))
    with pytest.raises(InstanceFormatError):
        parse_instance(text[:cut], format)


LAGS = CpEncoding.build([[Mode(1, ((0, 1),))], [Mode(1, ((0, 1),))]], [1], [(0, 1, 2)])
WIDE = project([0, 2, 0], [[0], [2], [0]], [3], [[1], [2], []])


@pytest.mark.parametrize(
    ("encoding", "format", "reason"),
    [
        (WIDE, "standard", "capacity above 1"),
        (WIDE, "fjs", "capacity above 1"),
        (LAGS, "fjs", "time lags"),
        (open_shop([[1, 2]]), "fjs", "exactly one machine"),
        (flexible_job_shop([[[(0, 1), (1, 2)]]]), "standard", "alternative machines"),
        (job_shop([[0], [0, 1]], [[1], [1, 2]]), "standard", "job 0 has 1 operations"),
        (job_shop([[0]], [[1]], due=[3]), "taillard", "due dates"),
        (job_shop([[0]], [[1]], weight=[3]), "fjs", "weights"),
        (job_shop([[0]], [[1]], release=[3]), "standard", "release dates"),
        (flow_shop([[1]], objective="total_flow_time"), "standard", "total_flow_time"),
        (SHOP, "psplib", "2 jobs, not one project"),
        (project([1, 2], [[0], [0]], [1], [[1], []]), "psplib", "no dummy source and sink"),
        (CpEncoding.build([[Mode(1, ((0, 1),))]] * 2, [1], [(1, 0)]), "fjs", "chain per job"),
        (CpEncoding.build([[Mode(1, ((0, 1),))]] * 2, [1], job=[1, 0]), "fjs", "job by job"),
    ],
)
def test_writers_refuse_what_they_cannot_express(
    encoding: CpEncoding, format: str, reason: str
) -> None:
    """Nothing is dropped silently; the error points to JSON, which can express it."""
    with pytest.raises(InstanceFormatError, match=f"{reason}.*write it as .json"):
        dump_instance(encoding, format)
    assert parse_instance(dump_instance(encoding, "json"), "json") == encoding


@pytest.mark.parametrize("suffix", [".jsp", ".fjs", ".json", ".txt"])
def test_files_round_trip(tmp_path: Path, suffix: str) -> None:
    """The extension chooses the format, the stem becomes the name, no draft is left behind."""
    path = write_instance(SHOP, tmp_path / f"shop{suffix}")
    back = read_instance(path)
    assert back == SHOP
    assert [file.name for file in tmp_path.iterdir()] == [f"shop{suffix}"]
    if suffix != ".json":
        assert back.name == "shop"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.jsp", None, "There is no file"),
        ("binary.jsp", b"\x00\x01\x02\xff", "binary data"),
        ("empty.jsp", b"  \n", "is empty"),
        ("model.gz", b"\x1f\x8b\x08\x00garbage", "binary data"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """Missing, empty and binary files are named."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InstanceFormatError, match=message):
        read_instance(path)


def test_folder_instead_of_file(tmp_path: Path) -> None:
    """A folder is neither read nor written."""
    with pytest.raises(InstanceFormatError, match="is a folder"):
        read_instance(tmp_path)
    with pytest.raises(DispatchlabError, match="is a folder"):
        write_atomically(tmp_path, "x")


def test_latin_1_comments_and_byte_order_mark(tmp_path: Path) -> None:
    """Old files with accents and files with a byte-order mark can be read."""
    (tmp_path / "old.jsp").write_bytes(b"# \xc9ric\n1 1\n0 5\n")
    (tmp_path / "bom.jsp").write_bytes(b"\xef\xbb\xbf1 1\r\n0 5\r\n")
    assert read_instance(tmp_path / "old.jsp") == read_instance(tmp_path / "bom.jsp")


def test_unknown_extension_and_missing_folder(tmp_path: Path) -> None:
    """The error names what to change."""
    with pytest.raises(InstanceFormatError, match=r"extension '.xyz' .* belongs to no format"):
        write_instance(SHOP, tmp_path / "shop.xyz")
    write_instance(SHOP, tmp_path / "shop.xyz", format="standard")
    with pytest.raises(DispatchlabError, match="does not exist; create it first"):
        write_instance(SHOP, tmp_path / "nowhere" / "shop.jsp")


def test_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full the old content stays and no draft remains."""
    path = tmp_path / "shop.jsp"
    write_atomically(path, "old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DispatchlabError, match="No space left on device"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
