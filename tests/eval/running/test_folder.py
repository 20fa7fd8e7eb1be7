"""Tests of folders: kept once, read and checked again, for one question and one evaluation."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.eval.cases import Case, instance_cases
from dispatchlab.eval.compare import compare
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.families.edge import EdgeEval
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.methods.parse import MethodDefaults
from dispatchlab.eval.methods.parse_edge import make_edge_methods
from dispatchlab.eval.running.folder import open_folder
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.table import legend
from tests.eval.helpers import TINY
from tests.eval.running.helpers import counting, make_refuser, tiny_cases, without_times


def kept_files(folder: Path) -> list[Path]:
    """The results in a folder."""
    return sorted(folder.glob("results/*/*.json"))


def test_nothing_is_computed_twice(tmp_path: Path) -> None:
    """A second comparison with the folder computes nothing, and gives the same rows and times."""
    cases = tiny_cases()
    first = compare(make_methods(["spt", "random:k=4"]), cases, keep=tmp_path / "new" / "kept")
    methods = make_methods(["spt", "random:k=4"])
    solved = counting(methods[0])
    told: list[str] = []
    again = compare(methods, cases, lambda name, _: told.append(name), keep=tmp_path / "new/kept")
    assert solved == []
    assert told == ["spt"] * 3 + ["random:k=4"] * 3
    assert repr(again.runs) == repr(first.runs)
    assert again.schedules == first.schedules
    plain = compare(make_methods(["spt", "random:k=4"]), cases)
    assert without_times(plain) == without_times(first)


def test_going_on_after_an_error(tmp_path: Path) -> None:
    """What was finished before a failure stays, and is not computed again."""
    cases = tiny_cases()
    spt, refuser = *make_methods(["spt"]), make_refuser()
    with pytest.raises(DispatchlabError, match="Seed 1"):
        compare([spt, refuser], cases, keep=tmp_path)
    assert len(kept_files(tmp_path)) == 4
    methods = [*make_methods(["spt"]), make_refuser()]
    solved = counting(methods[0]), counting(methods[1])
    with pytest.raises(DispatchlabError, match="Seed 1"):
        compare(methods, cases, keep=tmp_path)
    assert solved == ([], [1])


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"half"])
def test_damaged_results_do_not_count(content: bytes | None, tmp_path: Path) -> None:
    """A result that is missing, cut off or no text is computed again, and nothing else is."""
    cases = tiny_cases()
    first = compare(make_methods(["spt"]), cases, keep=tmp_path)
    victim = kept_files(tmp_path)[1]
    whole = victim.read_bytes()
    if content is None:
        victim.unlink()
    else:
        victim.write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    method = make_methods(["spt"])[0]
    solved = counting(method)
    again = compare([method], cases, keep=tmp_path)
    assert solved == [1]
    assert without_times(again) == without_times(first)
    assert json.loads(victim.read_bytes())["method"] == "spt"


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"objective": 1}, "too low"), ({"runtime_s": -2.0}, "its runtime_s is -2.")],
)
def test_forged_results_never_count(change: dict[str, Any], reason: str, tmp_path: Path) -> None:
    """A kept result that cannot be true is told with its file, and computed again."""
    cases = tiny_cases([0])
    first = compare(make_methods(["spt"]), cases, keep=tmp_path)
    path = kept_files(tmp_path)[0]
    document = json.loads(path.read_text())
    document["info"]["result"] |= change
    path.write_text(json.dumps(document))
    told: list[str] = []
    method = make_methods(["spt"])[0]
    solved = counting(method)
    again = compare([method], cases, keep=tmp_path, on_refused=told.append)
    assert solved == [0]
    assert without_times(again) == without_times(first)
    assert len(told) == 1
    assert str(path) in told[0]
    assert reason in told[0]
    compare([method], cases, keep=tmp_path, on_refused=told.append)
    assert len(told) == len(solved) == 1


def test_bounds_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that take their time are computed once; a damaged one is computed again."""
    cases = edge_cases(["2d-p:duration_ms=2000"], seeds=2)
    first = compare(make_edge_methods(["edf"]), cases, keep=tmp_path)
    asked: list[int] = []
    plain = EdgeEval.known_bounds

    def counted(self: EdgeEval, case: Case) -> tuple[float, float]:
        asked.append(case.seed)
        return plain(self, case)

    monkeypatch.setattr(EdgeEval, "known_bounds", counted)
    assert repr(compare(make_edge_methods(["edf"]), cases, keep=tmp_path).runs) == repr(first.runs)
    assert asked == []
    (tmp_path / "bounds" / "000002.json").write_text('{"lower": "1.0"')
    assert repr(compare(make_edge_methods(["edf"]), cases, keep=tmp_path).runs) == repr(first.runs)
    assert asked == [1]


def test_odd_names(tmp_path: Path) -> None:
    """Names that differ only in odd characters, or after many, share no file."""
    names = ["a/b", "a:b", "a\\b", "../a", "A/b", "x" * 300 + "1", "x" * 300 + "2", "ß\n\U0001f600"]

    class Named:
        settings: dict[str, Any] = {}  # noqa: RUF012

        def __init__(self, name: str) -> None:
            self.name = name
            self._spt = make_methods(["spt"])[0]

        def prepare(self) -> None:
            pass

        def solve(self, case: Case) -> Result:
            return self._spt.solve(case)

    shops = [job_shop([[0, 1]], [[3, 2 + n]], name=name) for n, name in enumerate(names)]
    cases = instance_cases(shops)
    first = compare([Named(name) for name in names], cases, keep=tmp_path / "kept")
    assert len(kept_files(tmp_path / "kept")) == len(names) ** 2
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    again = compare([Named(name) for name in names], cases, keep=tmp_path / "kept")
    assert repr(again.runs) == repr(first.runs)


@pytest.mark.parametrize(
    ("methods", "cases", "defaults", "told"),
    [
        (["spt", "lpt"], None, {}, "it has no methods lpt and its methods mwkr were not asked for"),
        (["mwkr", "spt"], None, {}, "in the order spt, mwkr, but now mwkr, spt"),
        (["spt"], None, {}, "its methods mwkr were not asked for"),
        (["spt", "mwkr"], None, {"k": 2}, "its spt has k 1, but now it is 2"),
        (["spt", "mwkr"], tiny_cases([0, 1]), {}, "tiny with seed 2 were not asked for"),
        (["spt", "mwkr"], tiny_cases([0, 1, 2, 3]), {}, "it has no cases tiny with seed 3"),
        (
            ["spt", "mwkr"],
            instance_cases([job_shop([[0]], [[1]], name="tiny")], [0, 1, 2]), {},
            "what it calls tiny, seed 0 is another problem",
        ),
        (["spt", "mwkr"], edge_cases(["2d-p:duration_ms=1000"]), {}, "its family is 'job-shop'"),
    ],
)  # fmt: skip
def test_other_questions(
    methods: list[str], cases: list[Case] | None, defaults: dict[str, Any], told: str,
    tmp_path: Path,
) -> None:  # fmt: skip
    """A folder of another comparison is refused in a sentence that says what differs."""
    compare(make_methods(["spt", "mwkr"]), tiny_cases(), keep=tmp_path)
    asked = make_methods(methods, MethodDefaults(**defaults))
    with pytest.raises(DispatchlabError, match="is of another evaluation") as caught:
        compare(asked, cases or tiny_cases(), keep=tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_other_versions(tmp_path: Path) -> None:
    """Results of another version of the package are not mixed with those of this one."""
    compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)
    question = json.loads((tmp_path / "question.json").read_text())
    question["packages"]["dispatchlab"] = "0.0.1"
    (tmp_path / "question.json").write_text(json.dumps(question))
    with pytest.raises(DispatchlabError, match=r"made with dispatchlab 0\.0\.1, but this is"):
        compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)


def test_older_layouts(tmp_path: Path) -> None:
    """A folder that does not say all that decides its results is refused for that reason."""
    compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)
    question = json.loads((tmp_path / "question.json").read_text())
    assert {"numba", "numpy", "scipy"} < question["packages"].keys()
    del question["packages"]["numba"]
    (tmp_path / "question.json").write_text(json.dumps(question | {"version": 1}))
    with pytest.raises(DispatchlabError, match="by a release with layout 1, but this one has lay"):
        compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)


def test_times_under_different_loads(tmp_path: Path) -> None:
    """Results tell how many processes were at work, kept ones too, and tables warn of a mixture."""
    cases = tiny_cases()
    alone = compare(make_methods(["spt"]), cases, keep=tmp_path)
    assert alone.loads == ["1 process"]
    assert "Times" not in " ".join(legend(alone, summarise(alone)))
    path = kept_files(tmp_path)[1]
    path.write_text(path.read_text().replace("1 process", "8 processes"))
    mixed = compare(make_methods(["spt"]), cases, keep=tmp_path)
    assert mixed.loads == ["1 process", "8 processes"]
    told = legend(mixed, summarise(mixed))[-1]
    assert "different loads (1 process, 8 processes at work): do not compare" in told


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": "x"}', '{"format": "dispatchlab-evaluation"}', "[" * 100_000],
)
def test_damaged_question(content: str, tmp_path: Path) -> None:
    """Where nobody knows what was asked, nothing is used and nothing overwritten."""
    compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)
    (tmp_path / "question.json").write_text(content)
    with pytest.raises(DispatchlabError, match=r"question\.json.*damaged"):
        compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)
    assert (tmp_path / "question.json").read_text() == content


def test_places_that_will_not_do(tmp_path: Path) -> None:
    """Files, folders inside files, and folders with other files are refused and left alone."""
    file = tmp_path / "file"
    file.write_text("mine")
    for path in (file, file / "inside"):
        with pytest.raises(DispatchlabError, match="is, or lies in, a file"):
            compare(make_methods(["spt"]), tiny_cases(), keep=path)
    with pytest.raises(DispatchlabError, match="holds other files \\('file'\\)"):
        compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)
    assert file.read_text() == "mine"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_folder(tmp_path: Path) -> None:
    """A folder that is write-protected is refused in a sentence."""
    tmp_path.chmod(0o500)
    with pytest.raises(DispatchlabError, match="cannot be written"):
        compare(make_methods(["spt"]), tiny_cases(), keep=tmp_path)


def test_one_at_a_time(tmp_path: Path) -> None:
    """A second evaluation on a folder is refused while the first one runs, and only then."""
    methods, cases = make_methods(["spt"]), tiny_cases()
    in_use = pytest.raises(DispatchlabError, match="in use by another evaluation")
    with open_folder(tmp_path, methods, cases), in_use:
        compare(methods, cases, keep=tmp_path)
    compare(methods, cases, keep=tmp_path)


def test_drafts_are_cleared(tmp_path: Path) -> None:
    """What a cut-off evaluation was writing neither counts nor stays."""
    compare(make_methods(["spt"]), [Case("tiny", 0, TINY)], keep=tmp_path)
    path = kept_files(tmp_path)[0]
    draft = path.with_name(f".{path.name}.abc.tmp")
    draft.write_text("{")
    (tmp_path / ".question.json.abc.tmp").write_text("{")
    compare(make_methods(["spt"]), [Case("tiny", 0, TINY)], keep=tmp_path)
    assert not list(tmp_path.rglob("*.tmp"))
