"""What `dispatchlab export` makes of the files that it is given."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dispatchlab.agents import load_policy
from dispatchlab.cli import app
from dispatchlab.commands.export import _environment
from dispatchlab.envs.core.errors import DispatchlabError
from tests.eval.helpers import save_untrained


def rewrite(folder: Path, **entries: Any) -> None:
    """Change what a policy tells about its training."""
    path = folder / "policy.json"
    data = json.loads(path.read_text())
    data["meta"] |= entries
    path.write_text(json.dumps(data))


def test_settings_of_strangers_are_read_like_those_of_users(tmp_path: Path) -> None:
    """Keys that decide nothing about observations go no further; the others are checked."""
    folder = save_untrained(tmp_path / "run")
    told = {"semantics": "active", "num_envs": 10**9, "instance": "/etc/passwd", "render_mode": 3}
    rewrite(folder, env=told, config={"generator": "random:num_jobs=3,num_machines=2"})
    env = _environment(load_policy(folder), None)
    assert (env.num_envs, env.episodes.dynamics.semantics) == (4, "active")
    for bad, message in (("slow", "semantics is 'slow': choose"), ([1], "semantics is .* text")):
        rewrite(folder, env={"semantics": bad})
        with pytest.raises(DispatchlabError, match=message):
            _environment(load_policy(folder), None)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("runs/first", "first"),
        ("runs/first/policy", "first"),
        ("runs/first/policy.safetensors", "first"),
        ("runs/best-0.5.json", "best-0.5"),
    ],
)
def test_the_name_on_the_hub_is_that_of_the_run(
    given: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a suffix nor the usual name of the files becomes the name of the policy."""
    monkeypatch.chdir(tmp_path)
    save_untrained(tmp_path / "runs" / "first")
    for suffix in (".safetensors", ".json"):
        file = Path("runs", "first", f"policy{suffix}")
        Path("runs", f"best-0.5{suffix}").write_bytes(file.read_bytes())
    run = CliRunner().invoke(app, ["export", given, "--hub", "hub"])
    assert run.exit_code == 0, run.output
    assert f'model_name: "{name}"' in Path("hub", "README.md").read_text(encoding="utf-8")
