"""Inputs that once broke a reader: each must lead to one sentence that says what is wrong."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.fuzz.guard import little_memory, try_input
from tests.fuzz.seeds import CP_MODEL, policy_description, seeds_of
from tests.fuzz.text_targets import TARGETS

HUGE = 10**400
LONG = "9" * 5000  # more digits than Python turns into an integer
DEEP = json.loads("[" * 700 + "]" * 700)
MODEL = "variables { domain: 0 domain: 5 }\n"


def changed(target: str, place: Sequence[str | int], value: object) -> bytes:
    """The first valid input of a target with another value somewhere."""
    document = json.loads(seeds_of(target)[0])
    box: Any = document
    for key in place[:-1]:
        box = box[key]
    box[place[-1]] = value
    return json.dumps(document).encode()


def bomb(levels: int) -> str:
    """YAML that stands for 9^levels entries, nearly all of them aliases."""
    lists = [f"&x{k} [{','.join([f'*x{k - 1}'] * 9)}]" for k in range(1, levels)]
    return f"seed: [{', '.join(['&x0 [a,a,a,a,a,a,a,a,a]', *lists])}]\n"


def without_layout() -> bytes:
    """A policy whose fingerprint is that of any damaged layout."""
    document = json.loads(policy_description())
    return json.dumps(document | {"layout": {}, "layout_hash": ""}).encode()


SHOPS = [
    ("shop-text", "999999999 7\n1 2\n", "asks for 999999999 jobs and 7 machines; give 1 to"),
    ("shop-text", "9" * 300 + " 7\n1 2\n", "is out of range as a number of jobs; numbers go up to"),
    ("shop-text", "\n" * 99_000 + "x", "there is no line with numbers; the first should hold"),
    ("shop-psplib", f"projects : {LONG}\njobs (incl. x): 1\n - renewable: 0\n - nonrenewable: 0\n"
     " - doubly constrained: 0\n", "it holds 9+ [.]{3} 9+ projects; give one"),
    ("shop-psplib", "\n" * 99_000 + "x", "the line 'jobs .* : <number>' is missing; add it"),
    ("shop-json", changed("shop-json", ["mode_ptr", 0], HUGE), "0 of 'mode_ptr' is 10+[.]{3}"),
    ("shop-json", changed("shop-json", ["name"], "\ud800"), r"'name' is '\\ud800'; write a text"),
    ("shop-schedule-json", changed("shop-schedule-json", ["objective_value"], HUGE),
     "schedule.json: the field 'objective_value' is 10+[.]{3}; write a number"),
    ("shop-schedule-json", changed("shop-schedule-json", ["version"], DEEP),
     r"has version \[+[.]{3}"),
    ("shop-schedule-json", changed("shop-schedule-json", ["activities", 0, "resources"], DEEP),
     r"Row 1 of .* lists the resources \[+[.]{3}"),
]  # fmt: skip
MODELS = [
    ("variables { domain: 0 }", "variable 0 has a domain that is no ascending list of pairs"),
    (MODEL + "constraints { linear { vars: 3 coeffs: 1 domain: 0 domain: 1 } }",
     "constraint 0 names the variable 3, but there are 1; write it again"),
    (MODEL + "constraints { linear { vars: 0 domain: 0 domain: 1 } }", "has 1 vars and 0 coeffs"),
    (MODEL + "constraints { bool_or { literals: 0 } }", "as a literal, which is no 0 or 1"),
    ("constraints { circuit { tails: 0 heads: 0 } }", "has 1 tails and 0 literals"),
    ("constraints { no_overlap { intervals: 0 } }", "names the interval 0, which is none"),
    (CP_MODEL.replace("demands { offset: 1 }", ""), "has 2 intervals and 1 demands"),
    ("objective { offset: nan }", "the objective has the offset nan"),
    ("variables { domain: 0 domain: 9 }\nvariables { domain: 0 domain: 9 }\n"
     + "variables { domain: 0 domain: 4000000000 }\n" * 2
     + "constraints { interval { start { vars: 0 coeffs: 1 } end { vars: 1 coeffs: 1 } "
     "size { vars: 2 coeffs: 1 } } }\n"
     "constraints { linear { vars: 2 vars: 3 coeffs: 1 coeffs: -1 domain: 1 domain: 400000000 } }\n"
     "constraints { linear { vars: 3 vars: 2 coeffs: 1 coeffs: -1 domain: 1 domain: 400000000 } }",
     "the bounds of what it chooses creep towards each other; give these variables narrow bounds"),
]  # fmt: skip
STREAMS = [
    ("soc-json", '{"version":' + "[" * 90_000, "no valid JSON: maximum recursion depth exceeded"),
    ("soc-json", changed("soc-json", ["version"], DEEP), r"'version' is \[+[.]{3}.*, but this"),
    ("soc-json", changed("soc-json", ["chip", "pes", 0], "\ud800"), r"pes\[0\]' is '\\ud800'"),
    ("soc-json", changed("soc-json", ["graphs", 0, "kernels", 0], "x" * 50_000 + "\x1b"),
     r"chip.json .*The kernel 'x+ [.]{3} .*add a row to its execution table"),
    ("soc-stg", "9900 1024\n" + "".join(f"{task} 1 0\n" for task in range(9900)),
     "9900 tasks take 10137600 execution times on 1024 processors; take fewer processors"),
    ("edge-trace-csv", "time_s,bandwidth_kbps\n0,1\n1e308,2\n", "time_s is '1e308'; write 1e.15"),
    ("edge-trace-csv", "time_s,bandwidth_mbps\n0,1e308\n1,2\n", "row 2: bandwidth_mbps is '1e308'"),
    ("edge-trace-json", json.dumps([{"duration_ms": 1e308, "bandwidth_kbps": 1}] * 2),
     r"'\[0\].duration_ms' is 1e.308; give 1e.15 at most"),
    ("uam-demand", "bin,origin,destination,passengers\n²,A,B,1\n", "bin is '²'; write 0 to 1"),
    ("uam-json", changed("uam-json", ["park_slots", 0], 1e300),
     r"park_slots\[0\] is 1e.300; give a whole number"),
    ("uam-json", changed("uam-json", ["park_slots", 0], 2**63),
     r"park_slots holds \[9223372036854775808, 10\], beyond every range; give numbers below 2\^63"),
    ("uam-json", changed("uam-json", ["x_mi"], ["a" * 40_000] + [0] * 15_000),
     r"x_mi\[0\] is 'a+[.]{3}; give numbers"),
    ("uam-json", changed("uam-json", ["x_mi"], DEEP), r"x_mi.* is .*; give a plain table, with"),
    ("uam-json", changed("uam-json", ["x_mi"], json.loads("[" * 50 + "1" + "]" * 50)), r"x_mi has"),
]  # fmt: skip
RUNS = [
    ("train-config", bomb(10), r"seed is \[\['a', .*[.]{3}: give a number"),
    ("train-config", "seed: " + "[" * 600, "config.yaml' does not hold settings in YAML"),
    ("train-config", "seed: 2001-99-99\n", "seed is '2001-99-99': give a number"),
    ("train-config", "seed: !!int x\n", "seed is 'x': give a number"),
    ("train-config", "seed: !!timestamp x\n", "seed is 'x': give a number"),
    ("train-config", f"seed: {LONG}\n", "seed is '9+[.]{3}: give a finite number"),
    ("train-mapping", "seed: 2001-99-99\n", "mapping.yaml' does not hold a mapping in YAML"),
    ("train-mapping", "seed: !!timestamp x\n", "mapping.yaml' does not hold a mapping in YAML"),
    ("train-mapping", "seed: !!int ''\n", "mapping.yaml' does not hold a mapping in YAML"),
    ("train-mapping", "seed: !!bool x\n", "mapping.yaml' does not hold a mapping in YAML"),
    ("run-progress", 'timesteps\n"' + "1" * 200_000 + '"\n', "is no table: field larger than"),
    ("run-resumed-csv", b"timesteps,x\n\xff,1\n", "Line 2 of .*resumed.csv' does not hold"),
    ("run-norms", "timesteps,train/gradient_norm\n0x10,1\n", "damaged: could not convert string"),
    ("run-norms", "time,train/gradient_norm\n1,1\n", "is damaged: 'timesteps'; name the folder of"),
    ("run-norms", "timesteps,train/gradient_norm\n0,1\n0,1\n", "timesteps do not ascend from 0"),
    ("run-norms", "timesteps,train/gradient_norm\ninf,1\ninf,1\n", "do not ascend from 0"),
    ("run-norms", "timesteps,train/gradient_norm\n1,-1e308\n2,1e-320\n", "or a norm is below 0"),
    ("run-norms", b"timesteps,train/gradient_norm\n1,\xff\n", "is damaged: 'utf-8' codec can't"),
    ("run-history", '{"timesteps": 1}\n[]\n', "Line 2 of .* the file holds \\[\\]; write"),
    ("run-history", '{"timesteps": "x"}\n', "Line 1 of .* 'timesteps' is 'x'; write a number"),
    ("run-curriculum", '{"timesteps": 1, "episodes": [], "regions": [{"weight": 1e308}]}\n',
     "Line 1 of .* is no record of episodes with 2 task parameters: restore the file"),
    ("run-eval", changed("run-eval", ["final", "small", "spt"], HUGE), "is not what `dispatchlab"),
    ("policy-json", f'{{"version": {LONG}}}', "policy.json' is not JSON: download or"),
    ("policy-json", changed("policy-json", ["layout", "globals", 0, "unit"], DEEP),
     "has a damaged 'layout' entry: download or save it again"),
    ("policy-json", changed("policy-json", ["layout", "candidate_types"], DEEP),
     "has a damaged 'layout' entry: download or save it again"),
    ("policy-json", without_layout(), "has a damaged 'layout' entry: download or save it again"),
]  # fmt: skip
TEXTS = [
    ("text-options", f"x={LONG}", "The number '9+[.]{3} is beyond every range; give 1e.300"),
    ("text-options", "x=1-1e400", "The number '1e400' is beyond every range; give 1e.300"),
    ("text-points", ";".join(f"a{k}=1|2" for k in range(24)), "make 16777216 combinations; give"),
    ("text-points", "a=1e400", "The number '1e400' is beyond every range"),
    ("text-points", ",a=1|2", "setting ',a=1[|]2' has a comma in it; separate values with"),
    ("text-points", "a=1,b=3", "setting 'a=1,b=3' has a comma in it; separate values with"),
    ("text-generator-edge", "preset:2d-p,network=5", "^5 stands where names should; write NAME"),
    ("text-instance-soc", "top-1:mean_gap_us=" + "9" * 290, "mean_gap_us is 9+[.]{3}; it must be"),
    ("text-instance-jobshop", "x" * 5000, "There is no benchmark .* 'x+ [.]{3} x*.*list"),
    ("text-instance-uam", "x" * 5000, "There is no air-taxi .* 'x+ [.]{3} x*.*path of a"),
    ("text-instance-uam", "random-1000x10:bin_s=1,horizon_s=100000,wait_s=1",
     "has 100000 bins of 1000 ports, so 100000000000 cells of demand; lengthen bin_s or take"),
    ("text-instance-edge", f"2d-p:network={'x' * 5000}.csv", "csv' cannot be read: File name too"),
    ("text-methods", f"agent={'x' * 5000}", r"There is no agent 'x+ [.]{3} .*"),
    ("text-methods-soc", "cp-sat:time=" + "\x03\0" * 400, "time=.*; write for example time=10"),
    ("text-problems", "x" * 5000, "There is no benchmark instance named 'x+"),
    ("text-methods", "agent=\0", r"There is no agent '\\x00', for there is no file"),
    ("text-methods-soc", "agent=\0", r"There is no agent '\\x00', for there is no file"),
    ("text-overrides", f"seed={LONG}", "seed is '9+[.]{3}: give a finite number"),
]  # fmt: skip


def check(target: str, data: bytes | str, message: str) -> None:
    """An input leads to a message within a second or so, and without much memory."""
    given = data.encode() if isinstance(data, str) else data
    TARGETS[target](seeds_of(target)[0])  # imports what it needs
    said: list[str | None] = []
    with little_memory():
        finding = try_input(lambda content: said.append(TARGETS[target](content)), given)
    assert finding is None, finding.report
    assert said[0] is not None, "the input is accepted"
    assert re.search(message, said[0]), said[0]


@pytest.mark.parametrize(("target", "data", "message"), [*SHOPS, *STREAMS])
def test_files(target: str, data: bytes | str, message: str) -> None:
    """Instances and schedules that hold anything are refused with their file, field or row."""
    check(target, data, message)


@pytest.mark.parametrize(("model", "message"), MODELS)
def test_models(model: str, message: str) -> None:
    """A file that OR-Tools would call an invalid model is refused with what is wrong."""
    pytest.importorskip("ortools")
    check("cp-model-pbtxt", model, message)


@pytest.mark.parametrize(("target", "data", "message"), RUNS)
def test_run_folders(target: str, data: bytes | str, message: str) -> None:
    """Configs, tables and policies that are damaged are refused with their file or setting."""
    check(target, data, message)


@pytest.mark.parametrize(("target", "text", "message"), TEXTS)
def test_texts(target: str, text: str, message: str) -> None:
    """Text arguments with numbers beyond every range, or that can be no path, are refused."""
    check(target, text, message)
