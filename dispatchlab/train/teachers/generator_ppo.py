"""Proximal policy optimisation of whoever makes levels, by the regret at the end of each."""

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from dispatchlab.train.teachers.checks import require_at_least, require_fraction, require_positive


class Steps(NamedTuple):
    """What a policy says of the making of B levels in at most T steps.

    Attributes:
        log_probs: ``(B, T)`` of the actions taken.
        entropies: ``(B, T)`` of the choices.
        values: ``(B, T)`` regrets expected before each step.
        active: ``(B, T)`` whether there was such a step: some first ones of each row.
    """

    log_probs: Tensor
    entropies: Tensor
    values: Tensor
    active: Tensor


def estimate_advantages(
    values: Tensor, active: Tensor, regrets: Tensor, *, discount: float, trace: float
) -> Tensor:
    """Generalised advantages where the only reward comes with the last step.

    Args:
        values: ``(B, T)`` expected regrets.
        active: ``(B, T)`` whether there was such a step: some first ones of each row.
        regrets: ``(B,)`` rewards of the last steps.
        discount: Gamma.
        trace: Lambda.

    Returns:
        ``(B, T)`` advantages, 0 where nothing happened.
    """
    following = torch.zeros_like(regrets)
    value_after = torch.zeros_like(regrets)
    columns: list[Tensor] = []
    for step in reversed(range(values.shape[1])):
        here = active[:, step]
        after = active[:, step + 1] if step + 1 < values.shape[1] else torch.zeros_like(here)
        target = torch.where(after, discount * value_after, regrets)
        advantage = target - values[:, step] + discount * trace * following
        following = torch.where(here, advantage, torch.zeros_like(advantage))
        value_after = values[:, step]
        columns.append(following)
    return torch.stack(columns[::-1], 1)


class GeneratorPpo:
    """Clipped policy gradients (Schulman et al. 2017, arXiv:1707.06347) on batches of levels.

    The defaults are those of the maze experiments of PAIRED (Dennis et al. 2020) in the code of
    dual curriculum design (Jiang et al. 2021, arXiv:2110.02439), but for learning rate and entropy.

    Args:
        policy: Called with ``(noise, actions)``, it returns `Steps`.
        learning_rate: Of Adam. 3e-4 as for car racing there; 1e-4 for mazes, where there are
            thousands of batches of thousands of steps.
        epochs: Passes over each batch.
        clip: Range of the probability ratio.
        entropy: Weight of the entropy; 0.01 as for car racing, 0 for mazes.
        value_weight: Weight of the squared error of the values.
        discount: Gamma.
        trace: Lambda.
        max_norm: Largest norm of the gradient.

    Raises:
        DispatchlabError: A setting is out of range.
    """

    def __init__(
        self,
        policy: nn.Module,
        *,
        learning_rate: float = 3e-4,
        epochs: int = 5,
        clip: float = 0.2,
        entropy: float = 0.01,
        value_weight: float = 0.5,
        discount: float = 0.995,
        trace: float = 0.95,
        max_norm: float = 0.5,
    ) -> None:
        """Start with a fresh optimiser."""
        require_positive("learning_rate", learning_rate)
        require_at_least("epochs", epochs, 1)
        require_positive("clip", clip)
        require_at_least("entropy", entropy, 0)
        require_at_least("value_weight", value_weight, 0)
        require_fraction("discount", discount)
        require_fraction("trace", trace)
        require_positive("max_norm", max_norm)
        self.policy = policy
        self._optimizer = torch.optim.Adam(policy.parameters(), lr=learning_rate, eps=1e-5)
        self._epochs, self._clip, self._entropy = epochs, clip, entropy
        self._value_weight, self._max_norm = value_weight, max_norm
        self._discount, self._trace = discount, trace

    def learn(
        self, noise: Tensor, actions: Tensor, log_probs: Tensor, values: Tensor, regrets: Tensor
    ) -> None:
        """Learn from a batch of levels.

        Args:
            noise: ``(B, Z)`` what each was made from.
            actions: ``(B, ...)`` how.
            log_probs: ``(B, T)`` of the actions when they were taken.
            values: ``(B, T)`` what was expected then.
            regrets: ``(B,)`` what came of it.
        """
        with torch.no_grad():
            active = self.policy(noise, actions).active
        advantages = estimate_advantages(
            values, active, regrets, discount=self._discount, trace=self._trace
        )
        targets = (advantages + values)[active]
        advantages = advantages[active]
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        for _ in range(self._epochs):
            steps: Steps = self.policy(noise, actions)
            ratio = (steps.log_probs - log_probs)[active].exp()
            clipped = ratio.clamp(1.0 - self._clip, 1.0 + self._clip)
            gain = torch.minimum(ratio * advantages, clipped * advantages).mean()
            error = (steps.values[active] - targets).square().mean()
            loss = self._value_weight * error - gain
            loss = loss - self._entropy * steps.entropies[active].mean()
            self._optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.policy.parameters(), self._max_norm)
            self._optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Copies of the weights and of the optimiser's moments."""
        return copy.deepcopy(
            {"policy": self.policy.state_dict(), "optimizer": self._optimizer.state_dict()}
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        state = copy.deepcopy(dict(state))
        self.policy.load_state_dict(state["policy"])
        self._optimizer.load_state_dict(state["optimizer"])
