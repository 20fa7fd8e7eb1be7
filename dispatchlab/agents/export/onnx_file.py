"""export_onnx: a policy as an ONNX file that has been compared with the policy."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from dispatchlab.agents.checkpoint import contents
from dispatchlab.agents.export.observations import Arrays, grow
from dispatchlab.agents.export.onnx_graph import trace
from dispatchlab.agents.inference import LearnedPolicy, to_tensors
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.files import write_atomically

TOLERANCE = 1e-5  # of the largest legal logit or value, and at least of 1
FloatArray = npt.NDArray[np.float32]
_GROWN = 5  # padding that the comparison adds to every part, to see that sizes are free
_NEEDS = ("onnx", "onnxruntime", "onnxscript")


def export_onnx(
    policy: LearnedPolicy, path: str | Path, observations: Sequence[Arrays]
) -> dict[str, float]:
    """Write the greedy policy as an ONNX model, if it answers as the policy does.

    Inputs are the entries of the observation, by their names. Outputs are ``action`` (B,), the
    most probable legal one, ``logits`` (B, A), -1e8 where an action is illegal, and ``value``
    (B, 1). The number of rows and the sizes of the instance are free. The metadata hold family,
    version, layout with the names of all features, network and facts about the training.

    Args:
        policy: The policy, on the CPU.
        path: The file to write.
        observations: Batches of real episodes to compare on (`observe`).

    Returns:
        The largest differences of logits and values, and the number of observations.

    Raises:
        DispatchlabError: The network cannot be exported, or the model answers otherwise.
        MissingExtraError: The packages of the extra ``onnx`` are missing.
    """
    missing = next((name for name in _NEEDS if find_spec(name) is None), None)
    if missing is not None:
        raise MissingExtraError(missing, "onnx")
    model = trace(policy.network, observations[0])
    facts = {
        "dispatchlab_version": version("dispatchlab"),
        **json.loads(contents(policy, policy.meta).description),
        "sizes": "free",
    }
    for key, value in facts.items():
        text = value if isinstance(value, str) else json.dumps(value)
        model.metadata_props.add(key=key, value=text)
    data = model.SerializeToString()
    found = compare(policy, data, observations)
    write_atomically(path, data)
    return found


def compare(
    policy: LearnedPolicy, model: bytes, observations: Sequence[Arrays]
) -> dict[str, float]:
    """Compare a model with the policy that it was made of.

    Args:
        policy: The policy.
        model: The ONNX model.
        observations: Batches to compare on; each in one row, in all, and with more padding.

    Returns:
        The largest differences of logits and values, and the number of observations.

    Raises:
        DispatchlabError: A difference is more than rounding.
    """
    session = _session(model)
    worst = {"logits": 0.0, "value": 0.0}
    for obs in observations:
        alone = {key: array[:1] for key, array in obs.items()}
        for part in (obs, alone, grow(obs, _GROWN)):
            action, logits, value = session.run(None, part)
            found = _differences(policy, part, action, logits, value)
            worst = {key: max(worst[key], found[key]) for key in worst}
    return worst | {"observations": sum(len(obs["globals"]) for obs in observations)}


def _session(model: bytes) -> Any:  # noqa: ANN401 - onnxruntime has no types
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@torch.inference_mode()
def _differences(
    policy: LearnedPolicy, obs: Arrays, action: Any, logits: FloatArray, value: FloatArray  # noqa: ANN401
) -> dict[str, float]:  # fmt: skip
    """Largest differences, if they are rounding."""
    expected, values = (
        part.numpy() for part in policy.network(to_tensors(obs, torch.device("cpu")))
    )
    legal = obs["action_mask"] > 0
    scale = max(1.0, float(np.abs(expected[legal]).max(initial=0.0)))
    value_scale = max(1.0, float(np.abs(values).max()))
    found = {
        "logits": float(np.abs(expected - logits)[legal].max(initial=0.0)),
        "value": float(np.abs(values - value).max()),
    }
    # Two actions may be as good as each other to the last digit.
    chosen = np.take_along_axis(expected, action[:, None], 1)[:, 0]
    behind = float((expected.max(1) - chosen).max())
    same_mask = bool((expected[~legal] == logits[~legal]).all())
    limit = TOLERANCE * scale
    if not (
        found["logits"] <= limit and behind <= 2 * limit and same_mask
        and found["value"] <= 10 * TOLERANCE * value_scale
    ):  # fmt: skip
        raise DispatchlabError(
            "The exported model answers otherwise than the policy (logits differ by "
            f"{found['logits']:.2g}, values by {found['value']:.2g}, more than rounding): nothing "
            "was written; report it with the policy, and use --hub until then."
        )
    return found
