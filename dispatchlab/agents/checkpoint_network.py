"""The network of a checkpoint: nothing is built before every entry and tensor has been checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from dispatchlab.agents.encoders import ENCODERS
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.network import GraphNetwork, NetworkConfig
from dispatchlab.envs.core.checks import shorten
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError

_LARGEST = {"hidden": 16_384, "num_layers": 1_024, "num_heads": 1_024, "feedforward": 65_536}
_EMBEDDING, _GLOBALS = "encoder.embed.nodes.x/", "encoder.embed.context.weight"


def read_network(weights: Path, description: Path, data: Mapping[str, Any]) -> GraphNetwork:
    """Build the described network around stored tensors.

    Args:
        weights: The safetensors file.
        description: The JSON file, for errors.
        data: Its content, with the entries ``network`` and ``layout``.

    Returns:
        The network, on the CPU.

    Raises:
        CheckpointError: If an entry or a tensor is damaged, or the two files do not fit.
    """
    config = _read_config(description, data["network"])
    try:
        layout = GraphLayout.from_dict(data["layout"])
    except DispatchlabError as error:
        raise CheckpointError(f"The layout in {str(description)!r} is damaged: {error}") from error
    floats = _read_tensors(weights)
    _require_widths(weights, description, floats, layout)
    try:
        if config.num_layers > len(floats):
            raise DispatchlabError(f"num_layers={config.num_layers} exceeds the stored tensors.")
        # On the meta device nothing is allocated before the shapes are known to agree.
        with torch.device("meta"):
            network = GraphNetwork(layout, config)
        network.load_state_dict(floats, assign=True)
    except (DispatchlabError, RuntimeError, TypeError) as error:
        raise CheckpointError(
            f"The weights in {str(weights)!r} do not fit the network that "
            f"{description.name!r} describes: keep the two files of one checkpoint together."
        ) from error
    return network


def _read_config(description: Path, network: Mapping[str, Any]) -> NetworkConfig:
    """The sizes of the network, each of its type and in its range."""
    known = ("encoder", *_LARGEST)
    fault = next((f"has an unknown entry {key!r}" for key in network if key not in known), "")
    encoder = network.get("encoder", "transformer")
    if not isinstance(encoder, str) or encoder not in ENCODERS:
        known_encoders = ", ".join(sorted(ENCODERS))
        fault = fault or f"names the encoder {shorten(encoder)}, not one of {known_encoders}"
    for key, largest in _LARGEST.items():
        value = network.get(key, 1)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
            fault = fault or f"has {key}={shorten(value)}, not a whole number from 1 to {largest}"
    if fault:
        raise CheckpointError(
            f"The network in {str(description)!r} {fault}: download or save the checkpoint again."
        )
    try:
        return NetworkConfig(**network)
    except DispatchlabError as error:
        raise CheckpointError(f"The network in {str(description)!r} is damaged: {error}") from error


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """The stored tensors as finite float32."""
    try:
        stored: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{str(path)!r} is not a whole safetensors file: download or save it again."
        ) from error
    floats = {key: value.float() for key, value in stored.items()}
    broken = next((key for key, value in floats.items() if not value.isfinite().all()), None)
    if broken is not None:
        raise CheckpointError(
            f"The weights {broken!r} in {str(path)!r} are not all finite numbers: use a checkpoint "
            "from before the training diverged."
        )
    return floats


def _require_widths(
    weights: Path, description: Path, floats: Mapping[str, Tensor], layout: GraphLayout
) -> None:
    """Refuse weights that were trained on other features than the layout describes."""
    found = {
        key.removeprefix(_EMBEDDING).removesuffix(".weight"): _width(value)
        for key, value in sorted(floats.items())
        if key.startswith(_EMBEDDING) and key.endswith(".weight")
    } | ({"globals": _width(floats[_GLOBALS])} if _GLOBALS in floats else {})
    described = layout.nodes | {"globals": layout.num_globals}
    if found != described:
        raise CheckpointError(
            f"The weights in {str(weights)!r} observe another number of features "
            f"({_listed(found)}) than {description.name!r} describes ({_listed(described)}): use "
            "two files that one run wrote."
        )


def _width(weight: Tensor) -> int:
    """Inputs of a linear layer."""
    return weight.shape[1] if weight.ndim == 2 else -1


def _listed(widths: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {width}" for name, width in widths.items()) or "none"
