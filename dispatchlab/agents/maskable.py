"""MaskableGraphActorCriticPolicy: the graph network as a policy of sb3-contrib's MaskablePPO."""

import numpy as np
import numpy.typing as npt
from sb3_contrib.common.maskable.distributions import MaskableDistribution
from sb3_contrib.common.maskable.policies import MaskableActorCriticPolicy
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import Tensor

from dispatchlab.agents.policy import GraphPolicyMixin

Masks = npt.NDArray[np.bool_] | Tensor | None


class MaskableGraphActorCriticPolicy(GraphPolicyMixin, MaskableActorCriticPolicy):
    """Twin of `GraphActorCriticPolicy` for ``MaskablePPO``, with the same weights.

    The network applies the mask of the observation; a mask passed as an argument is applied on
    top, which changes nothing if they agree.

    Shapes:
        Input: padded observation with a leading batch dimension B, masks ``(B, A)``.
        Output: actions ``(B,)``, values ``(B, 1)``, log-probabilities ``(B,)``.
    """

    def forward(
        self, obs: PyTorchObs, deterministic: bool = False, action_masks: Masks = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Choose actions; also return values and log-probabilities."""
        logits, values = self.net(obs)  # (B, A), (B, 1)
        distribution = self._distribution(logits, action_masks)
        actions = distribution.get_actions(deterministic=deterministic)  # (B,)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(
        self, obs: PyTorchObs, actions: Tensor, action_masks: Masks = None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Values, log-probabilities and entropy for given actions."""
        logits, values = self.net(obs)  # (B, A), (B, 1)
        distribution = self._distribution(logits, action_masks)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: PyTorchObs, action_masks: Masks = None) -> MaskableDistribution:
        """Distribution over the actions, illegal ones at probability zero."""
        return self._distribution(self.net.logits(obs), action_masks)  # type: ignore[arg-type]

    def _distribution(self, logits: Tensor, action_masks: Masks) -> MaskableDistribution:
        """Masked categorical distribution."""
        distribution = self.action_dist.proba_distribution(action_logits=logits)
        if action_masks is not None:
            distribution.apply_masking(action_masks)
        return distribution
