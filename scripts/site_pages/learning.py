"""Pages about teachers, learning rates and training runs."""

import json
from dataclasses import fields
from importlib import import_module

from dispatchlab.agents.pretrained import PRETRAINED, pretrained_names
from dispatchlab.train import TrainConfig
from dispatchlab.train.presets import PRESETS
from dispatchlab.train.schedules import describe_schedules
from dispatchlab.train.teachers import registry
from dispatchlab.train.values import field_docs

from .text import code, docstring, table

FOLDER = "reference/"


def learning_pages() -> dict[str, str]:
    """The pages by path."""
    return {
        f"{FOLDER}teachers.md": _teachers(),
        f"{FOLDER}schedules.md": _schedules(),
        f"{FOLDER}training.md": _training(),
        f"{FOLDER}policies.md": _policies(),
    }


def _teachers() -> str:
    """Every teacher with its settings and the words of its class."""
    rows = [(f"[`{name}`](#{name})", entry.text) for name, entry in registry.TEACHERS.items()]
    sections = [_teacher(name, entry) for name, entry in registry.TEACHERS.items()]
    return (
        "# Teachers by name\n\nWhat `train --teacher NAME:setting=value,...` takes; how teachers "
        "work is told in [Teachers and learning rates](../teachers.md).\n\n"
        + table(("name", "what it does"), rows) + "\n" + "\n".join(sections)
    )  # fmt: skip


def _teacher(name: str, entry: registry.Entry) -> str:
    module, _, cls = entry.where.partition(":")
    made = getattr(import_module(f"dispatchlab.train.teachers.{module}"), cls)
    fixed = ", ".join(code(f"{key}={value}") for key, value in entry.fixed.items())
    known = dict(registry.settings_of(entry))
    known |= {key: value for key, value in entry.usual.items() if key in known}
    settings = [(code(key), code(_shown(value))) for key, value in known.items()]
    return (
        f"## {name}\n\n{entry.text[0].upper()}{entry.text[1:]}. Class `{made.__module__}.{cls}`"
        f"{f' with {fixed}' if fixed else ''}.\n\n{docstring(made)}\n"
        + (table(("setting", "default"), settings) if settings else "It has no settings.\n")
    )


def _shown(value: object) -> str:
    """A default as it is written in a text; None is what the class chooses."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _schedules() -> str:
    sections = [
        f"## {facts.name}\n\n`{facts.name}:{facts.options}`\n\n{facts.source}\n"
        for facts in describe_schedules()
    ]
    return (
        "# Learning-rate schedules\n\nWhat `train --lr-schedule` takes, options with their "
        "defaults; see also [Teachers and learning rates](../teachers.md#learning-rates).\n\n"
        + "\n".join(sections)
    )


def _training() -> str:
    """Settings of runs, and what presets change."""
    docs = field_docs(TrainConfig)
    parts = [
        "# Settings of training runs\n\n`dispatchlab train FAMILY --set key=value`; "
        "`--settings` lists them with their values.\n",
        docstring(TrainConfig),
        table(
            ("setting", "default", "meaning"),
            ((code(f.name), code(_shown(f.default)), docs[f.name]) for f in fields(TrainConfig)),
        ),
    ]
    for family, presets in PRESETS.items():
        parts.append(f"## Presets of `train {family}`\n")
        for name, settings in presets.items():
            rows = [(code(key), code(_shown(value))) for key, value in settings.items()]
            parts.append(f"### {family}: {name}\n\n{table(('setting', 'value'), rows)}")
    return "\n".join(parts)


def _policies() -> str:
    """The policies that come with the package, from their own files."""
    rows = []
    for name in pretrained_names():
        facts = json.loads((PRETRAINED / f"{name}.json").read_text(encoding="utf-8"))
        meta = facts["meta"]
        rows.append(
            (
                code(name), facts["family"], code(facts["network"]["encoder"]),
                code(meta["env"].get("observation", "")), code(meta["config"].get("generator", "")),
                f"{meta['timesteps']:,}",
            )
        )  # fmt: skip
    headings = ("name", "family", "encoder", "observation", "trained on", "decisions of PPO")
    return (
        "# Policies that come with the package\n\nUse one wherever a run folder is asked for: "
        "`evaluate FAMILY --methods agent=NAME`, `solve --method agent --policy NAME`, "
        "`dispatchlab.agents.load_policy(NAME)`. How they were trained and how well they do is "
        "told in [Results](../results.md) and on the pages of [chips](../soc.md), "
        "[edges](../edge.md) and "
        "[air taxis](../uam.md).\n\n" + table(headings, rows)
    )
