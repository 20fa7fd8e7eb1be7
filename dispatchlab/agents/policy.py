"""GraphActorCriticPolicy: the graph network as a policy of stable-baselines3's PPO."""

from typing import Any, TypeVar

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import Distribution
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from torch import Tensor

from dispatchlab.agents.layout import GraphLayout, LayoutDict
from dispatchlab.agents.network import GraphNetwork, NetworkConfig

SelfPolicy = TypeVar("SelfPolicy", bound="GraphPolicyMixin")


class PassThrough(BaseFeaturesExtractor):
    """Hands the observation over unchanged: the network does its own unpadding.

    Shapes:
        The padded observation, in and out.
    """

    def __init__(self, observation_space: spaces.Space[Any]) -> None:
        """Have no layers; the width of 1 is a placeholder that nothing reads."""
        super().__init__(observation_space, features_dim=1)

    def forward(self, obs: PyTorchObs) -> PyTorchObs:
        """Return the observation."""
        return obs


class GraphPolicyMixin(BasePolicy):
    """What the PPO and the MaskablePPO policy share: construction, saving and resizing.

    Shapes:
        Input: padded observation with a leading batch dimension B.
        Output of ``net``: logits ``(B, A)``, values ``(B, 1)``.
    """

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        layout: LayoutDict | None = None,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
        use_sde: bool = False,
        **network: Any,
    ) -> None:
        """Create network and optimizer.

        Args:
            observation_space: ``Dict`` space of a graph observation.
            action_space: ``Discrete`` space of its actions.
            lr_schedule: Learning rate as a function of the remaining progress.
            layout: Output of `GraphSpec.layout`; by default the one that the space carries.
            optimizer_class: Optimizer.
            optimizer_kwargs: Its arguments besides the learning rate.
            use_sde: Passed by PPO; must stay False, actions are discrete.
            **network: Fields of `NetworkConfig`: encoder, hidden, num_layers, ...
        """
        # Plain attributes only: modules cannot be assigned before `Module.__init__`.
        self.config = NetworkConfig(**network)
        self.layout_dict = layout or getattr(observation_space, "layout", None)
        self.layout = GraphLayout.from_space(observation_space, self.layout_dict)
        sde = {"use_sde": True} if use_sde else {}
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            net_arch=[],
            ortho_init=False,
            features_extractor_class=PassThrough,
            normalize_images=False,
            optimizer_class=optimizer_class,
            optimizer_kwargs=optimizer_kwargs,
            **sde,
        )

    def _build(self, lr_schedule: Schedule) -> None:
        """Create the network before the optimizer, so that every parameter is in it."""
        self.net = GraphNetwork(self.layout, self.config)
        self.optimizer = self.optimizer_class(  # type: ignore[call-arg]
            self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs
        )

    def _get_constructor_parameters(self) -> dict[str, Any]:
        """What rebuilds this policy; unlike the parents', nothing depends on a dense trunk."""
        return {
            "observation_space": self.observation_space,
            "action_space": self.action_space,
            "lr_schedule": self._dummy_schedule,
            "layout": self.layout_dict,
            "optimizer_class": self.optimizer_class,
            "optimizer_kwargs": self.optimizer_kwargs,
            **self.config.to_dict(),
        }

    def predict_values(self, obs: PyTorchObs) -> Tensor:
        """Estimate the values ``(B, 1)``, skipping the pointer head."""
        return self.net.values(obs)  # type: ignore[arg-type]

    def resized(
        self: SelfPolicy,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
    ) -> SelfPolicy:
        """The same weights for an environment of another size.

        Args:
            observation_space: Space with the same node types and features.
            action_space: Its actions.

        Returns:
            A new policy with a copy of the weights and a fresh optimizer.
        """
        arguments = self._get_constructor_parameters()
        arguments |= {"observation_space": observation_space, "action_space": action_space}
        policy = type(self)(**arguments)
        policy.load_state_dict(self.state_dict())
        return policy.to(self.device)


class GraphActorCriticPolicy(GraphPolicyMixin, ActorCriticPolicy):
    """Policy for plain ``PPO``: the mask in the observation is applied inside the network.

    Evaluation helpers, callbacks and rl-zoo need no extra argument. Weights fit any instance
    size (`resized`).

    Shapes:
        Input: padded observation with a leading batch dimension B.
        Output: actions ``(B,)``, values ``(B, 1)``, log-probabilities ``(B,)``.

    Example:
        >>> from stable_baselines3 import PPO  # doctest: +SKIP
        >>> model = PPO(GraphActorCriticPolicy, env, policy_kwargs={"hidden": 64})  # doctest: +SKIP
    """

    def forward(
        self, obs: PyTorchObs, deterministic: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Choose actions; also return values and log-probabilities."""
        logits, values = self.net(obs)  # (B, A), (B, 1)
        distribution = self.action_dist.proba_distribution(action_logits=logits)
        actions = distribution.get_actions(deterministic=deterministic)  # (B,)
        return actions, values, distribution.log_prob(actions)

    def evaluate_actions(
        self, obs: PyTorchObs, actions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Values, log-probabilities and entropy for given actions."""
        logits, values = self.net(obs)  # (B, A), (B, 1)
        distribution = self.action_dist.proba_distribution(action_logits=logits)
        return values, distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: PyTorchObs) -> Distribution:
        """Distribution over the actions, illegal ones at probability zero."""
        return self.action_dist.proba_distribution(action_logits=self.net.logits(obs))  # type: ignore[arg-type]
