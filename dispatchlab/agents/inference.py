"""LearnedPolicy: a trained network as a dispatcher, without stable-baselines3."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dispatchlab.agents.layout import GraphLayout, LayoutDict, first_difference
from dispatchlab.agents.network import GraphNetwork
from dispatchlab.envs.core.errors import CheckpointError

Arrays = Mapping[str, npt.NDArray[Any]]


class View(Protocol):
    """What a dispatcher sees of a batch of environments."""

    @property
    def observation(self) -> Arrays:
        """Padded observation with a leading batch dimension B."""
        ...


def to_tensors(arrays: Arrays, device: torch.device) -> dict[str, Tensor]:
    """Arrays on a device, without a copy where that is possible."""
    return {key: torch.as_tensor(value, device=device) for key, value in arrays.items()}


class LearnedPolicy:
    """A frozen network that chooses actions from observations, or from views that have one.

    Attributes:
        network: The network, in evaluation mode.
        family: Environment family it was trained on, such as ``"job-shop"``.
        layout: Output of `GraphSpec.layout` at training.
        meta: Whatever was saved with it.
    """

    def __init__(
        self,
        network: GraphNetwork,
        *,
        family: str = "",
        layout: LayoutDict | None = None,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Take over a network."""
        self.network = network.eval()
        self.family = family
        self.layout = layout
        self.meta = dict(meta or {})

    @property
    def device(self) -> torch.device:
        """Device of the weights."""
        return next(self.network.parameters()).device

    def require_layout(self, layout: LayoutDict) -> None:
        """Check that an environment observes what the network was trained on.

        Args:
            layout: Output of ``env.graph_spec.layout()``.

        Raises:
            CheckpointError: A feature differs; the message names the first one.
        """
        if self.layout is None:
            GraphLayout.from_dict(layout).require_equal(self.network.layout)
            return
        difference = first_difference(self.layout, layout)
        if difference:
            raise CheckpointError(
                f"The policy does not fit this environment because {difference}: "
                "use a checkpoint that was trained with this observation."
            )

    @torch.inference_mode()
    def logits(self, obs: Arrays) -> Tensor:
        """Logits of a batch of observations.

        Args:
            obs: Padded observation with a leading batch dimension B.

        Returns:
            ``(B, A)``; -1e8 where the action is illegal.

        Raises:
            CheckpointError: The network answers with something that is no number.
        """
        logits = self.network.logits(to_tensors(obs, self.device))
        if logits.isnan().any():
            raise CheckpointError(
                "The policy answers with something that is no number; its weights are broken, "
                "train it anew."
            )
        return logits

    def act(self, obs: Arrays | View) -> int:
        """Most probable action for one observation without a batch dimension, or a view of one."""
        if not isinstance(obs, Mapping):
            return int(self.act_batch(obs)[0])
        return int(self.act_batch({key: np.asarray(value)[None] for key, value in obs.items()})[0])

    def act_batch(
        self,
        obs: Arrays | View,
        *,
        temperature: float = 1.0,
        generator: torch.Generator | None = None,
        greedy: bool = True,
    ) -> npt.NDArray[np.int64]:
        """Choose one action for each observation.

        Args:
            obs: Padded observation with a leading batch dimension B, or a view that has one.
            temperature: Divides the logits before sampling; smaller is greedier.
            generator: Source of randomness, on the policy's device.
            greedy: Take the most probable action instead of sampling.

        Returns:
            ``(B,)`` actions; legal wherever an action is.

        Raises:
            CheckpointError: The network answers with something that is no number.
        """
        logits = self.logits(obs if isinstance(obs, Mapping) else obs.observation)  # (B, A)
        if greedy:
            chosen = logits.argmax(-1)  # (B,)
        else:
            probabilities = (logits / temperature).softmax(-1)  # (B, A)
            chosen = torch.multinomial(probabilities, 1, generator=generator)[:, 0]  # (B,)
        actions: npt.NDArray[np.int64] = chosen.cpu().numpy()
        return actions

    def sample_batch(
        self, obs: Arrays, uniforms: npt.NDArray[np.float64], *, temperature: float = 1.0
    ) -> npt.NDArray[np.int64]:
        """Sample one action for each observation by the inverse of its distribution function.

        Args:
            obs: Padded observation with a leading batch dimension B.
            uniforms: ``(B,)`` in [0, 1); the action of a row depends on no other row's number.
            temperature: Divides the logits; smaller is greedier.

        Returns:
            ``(B,)`` actions; legal wherever an action is.

        Raises:
            CheckpointError: The network answers with something that is no number.
        """
        logits = self.logits(obs).double().cpu().numpy()  # (B, A)
        with np.errstate(over="ignore"):  # what is too small for a number has no weight
            weights = np.exp((logits - logits.max(-1, keepdims=True)) / temperature)  # (B, A)
        summed = (weights * (obs["action_mask"] > 0)).cumsum(-1)  # (B, A)
        total = summed[:, -1]  # (B,)
        threshold = np.minimum(uniforms * total, np.nextafter(total, 0.0))  # (B,)
        chosen = (summed <= threshold[:, None]).sum(-1)  # (B,)
        actions: npt.NDArray[np.int64] = np.minimum(chosen, logits.shape[1] - 1)
        return actions
