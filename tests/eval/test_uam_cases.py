"""Days that methods for air taxis are compared on, the methods' names, and their files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.baselines.uam.rules import CODES, UamRule
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, InstanceFormatError
from dispatchlab.envs.uam.env import UamVectorEnv
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.metrics import leg_money, metrics
from dispatchlab.envs.uam.schedule import DESTINATION, ORIGIN
from dispatchlab.envs.uam.schedule_files import UamEpisode, read_schedule, write_schedule
from dispatchlab.eval.compare import compare
from dispatchlab.eval.methods.parse_uam import ALL, make_uam_method, make_uam_methods
from dispatchlab.eval.stream_cases import parse_points
from dispatchlab.eval.uam_cases import uam_case, uam_cases

SHORT = "random-3x4:horizon_s=7200"
Change = Callable[[dict[str, Any]], object]
CALM = "delay=0,closure=0,downtime=0"


def save_untrained(folder: Path, **env: Any) -> Path:
    """A policy with random weights, as ``dispatchlab train uam`` would save it."""
    from dispatchlab.agents import GraphActorCriticPolicy, save_policy

    kwargs = {"stop_at": "choices", "observation": "graph"} | env
    native = UamVectorEnv(1, generator=SHORT)
    layout = native.graph_spec.layout()
    policy = GraphActorCriticPolicy(
        native.single_observation_space, native.single_action_space, lambda _: 1e-3,
        layout=layout, encoder="arcs", hidden=8, num_layers=1, num_heads=2, feedforward=8,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(folder / "policy", policy, {"family": "uam", "env": kwargs}, layout=layout)
    return folder


def test_random_layouts_are_new_every_day() -> None:
    """Under every seed another map; the same seeds give the same maps and fleets at other loads."""
    cases = uam_cases([SHORT], parse_points(["rho=0.6|1.2"]), seeds=2)
    assert [case.instance for case in cases[::2]] == [f"{SHORT},rho=0.6", f"{SHORT},rho=1.2"]
    low, other, high = (case.encoding for case in cases[:3])
    assert not np.array_equal(low.distance_mi, other.distance_mi)
    assert np.array_equal(low.distance_mi, high.distance_mi)
    assert np.array_equal(low.start_port, high.start_port)
    assert np.allclose(2 * low.demand, high.demand)
    delays = (cases[0].realisation.takeoff_delay_s, cases[2].realisation.takeoff_delay_s)
    assert np.array_equal(*delays)
    assert {case.family for case in cases} == {"uam"}


@pytest.mark.parametrize("given", ["lax-dtla:horizon_s=7200", f"{SHORT},seed=3"])
def test_fixed_layouts_stay(given: str) -> None:
    """Of networks, and of random layouts with a seed of their own, the day alone is new."""
    one, other = uam_cases([given], seeds=2)
    assert one.encoding == other.encoding
    assert one.realisation.num_passengers != other.realisation.num_passengers


def test_points_override_names_and_take_instances() -> None:
    """Settings of a point come last, and finished instances have their own."""
    (case,) = uam_cases([f"{SHORT},seats=4"], [{"seats": 2}])
    assert case.encoding.aircraft.seats == 2
    instance = load_instance(SHORT)
    calm, rough = uam_cases([instance], parse_points(["delay=0|3"]))
    assert calm.realisation.takeoff_delay_s.max() == 0 < rough.realisation.takeoff_delay_s.max()
    assert calm.instance == "random-3x4:delay=0"


def test_no_training_stream_is_a_test_stream() -> None:
    """Neither the rows of a training environment nor validation draw what the tests draw."""
    from dispatchlab.envs.uam.generator import make_generator
    from dispatchlab.train.problems import draw_problems

    tested = {case.realisation.takeoff_delay_s.tobytes() for case in uam_cases([SHORT], seeds=20)}
    env, seen = UamVectorEnv(20, generator=SHORT), set()
    for seed in range(20):
        env.reset(seed=seed)
        seen |= {drawn.takeoff_delay_s.tobytes() for drawn in env.realisations}
    days = draw_problems(make_generator(SHORT), 20)
    seen |= {drawn.takeoff_delay_s.tobytes() for _, drawn in days}
    assert len(tested) == 20
    assert not tested & seen


def test_bad_cases() -> None:
    """No instance, the same one twice, unknown and impossible settings are refused."""
    for instances, point, message in (
        ([], {}, "0 cases"),
        (["lax-dtla", "lax-dtla"], {}, "listed twice"),
        (["lax-dtla"], {"drones": 3}, "'drones'"),
        (["lax-dtla"], {"rho": 51}, "rho is 51"),
        (["lax-dtla"], {"area_mi": 9}, "area_mi has no effect"),
        (["bay-11"], {}, "did you mean bay-10"),
    ):
        with pytest.raises(DispatchlabError, match=message):
            uam_cases(instances, [point])


def test_names_of_methods() -> None:
    """All are the rules and planning; searches that take minutes must be named."""
    names = [method.name for method in make_uam_methods([ALL])]
    assert names == [*CODES, "rolling"]
    assert [method.name for method in make_uam_methods(["all-rules"])] == list(CODES)
    assert make_uam_method("no-rebalancing").name == "no-rebalancing"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("spt", "Unknown method 'spt'; choose one of random"),
        ("greedy:k=3", "'greedy' has no options"),
        ("rolling:k=3", "no option 'k'; it has time, horizon_s, replan_s"),
        ("rolling:time=0", "time=0"),
        ("rolling:replan_s=no", "replan_s=no"),
        ("genetic:generations=0", "generations=0"),
        ("genetic:time=3", "no option 'time'; it has population, generations"),
        ("agent", "agent=RUN"),
        ("agent:nowhere", "no file 'nowhere"),
    ],
)
def test_bad_methods(spec: str, message: str) -> None:
    """One sentence says what is wrong with a method."""
    pytest.importorskip("torch")
    with pytest.raises(DispatchlabError, match=message):
        make_uam_method(spec)
    for specs, what in ((["stay", "stay"], "listed twice"), ([], "No method")):
        with pytest.raises(DispatchlabError, match=what):
            make_uam_methods(specs)


def test_agent(tmp_path: Path) -> None:
    """An agent keeps the moments it was saved for, and does the same alone or in a batch."""
    pytest.importorskip("torch")
    method: Any = make_uam_method(f"agent={save_untrained(tmp_path / 'run', stop_at='every')}")
    assert method.env_kwargs == {"stop_at": "every", "observation": "graph"}
    cases = uam_cases(["random-2x3:horizon_s=3600"], seeds=3, bound=False)
    together = method.solve_all(cases)
    assert [r.objective for r in together] == [method.solve(case).objective for case in cases]
    assert all(run.verified for run in compare([method], cases).runs)


@pytest.mark.parametrize("env", [{"stop_at": 1}, {"stop_at": "never"}, {"observation": ["x"]}])
def test_agents_that_do_not_say_how_they_play(env: dict[str, Any], tmp_path: Path) -> None:
    """Metadata of strangers are checked."""
    pytest.importorskip("torch")
    folder = save_untrained(tmp_path / "run", **env)
    with pytest.raises(CheckpointError, match="does not say with which stop_at"):
        make_uam_method(f"agent={folder}")


def _played(given: str, rule: str, seed: int = 0) -> tuple[UamEpisode, Any]:
    """A day by a rule, and what the dynamics say of it."""
    case = uam_case("day", load_instance(given), seed)
    problem = (case.encoding, case.realisation)
    outcome = run_dispatcher(UamRule(rule), [problem])[0]
    return UamEpisode(*problem, outcome.schedule, outcome.profit_usd, rule, {"seed": 0}), outcome


@pytest.mark.parametrize("rule", ["greedy", "plus-one", "random"])
def test_metrics_are_those_of_the_dynamics(rule: str) -> None:
    """Counted again from the legs, the day comes to the same."""
    episode, outcome = _played(f"{SHORT},charge_levels=0.6+1,price=tou", rule)
    counted = metrics(episode.instance, episode.realisation, episode.schedule)
    assert counted["flights"] == outcome.flights > 0
    for name in ("profit_usd", "empty_flights", "served", "requests", "load_factor"):
        assert counted[name] == pytest.approx(getattr(outcome, name), rel=1e-12)
    assert counted["operating_usd"] == pytest.approx(outcome.operating_cost)
    assert counted["energy_usd"] == pytest.approx(outcome.energy_cost)
    money = leg_money(episode.instance, episode.schedule)
    legs = episode.schedule.legs
    charges = legs[:, ORIGIN] == legs[:, DESTINATION]
    assert (money[charges] == 0).all()
    assert (money[~charges, 1:] > 0).all()


def test_metrics_of_nothing() -> None:
    """Shares of no flights are missing, not 0."""
    episode, _ = _played(SHORT, "stay")
    counted = metrics(episode.instance, episode.realisation, episode.schedule)
    assert counted["profit_usd"] == counted["served_share"] == counted["flights"] == 0
    assert np.isnan(counted["load_factor"])
    assert np.isnan(counted["empty_share"])


def test_schedule_files_keep_everything(tmp_path: Path) -> None:
    """What is written is read again: the map, passengers, closed routes and outages."""
    wild = f"{SHORT},closure=10,downtime=60,downtime_s=1000,arrivals=spread"
    episode, _ = _played(wild, "lookahead")
    assert episode.realisation.closed.any()
    path, again = tmp_path / "day.json", tmp_path / "again.json"
    write_schedule(path, episode)
    read = read_schedule(path)
    assert read.instance == episode.instance
    assert np.array_equal(read.realisation.closed, episode.realisation.closed)
    assert np.array_equal(read.schedule.legs, episode.schedule.legs)
    assert (read.profit_usd, read.method) == (episode.profit_usd, "lookahead")
    write_schedule(again, read)
    assert again.read_text() == path.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), "a file of a schedule of air taxis"),
        (lambda d: d.update(version=2), "'version' is 2"),
        (lambda d: d.pop("realisation"), "'realisation' is missing"),
        (lambda d: d["schedule"]["legs"][0].pop(), r"'schedule.legs\[0\]' has 11 entries"),
        (lambda d: d["schedule"]["decisions"][0].append(1), "has 4 entries, but 3 belong there"),
        (lambda d: d["schedule"].update(now_s="x"), "'schedule.now_s'"),
        (lambda d: d["realisation"]["closed"].append([0, 0, 3]), r"\[0, 0, 3\]; give a bin below"),
        (lambda d: d["realisation"]["closed"].append([0, 0, -1]), r"\[0, 0, -1\]"),
        (lambda d: d["realisation"]["takeoff_delay_s"][0].pop(), "has 23 entries"),
        (lambda d: d["realisation"]["down_from_s"].pop(), "down_from_s|down_until_s"),
        (lambda d: d["instance"].update(park_slots=[0, 0, 0]), "charge_slots|start"),
        (lambda d: d.update(profit_usd="much"), "'profit_usd'"),
    ],
)
def test_damaged_schedule_files(change: Change, message: str, tmp_path: Path) -> None:
    """The field that is wrong is named."""
    path = tmp_path / "day.json"
    write_schedule(path, _played(f"{SHORT},charge=1,park=1", "greedy")[0])
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    with pytest.raises(InstanceFormatError, match=message):
        read_schedule(path)


def test_instances_are_what_schedulers_know() -> None:
    """A case holds an instance, and a realisation that fits it."""
    (case,) = uam_cases([f"{SHORT},{CALM}"])
    assert isinstance(case.encoding, UamInstance)
    case.realisation.require_fit(case.encoding)
