"""LatentPolicy: chooses a point of a latent space."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from dispatchlab.train.teachers.generator_ppo import Steps


class LatentPolicy(nn.Module):
    """A normal distribution whose mean depends on the noise: one decision makes a level.

    At first it is about the standard one, which is the prior of the latent space.

    Args:
        latent: K, dimensions of the space.
        noise: Z, size of the noise.
        hidden: Units of the hidden layer.

    Shapes:
        noise: ``(B, Z)``; actions: ``(B, K)``.
    """

    def __init__(self, latent: int, *, noise: int = 50, hidden: int = 64) -> None:
        """Start close to the prior."""
        super().__init__()
        self.noise = noise
        self._body = nn.Sequential(nn.Linear(noise, hidden), nn.Tanh())
        self._mean = nn.Linear(hidden, latent)
        self._critic = nn.Linear(hidden, 1)
        self._log_scale = nn.Parameter(torch.zeros(latent))
        nn.init.orthogonal_(self._mean.weight, 0.01)
        nn.init.zeros_(self._mean.bias)

    @torch.no_grad()
    def draw(self, noise: Tensor, generator: torch.Generator) -> Tensor:
        """Points ``(B, K)``."""
        mean = self._mean(self._body(noise))
        drawn: Tensor = mean + self._log_scale.exp() * torch.randn(mean.shape, generator=generator)
        return drawn

    def forward(self, noise: Tensor, actions: Tensor) -> Steps:
        """What it says of choosing these points; T is 1."""
        body = self._body(noise)
        normal = Normal(self._mean(body), self._log_scale.exp(), validate_args=False)
        log_probs = normal.log_prob(actions).sum(-1, keepdim=True)  # type: ignore[no-untyped-call]
        entropies = normal.entropy().sum(-1, keepdim=True)  # type: ignore[no-untyped-call]
        active = torch.ones_like(log_probs, dtype=torch.bool)
        return Steps(log_probs, entropies, self._critic(body), active)
