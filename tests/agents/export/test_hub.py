"""Folders in the layout of the Hugging Face hub."""

import json
import os
from pathlib import Path

import pytest
import torch
import yaml
from safetensors import safe_open
from typer.testing import CliRunner

from dispatchlab.agents import LearnedPolicy, load_policy, save_policy
from dispatchlab.agents.cards import HEADINGS, make_card
from dispatchlab.agents.export import write_hub_folder
from dispatchlab.agents.pretrained import read_card
from dispatchlab.cli import app
from dispatchlab.envs.core.errors import DispatchlabError
from tests.agents.helpers import make_policy
from tests.agents.toy_env import ToyVectorEnv


def front(card: str) -> dict[str, object]:
    """The YAML of a model card."""
    _, text, _ = card.split("---\n", 2)
    facts: dict[str, object] = yaml.safe_load(text)
    return facts


def test_the_folder_loads_with_the_same_logits(tmp_path: Path) -> None:
    """What is written is what hub clients expect, and comes back bit for bit."""
    env = ToyVectorEnv(4)
    obs, _ = env.reset(seed=0)
    net = make_policy(env).net
    meta = {"config": {"generator": "toys", "seed": 3}, "scores": {"all": {"greedy": 1.5}},
            "units": {"all": "mean score"}}  # fmt: skip
    policy = LearnedPolicy(net, family="toy", layout=env.graph_spec.layout(), meta=meta)
    files = write_hub_folder(policy, tmp_path / "mine", 'a "quoted" name: yes')
    assert [path.name for path in files] == ["model.safetensors", "config.json", "README.md"]
    assert sorted(tmp_path.joinpath("mine").iterdir()) == sorted(files)
    loaded = load_policy(tmp_path / "mine", family="toy", layout=env.graph_spec.layout())
    assert torch.equal(loaded.logits(obs), policy.logits(obs))
    assert loaded.meta == policy.meta
    for file in files[:2]:
        assert load_policy(file).meta == policy.meta
    assert json.loads(files[1].read_text())["format"] == "dispatchlab-policy"
    with safe_open(files[0], "pt") as stored:
        assert stored.metadata() == {"format": "pt"}
    card = files[2].read_text()
    assert front(card)["model_name"] == 'a "quoted" name: yes'
    assert all(f"## {heading}\n" in card for heading in HEADINGS)
    assert "- Wall time: not recorded." in card
    assert '"greedy": 1.5' in card
    assert "- `all`: mean score" in card
    assert "- Wall time: 90 s." in make_card("mine", policy, seconds=90)


def test_policy_files_come_before_those_of_a_hub(tmp_path: Path) -> None:
    """A run folder in which somebody has put other weights still means its own policy."""
    env = ToyVectorEnv(1)
    save_policy(tmp_path / "run", make_policy(env), {"family": "toy", "steps": 1})
    save_policy(tmp_path, make_policy(env), {"family": "toy", "steps": 2})
    for old, new in (("run.safetensors", "model.safetensors"), ("run.json", "config.json")):
        (tmp_path / old).rename(tmp_path / new)
    assert load_policy(tmp_path).meta["steps"] == 2
    (tmp_path / "policy.safetensors").unlink()
    assert load_policy(tmp_path).meta["steps"] == 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder with anything in it is left alone."""
    (tmp_path / "notes.txt").write_text("mine")
    env = ToyVectorEnv(1)
    policy = LearnedPolicy(make_policy(env).net, family="toy", layout=env.graph_spec.layout())
    with pytest.raises(DispatchlabError, match="not an empty folder: name a new one"):
        write_hub_folder(policy, tmp_path, "toy")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_write_that_fails_leaves_the_folder_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the same command can be given again."""
    env = ToyVectorEnv(1)
    policy = LearnedPolicy(make_policy(env).net, family="toy", layout=env.graph_spec.layout())
    write, count = os.fsync, iter(range(9))

    def full(file: int) -> None:
        if next(count) == 2:
            raise OSError(28, "No space left on device")
        write(file)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DispatchlabError, match=r"README\.md.*No space left"):
        write_hub_folder(policy, tmp_path / "mine", "toy")
    assert list(tmp_path.joinpath("mine").iterdir()) == []
    assert len(write_hub_folder(policy, tmp_path / "mine", "toy")) == 3


def test_the_command_takes_the_card_of_our_agents(tmp_path: Path) -> None:
    """`export soc-top --hub` writes the shipped card, with a header for the hub before it."""
    run = CliRunner().invoke(app, ["export", "soc-top", "--hub", str(tmp_path / "soc")])
    assert run.exit_code == 0, run.output
    card = (tmp_path / "soc" / "README.md").read_text(encoding="utf-8")
    assert card.endswith(read_card("soc-top"))
    assert front(card)["tags"][-1] == "soc"
    assert load_policy(tmp_path / "soc").family == "soc"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Nothing to write; give --onnx FILE, --hub FOLDER or both"),
        (["--onnx", "policy.bin"], "'.bin'; use .onnx"),
        (["--onnx", "nowhere/policy.onnx"], "does not exist; create it first"),
    ],
)
def test_options_that_make_no_sense(arguments: list[str], message: str) -> None:
    """One sentence, before anything is loaded."""
    run = CliRunner().invoke(app, ["export", "soc-top", *arguments])
    assert run.exit_code != 0
    assert message in run.output.replace("\n", " ")
