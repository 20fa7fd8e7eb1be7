"""SequencePolicy: writes the sequence of a level token by token."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from dispatchlab.train.teachers.generator_ppo import Steps
from dispatchlab.train.teachers.grammar import Grammar

_NEVER = -1e8  # logit of a token that must not stand here; finite, so that gradients are


class SequencePolicy(nn.Module):
    """A recurrent network that sees the last token and the level's noise.

    At first all bins of a parameter are about equally likely, and so are all edits; the end is so
    likely that half of the places for edits are in use on average.

    Args:
        grammar: Which token may stand where.
        noise: Z, size of the noise; 50 as in PAIRED.
        embedding: Size of the embedded tokens.
        hidden: Units of the LSTM; 256 as in PAIRED.

    Shapes:
        noise: ``(B, Z)``; tokens: ``(B, T)`` of int64, T the length of sequences.
    """

    def __init__(
        self, grammar: Grammar, *, noise: int = 50, embedding: int = 32, hidden: int = 256
    ) -> None:
        """Start with about equal chances."""
        super().__init__()
        vocabulary = grammar.form.vocabulary
        self.noise = noise
        self._pad, self._start = grammar.form.pad, vocabulary
        self._allowed: Tensor
        self.register_buffer("_allowed", torch.from_numpy(grammar.allowed), persistent=False)
        self._embedding = nn.Embedding(vocabulary + 1, embedding)
        self._lstm = nn.LSTM(embedding + noise, hidden, batch_first=True)
        self._actor = nn.Linear(hidden, vocabulary)
        self._critic = nn.Linear(hidden, 1)
        nn.init.orthogonal_(self._actor.weight, 0.01)
        nn.init.zeros_(self._actor.bias)
        if grammar.most_edits:
            ratio = 2.0 * grammar.form.edit_tokens / grammar.most_edits
            self._actor.bias.data[self._pad] = math.log(ratio)

    @torch.no_grad()
    def draw(self, noise: Tensor, generator: torch.Generator) -> Tensor:
        """Tokens ``(B, T)`` drawn one after the other."""
        tokens = torch.full((len(noise), 1), self._start)
        memory: tuple[Tensor, Tensor] | None = None
        for place in range(len(self._allowed)):
            features, memory = self._lstm(self._inputs(noise, tokens[:, -1:]), memory)
            active = self._active(tokens[:, 1:], place)[:, place:]  # (B, 1)
            logits = self._logits(features, active, place)  # (B, 1, V)
            drawn = torch.multinomial(logits[:, 0].softmax(-1), 1, generator=generator)
            tokens = torch.cat([tokens, drawn], 1)
        return tokens[:, 1:]

    def forward(self, noise: Tensor, actions: Tensor) -> Steps:
        """What it says of writing these tokens."""
        start = torch.full_like(actions[:, :1], self._start)
        features, _ = self._lstm(self._inputs(noise, torch.cat([start, actions[:, :-1]], 1)))
        active = self._active(actions, len(self._allowed) - 1)
        log_probs = self._logits(features, active, 0).log_softmax(-1)  # (B, T, V)
        return Steps(
            log_probs.gather(-1, actions[..., None])[..., 0],
            -(log_probs.exp() * log_probs).sum(-1),
            self._critic(features)[..., 0],
            active,
        )

    def _inputs(self, noise: Tensor, tokens: Tensor) -> Tensor:
        """``(B, T, E + Z)``."""
        repeated = noise[:, None].expand(-1, tokens.shape[1], -1)
        return torch.cat([self._embedding(tokens), repeated], -1)

    def _active(self, tokens: Tensor, last: int) -> Tensor:
        """``(B, last + 1)`` whether there is a choice at a place: no pad stands before it."""
        pads_so_far = (tokens[:, :last] == self._pad).cumsum(1)
        return functional.pad(pads_so_far == 0, (1, 0), value=True)

    def _logits(self, features: Tensor, active: Tensor, place: int) -> Tensor:
        """``(B, T, V)`` of the places from the given one on; nothing but pads after the end."""
        only_pad = torch.arange(self._allowed.shape[1]) == self._pad
        allowed = self._allowed[place : place + features.shape[1]]
        allowed = torch.where(active[..., None], allowed, only_pad)
        logits: Tensor = self._actor(features)
        return logits.masked_fill(~allowed, _NEVER)
