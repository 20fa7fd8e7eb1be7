"""ONNX models of policies: the same answers, for any number of rows and any size."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

import gymnasium as gym  # noqa: E402 - after the packages that it may have to do without
from typer.testing import CliRunner  # noqa: E402

from dispatchlab.agents import LearnedPolicy, load_policy, pretrained_names  # noqa: E402
from dispatchlab.agents.export import export_onnx, observe  # noqa: E402
from dispatchlab.agents.export.observations import grow  # noqa: E402
from dispatchlab.agents.export.onnx_file import compare  # noqa: E402
from dispatchlab.cli import app  # noqa: E402
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError  # noqa: E402
from dispatchlab.envs.core.registry import ENVIRONMENTS  # noqa: E402
from tests.agents.helpers import make_policy, to_tensors  # noqa: E402
from tests.agents.toy_env import ToyVectorEnv  # noqa: E402

EXAMPLE = Path(__file__).parents[3] / "examples" / "run_onnx.py"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LearnedPolicy, Any]:
    """A toy policy, its ONNX file and observations."""
    env = ToyVectorEnv(3, wait=True)
    net = make_policy(env, hidden=8, num_layers=1, num_heads=2, feedforward=8).net
    policy = LearnedPolicy(net, family="toy", layout=env.graph_spec.layout(), meta={"steps": 7})
    seen = observe(policy, env, batches=3, apart=1)
    path = tmp_path_factory.mktemp("onnx") / "policy.onnx"
    found = export_onnx(policy, path, seen)
    assert found["observations"] == 9
    return path, policy, seen


def test_sizes_are_free(exported: tuple[Path, LearnedPolicy, Any]) -> None:
    """One file answers for one row and for many, and for larger instances than it was traced on."""
    path, policy, seen = exported
    session = onnxruntime.InferenceSession(path)
    many = {key: np.concatenate([obs[key] for obs in seen]) for key in seen[0]}
    for obs in (many, grow(many, 40), {key: array[4:5] for key, array in many.items()}):
        with torch.inference_mode():
            logits, values = policy.network(to_tensors(obs))
        action, found, value = session.run(["action", "logits", "value"], obs)
        np.testing.assert_allclose(found, logits, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(value, values, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(action, logits.argmax(-1))
        assert (found[obs["action_mask"] == 0] == -1e8).all()


def test_the_file_tells_what_it_is(exported: tuple[Path, LearnedPolicy, Any]) -> None:
    """Inputs have the names of the observation; metadata name every feature, no path."""
    path, policy, seen = exported
    session = onnxruntime.InferenceSession(path)
    assert {entry.name for entry in session.get_inputs()} == set(seen[0])
    facts = session.get_modelmeta().custom_metadata_map
    assert (facts["family"], facts["sizes"]) == ("toy", "free")
    assert json.loads(facts["layout"]) == policy.layout
    assert json.loads(facts["meta"]) == {"steps": 7}
    assert facts["dispatchlab_version"]
    assert str(EXAMPLE.parents[1]).encode() not in path.read_bytes()


def test_a_model_that_answers_otherwise_is_refused(
    exported: tuple[Path, LearnedPolicy, Any],
) -> None:
    """A file of other weights does not pass for that of a policy."""
    path, policy, seen = exported
    other = make_policy(ToyVectorEnv(1, wait=True), hidden=8, num_layers=1, num_heads=2).net
    stranger = LearnedPolicy(other, family="toy", layout=policy.layout)
    with pytest.raises(DispatchlabError, match="answers otherwise than the policy"):
        compare(stranger, path.read_bytes(), seen)


def test_missing_packages_name_the_extra(
    exported: tuple[Path, LearnedPolicy, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without onnxruntime nothing is traced and nothing written."""
    _, policy, seen = exported
    monkeypatch.setattr(
        "dispatchlab.agents.export.onnx_file.find_spec", lambda name: name != "onnxruntime" or None
    )
    with pytest.raises(MissingExtraError, match=r"'onnxruntime'.*dispatchlab\[onnx\]"):
        export_onnx(policy, tmp_path / "p.onnx", seen)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", pretrained_names())
def test_every_shipped_policy_can_be_exported(name: str, tmp_path: Path) -> None:
    """All four families: the export compares with torch on real episodes, and refuses otherwise."""
    policy = load_policy(name)
    record = next(known for known in ENVIRONMENTS if known.family == policy.family)
    generator = policy.meta["config"]["generator"]
    env: Any = gym.make_vec(record.id, num_envs=2, generator=generator, **policy.meta["env"])
    found = export_onnx(policy, tmp_path / "p.onnx", observe(policy, env, batches=4))
    assert found["logits"] < 1e-4
    assert (tmp_path / "p.onnx").stat().st_size < 4e6


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["gin", "gatv2"])
def test_other_encoders_can_be_exported(encoder: str, tmp_path: Path) -> None:
    """The message-passing encoders of torch-geometric, which no shipped policy has."""
    env = ToyVectorEnv(3, observation="graph", wait=True)
    net = make_policy(env, encoder=encoder, num_layers=1).net
    policy = LearnedPolicy(net, family="toy", layout=env.graph_spec.layout())
    found = export_onnx(policy, tmp_path / "p.onnx", observe(policy, env, batches=2, apart=1))
    assert found["observations"] == 6


@pytest.mark.slow
def test_the_example_plays_as_the_policy_does(tmp_path: Path) -> None:
    """The example script reaches the makespan of the policy in torch on ft06."""
    path = str(tmp_path / "p.onnx")
    run = CliRunner().invoke(app, ["export", "job-shop-classic", "--onnx", path])
    assert run.exit_code == 0, run.output
    assert "largest differences on 32 observations" in run.output
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), path, "ft06"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    from dispatchlab.envs.jobshop.library import load_instance
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods import make_method

    played = make_method("agent=job-shop-classic").solve(Case("ft06", 0, load_instance("ft06")))
    assert done.stdout.startswith(f"ft06: {played.objective:g} after")
