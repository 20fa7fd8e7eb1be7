"""Comparisons of all families in which every name is markup, quotes, very long or right to left."""

from dataclasses import replace
from typing import Any

from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, compare
from dispatchlab.eval.methods.rule import RuleMethod

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"</script><img src=x onerror=alert(2)>'
QUOTES = 'it\'s "odd" & <b>bold</b> %{x} {{ 7 }}'
ARABIC = "\u0645\u0635\u0646\u0639 \u202e\u0623\u0628\u062c\u062f"
LONG = "a-name-that-does-not-end-" * 12
NAMES = (SCRIPT, IMAGE, QUOTES, ARABIC, LONG)


def hostile(family: str) -> Comparison:
    """A small comparison of a family with such names."""
    return {"job-shop": _job_shop, "soc": _soc, "edge": _edge, "uam": _uam}[family]()


def _job_shop() -> Comparison:
    """Five instances, one after each name; methods are named alike."""
    cases = []
    for index, name in enumerate(NAMES):
        times = [[3 + index, 2], [2, 4], [4, 1]]
        plain = job_shop([[0, 1], [1, 0], [0, 1]], times, name=name)
        named = replace(plain, activity_names=(*NAMES, "plain"), resource_names=(IMAGE, QUOTES))
        cases.append(Case(name, 0, named))
    methods: list[Any] = [RuleMethod("spt", "spt"), RuleMethod(IMAGE, "mwkr"), *_cp_sat()]
    return compare(methods, cases)


def _cp_sat() -> list[Any]:
    from dispatchlab.eval.methods.cp_sat import CpSatMethod

    return [CpSatMethod(LONG, time_limit_s=1.0, workers=1)]


def _soc() -> Comparison:
    from dispatchlab.envs.soc.library import load_instance
    from dispatchlab.eval.methods.parse_soc import make_soc_methods
    from dispatchlab.eval.soc_cases import soc_cases

    plain = load_instance("top-1:horizon_us=600")
    chip = replace(plain.chip, name=IMAGE, pe_names=(SCRIPT, IMAGE, LONG))
    (graph,) = plain.graphs
    graphs = (
        replace(graph, name=IMAGE, task_names=tuple(f"{IMAGE} {n}" for n in graph.task_names)),
    )
    named = replace(plain, name=IMAGE, chip=chip, graphs=graphs)
    methods = make_soc_methods(["met", "etf"])
    methods[0].name = QUOTES
    return compare(methods, soc_cases([named], seeds=2))


def _edge() -> Comparison:
    from dispatchlab.envs.edge.library import load_instance
    from dispatchlab.eval.edge_cases import edge_cases
    from dispatchlab.eval.methods.parse_edge import make_edge_methods

    plain = load_instance("2d-p:duration_ms=2000")
    models = tuple(
        replace(model, name=f"{name} {index}")
        for index, (model, name) in enumerate(zip(plain.models, NAMES * 2, strict=False))
    )
    named = replace(plain, name=IMAGE, models=models)
    methods = make_edge_methods(["dem", "dem-q"])
    methods[0].name = IMAGE
    return compare(methods, edge_cases([named], seeds=2))


def _uam() -> Comparison:
    from dispatchlab.envs.uam.library import load_instance
    from dispatchlab.eval.methods.parse_uam import make_uam_methods
    from dispatchlab.eval.uam_cases import uam_cases

    plain = load_instance("random-3x4:horizon_s=7200")
    named = replace(plain, name=IMAGE, ports=(SCRIPT, ARABIC, LONG))
    methods = make_uam_methods(["lookahead", "greedy"])
    methods[0].name = IMAGE
    return compare(methods, uam_cases([named], seeds=2))
