"""Cards: what a policy was trained on and what it reaches, for people."""

import json
from collections.abc import Mapping
from typing import Any

from dispatchlab.agents.inference import LearnedPolicy

HEADINGS = ("Network", "Training", "Results", "Limits", "Use")
TRAINING = ("Command", "Data", "Steps", "Wall time", "Hardware", "Seeds")
UNKNOWN = "not recorded"


def make_card(name: str, policy: LearnedPolicy, seconds: float | None = None) -> str:
    """A card made of what a policy tells; what it does not tell is said to be unknown.

    Args:
        name: Name of the policy.
        policy: The policy.
        seconds: Wall time of its training, if known.

    Returns:
        Markdown with the headings of every card.
    """
    config = policy.meta.get("config")
    facts = config if isinstance(config, dict) else {}
    command = f"`dispatchlab train {policy.family}` with the settings under `meta.config`"
    known = {
        "Command": command if facts else UNKNOWN,
        "Data": f"`{facts['generator']}`" if "generator" in facts else UNKNOWN,
        "Steps": f"{policy.meta.get('timesteps', UNKNOWN)} decisions of reinforcement learning",
        "Wall time": UNKNOWN if seconds is None else f"{seconds:.0f} s",
        "Hardware": f"device {facts['device']}" if "device" in facts else UNKNOWN,
        "Seeds": str(facts.get("seed", UNKNOWN)),
    }
    sections = {
        "Network": _sentence(policy.network.config.to_dict()),
        "Training": "\n".join(f"- {key}: {value}." for key, value in known.items()),
        "Results": _scores(policy.meta.get("scores"), policy.meta.get("units")),
        "Limits": "Nobody has described them. One seed says little about what training gives.",
        "Use": (
            "```python\nfrom dispatchlab.agents import load_policy\n\n"
            'policy = load_policy("FOLDER")  # where these files lie\n```'
        ),
    }
    body = "\n\n".join(f"## {heading}\n\n{sections[heading]}" for heading in HEADINGS)
    return f"# {name}\n\nA scheduling policy of the family {policy.family}.\n\n{body}\n"


def front_matter(name: str, family: str) -> str:
    """What the Hugging Face hub reads of a model card.

    Args:
        name: Name of the policy.
        family: Its family.

    Returns:
        YAML between lines of dashes.
    """
    tags = ("reinforcement-learning", "scheduling", "graph-neural-network", family)
    lines = [
        "library_name: dispatchlab",
        "pipeline_tag: reinforcement-learning",
        f"model_name: {json.dumps(name)}",  # quoted strings of JSON are YAML
        "tags:",
        *(f"- {json.dumps(tag)}" for tag in tags),
    ]
    return "\n".join(["---", *lines, "---", "", ""])


def _sentence(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items()) + "."


def _scores(scores: object, units: object) -> str:
    """The scores of the last validation, as they stand in the file."""
    if not isinstance(scores, dict) or not scores:
        return f"The scores were {UNKNOWN}."
    text = json.dumps(scores, indent=2)
    known = units if isinstance(units, dict) else {}
    told = "".join(f"\n- `{name}`: {known.get(name, f'unit {UNKNOWN}')}" for name in scores)
    return (
        f"Scores of the last validation, one seed, without intervals:\n\n```json\n{text}\n```\n\n"
        f"What the numbers are:\n{told}"
    )
