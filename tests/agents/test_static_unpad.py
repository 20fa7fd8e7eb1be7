"""A network over padding that is kept answers as one over padding that is dropped."""

import numpy as np
import pytest
import torch

from dispatchlab.agents.export.static_unpad import unpad_static
from dispatchlab.agents.network import GraphNetwork
from tests.agents.chip_graphs import chip_policy, chip_spec, fill
from tests.agents.fleets import NAMES, fleet_policy, observe
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import Arrays, ToyVectorEnv


def spoil(obs: Arrays, network: GraphNetwork) -> Arrays:
    """The same observation with nonsense in all of its padding."""
    spoilt = {key: value.copy() for key, value in obs.items()}
    for name in network.layout.nodes:
        for row, count in enumerate(obs[f"n/{name}"][:, 0]):
            spoilt[f"x/{name}"][row, count:] = np.nan
    for key, width in network.layout.edges.items():
        for row, count in enumerate(obs[f"e/{key}"][:, 0]):
            spoilt[f"edge/{key}"][row, :, count:] = 10_000
            if width:
                spoilt[f"edge_attr/{key}"][row, count:] = np.nan
    return spoilt


@pytest.mark.parametrize(
    ("encoder", "observation"), [("transformer", "tokens"), ("gin", "graph"), ("gatv2", "graph")]
)
@torch.inference_mode()
def test_padding_changes_nothing(encoder: str, observation: str) -> None:
    """Logits and values agree to rounding, whatever stands in the padding."""
    env = ToyVectorEnv(5, observation=observation, wait=True)
    obs, _ = env.reset(seed=0)
    network = make_policy(env, encoder=encoder).net
    logits, values = network(to_tensors(obs))
    seen = to_tensors(spoil(obs, network))
    kept_logits, kept_values = network.read(unpad_static(seen, network.layout))
    torch.testing.assert_close(kept_logits[::2], logits, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept_values[::2], values, rtol=1e-5, atol=1e-5)
    assert (kept_logits[1::2] == -1e8).all()


@pytest.mark.parametrize("encoder", ["arcs", "deepsocs"])
@torch.inference_mode()
def test_padding_changes_nothing_on_chips(encoder: str) -> None:
    """Arcs of padding reach nobody, and the loop over the depth of a graph ends where it should."""
    spec = chip_spec(ordering=encoder == "deepsocs")
    obs = fill(spec, batch=4)
    network = chip_policy(spec, encoder=encoder).net
    logits, values = network(to_tensors(obs))
    kept_logits, kept_values = network.read(unpad_static(to_tensors(obs), network.layout))
    torch.testing.assert_close(kept_logits[::2], logits, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept_values[::2], values, rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_padding_changes_nothing_in_fleets() -> None:
    """Capsules, whose graphs are complete, see no padding either."""
    spec, obs = observe(*NAMES)
    network = fleet_policy(spec).net
    logits, values = network(to_tensors(obs))
    kept_logits, kept_values = network.read(unpad_static(to_tensors(obs), network.layout))
    torch.testing.assert_close(kept_logits[::2], logits, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kept_values[::2], values, rtol=1e-5, atol=1e-4)
