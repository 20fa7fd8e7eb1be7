"""A page for each family of environments: its docstring, ids, instances and observations."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import gymnasium as gym

import dispatchlab  # noqa: F401 (registers the environments)
from dispatchlab.commands.families import STREAMS, stream_commands
from dispatchlab.envs.core.graph_spec import Feature, GraphSpec
from dispatchlab.envs.core.registry import ENVIRONMENTS, FAMILIES, EnvRecord
from dispatchlab.envs.jobshop.library import instance_sets

from .text import code, docstring, table

FOLDER = "reference/environments/"


def environment_pages() -> dict[str, str]:
    """The pages by path: an overview, and one for each family."""
    pages = {f"{FOLDER}index.md": _overview()}
    for family in FAMILIES:
        records = [record for record in ENVIRONMENTS if record.family == family]
        pages[f"{FOLDER}{family}.md"] = _page(family, records)
    return pages


def _overview() -> str:
    """All ids, each with a link to its family."""
    rows = [
        (f"[`{record.id}`]({record.family}.md)", record.family, record.summary)
        for record in ENVIRONMENTS
    ]
    return (
        "# Environments\n\nEvery id that `import dispatchlab` registers; make one with "
        "`gymnasium.make(id)`, or many with `gymnasium.make_vec(id, num_envs=64)`.\n\n"
        + table(("id", "family", "what it is"), rows)
    )


def _page(family: str, records: list[EnvRecord]) -> str:
    """The page of a family."""
    module, _, prefix = records[0].entry_point.partition(":")
    face = import_module(module)
    env_class = getattr(face, f"{prefix}Env")
    ids = [(code(r.id), r.summary, _arguments(r.kwargs)) for r in records]
    parts = [
        f"# {family}: {prefix}Env\n\nFamily `{family}`, class `{module}.{prefix}Env`; its vector "
        f"environment is `{prefix}VectorEnv`.\n",
        docstring(env_class),
        "## Ids\n\n" + table(("id", "what it is", "arguments of this id"), ids),
        "## Instances\n\n" + _instances(family),
        *_observations(face, records[0].id),
        *_parallel(module),
    ]
    return "\n".join(parts)


def _arguments(kwargs: dict[str, Any]) -> str:
    return ", ".join(code(f"{key}={value!r}") for key, value in kwargs.items())


def _instances(family: str) -> str:
    """Named instances, from the libraries."""
    if family not in STREAMS:
        rows = [(code(n), len(m), code(m[0]), code(m[-1])) for n, m in instance_sets().items()]
        return table(("set", "instances", "from", "to"), rows)
    commands = stream_commands(family)
    presets = commands.presets()[0][1]
    rows = [(code(n), str(commands.load_instance(n)).partition(": ")[2]) for n in presets]
    return table(("preset", "what it is"), rows)


def _observations(face: ModuleType, env_id: str) -> Iterator[str]:
    """What each named observation holds."""
    package = import_module(f"{face.__name__.rpartition('.')[0]}.observation")
    yield "## Features\n\nWhat policies see, by observation; counts are those of the default id.\n"
    for name in package.OBSERVATIONS:
        env = gym.make(env_id, observation=name)
        yield f'### `observation="{name}"`\n\n' + _layout(env.unwrapped.graph_spec)  # type: ignore[attr-defined]


def _layout(spec: GraphSpec) -> str:
    """Node types, relations and globals with their features."""
    parts = [(f"`x/{n.name}`, at most {n.max_count}", n.features) for n in spec.nodes]
    parts += [(f"`edge/{e.key}`, at most {e.max_count}", e.features) for e in spec.edges]
    parts.append(("`globals`", spec.globals))
    return "\n".join(f"**{title}**\n\n{_features(features)}" for title, features in parts)


def _features(features: tuple[Feature, ...]) -> str:
    if not features:
        return "No features.\n"
    rows = [(code(f.name), "" if f.unit == "1" else f.unit, f.scaling) for f in features]
    return table(("feature", "unit", "scaling"), rows)


def _parallel(module: str) -> Iterator[str]:
    """The multi-agent view, where a family has one."""
    try:
        parallel = import_module(f"{module.rpartition('.')[0]}.parallel")
    except ModuleNotFoundError:
        return
    views = [
        v for n, v in vars(parallel).items() if n.endswith("ParallelEnv") and n != "ParallelEnv"
    ]
    for view in views:
        yield f"## {view.__name__}\n\n{docstring(view)}"
