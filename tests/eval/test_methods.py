"""Tests of the methods and of the strings that name them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.baselines.dispatchers import RULES, PriorityRule
from dispatchlab.baselines.rollout import replay, run_dispatcher
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.realise import Disturbances
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.eval.cases import Case, instance_cases
from dispatchlab.eval.methods import make_method, make_methods
from dispatchlab.eval.methods.base import execute_plan
from dispatchlab.eval.methods.parse import MethodDefaults
from tests.eval.helpers import TINY, save_untrained

FT06 = Case("ft06", 0, load_instance("ft06"))
NOISY = instance_cases([load_instance("ft06")], [0], Disturbances(duration_noise=0.5))[0]


def test_all_rules() -> None:
    """The word stands for every rule, with its options; defaults fill what is open."""
    methods: list[Any] = make_methods(["all-rules:k=3"], MethodDefaults(semantics="active"))
    assert [method.name for method in methods] == [f"{rule}:k=3" for rule in RULES]
    assert {(method.k, method.semantics) for method in methods} == {(3, "active")}


def test_options() -> None:
    """Options override the defaults."""
    method: Any = make_method("mwkr:k=128:semantics=append", MethodDefaults(k=2))
    assert (method.rule, method.k, method.semantics) == ("mwkr", 128, "append")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("sbt", "Unknown method 'sbt'"),
        ("mwkr:k=0", "k=0"),
        ("mwkr:k=many", "k=many"),
        ("mwkr:beam=4", "no option 'beam'"),
        ("mwkr:semantics=lazy", "Unknown semantics 'lazy'"),
        ("lookahead:k=3", "no option 'k'"),
        ("lookahead:semantics=lazy", "Unknown semantics 'lazy'"),
        ("tabu:k=3", "no option 'k'"),
        ("tabu:time=0", "time=0"),
        ("cp-sat:time=-1", "time=-1"),
        ("cp-sat:time=nan", "time=nan"),
        ("agent", "agent=RUN"),
        ("agent=nowhere", "no file 'nowhere"),
        ("agent=x:greedy:sample=3", "two strategies"),
        ("agent=x:sample=3:sample=4", "sample stands twice"),
        ("agent=x:sample=3:temperature=0", "temperature=0"),
        ("agent=x:beam=3:temperature=2", "add sample=32"),
        ("hybrid:sample=3", "sample=3 .* needs a policy"),
        ("hybrid:k=3", "no option 'k'"),
        ("hybrid:time=0", "time=0"),
        ("hybrid=nowhere", "no file 'nowhere"),
        ("hybrid=x:beam=3", "no option 'beam'"),
        ("hybrid=x:sample=0", "sample=0"),
    ],
)
def test_bad_strings(spec: str, message: str) -> None:
    """One sentence says what is wrong with a method."""
    pytest.importorskip("torch")
    pytest.importorskip("ortools")
    with pytest.raises(DispatchlabError, match=message) as caught:
        make_method(spec)
    assert str(caught.value).count(". ") == 0


def test_a_method_stands_once() -> None:
    """Methods are told apart by their names."""
    with pytest.raises(DispatchlabError, match="'spt' is listed twice"):
        make_methods(["all-rules", "spt"])
    with pytest.raises(DispatchlabError, match="No method"):
        make_methods([])


def test_best_of_k() -> None:
    """The best of 64 random runs is the least of its objectives and beats a single run."""
    single, many = make_method("random").solve(FT06), make_method("random:k=64").solve(FT06)
    assert many.objective == min(many.info["objectives"])
    assert len(many.info["objectives"]) == 64
    assert many.objective < single.objective


def test_a_search_does_not_see_the_future() -> None:
    """Best of k under noise is the plan for the expectation, replayed: nothing else."""
    result = make_method("random:k=16").solve(NOISY)
    plan = run_dispatcher(PriorityRule("random"), [(NOISY.encoding, None)], k=16)[0]
    assert plan.schedule is not None
    expected = replay(NOISY.encoding, plan.schedule, NOISY.realisation)
    assert result.schedule == expected.schedule
    assert np.isnan(result.lower_bound)


@pytest.mark.parametrize(
    "spec", ["spt", "random:k=4", "lookahead", "cp-sat:time=5", "tabu:time=0.3"]
)
def test_schedules_hold_under_noise(spec: str) -> None:
    """Whatever a method plans, its executed schedule verifies under the realisation."""
    pytest.importorskip("ortools")
    method = make_method(spec, MethodDefaults(workers=1))
    method.prepare()
    result = method.solve(NOISY)
    assert result.schedule is not None
    verify(NOISY.encoding, NOISY.realisation, result.schedule, objective=result.objective)


def test_tabu_ends_at_the_bound() -> None:
    """The rule and its bound come first, and the search ends when it reaches the bound, 666."""
    method = make_method("tabu:time=600", MethodDefaults(workers=1))
    method.prepare()
    result = method.solve(Case("la01", 0, load_instance("la01")))
    assert (result.objective, result.lower_bound, result.status) == (666.0, 666.0, "optimal")
    assert result.runtime_s < 60
    times = [entry["time_s"] for entry in result.log]
    assert times == sorted(times)


def test_cp_sat_solves_the_tiny_shop() -> None:
    """The optimum is 7: 3 + 4 on machine 0 without idle time."""
    pytest.importorskip("ortools")
    result = make_method("cp-sat", MethodDefaults(workers=1)).solve(Case("tiny", 0, TINY))
    assert (result.objective, result.lower_bound, result.status) == (7.0, 7.0, "optimal")


@pytest.mark.parametrize("strategy", ["greedy", "sample=6", "beam=4"])
@pytest.mark.parametrize("case", [FT06, NOISY], ids=["nominal", "noisy"])
def test_agent(policy: Path, strategy: str, case: Case) -> None:
    """Every strategy plays sizes it has never seen, repeatably, and its schedules verify."""
    method = make_method(f"agent={policy}:{strategy}")
    assert method.name == f"agent=run:{strategy}"
    first, second = method.solve(case), method.solve(case)
    assert first.schedule is not None
    assert first.schedule == second.schedule
    assert first.info["decisions"] > 0
    verify(case.encoding, case.realisation, first.schedule, objective=first.objective)


@pytest.mark.parametrize("name", ["job-shop-classic", "job-shop-flexible"])
def test_agents_with_rehearsals_plan_and_replay(name: str) -> None:
    """Rehearsals play on as expected, so where something is random the plan is replayed."""
    method = make_method(f"agent={name}")
    plan = method.solve(Case("ft06", 0, NOISY.encoding))
    found, expected = method.solve(NOISY), execute_plan(NOISY, plan)
    assert (found.schedule.start == expected.schedule.start).all()
    verify(NOISY.encoding, NOISY.realisation, found.schedule, objective=found.objective)


def test_a_temperature_near_zero_is_greedy(policy: Path) -> None:
    """All samples are the greedy schedule then, and the words of the string arrive."""
    cold: Any = make_method(f"agent={policy}:sample=5:temperature=1e-9")
    assert (cold.width, cold.temperature) == (5, 1e-9)
    assert cold.solve(FT06).schedule == make_method(f"agent={policy}:greedy").solve(FT06).schedule


def test_batches_do_not_matter(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More samples than fit at once are drawn in batches, and the best one is the same."""
    method: Any = make_method(f"agent={policy}:sample=20")
    at_once = method.solve(FT06)
    monkeypatch.setattr("dispatchlab.eval.methods.player.MOST_ROWS", 3)
    assert method.player.most_rows(FT06.encoding) == 3
    in_batches = method.solve(FT06)
    assert in_batches.schedule == at_once.schedule
    assert len(in_batches.info["objectives"]) == len(at_once.info["objectives"]) == 20


def test_agent_uses_its_own_semantics(tmp_path: Path) -> None:
    """The semantics of the training holds unless the string overrides it."""
    pytest.importorskip("torch")
    folder = save_untrained(tmp_path / "active", semantics="active")
    trained: Any = make_method(f"agent={folder}", MethodDefaults(semantics="append"))
    other: Any = make_method(f"agent={folder}:semantics=non-delay")
    assert (trained.player.semantics, other.player.semantics) == ("active", "non-delay")


def test_agents_that_do_not_fit(tmp_path: Path) -> None:
    """Another family, or settings that no training writes, are refused in one sentence."""
    pytest.importorskip("torch")
    other = save_untrained(tmp_path / "other", family="uam")
    with pytest.raises(CheckpointError, match="family 'uam'"):
        make_method(f"agent={other}")
    odd = save_untrained(tmp_path / "odd", observation="pixels")
    with pytest.raises(CheckpointError, match="which observation"):
        make_method(f"agent={odd}")


def test_a_window_hides_jobs(policy: Path) -> None:
    """A window of every job changes nothing; a smaller one still ends in a whole schedule."""
    whole, wide, narrow = (
        make_method(f"agent={policy}{text}").solve(FT06) for text in ("", ":window=6", ":window=2")
    )
    assert whole.objective == wide.objective
    verify(FT06.encoding, None, narrow.schedule, objective=narrow.objective)


def test_only_tokens_have_windows() -> None:
    """Rehearsals look at every job anyway."""
    pytest.importorskip("torch")
    with pytest.raises(DispatchlabError, match=r"sees 'rehearsed', which has no window=8"):
        make_method("agent=job-shop-classic:window=8")


@pytest.mark.parametrize("text", ["greedy", "sample=2", "beam=2"])
def test_nothing_to_decide(text: str, policy: Path) -> None:
    """One job is a schedule already, whatever looks for one."""
    one = job_shop([[0, 1, 2]], [[5, 0, 3]], name="one")
    found = make_method(f"agent={policy}:{text}").solve(Case("one", 0, one))
    assert found.objective == 8
    verify(one, None, found.schedule, objective=8)


def test_beams_have_a_limit(policy: Path) -> None:
    """A beam that would fill the memory is refused before it does."""
    method = make_method(f"agent={policy}:beam=100000")
    with pytest.raises(DispatchlabError, match=r"100000 wide, too much.*ft06; give at most 8192"):
        method.solve(FT06)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("agent=", r"names no policy; write its run folder"),
        ("hybrid=", r"names no policy"),
        ("agent=x:greedy=3", r"greedy=3 .* takes no value"),
    ],
)
def test_slips_in_agents(spec: str, message: str) -> None:
    """What would be read as something else is refused."""
    with pytest.raises(DispatchlabError, match=message):
        make_method(spec)
