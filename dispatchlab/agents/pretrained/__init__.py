"""The agents that come with the package: weights, and a card for each. Loads nothing heavy."""

import os
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError

PRETRAINED = Path(__file__).parent
# Whom ``pretrained`` means in each family.
DEFAULTS = {
    "job-shop": "job-shop-classic",
    "soc": "soc-top",
    "edge": "edge-fleet",
    "uam": "uam-fleet",
}


def pretrained_names() -> list[str]:
    """Names of the policies that come with the package."""
    return sorted(path.stem for path in PRETRAINED.glob("*.safetensors"))


def is_shipped(path: str | Path) -> bool:
    """Whether a path means an agent of ours; files of that name in the working folder do first."""
    name = str(path)
    mine = any(os.path.exists(name + suffix) for suffix in ("", ".safetensors", ".json"))
    return not mine and name in pretrained_names()


def family_of(name: str) -> str:
    """Family of a shipped agent, which its name begins with."""
    return next(family for family in DEFAULTS if name.startswith(f"{family}-"))


def read_card(name: str) -> str:
    """Card of a shipped agent.

    Args:
        name: One of `pretrained_names`.

    Returns:
        Markdown.

    Raises:
        DispatchlabError: There is no such agent.
    """
    if name not in pretrained_names():
        raise DispatchlabError(
            f"No agent {name!r} comes with dispatchlab; choose one of "
            f"{', '.join(pretrained_names())}."
        )
    return (PRETRAINED / f"{name}.md").read_text(encoding="utf-8")


def summary_of(card: str) -> str:
    """What the agent of a card does: its first sentence below the title."""
    return next(line for line in card.splitlines() if line and not line.startswith("#"))
