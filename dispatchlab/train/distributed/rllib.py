"""RLlib: every environment under its Gymnasium id, and the graph network as an ``RLModule``.

RLlib needs more packages than Ray alone: ``pip install "ray[rllib]"``.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import gymnasium as gym
from torch import Tensor

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.network import GraphNetwork, NetworkConfig
from dispatchlab.envs.core.registry import ENVIRONMENTS
from dispatchlab.train.distributed.cluster import import_ray

import_ray()
try:
    from ray.rllib.core.columns import Columns
    from ray.rllib.core.rl_module.apis import ValueFunctionAPI
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.rllib.core.rl_module.torch import TorchRLModule
    from ray.rllib.models.torch.torch_distributions import TorchCategorical
    from ray.tune.registry import register_env
except ImportError as error:
    raise ImportError(
        f"RLlib cannot be imported ({error}): run `pip install 'ray[rllib]'`.", name=error.name
    ) from error


def register_envs() -> list[str]:
    """Tell RLlib all environments, on every node that imports dispatchlab.

    Returns:
        Their ids, for ``config.environment(id, env_config={...})``, where ``env_config`` holds the
        arguments of the environment.
    """
    names = [record.id for record in ENVIRONMENTS]
    for name in names:
        register_env(name, partial(make_env, name))
    return names


def make_env(name: str, settings: Mapping[str, Any]) -> gym.Env[Any, Any]:
    """An environment for one of RLlib's runners.

    Args:
        name: A Gymnasium id.
        settings: Arguments of the environment.

    Returns:
        The environment.
    """
    return gym.make(name, **settings)


def graph_module(
    name: str, settings: Mapping[str, Any] | None = None, **network: Any
) -> RLModuleSpec:
    """The policy network of this package for ``config.rl_module(rl_module_spec=...)``.

    Args:
        name: A Gymnasium id.
        settings: The ``env_config`` of the run.
        **network: Fields of `NetworkConfig`: encoder, hidden, num_layers, ...

    Returns:
        What builds it.
    """
    env: Any = make_env(name, settings or {}).unwrapped
    layout = env.graph_spec.layout()
    return RLModuleSpec(
        module_class=GraphRLModule, model_config={"layout": layout, "network": network}
    )


class GraphRLModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc] # Ray is not typed
    """The graph network over padded observations; the mask is applied inside, for any algorithm.

    Shapes:
        Input: padded observation with a leading batch dimension B.
        Output: logits ``(B, A)``, values ``(B,)``.
    """

    def setup(self) -> None:
        """Create the network."""
        layout = GraphLayout.from_space(self.observation_space, self.model_config["layout"])
        self.net = GraphNetwork(layout, NetworkConfig(**self.model_config["network"]))
        self.action_dist_cls = TorchCategorical

    def compute_values(self, batch: dict[str, Any], embeddings: object = None) -> Tensor:
        """State values."""
        return self.net.values(batch[Columns.OBS]).squeeze(-1)

    def _forward(self, batch: dict[str, Any], **_: object) -> dict[str, Tensor]:
        """Logits, of which those of illegal actions have probability zero."""
        return {Columns.ACTION_DIST_INPUTS: self.net.logits(batch[Columns.OBS])}
