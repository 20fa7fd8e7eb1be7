"""The network of a policy as an ONNX model: traced, never written a second time."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from dispatchlab.agents.export.observations import Arrays, grow, growing_axis
from dispatchlab.agents.export.static_unpad import unpad_static
from dispatchlab.agents.network import GraphNetwork
from dispatchlab.envs.core.errors import DispatchlabError

OPSET = 18
OUTPUTS = ("action", "logits", "value")
_EXAMPLES = 3  # rows of the traced batch; 1 would be taken for a constant


class GreedyNetwork(nn.Module):
    """A network that also says which action is the most probable one.

    Shapes:
        Input: padded observation with a leading batch dimension B.
        Output: actions ``(B,)``, logits ``(B, A)`` and values ``(B, 1)``.
    """

    def __init__(self, network: GraphNetwork) -> None:
        """Take over the network."""
        super().__init__()
        self.network = network

    def forward(self, obs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Choose greedily."""
        logits, values = self.network.read(unpad_static(obs, self.network.layout))
        mine = logits[::2]  # (B, A); the others belong to the padding
        return mine.argmax(-1), mine, values[::2]


def trace(network: GraphNetwork, obs: Arrays) -> Any:  # noqa: ANN401 - onnx has no types
    """Trace a network for batches and instances of any size.

    Args:
        network: The network, on the CPU.
        obs: Observations to trace it with.

    Returns:
        The model (``onnx.ModelProto``), without a trace of the machine that made it.

    Raises:
        DispatchlabError: The encoder does something that ONNX has no word for.
    """
    rows = [row % len(obs["globals"]) for row in range(_EXAMPLES)]
    example = {key: torch.as_tensor(array[rows]) for key, array in grow(obs, 2).items()}
    shapes = {key: _dimensions(key) for key in example}
    with _quiet():
        try:
            program: Any = torch.onnx.export(
                GreedyNetwork(network).eval(),
                kwargs={"obs": example},
                dynamic_shapes={"obs": shapes},
                input_names=list(example),
                output_names=OUTPUTS,
                opset_version=OPSET,
                custom_translation_table={torch.ops.aten._cdist_forward.default: _distances},
                dynamo=True,
                verbose=False,
            )
        except (torch.onnx.OnnxExporterError, RuntimeError) as error:
            raise DispatchlabError(
                f"The encoder {network.config.encoder!r} cannot be exported to ONNX "
                f"({type(error).__name__}): use --hub, which keeps the weights, instead."
            ) from error
        return _anonymous(program)


def _dimensions(key: str) -> dict[int, Any]:
    """Names of the dimensions of an entry that may differ from call to call."""
    dimensions = {0: torch.export.Dim("batch")}
    axis = growing_axis(key)
    if axis is not None:
        part = key.partition("/")[2] or "actions"
        dimensions[axis] = torch.export.Dim(f"max_{part.replace('-', '_')}")
    return dimensions


def _distances(x1: Any, x2: Any, p: float, compute_mode: int | None = None) -> Any:  # noqa: ANN401
    """Distances of all pairs of rows, which ONNX has no operator for."""
    from onnxscript import opset18

    op: Any = opset18
    if p != 2.0:
        raise NotImplementedError(f"distances with p={p}")
    apart = op.Sub(
        op.Unsqueeze(x1, op.Constant(value_ints=[-2])),
        op.Unsqueeze(x2, op.Constant(value_ints=[-3])),
    )
    return op.ReduceL2(apart, op.Constant(value_ints=[-1]), keepdims=0)


def _anonymous(program: Any) -> Any:  # noqa: ANN401
    """The model without stack traces, which hold the paths of this machine."""
    model = program.model_proto
    for part in (model.graph, *model.functions):
        _forget(part)
    return model


def _forget(graph: Any) -> None:  # noqa: ANN401
    """Drop what the tracer noted about nodes and values, in loops too."""
    for entry in (*graph.node, *graph.value_info, *getattr(graph, "input", ())):
        if hasattr(entry, "metadata_props"):
            del entry.metadata_props[:]
        entry.doc_string = ""
        for attribute in getattr(entry, "attribute", ()):
            if attribute.HasField("g"):
                _forget(attribute.g)
    if hasattr(graph, "metadata_props"):
        del graph.metadata_props[:]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the tracer from talking to whoever is not its developer."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
