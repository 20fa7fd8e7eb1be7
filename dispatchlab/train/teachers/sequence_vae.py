"""SequenceVae: a latent space of sequences of tokens."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from dispatchlab.train.teachers.checks import require_at_least, require_positive


class SequenceVae(nn.Module):
    """The recurrent variational autoencoder of CLUTR (Azad et al. 2022, arXiv:2210.10243).

    The encoder is a bidirectional LSTM over embedded tokens that went through highway layers; the
    decoder an LSTM that sees the last token and the squashed latent at every step. Pads at the end
    of a sequence do not count, but for the first one: it is how the decoder learns to end.

    The sizes of the paper are in brackets; ours train on one core within a minute.

    Args:
        length: T, tokens of each sequence.
        vocabulary: V, tokens that there are, the pad among them.
        pad: The token that fills up.
        embedding: Size of the embedded tokens (300).
        highways: Highway layers (2).
        encoder: Units of the encoder's LSTM in each direction (600).
        decoder: Units of the decoder's LSTM (800).
        layers: Layers of the decoder's LSTM (2).
        latent: K, dimensions of the latent space (64).
        scale: a; latents are squashed by ``a * tanh`` (4).

    Raises:
        DispatchlabError: A size is out of range.

    Shapes:
        tokens: ``(B, T)`` of int64; latents: ``(B, K)``, before they are squashed.
    """

    def __init__(
        self,
        length: int,
        vocabulary: int,
        pad: int,
        *,
        embedding: int = 64,
        highways: int = 2,
        encoder: int = 64,
        decoder: int = 96,
        layers: int = 1,
        latent: int = 32,
        scale: float = 4.0,
    ) -> None:
        """Start with random weights."""
        super().__init__()
        for name, size in (("length", length), ("latent", latent), ("layers", layers)):
            require_at_least(name, size, 1)
        require_positive("scale", scale)
        self.latent, self.embedding = latent, embedding
        self._length, self._pad, self._start, self._scale = length, pad, vocabulary, scale
        self._embedding = nn.Embedding(vocabulary + 1, embedding)
        self._highways = nn.Sequential(*(_Highway(embedding) for _ in range(highways)))
        self._forwards = nn.LSTM(embedding, encoder, batch_first=True)
        self._backwards = nn.LSTM(embedding, encoder, batch_first=True)
        self._mean = nn.Linear(2 * encoder, latent)
        self._log_variance = nn.Linear(2 * encoder, latent)
        self._decoder = nn.LSTM(embedding + latent, decoder, layers, batch_first=True)
        self._head = nn.Linear(decoder, vocabulary)

    def encode(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithmic variance of the latents, each ``(B, K)``."""
        # Each row is turned round without its pads; torch's packing does that too, but is slower.
        last = (self._counts(tokens) - 1).clamp(min=0)[:, None]  # (B, 1)
        turned = tokens.gather(1, (last - torch.arange(tokens.shape[1])).clamp(min=0))
        both = torch.cat(
            [
                self._last(self._forwards, tokens, last),
                self._last(self._backwards, turned, last),
            ],
            -1,
        )
        return self._mean(both), self._log_variance(both)

    def logits(self, tokens: Tensor, latents: Tensor, kept: Tensor | None = None) -> Tensor:
        """``(B, T, V)`` of each token, given those before it.

        Args:
            tokens: The sequences.
            latents: Their latents.
            kept: ``(B, T, E)`` factors of the embedded last tokens, for dropout.
        """
        embedded = self._embedding(functional.pad(tokens[:, :-1], (1, 0), value=self._start))
        if kept is not None:
            embedded = embedded * kept
        logits: Tensor = self._read(embedded, latents)[0]
        return logits

    def cross_entropy(self, logits: Tensor, tokens: Tensor) -> Tensor:
        """Mean over all tokens up to the first pad."""
        counted = torch.arange(tokens.shape[1]) <= self._counts(tokens)[:, None]
        return functional.cross_entropy(logits[counted], tokens[counted])

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """The most likely tokens ``(B, T)``, one after the other."""
        last = torch.full((len(latents), 1), self._start)
        ended = torch.zeros_like(last, dtype=torch.bool)
        memory: tuple[Tensor, Tensor] | None = None
        columns = []
        for _ in range(self._length):
            logits, memory = self._read(self._embedding(last), latents, memory)
            last = torch.where(ended, self._pad, logits.argmax(-1))
            ended = last == self._pad
            columns.append(last)
        return torch.cat(columns, 1)

    def _read(
        self, embedded: Tensor, latents: Tensor, memory: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Logits ``(B, T, V)`` and the LSTM's memory."""
        squashed = self._scale * latents.tanh()
        repeated = squashed[:, None].expand(-1, embedded.shape[1], -1)
        features, memory = self._decoder(torch.cat([embedded, repeated], -1), memory)
        return self._head(features), memory

    def _last(self, lstm: nn.LSTM, tokens: Tensor, last: Tensor) -> Tensor:
        """``(B, H)`` features after the token at the place ``last``."""
        features, _ = lstm(self._highways(self._embedding(tokens)))
        index = last[..., None].expand(-1, -1, features.shape[-1])
        gathered: Tensor = features.gather(1, index)[:, 0]
        return gathered

    def _counts(self, tokens: Tensor) -> Tensor:
        """``(B,)`` tokens before the pads at the end."""
        return (tokens != self._pad).flip(1).int().cummax(1).values.sum(1)


class _Highway(nn.Module):
    """A layer that passes on a part of its input (Srivastava et al. 2015, arXiv:1505.00387)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._change = nn.Linear(width, width)
        self._gate = nn.Linear(width, width)

    def forward(self, inputs: Tensor) -> Tensor:
        gate = self._gate(inputs).sigmoid()
        return torch.lerp(inputs, self._change(inputs).relu(), gate)
