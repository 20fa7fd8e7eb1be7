"""Cards of the shipped agents: each has one, whole, and the command shows it."""

import json
import re

import pytest
from typer.testing import CliRunner

from dispatchlab.agents.cards import HEADINGS, TRAINING
from dispatchlab.agents.pretrained import (
    DEFAULTS,
    PRETRAINED,
    pretrained_names,
    read_card,
    summary_of,
)
from dispatchlab.cli import app
from dispatchlab.envs.core.errors import DispatchlabError


@pytest.mark.parametrize("name", pretrained_names())
def test_every_agent_has_a_whole_card(name: str) -> None:
    """All headings in order, every fact about the training, and the seed of the file."""
    card = read_card(name)
    assert card.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", card, re.M) == list(HEADINGS)
    facts = dict(re.findall(r"^- ([A-Z][a-z ]+): (.+)$", card, re.M))
    assert set(TRAINING) <= set(facts)
    assert summary_of(card).endswith(".")
    stored = json.loads((PRETRAINED / f"{name}.json").read_text())
    config = stored["meta"]["config"]
    assert facts["Seeds"].startswith(f"Seed {config['seed']} is shipped")
    assert f"`{config['observation']}`" in card
    if stored["meta"]["timesteps"]:
        assert f"{stored['meta']['timesteps']:,}" in card
    else:
        assert "no PPO" in " ".join(card.split())


def test_cards_and_weights_are_pairs_and_small() -> None:
    """No card without weights; all that is shipped is below 30 MB."""
    assert sorted(path.stem for path in PRETRAINED.glob("*.md")) == pretrained_names()
    assert sum(path.stat().st_size for path in PRETRAINED.iterdir() if path.is_file()) < 30e6


def test_every_family_has_a_default() -> None:
    """Each default is shipped for its family."""
    for family, name in DEFAULTS.items():
        stored = json.loads((PRETRAINED / f"{name}.json").read_text())
        assert stored["family"] == family


def test_the_command_lists_agents_and_prints_cards() -> None:
    """`agents` has a line for each; `agents NAME` is the card as it stands."""
    listed = CliRunner().invoke(app, ["agents"])
    assert listed.exit_code == 0
    assert all(name in listed.output for name in pretrained_names())
    assert listed.output.count("(default)") == len(DEFAULTS)
    assert CliRunner().invoke(app, ["agents", "uam-fleet"]).output == read_card("uam-fleet")


def test_unknown_agents_list_what_there_is() -> None:
    """One sentence with the names."""
    with pytest.raises(DispatchlabError, match=r"No agent '\.\./soc-top' comes .*soc-top"):
        read_card("../soc-top")
