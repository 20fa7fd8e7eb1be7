"""Valid inputs of each target, from which the search starts."""

import json
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

SHOP = "# two jobs\n2 2\n0 3 1 2\n1 2 0 4\n"
FJS = "2 2 1.5\n2 1 1 3 2 1 4 2 5\n1 2 2 2 1 6\n"
TAILLARD = "Nb of jobs, Nb of Machines\n2 2\nTimes\n3 2\n2 4\nMachines\n1 2\n2 1\n"
STG = (
    "2\n0 0 0\n1 3 1 0\n2 2 1 0\n3 0 2 1 2\n",
    "2 3\n0 0 0\n1 3 1\n0 5\n2 2 1\n1 7\n3 0 0 # end\n",
)
DOT = (
    'digraph g {\n bandwidth="2.5"; pes="P1,P2"; node [kernel=fir];\n'
    ' a [exec_us="3,4"]; b [task="last", exec_us="5,-1"]; a -> b [volume=10];\n}\n',
    "strict digraph { a [weight=3]; b [weight=0.5]; a -> b -> c [label=4]; c [weight=2] }\n",
)
CP_MODEL = """
variables { name: "s0" domain: 0 domain: 20 }
variables { name: "e0" domain: 3 domain: 23 }
variables { name: "s1" domain: 0 domain: 20 }
variables { name: "e1" domain: 2 domain: 22 }
variables { name: "makespan" domain: 0 domain: 23 }
variables { name: "p" domain: 0 domain: 1 }
variables { name: "q" domain: 0 domain: 1 }
constraints { interval { start { vars: 0 coeffs: 1 } end { vars: 1 coeffs: 1 }
  size { offset: 3 } } }
constraints { enforcement_literal: 5
  interval { start { vars: 2 coeffs: 1 } end { vars: 3 coeffs: 1 } size { offset: 2 } } }
constraints { enforcement_literal: 6
  interval { start { vars: 2 coeffs: 1 } end { vars: 3 coeffs: 1 } size { offset: 4 } } }
constraints { no_overlap { intervals: 0 intervals: 1 } }
constraints { cumulative { capacity { offset: 2 } intervals: 0 intervals: 2
  demands { offset: 1 } demands { offset: 2 } } }
constraints { exactly_one { literals: 5 literals: 6 } }
constraints { linear { vars: 2 vars: 1 coeffs: 1 coeffs: -1 domain: 1 domain: 30 } }
constraints { lin_max { target { vars: 4 coeffs: 1 } exprs { vars: 1 coeffs: 1 }
  exprs { vars: 3 coeffs: 1 } } }
objective { vars: 4 coeffs: 1 }
"""
CIRCUIT = """
variables { name: "s0" domain: 0 domain: 20 }
variables { name: "s1" domain: 0 domain: 20 }
variables { name: "m" domain: 0 domain: 30 }
variables { domain: 0 domain: 1 }
variables { domain: 0 domain: 1 }
variables { domain: 0 domain: 1 }
variables { domain: 0 domain: 1 }
variables { domain: 0 domain: 1 }
variables { domain: 0 domain: 1 }
constraints { interval { start { vars: 0 coeffs: 1 } end { vars: 0 coeffs: 1 offset: 3 }
  size { offset: 3 } } }
constraints { interval { start { vars: 1 coeffs: 1 } end { vars: 1 coeffs: 1 offset: 2 }
  size { offset: 2 } } }
constraints { no_overlap { intervals: 0 intervals: 1 } }
constraints { circuit { tails: 0 tails: 0 tails: 1 tails: 2 tails: 1 tails: 2
  heads: 1 heads: 2 heads: 2 heads: 1 heads: 0 heads: 0
  literals: 3 literals: 4 literals: 5 literals: 6 literals: 7 literals: 8 } }
constraints { enforcement_literal: 5
  linear { vars: 1 vars: 0 coeffs: 1 coeffs: -1 domain: 5
  domain: 9223372036854775807 } }
constraints { enforcement_literal: 6
  linear { vars: 0 vars: 1 coeffs: 1 coeffs: -1 domain: 4
  domain: 9223372036854775807 } }
constraints { linear { vars: 2 vars: 0 coeffs: 1 coeffs: -1 domain: 3
  domain: 9223372036854775807 } }
constraints { linear { vars: 2 vars: 1 coeffs: 1 coeffs: -1 domain: 2
  domain: 9223372036854775807 } }
objective { vars: 2 coeffs: 1 }
"""
TRACE_CSV = (
    "time_s,bandwidth_mbps,latency_ms\n0,10,20\n1,11,21\n2,0.5,19\n3,30,20\n",
    "time_ms,bandwidth_kbps,other\n0,1000,a\n500,1100,b\n1000,900,c\n",
)
TRACE_JSON = [
    {"duration_ms": 1000, "bandwidth_kbps": 800, "latency_ms": 20},
    {"duration_ms": 2500.5, "bandwidth_kbps": 0},
]
CURRICULUM = [
    {"timesteps": 64, "ended": 2,
     "episodes": [[[0.1, 0.9], [], 0.5, None, True], [[0.2, 0.3], [1, 2], 0.6, 0.1, False]],
     "regions": [{"weight": 1.0, "mean": [0.5, 0.5], "cov": [[1, 0], [0, 1]]}],
     "masses": [{"key": "a", "point": [0.1, 0.2], "edits": [3], "score": 0.5, "mass": 0.2}]},
    {"timesteps": 128, "ended": 0, "episodes": [],
     "regions": [{"weight": 1.0, "low": [0, 0], "high": [1, 1]}]},
]  # fmt: skip
EVAL = {
    "sets": {"small": {"instances": 2}}, "final": {"small": {"greedy": 1.0, "spt": 0.5}},
    "self_labelling": [{"decisions": 10, "scores": {"small": {"greedy": 1}}}],
}  # fmt: skip
CONFIG = """# how many
family: job-shop
generator: random:num_jobs=3-10,num_machines=3
num_envs: 4
n_steps: 8
batch_size: 32
learning_rate: 1e-3
tensorboard: false
teacher: alp-gmm:fit_rate=64
schedule: rex:beta=0.9
eval_benchmarks: [ft06, la01]
"""
SHOP_SCHEDULE = {
    "format": "dispatchlab-schedule", "version": 1, "instance": "instance", "objective": "makespan",
    "objective_value": 9.0, "method": "spt", "info": {"runtime_s": 0.1},
    "activities": [
        {"activity": 0, "name": "", "job": 0, "mode": 0, "resources": [0], "start": 0, "end": 3},
        {"activity": 1, "name": "", "job": 0, "mode": 1, "resources": [1], "start": 3, "end": 5},
        {"activity": 2, "name": "", "job": 1, "mode": 2, "resources": [1], "start": 0, "end": 2},
        {"activity": 3, "name": "", "job": 1, "mode": 3, "resources": [0], "start": 5, "end": 9},
    ],
}  # fmt: skip
SHOP_CSV = (
    "activity,name,job,mode,resources,start,end\n0,,0,0,0,0,3\n1,,0,1,1,3,5\n2,,1,2,1,0,2\n"
    "3,,1,3,0,5,9\n"
)
PLAYED = {
    "soc": ("job:Top_1", "etf"),
    "edge": ("2d-p:duration_ms=2000,network=4g", "dem"),
    "uam": ("random-2x2:horizon_s=3600", "lookahead"),
}
LAYOUT = {
    "nodes": {"task": [{"name": "work", "unit": "ms", "scaling": "mean"}, {"name": "is_legal"}]},
    "edges": {"task-before-task": []},
    "globals": [{"name": "now", "unit": "ms", "scaling": ""}],
    "candidate_types": ["task"],
}
TEXTS = {
    "text-options": ("num_jobs=5-10,duration_noise=0.2", "a=true,b=1e-3-2.5E+2,c=word", "x=1"),
    "text-instance-jobshop": ("ft06", "ta01", "shop.jsp", "la1"),
    "text-instance-soc": (
        "top-1:mean_gap_us=50,max_jobs=4,noise=gaussian,noise_std=0.2", "job:Top_1", "wifi-tx20",
        "top-mix:mode=batch,num_jobs=3,horizon_us=none,warmup_us=5,prefill=false"),
    "text-instance-edge": (
        "4d-a:network=trapezium,duration_ms=60000,peak_ms=300,ramp_start_ms=5000", "2d-p",
        "3d-p:network=4g,mobility=bus,edge_low=0.5,cloud_expected=median,period_ms=500"),
    "text-instance-uam": (
        "random-3x4:rho=0.6,seed=3,delay=0,charge_levels=0.5+0.8", "bay-10",
        "random-2x3:horizon_s=7200,bin_s=900,wait_s=300,price=tou,profile=uniform,vertistops=1",
        "lax-dtla:aircraft=9,seats=4,battery_wh=90000,closure=1,downtime_prob=0.1"),
    "text-generator-jobshop": (
        "random:num_jobs=3-4,num_machines=2-3,duration_noise=0.2", "taillard:15x15",
        "flexible:brandimarte,num_jobs=10", "set:la+ft06,order=cycle", "ft06",
        "random:duration_low=1,duration_high=9"),
    "text-generator-soc": ("random:num_tasks=5-8", "preset:top-1+top-2,mean_gap_us=25-50", "top-1"),
    "text-generator-edge": ("preset:2d-p+2d-a,network=4g,duration_ms=60000", "2d-p:period_ms=500"),
    "text-generator-uam": ("random-3x4:rho=0.5-0.9", "preset:bay-10,seed=1,delay=0-2", "random"),
    "text-problems": ("ft06,ft10", "la10x5", "top-1:mean_gap_us=50,max_jobs=4,top-mix", "top-1"),
    "text-seeds": ("0", "0-9", "0,3,7", "5-6,1"),
    "text-points": ("mean_gap_us=25|50|100;max_jobs=1|2", "a=1-2|b"),
    "text-methods": (
        "spt:k=4:semantics=active,mwkr", "lookahead,all-rules", "cp-sat:time=2",
        "agent=job-shop-classic:sample=32:temperature=0.7", "hybrid:time=3"),
    "text-methods-soc": ("lookahead-etf", "cp-sat:time=0.2", "all-rules", "lookahead-etf+met"),
    "text-methods-edge": ("dems:preset=code,lead_ms=60", "dem-q", "gems:first_spared=true"),
    "text-methods-uam": (
        "rolling:time=2,horizon_s=3600,replan_s=60", "genetic:population=10,generations=3"),
    "text-teacher": (
        "alp-gmm:fit_rate=64", "regret-plr:capacity=128", "paired", "adr:step=0.1",
        "accel:num_edits=2", "linear:width=0.2,directions=1+-1"),
    "text-schedule": (
        "rex:beta=0.9,warm_up=0.05", "wsd:warm_up=0.05,decay=0.2,shape=1-sqrt",
        "linear", "power:warm_up=0.1"),
    "text-discount": (
        "ads", "ads:alpha=0.2,start=0.2,most=5", "ads:share=0.9,every=1e4,problems=8"),
    "text-overrides": (
        "seed=3;num_envs=8;n_steps=16;batch_size=32", "gamma=0.9;tensorboard=no", "family=soc"),
}  # fmt: skip


def _bytes(made: object) -> bytes:
    if isinstance(made, bytes):
        return made
    return (made if isinstance(made, str) else json.dumps(made)).encode()


@cache
def seeds_of(name: str) -> tuple[bytes, ...]:
    """Valid inputs of a target."""
    if name in TEXTS:
        return tuple(text.encode() for text in TEXTS[name])
    return tuple(_bytes(made) for made in _MAKERS[name]())


def _shops(format: str) -> Iterable[str]:
    from dispatchlab.envs.jobshop.formats import dump_instance, parse_instance

    return (
        dump_instance(parse_instance(text, kind), format)
        for text, kind in ((SHOP, "standard"), (FJS, "fjs"))
        if format == "json" or kind == "standard"
    )


def _psplib() -> Iterable[str]:
    from importlib.resources import files

    folder = files("dispatchlab.envs.jobshop") / "data"
    return [(folder / "demo-rcpsp.sm").read_text(encoding="utf-8")]


def _models() -> Iterable[bytes]:
    from google.protobuf import text_format
    from ortools.sat import cp_model_pb2

    for text in (CP_MODEL, CIRCUIT):
        yield text_format.Parse(text, cp_model_pb2.CpModelProto()).SerializeToString()


def _chips() -> Iterable[str]:
    from dispatchlab.envs.soc.formats import dump_instance
    from dispatchlab.envs.soc.library import load_instance

    trace = {"mode": "trace", "trace": ((0, 0), (5, 0)), "horizon_us": None, "prefill": False}
    yield dump_instance(load_instance("job:Top_1"), "json")
    yield dump_instance(load_instance("top-1").with_injection(**trace), "json")


def _workflows() -> Iterable[Any]:
    yield {
        "name": "pair", "schemaVersion": "1.5", "workflow": {
            "specification": {
                "tasks": [
                    {"name": "split", "id": "s_1", "parents": [], "children": ["w_2"],
                     "inputFiles": [], "outputFiles": ["left"]},
                    {"name": "work", "id": "w_2", "parents": ["s_1"], "children": [],
                     "inputFiles": ["left"], "outputFiles": []}],
                "files": [{"id": "left", "sizeInBytes": 100}]},
            "execution": {"tasks": [
                {"id": "s_1", "runtimeInSeconds": 0.5, "command": {"program": "split"}},
                {"id": "w_2", "runtimeInSeconds": 2.0}]}}}  # fmt: skip
    yield {
        "schemaVersion": "1.3", "workflow": {"tasks": [
            {"name": "a_1", "category": "a", "runtime": 1, "parents": [], "children": ["b_2"],
             "files": [{"link": "output", "name": "f", "size": 5}]},
            {"name": "b_2", "runtime": 2, "parents": ["a_1"],
             "files": [{"link": "input", "name": "f", "size": 5}]}]}}  # fmt: skip


def _edges() -> Iterable[str]:
    from dataclasses import replace

    from dispatchlab.envs.edge.instance_files import dump_instance
    from dispatchlab.envs.edge.library import load_instance
    from dispatchlab.envs.edge.network import BandwidthTrace

    edge = load_instance("2d-p:network=4g,duration_ms=2000")
    trace = BandwidthTrace("t", [100, 200, 300], [1, 2, 3])  # type: ignore[arg-type]
    yield dump_instance(edge)
    yield dump_instance(replace(edge, network=replace(edge.network, traces=(trace,))))


def _days() -> Iterable[str]:
    from dispatchlab.envs.uam.instance_files import dump_instance
    from dispatchlab.envs.uam.library import load_instance

    yield dump_instance(load_instance("random-2x2:horizon_s=3600"))
    yield dump_instance(load_instance("random-3x2:horizon_s=1800,charge_levels=0.5+0.9"))


def _demand() -> Iterable[str]:
    pairs = [(a, b) for a in "ABC" for b in "ABC" if a != b]
    rows = [f"{t},{a},{b},{t + 1}.5,20" for t in range(2) for a, b in pairs]
    yield "\n".join(["bin,origin,destination,passengers,fare_usd", *rows]) + "\n"
    rows = [f"{t},{a},{b},3" for t in ("06:00", "06:30") for a, b in pairs]
    yield "\n".join(["time,origin,destination,passengers", *rows]) + "\n"


def _played(family: str) -> Callable[[], Iterable[bytes]]:
    def make() -> Iterable[bytes]:
        from typer.testing import CliRunner

        from dispatchlab.cli import app

        problem, method = PLAYED[family]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "schedule.json"
            given = ["solve", problem, "--method", method, "--schedule", str(path)]
            ran = CliRunner().invoke(app, given)
            assert ran.exit_code == 0, ran.output
            yield path.read_bytes()

    return make


@cache
def _policy() -> tuple[bytes, bytes]:
    """Description and weights of a tiny policy."""
    from dispatchlab.agents import save_policy
    from dispatchlab.agents.layout import GraphLayout
    from dispatchlab.agents.network import GraphNetwork, NetworkConfig

    config = NetworkConfig(hidden=4, num_layers=1, num_heads=2, feedforward=4)
    network = GraphNetwork(GraphLayout.from_dict(LAYOUT), config)
    with tempfile.TemporaryDirectory() as folder:
        weights, description = save_policy(
            Path(folder) / "policy", network, {"family": "job-shop"}, layout=LAYOUT
        )
        return description.read_bytes(), weights.read_bytes()


def policy_description() -> bytes:
    """The JSON half of a tiny policy."""
    return _policy()[0]


def policy_weights() -> bytes:
    """The other half."""
    return _policy()[1]


_PROGRESS = "timesteps,eval/small/greedy,train/loss,train/gradient_norm\n0,0.5,,0.1\n64,,1.5,0.2\n"
_MAKERS: dict[str, Callable[[], Iterable[Any]]] = {
    "shop-text": lambda: [SHOP, TAILLARD, FJS, *_psplib()],
    "shop-fjs": lambda: [FJS],
    "shop-psplib": _psplib,
    "shop-json": lambda: _shops("json"),
    "shop-schedule-json": lambda: [SHOP_SCHEDULE],
    "shop-schedule-csv": lambda: [SHOP_CSV],
    "cp-model-pb": _models,
    "cp-model-pbtxt": lambda: [CP_MODEL, CIRCUIT],
    "soc-json": _chips,
    "soc-wfformat": _workflows,
    "soc-stg": lambda: STG,
    "soc-dot": lambda: DOT,
    "edge-json": _edges,
    "uam-json": _days,
    **{f"{family}-schedule": _played(family) for family in PLAYED},
    "edge-trace-csv": lambda: TRACE_CSV,
    "edge-trace-json": lambda: [TRACE_JSON],
    "uam-demand": _demand,
    "train-config": lambda: [CONFIG],
    "train-mapping": lambda: [CONFIG],
    "run-progress": lambda: [_PROGRESS],
    "run-resumed-csv": lambda: [_PROGRESS],
    "run-norms": lambda: [_PROGRESS],
    "run-curriculum": lambda: ["".join(json.dumps(line) + "\n" for line in CURRICULUM)],
    "run-history": lambda: ["".join(json.dumps(line) + "\n" for line in CURRICULUM)],
    "run-eval": lambda: [EVAL],
    "policy-json": lambda: [policy_description()],
    "policy-layout": lambda: [policy_description()],
    "policy-weights": lambda: [policy_weights()],
}
