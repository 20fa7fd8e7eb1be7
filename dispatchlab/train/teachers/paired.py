"""PAIRED: a generator that writes the levels from which the protagonist has most to learn."""

from typing import Any

from torch import Tensor

from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.generator_ppo import GeneratorPpo
from dispatchlab.train.teachers.grammar import Grammar
from dispatchlab.train.teachers.learned_generator import LearnedGenerator
from dispatchlab.train.teachers.own_randomness import own_randomness, spread_seed
from dispatchlab.train.teachers.regret_teacher import RegretTeacher
from dispatchlab.train.teachers.sequence_policy import SequencePolicy


class PairedTeacher(RegretTeacher):
    """Protagonist-antagonist induced regret environment design (Dennis et al. 2020, 2012.02096).

    A recurrent policy writes each level token by token and is rewarded with its regret: how much
    better the antagonist did than the protagonist. That is large where a level can be solved but
    the protagonist cannot yet.
    """

    def __init__(
        self,
        form: SequenceForm,
        *,
        regret: str = "paired",
        plays_per_level: int = 1,
        batch: int = 32,
        noise: int = 50,
        embedding: int = 32,
        hidden: int = 256,
        seed: int = 0,
        **ppo: Any,
    ) -> None:
        """Start with a policy that has learned nothing.

        Args:
            form: Levels as sequences.
            regret: ``"paired"``, or ``"flexible"``: the better student plays the antagonist.
            plays_per_level: Episodes of each student on each level.
            batch: Levels that are made, and learned from, at a time.
            noise: Size of each level's noise.
            embedding: Size of the embedded tokens.
            hidden: Units of the LSTM.
            seed: Of all its randomness.
            **ppo: Settings of `GeneratorPpo`.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        weights, choices = spread_seed(seed, 2)
        grammar = Grammar(form)
        with own_randomness(weights):
            policy = SequencePolicy(grammar, noise=noise, embedding=embedding, hidden=hidden)
        trainer = GeneratorPpo(policy, **ppo)
        generator = LearnedGenerator(policy, trainer, form, Tensor.tolist, seed=choices)
        super().__init__(generator, regret=regret, plays_per_level=plays_per_level, batch=batch)
