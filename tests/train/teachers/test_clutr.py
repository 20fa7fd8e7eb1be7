"""CLUTR: regret in a latent space."""

from typing import Any

import numpy as np
import pytest
import torch

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers import clutr as clutr_module
from dispatchlab.train.teachers.base import Episode
from dispatchlab.train.teachers.clutr import ClutrTeacher, LatentSpace
from dispatchlab.train.teachers.grammar import Grammar
from dispatchlab.train.teachers.latent_policy import LatentPolicy
from dispatchlab.train.teachers.own_randomness import own_randomness
from tests.train.teachers.regret_helpers import (
    check_independence,
    check_resume,
    round_of_plays,
    share_between,
)

FORM = SequenceForm(2, 3, bins=11, max_edits=1)
SIZES = {"embedding": 16, "encoder": 32, "decoder": 32, "latent": 8}
TRAINING = {"steps": 300, "batch": 64, "learning_rate": 0.015}


@pytest.fixture(scope="module")
def space() -> dict[str, Any]:
    """State of a latent space that was trained once."""
    trained = LatentSpace(Grammar(FORM), corpus=4000, training=TRAINING, **SIZES)
    trained.train()
    return trained.state_dict()


def make_clutr(trained: dict[str, Any] | None = None, **settings: Any) -> ClutrTeacher:
    """One with a small space, and the state of a trained one if there is one."""
    options = {"corpus": 100, "training": {"steps": 2}, **SIZES}
    teacher = ClutrTeacher(FORM, **{"space": options, "batch": 8, "seed": 3} | settings)
    if trained is not None:
        teacher.space.load_state_dict(trained)
    return teacher


def test_prior_is_that_of_random_levels(space: dict[str, Any]) -> None:
    """The first levels are spread over all bins and edits, and hardly any must be repaired."""
    teacher = make_clutr(space, batch=2048)
    levels = [play.level for play in teacher.sample(2048)]
    for coordinate in range(2):
        places = np.rint([10 * level.point[coordinate] for level in levels]).astype(int)
        # The corpus has half as much of the first and the last bin.
        shares = np.bincount(places, minlength=11) / 2048
        assert shares[1:-1].min() > 0.03
        assert shares.max() < 0.25
    assert np.mean([len(level.edits) for level in levels]) == pytest.approx(0.5, abs=0.15)
    latents = torch.randn(2048, 8, generator=torch.Generator().manual_seed(0))
    written = np.array(teacher.space.write(latents))
    allowed = np.take_along_axis(Grammar(FORM).allowed[None], written[..., None], 2)
    assert allowed.mean() > 0.99


def test_density_of_the_policy() -> None:
    """One step whose density is that of independent normals, as scipy has it."""
    stats = pytest.importorskip("scipy.stats")
    with own_randomness(0):
        policy = LatentPolicy(3, noise=2)
        torch.nn.init.normal_(policy._log_scale)
        torch.nn.init.normal_(policy._mean.weight)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 2, generator=generator).expand(20_000, -1)
    actions = policy.draw(noise, generator)
    steps = policy(noise, actions)
    mean = policy._mean(policy._body(noise[:1]))[0].detach().numpy()
    scale = policy._log_scale.exp().detach().numpy()
    assert actions.mean(0).numpy() == pytest.approx(mean, abs=0.06)
    assert actions.std(0).numpy() == pytest.approx(scale, rel=0.03)
    expected = stats.norm(mean, scale).logpdf(actions.numpy()).sum(1)
    assert steps.log_probs[:, 0].detach().numpy() == pytest.approx(expected, abs=1e-3)
    entropy = stats.norm(mean, scale).entropy().sum()
    assert float(steps.entropies[0, 0].detach()) == pytest.approx(entropy, abs=1e-4)
    assert steps.active.shape == steps.values.shape == (20_000, 1)


def test_levels_move_to_where_only_the_antagonist_succeeds(space: dict[str, Any]) -> None:
    """About 20 % at random; after 1500 levels more than 80 %."""
    teacher = make_clutr(space, batch=32)
    shares = [share_between(round_of_plays(teacher)) for _ in range(48)]
    assert np.mean(shares[:4]) < 0.45
    assert np.mean(shares[-4:]) > 0.8
    assert teacher.summary()["regret"] > 0.7


def test_regret_is_flexible(space: dict[str, Any]) -> None:
    """Levels where only the protagonist succeeds count too, unless asked otherwise."""
    for settings, expected in (({}, 1.0), ({"regret": "paired"}, 0.0)):
        teacher = make_clutr(space, **settings)
        plays, others = teacher.sample(8), teacher.antagonist().sample(8)
        teacher.observe([Episode(play=play, score=1.0) for play in plays])
        teacher.antagonist().observe([Episode(play=play, score=0.0) for play in others])
        assert teacher.summary()["regret"] == expected


def test_space_is_trained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the first sample, not before; a resumed teacher has it."""
    calls = []
    original = clutr_module.train_vae

    def counted(*parts: Any, **settings: Any) -> float:
        calls.append(settings)
        return original(*parts, **settings)

    monkeypatch.setattr(clutr_module, "train_vae", counted)
    teacher = make_clutr()
    fresh = teacher.state_dict()
    assert not calls
    teacher.sample(20)
    assert calls == [{"steps": 2}]
    resumed = make_clutr()
    resumed.load_state_dict(teacher.state_dict())
    assert resumed.sample(20) == teacher.sample(20)
    assert resumed.summary() == teacher.summary()
    assert len(calls) == 1
    resumed.load_state_dict(fresh)
    assert resumed.sample(20) == make_clutr().sample(20)
    assert len(calls) == 3


def test_space_is_frozen(space: dict[str, Any]) -> None:
    """Learning from regret changes the policy only."""
    teacher = make_clutr(space)
    policy = teacher.state_dict()["generator"]["ppo"]["policy"]
    for _ in range(3):
        round_of_plays(teacher)
    after = teacher.space.state_dict()["weights"]
    assert all(torch.equal(after[name], space["weights"][name]) for name in after)
    moved = teacher.state_dict()["generator"]["ppo"]["policy"]
    assert not any(torch.equal(moved[name], policy[name]) for name in policy)


def test_resume(space: dict[str, Any]) -> None:
    """Saved with open plays of both students, it samples and learns the same."""
    check_resume(lambda: make_clutr(space))


def test_independence() -> None:
    """It has its own randomness, from the training of the space on."""
    check_independence(make_clutr)


def test_wrong_settings() -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match="corpus is 0"):
        LatentSpace(Grammar(FORM), corpus=0)
    with pytest.raises(DispatchlabError, match="Unknown regret 'best'"):
        make_clutr(regret="best")
