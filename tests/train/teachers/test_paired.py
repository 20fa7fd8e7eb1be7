"""Regrets, pairing and PAIRED."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers import pairing as pairing_module
from dispatchlab.train.teachers.base import Episode, Level
from dispatchlab.train.teachers.generator_ppo import GeneratorPpo, estimate_advantages
from dispatchlab.train.teachers.grammar import Grammar
from dispatchlab.train.teachers.latent_policy import LatentPolicy
from dispatchlab.train.teachers.own_randomness import own_randomness
from dispatchlab.train.teachers.paired import PairedTeacher
from dispatchlab.train.teachers.pairing import (
    ANTAGONIST,
    PROTAGONIST,
    Draft,
    Pairing,
    flexible_regret,
    paired_regret,
)
from dispatchlab.train.teachers.repaired import RepairedTeacher
from dispatchlab.train.teachers.sequence_policy import SequencePolicy
from tests.train.teachers.regret_helpers import (
    antagonist_score,
    assert_same,
    check_independence,
    check_resume,
    protagonist_score,
    round_of_plays,
    share_between,
)

FORM = SequenceForm(2, 4, bins=11, max_edits=3)


def make_paired(**settings: Any) -> PairedTeacher:
    """A small one."""
    return PairedTeacher(FORM, **{"batch": 8, "noise": 4, "hidden": 16, "seed": 3} | settings)


def numbered(size: int) -> Callable[[], list[Draft]]:
    """Makes batches of levels that are numbered by their seeds."""
    numbers = itertools.count()
    return lambda: [Draft(Level((0.5,), next(numbers))) for _ in range(size)]


def test_regrets() -> None:
    """By hand: .9 - .3; with the roles swapped .4 - .5 is clipped, but the flexible one is not."""
    low, high = [0.2, 0.4], [0.1, 0.9]
    assert paired_regret(low, high) == pytest.approx(0.6)
    assert flexible_regret(low, high) == pytest.approx(0.6)
    assert paired_regret(high, low) == 0.0
    assert flexible_regret(high, low) == pytest.approx(0.6)


def test_both_students_play_the_same_levels_in_order() -> None:
    """Each at its own pace, as often as asked; levels are made when the first one needs them."""
    pairing = Pairing(numbered(2), plays_per_level=2)
    assert [play.level.seed for play in pairing.sample(PROTAGONIST, 5)] == [0, 0, 1, 1, 2]
    assert pairing.made == 4
    assert [play.level.seed for play in pairing.sample(ANTAGONIST, 3)] == [0, 0, 1]
    assert [play.level.seed for play in pairing.sample(ANTAGONIST, 6)] == [1, 2, 2, 3, 3, 4]
    assert pairing.made == 6
    assert all(play.learns for play in pairing.sample(PROTAGONIST, 2))


def test_regret_is_known_when_both_have_played() -> None:
    """Two plays each: the value of the test of regrets; further episodes change nothing."""
    pairing = Pairing(numbered(1), plays_per_level=2)
    first = pairing.sample(PROTAGONIST, 2)[0]
    pairing.sample(ANTAGONIST, 2)
    for student, score in ((0, 0.2), (1, 0.1), (0, 0.4), (0, 1.0)):
        pairing.observe(student, [Episode(play=first, score=score)])
        assert pairing.pop() is None
    pairing.observe(ANTAGONIST, [Episode(play=first, score=0.9)])
    assert pairing.pop() == [(Draft(first.level), pytest.approx(0.6))]
    assert len(pairing) == 0
    pairing.observe(ANTAGONIST, [Episode(play=first, score=0.9)])
    assert pairing.pop() is None


@given(st.permutations([(student, number) for student in (0, 1) for number in range(6)]))
def test_order_of_arrival_does_not_matter(order: list[tuple[int, int]]) -> None:
    """Whatever ends first, batches leave in the order of their making with the same regrets."""
    pairing = Pairing(numbered(3))
    plays = [pairing.sample(student, 6) for student in (0, 1)]
    left = []
    for student, number in order:
        score = number / 10 if student == PROTAGONIST else 0.6
        pairing.observe(student, [Episode(play=plays[student][number], score=score)])
        while (judged := pairing.pop()) is not None:
            left.append([(draft.level.seed, round(regret, 9)) for draft, regret in judged])
    assert left == [[(0, 0.6), (1, 0.5), (2, 0.4)], [(3, 0.3), (4, 0.2), (5, 0.1)]]


def test_levels_that_are_open_twice() -> None:
    """The episodes of a level that two batches share are counted one after the other."""
    pairing = Pairing(lambda: [Draft(Level((0.5,)))])
    plays = pairing.sample(PROTAGONIST, 2)
    pairing.sample(ANTAGONIST, 2)
    pairing.observe(PROTAGONIST, [Episode(play=play, score=0.0) for play in plays])
    pairing.observe(ANTAGONIST, [Episode(play=plays[0], score=score) for score in (0.25, 0.75)])
    popped = [pairing.pop(), pairing.pop(), pairing.pop()]
    assert [batch and batch[0][1] for batch in popped] == [0.25, 0.75, None]


def test_plays_that_got_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their batch leaves without them when both students are far ahead, not earlier."""
    monkeypatch.setattr(pairing_module, "_PATIENCE", 4)
    pairing = Pairing(numbered(2))
    plays = pairing.sample(PROTAGONIST, 40)
    rivals = pairing.sample(ANTAGONIST, 5)
    pairing.observe(PROTAGONIST, [Episode(play=plays[1], score=0.0)])
    pairing.observe(ANTAGONIST, [Episode(play=play, score=1.0) for play in rivals])
    assert pairing.pop() is None
    pairing.sample(ANTAGONIST, 1)
    assert pairing.pop() == [(Draft(plays[1].level), 1.0)]
    assert pairing.pop() is None


def test_advantages_by_hand() -> None:
    """Gamma .5, lambda .5, reward 1 at the end: .5 - .4 and then half of half of the last one."""
    values = torch.tensor([[0.2, 0.4, 9.0], [0.1, 0.2, 0.6], [0.3, 9.0, 9.0]])
    active = torch.tensor([[True, True, False], [True, True, True], [True, False, False]])
    regrets = torch.tensor([1.0, 1.0, 0.0])
    found = estimate_advantages(values, active, regrets, discount=0.5, trace=0.5)
    last = 0.1 + 0.25 * 0.4
    expected = [[0.0 + 0.25 * 0.6, 0.6, 0.0], [0.0 + 0.25 * last, last, 0.4], [-0.3, 0.0, 0.0]]
    assert found.numpy() == pytest.approx(np.array(expected), abs=1e-6)


def test_grammar() -> None:
    """Bins first, then edits or the pad; random levels are written by these rules."""
    grammar = Grammar(FORM)
    assert grammar.allowed[:2, 1:12].all()
    assert grammar.allowed[2:, 12:].all()
    assert grammar.allowed[2:, 0].all()
    assert grammar.allowed.sum() == 2 * 11 + 3 * 5
    corpus = grammar.corpus(4000, np.random.default_rng(0))
    assert np.take_along_axis(grammar.allowed[None], corpus[..., None], 2).all()
    counts = np.bincount((corpus[:, 2:] != FORM.pad).sum(1), minlength=4)
    assert counts == pytest.approx([1000] * 4, rel=0.1)
    assert not Grammar(SequenceForm(2, 0)).allowed[2:, 1:].any()
    with pytest.raises(DispatchlabError, match="length is 0"):
        Grammar(SequenceForm(0, 0, max_edits=0))


def test_probabilities_of_all_sequences_add_up() -> None:
    """A form with 2 bins, 2 edits and 2 places has 2 * (1 + 2 + 4) sequences; others do not come.

    The entropy of drawn sequences is that of this distribution.
    """
    form = SequenceForm(1, 2, bins=2, max_edits=2)
    with own_randomness(0):
        policy = SequencePolicy(Grammar(form), noise=2, embedding=4, hidden=8)
        torch.nn.init.normal_(policy._actor.weight)
    tails = [(0, 0), *((edit, 0) for edit in (3, 4)), *itertools.product((3, 4), repeat=2)]
    sequences = torch.tensor([(bin_, *tail) for bin_ in (1, 2) for tail in tails])
    noise = torch.full((1, 2), 0.3)
    with torch.no_grad():
        steps = policy(noise.expand(len(sequences), -1), sequences)
    masses = steps.log_probs.sum(1).exp()
    assert float(masses.sum()) == pytest.approx(1.0, abs=1e-5)
    assert steps.active.sum(1).tolist() == [2, 3, 3, 3, 3, 3, 3] * 2
    entropy = -(masses * masses.log()).sum()
    assert float((masses * steps.entropies.sum(1)).sum()) == pytest.approx(float(entropy), abs=1e-5)
    drawn = policy.draw(noise.expand(20_000, -1), torch.Generator().manual_seed(0))
    shares = [float((drawn == sequence).all(1).float().mean()) for sequence in sequences]
    assert shares == pytest.approx(masses.tolist(), abs=0.012)


def test_first_levels_are_diverse() -> None:
    """All bins about equally often, and half of the places for edits in use."""
    teacher = make_paired(batch=1024)
    levels = [play.level for play in teacher.sample(2048)]
    shares = np.bincount([round(10 * level.point[0]) for level in levels]) / 2048
    assert shares == pytest.approx([1 / 11] * 11, abs=0.03)
    assert np.mean([len(level.edits) for level in levels]) == pytest.approx(1.2, abs=0.3)
    assert len({level.seed for level in levels}) == 2048


def test_levels_move_to_where_only_the_antagonist_succeeds() -> None:
    """2 of 11 bins at random (18 %); after 1500 levels more than 80 %."""
    teacher = PairedTeacher(FORM, hidden=64, seed=0)
    shares = [share_between(round_of_plays(teacher)) for _ in range(48)]
    assert np.mean(shares[:4]) < 0.35
    assert np.mean(shares[-4:]) > 0.8
    assert teacher.summary()["updates"] == 48
    assert teacher.summary()["regret"] > 0.7


def test_without_regret_nothing_is_preferred() -> None:
    """If both students do equally well everywhere, the levels stay diverse."""
    teacher = PairedTeacher(FORM, hidden=64, seed=0)
    for _ in range(20):
        plays, others = teacher.sample(32), teacher.antagonist().sample(32)
        teacher.observe([Episode(play=play, score=0.5) for play in plays])
        teacher.antagonist().observe([Episode(play=play, score=0.5) for play in others])
    assert share_between(teacher.sample(320)) < 0.4
    assert teacher.summary()["entropy"] > 4.0


@pytest.mark.parametrize(("weight", "sign"), [(0.0, 0), (1.0, 1)])
def test_entropy_is_rewarded(weight: float, sign: int) -> None:
    """By as much as asked: a normal distribution gets wider if all levels are equally good."""
    with own_randomness(0):
        policy = LatentPolicy(4, noise=2)
    ppo = GeneratorPpo(policy, entropy=weight, value_weight=0.0)
    noise, actions, regrets = torch.zeros(32, 2), torch.zeros(32, 4), torch.full((32,), 0.5)
    with torch.no_grad():
        before = policy(noise, actions)
    ppo.learn(noise, actions, before.log_probs, before.values, regrets)
    with torch.no_grad():
        change = policy(noise, actions).entropies - before.entropies
    assert torch.sign(change).eq(sign).all()


def test_probability_ratio_is_clipped() -> None:
    """Many epochs on two equal batches move the policy no further than the ratio allows."""
    found = []
    for clip in (0.1, 0.4):
        with own_randomness(0):
            policy = LatentPolicy(1, noise=2)
        ppo = GeneratorPpo(policy, epochs=100, clip=clip, entropy=0.0, value_weight=0.0)
        noise, actions = torch.zeros(2, 2), torch.tensor([[1.0], [-1.0]])
        with torch.no_grad():
            before = policy(noise, actions)
        ppo.learn(noise, actions, before.log_probs, before.values, torch.tensor([1.0, 0.0]))
        with torch.no_grad():
            ratio = (policy(noise, actions).log_probs - before.log_probs).exp()
        found += [float(ratio[0]) - 1.0, 1.0 - float(ratio[1])]
    assert found == pytest.approx([0.1, 0.1, 0.4, 0.4], abs=0.1)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(16)), cut=st.integers(0, 16))
def test_updates_do_not_depend_on_arrival(order: list[int], cut: int) -> None:
    """Episodes of two batches in any order and any portions lead to the same weights."""
    expected = make_paired()
    round_of_plays(expected, 16)
    teacher = make_paired()
    rival = teacher.antagonist()
    others, plays = rival.sample(16), teacher.sample(16)
    teacher.observe([Episode(play=play, score=protagonist_score(play.level)) for play in plays])
    shuffled = [Episode(play=others[k], score=antagonist_score(others[k].level)) for k in order]
    rival.observe(shuffled[:cut])
    rival.observe(shuffled[cut:])
    assert teacher.summary()["updates"] == 2
    assert_same(teacher.state_dict(), expected.state_dict())


def test_replay() -> None:
    """New batches are only judged and enter the buffer; full enough, levels with regret return."""
    buffer = {"capacity": 16, "staleness": 0.0, "temperature": 0.1}
    teacher = RepairedTeacher(
        FORM, batch=8, noise=4, hidden=16, buffer=buffer, min_fill=1.0, replay_probability=1.0
    )
    new = [play for _ in range(2) for play in round_of_plays(teacher, 8)]
    assert not any(play.learns for play in new)
    assert teacher.summary()["updates"] == 2
    assert set(teacher.buffer.levels) == {play.level for play in new}
    assert max(teacher.buffer.scores) == 1.0
    replayed = [play for _ in range(4) for play in round_of_plays(teacher, 8)]
    assert all(play.learns for play in replayed)
    assert {play.level for play in replayed} <= {play.level for play in new}
    assert share_between(replayed) > 0.9
    assert teacher.summary()["updates"] == 2
    assert teacher.summary()["fill"] == 1.0


def test_resume() -> None:
    """Saved with open plays of both students, it samples and learns the same."""
    check_resume(make_paired)
    check_resume(lambda: make_paired(plays_per_level=2, regret="flexible"))
    check_resume(
        lambda: RepairedTeacher(
            FORM, batch=8, noise=4, hidden=16, min_fill=0.2, buffer={"capacity": 32}
        )
    )


def test_independence() -> None:
    """It has its own randomness."""
    check_independence(make_paired)


def test_wrong_settings() -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match="Unknown regret 'best'"):
        make_paired(regret="best")
    with pytest.raises(DispatchlabError, match="plays_per_level is 0"):
        make_paired(plays_per_level=0)
    with pytest.raises(DispatchlabError, match="batch is 1"):
        make_paired(batch=1)
    with pytest.raises(DispatchlabError, match="learning_rate is 0"):
        make_paired(learning_rate=0)
    teacher = make_paired()
    with pytest.raises(DispatchlabError, match="score nan"):
        teacher.observe([Episode(play=teacher.sample(1)[0], score=float("nan"))])
