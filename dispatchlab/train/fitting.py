"""One gradient step towards what a policy should have done."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dispatchlab.agents.inference import to_tensors
from dispatchlab.agents.network import GraphNetwork
from dispatchlab.envs.core.errors import DispatchlabError


def network_of(policy: nn.Module) -> GraphNetwork:
    """The graph network of a policy.

    Args:
        policy: A graph policy of stable-baselines3, or its network.

    Returns:
        The network.

    Raises:
        DispatchlabError: It holds none.
    """
    network = getattr(policy, "net", policy)
    if not isinstance(network, GraphNetwork):
        raise DispatchlabError(
            f"{type(policy).__name__} holds no graph network: give a GraphActorCriticPolicy."
        )
    return network


def fit_step(
    network: GraphNetwork, optimizer: torch.optim.Optimizer, decisions: Mapping[str, Any], *,
    vf_coef: float, max_grad_norm: float,
) -> tuple[float, float]:  # fmt: skip
    """Move the policy towards targets, and the value towards returns.

    Args:
        network: The network.
        optimizer: That of its parameters.
        decisions: N padded observations, with ``target`` ``(N, A)``, probabilities of the actions,
            and ``return`` ``(N,)``.
        vf_coef: Weight of the squared error of the value; at 0 the value is not trained.
        max_grad_norm: Clipping of the gradient norm.

    Returns:
        Mean divergence of the policy from the targets, and mean squared error of the value (0 if
        it is not trained), both before the step.
    """
    device = next(network.parameters()).device
    batch = to_tensors(decisions, device)
    target, returns = batch.pop("target"), batch.pop("return").float()
    value_loss = torch.zeros((), device=device)
    if vf_coef:
        logits, values = network(batch)  # (N, A), (N, 1)
        value_loss = functional.mse_loss(values[:, 0], returns)
    else:
        logits = network.logits(batch)
    policy_loss: Tensor = functional.kl_div(logits.log_softmax(-1), target, reduction="batchmean")
    optimizer.zero_grad()
    torch.autograd.backward(policy_loss + vf_coef * value_loss)
    nn.utils.clip_grad_norm_(network.parameters(), max_grad_norm)
    optimizer.step()
    return policy_loss.item(), value_loss.item()
