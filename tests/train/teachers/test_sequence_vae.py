"""The latent space of sequences."""

import numpy as np
import pytest
import torch
from torch import Tensor

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.own_randomness import own_randomness
from dispatchlab.train.teachers.sequence_vae import SequenceVae
from dispatchlab.train.teachers.vae_training import divergence, kl_weight, train_vae

PAD = 0


def make_vae(length: int = 12, vocabulary: int = 9, **sizes: float) -> SequenceVae:
    """A small one, always with the same weights."""
    with own_randomness(0):
        return SequenceVae(
            length,
            vocabulary,
            PAD,
            **{"embedding": 16, "encoder": 64, "decoder": 64, "layers": 1, "latent": 16} | sizes,
        )


def sequences(count: int, rng: np.random.Generator) -> Tensor:
    """Sorted tokens 1 to 8, of any number up to 12, and pads."""
    tokens = np.full((count, 12), PAD)
    for row, length in zip(tokens, rng.integers(13, size=count), strict=True):
        row[:length] = np.sort(rng.integers(1, 9, size=length))
    return torch.from_numpy(tokens)


@pytest.mark.parametrize(
    ("step", "weight"),
    [(0, 0.000911), (2500, 0.119203), (3500, 0.5), (4500, 0.880797), (7000, 0.999089)],
)
def test_weight_of_the_divergence(step: int, weight: float) -> None:
    """The schedule of CLUTR, (tanh((i - 3500) / 1000) + 1) / 2."""
    assert kl_weight(step) == pytest.approx(weight, abs=5e-7)


def test_divergence_by_hand() -> None:
    """0 for the prior; mean 2 and deviation e give (4 + e^2 - 1 - 2) / 2."""
    assert float(divergence(torch.zeros(3, 4), torch.zeros(3, 4))) == 0.0
    mean, log_variance = torch.tensor([[2.0], [2.0]]), torch.tensor([[2.0], [2.0]])
    assert float(divergence(mean, log_variance)) == pytest.approx(0.5 * (1.0 + np.e**2))


def test_pads_do_not_count() -> None:
    """More of them change neither latents nor loss, and whatever is said of them is not judged."""
    short, long = make_vae(length=4), make_vae(length=7)
    tokens = torch.tensor([[3, 5, PAD, PAD], [1, 2, 7, PAD], [PAD, PAD, PAD, PAD]])
    padded = torch.cat([tokens, torch.full((3, 3), PAD)], 1)
    for mine, other in zip(short.encode(tokens), long.encode(padded), strict=True):
        assert torch.equal(mine, other)
    latents = short.encode(tokens)[0]
    few, many = short.logits(tokens, latents), long.logits(padded, latents)
    loss = short.cross_entropy(few, tokens)
    assert float(long.cross_entropy(many, padded).detach()) == pytest.approx(float(loss.detach()))
    changed = few.detach().clone()
    changed[0, 3], changed[2, 1:] = 100.0, -100.0 * torch.arange(9)
    assert torch.equal(short.cross_entropy(changed, tokens), loss)
    changed[0, 2, PAD] += 1.0
    assert not torch.equal(short.cross_entropy(changed, tokens), loss)


def test_loss_of_an_uninformed_decoder() -> None:
    """Equal logits cost ln 9 a token."""
    vae, tokens = make_vae(), sequences(5, np.random.default_rng(0))
    loss = vae.cross_entropy(torch.zeros(5, 12, 9), tokens)
    assert float(loss) == pytest.approx(np.log(9.0))


def test_decoder_is_the_one_that_was_trained() -> None:
    """Decoding step by step takes the most likely token of each step, and pads after the first."""
    vae = make_vae()
    latents = torch.randn(64, 16, generator=torch.Generator().manual_seed(0)) * 3.0
    tokens = vae.decode(latents)
    with torch.no_grad():
        likely = vae.logits(tokens, latents).argmax(-1)
    ended = (tokens == PAD).cumsum(1) > (tokens == PAD).int()
    assert torch.equal(tokens, likely.masked_fill(ended, PAD))


def test_latents_are_squashed() -> None:
    """Far out nothing changes any more, and at 0 the slope is the scale."""
    vae, tokens = make_vae(), sequences(3, np.random.default_rng(0))
    far = torch.full((3, 16), 20.0)
    assert torch.equal(vae.logits(tokens, far), vae.logits(tokens, 2.0 * far))
    linear = make_vae(scale=1.0)
    with torch.no_grad():
        small = torch.full((3, 16), 0.01)
        fourfold = linear.logits(tokens, torch.atanh(4.0 * small.tanh()))
        assert torch.allclose(vae.logits(tokens, small), fourfold, atol=1e-6)


def test_round_trip() -> None:
    """Unseen sequences come back: 99 % of the tokens, but few with the latents of others.

    A wrong latent is right about 15 % of the time. Pads do not count.
    """
    rng = np.random.default_rng(0)
    vae, generator = make_vae(), torch.Generator().manual_seed(0)
    train_vae(vae, sequences(20_000, rng), generator, steps=350, learning_rate=0.015)
    unseen = sequences(500, rng)
    with torch.no_grad():
        decoded = vae.decode(vae.encode(unseen)[0])
        strange = vae.decode(vae.encode(unseen)[0].roll(1, 0))
    assert float((decoded == unseen)[unseen != PAD].float().mean()) > 0.99
    assert float((strange == unseen)[unseen != PAD].float().mean()) < 0.25


def test_training_has_its_own_randomness() -> None:
    """The global generator does not move, and its state does not matter."""
    corpus = sequences(64, np.random.default_rng(0))
    found = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        vae = make_vae()
        train_vae(vae, corpus, torch.Generator().manual_seed(0), steps=3)
        assert torch.equal(torch.get_rng_state(), before)
        found.append(torch.cat([weight.detach().flatten() for weight in vae.parameters()]))
    assert torch.equal(*found)


def test_wrong_settings() -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match="latent is 0"):
        make_vae(latent=0)
    with pytest.raises(DispatchlabError, match="scale is 0"):
        make_vae(scale=0)
    with pytest.raises(DispatchlabError, match="steps is 0"):
        train_vae(make_vae(), torch.zeros(1, 12, dtype=torch.int64), torch.Generator(), steps=0)
