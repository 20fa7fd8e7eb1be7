"""A page for each family with all its rules, planners and solvers, in their own words."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from dispatchlab.baselines import dispatchers
from dispatchlab.baselines.dispatchers import rules as shop_rules
from dispatchlab.baselines.edge import fluid
from dispatchlab.baselines.edge import settings as edge_settings
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.baselines.soc import planners, static
from dispatchlab.baselines.soc import rules as chip_rules
from dispatchlab.baselines.solvers.cpsat import CpSatSolver
from dispatchlab.baselines.uam import bound, genetic, rolling
from dispatchlab.baselines.uam import settings as uam_settings
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.eval.methods.agent import AgentMethod
from dispatchlab.eval.methods.cp_sat import CpSatMethod
from dispatchlab.eval.methods.hybrid import HybridMethod
from dispatchlab.eval.methods.lookahead import LookaheadMethod
from dispatchlab.eval.methods.parse import make_method
from dispatchlab.eval.methods.parse_edge import make_edge_method
from dispatchlab.eval.methods.parse_soc import make_soc_method
from dispatchlab.eval.methods.parse_uam import GENETIC, ROLLING, make_uam_method

from .text import code, docstring, first_line, table

FOLDER = "reference/methods/"
TITLES = {
    "job-shop": ("Methods for job shops and other encodings", "jobshop.md"),
    "soc": ("Methods for task graphs on a chip", "soc.md"),
    "edge": ("Methods for drones at an edge and a cloud", "edge.md"),
    "uam": ("Methods for air taxis", "uam.md"),
}


def method_pages() -> dict[str, str]:
    """The pages by path."""
    return {
        f"{FOLDER}index.md": _overview(),
        f"{FOLDER}job-shop.md": _job_shop(),
        f"{FOLDER}soc.md": _soc(),
        f"{FOLDER}edge.md": _edge(),
        f"{FOLDER}uam.md": _uam(),
    }


def _overview() -> str:
    rows = [
        (f"[{title}]({family}.md)", f"[{where}](../../{where})")
        for family, (title, where) in TITLES.items()
    ]
    return (
        "# Methods\n\nWhat `evaluate FAMILY --methods` and `solve --method` take. Which one to use "
        "is told in [a page of its own](../../choosing.md).\n\n"
        + table(("methods", "sources, choices of ours and results"), rows)
    )


def _job_shop() -> str:
    return _page(
        "job-shop",
        make_method,
        _rules(shop_rules.DESCRIPTIONS, shop_rules, dispatchers.PriorityRule),
        _section("lookahead", dispatchers.Lookahead, LookaheadMethod),
        _section("cp-sat", CpSatSolver, CpSatMethod),
        _section("hybrid", HybridMethod),
        _section("agent=RUN", AgentMethod),
    )


def _soc() -> str:
    plans = [(code(name), _planner(make)) for name, make in planners.PLANNERS.items()]
    return _page(
        "soc",
        make_soc_method,
        _rules(chip_rules.DESCRIPTIONS, chip_rules, chip_rules.SocRule),
        _section("lookahead-RULE", chip_rules.Lookahead),
        f"## Planners\n\n{docstring(static)}\n{table(('name', 'what it does'), plans)}",
        _section("cp-sat", planners.CpSatPlanner),
    )


def _edge() -> str:
    return _page(
        "edge",
        make_edge_method,
        _rules(edge_settings.DESCRIPTIONS, edge_settings, EdgeRule),
        f"## The bound\n\n{docstring(fluid)}\n{docstring(fluid.fluid_bound)}",
    )


def _uam() -> str:
    aliases = [(code(name), code(rule)) for name, rule in uam_settings.ALIASES.items()]
    return _page(
        "uam",
        make_uam_method,
        _rules(uam_settings.DESCRIPTIONS, uam_settings, UamRule),
        "Other names of the same rules:\n\n" + table(("name", "is"), aliases),
        _section(", ".join(ROLLING), rolling.RollingHorizon),
        _section(", ".join(GENETIC), genetic, genetic.GeneticDispatcher),
        f"## The bound\n\n{docstring(bound)}\n{docstring(bound.profit_bound)}",
    )


def _page(family: str, make: Callable[..., Any], *parts: str) -> str:
    """A page; how methods are written comes from the function that reads them."""
    grammar = docstring(make).partition("**Returns**")[0]
    title, where = TITLES[family]
    link = f"Sources and comparisons are on the page [{where}](../../{where}).\n"
    return "\n".join([f"# {title}\n", link, *parts, f"## How methods are written\n\n{grammar}"])


def _rules(descriptions: Mapping[str, str], module: object, rule: object) -> str:
    rows = [(code(name), text) for name, text in descriptions.items()]
    return (
        f"## Rules\n\n{table(('name', 'what it does'), rows)}\n{docstring(module)}\n"
        f"{docstring(rule)}"
    )


def _section(names: str, *things: object) -> str:
    heading = ", ".join(code(name.strip()) for name in names.split(","))
    return f"## {heading}\n\n" + "\n".join(docstring(thing) for thing in things)


def _planner(make: Callable[..., Any]) -> str:
    """What a planner does: the first line of the innermost function, with its options."""
    changes: dict[str, Any] = {}
    thing: Any = make
    while isinstance(thing, partial):
        changes |= thing.keywords
        thing = thing.args[0] if thing.args else thing.func
    options = ", ".join(code(f"{key}={value}") for key, value in changes.items())
    return f"{first_line(thing)} {f'With {options}.' if options else ''}"
