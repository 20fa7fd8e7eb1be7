"""Training of the latent space of sequences."""

import math

import torch
from torch import Tensor, nn

from dispatchlab.train.teachers.checks import require_at_least, require_fraction, require_positive
from dispatchlab.train.teachers.sequence_vae import SequenceVae


def kl_weight(step: int, *, middle: float = 3500.0, width: float = 1000.0) -> float:
    """Weight of the divergence from the prior, which rises from 0 to 1 (CLUTR).

    Args:
        step: Gradient steps so far.
        middle: Step at which it is a half.
        width: Steps in which it rises.

    Returns:
        ``(tanh((step - middle) / width) + 1) / 2``.
    """
    return (math.tanh((step - middle) / width) + 1.0) / 2.0


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of normals from the standard one, mean over the batch.

    Args:
        mean: ``(B, K)``.
        log_variance: ``(B, K)``.

    Returns:
        In nats, summed over K.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1).mean()


def train_vae(
    vae: SequenceVae,
    corpus: Tensor,
    generator: torch.Generator,
    *,
    steps: int = 2000,
    batch: int = 64,
    learning_rate: float = 0.01,
    reconstruction: float = 79.0,
    dropout: float = 0.1,
    middle: float = 0.05,
    width: float = 0.03,
) -> float:
    """Train a latent space.

    CLUTR takes 10^6 steps of batches of 32 at 5e-5 from a corpus of 10^6 to 10^7 sequences, with
    the divergence rising around step 3500 within 1000. Here it rises at a share of the steps.

    Args:
        vae: It is trained in place.
        corpus: ``(n, T)`` tokens; batches are taken from it in order, again and again.
        generator: Source of randomness.
        steps: Gradient steps.
        batch: Sequences of each.
        learning_rate: Of Adam at the start; it falls to 0 along a cosine (ours).
        reconstruction: Weight of the mean cross entropy of a token.
        dropout: Share of the embedded numbers that the decoder does not see.
        middle: Share of the steps after which the divergence counts a half.
        width: Share of the steps in which that rises.

    Returns:
        Cross entropy of a token in the last batch, in nats.

    Raises:
        DispatchlabError: A setting is out of range.
    """
    require_at_least("steps", steps, 1)
    require_at_least("batch", batch, 1)
    require_positive("learning_rate", learning_rate)
    require_positive("reconstruction", reconstruction)
    require_fraction("dropout", dropout)
    require_positive("width", width)
    optimizer = torch.optim.Adam(vae.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    error = torch.zeros(())
    for step in range(steps):
        tokens = corpus[(step * batch + torch.arange(batch)) % len(corpus)]
        mean, log_variance = vae.encode(tokens)
        chance = torch.randn(mean.shape, generator=generator)
        latents = mean + (0.5 * log_variance).exp() * chance
        error = vae.cross_entropy(
            vae.logits(tokens, latents, _kept(tokens, vae, dropout, generator)), tokens
        )
        weight = kl_weight(step, middle=middle * steps, width=width * steps)
        loss = reconstruction * error + weight * divergence(mean, log_variance)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(vae.parameters(), 5.0)
        optimizer.step()
        schedule.step()
    return float(error.detach())


def _kept(tokens: Tensor, vae: SequenceVae, dropout: float, generator: torch.Generator) -> Tensor:
    """``(B, T, E)`` factors of dropout; torch's own layer would draw from its global generator."""
    kept = torch.rand(*tokens.shape, vae.embedding, generator=generator) >= dropout
    return kept / (1.0 - dropout)
