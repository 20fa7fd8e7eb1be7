"""The tokens with a rehearsal of every option: one-step lookahead as a feature."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import MEAN_DURATION, SLOT
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.rehearsal import rehearse
from dispatchlab.envs.jobshop.dynamics.state import State, allocate_state
from dispatchlab.envs.jobshop.observation.context import clip
from dispatchlab.envs.jobshop.observation.features import (
    OPTION_FEATURES,
    REHEARSED_FEATURES,
    Float32Array,
)
from dispatchlab.envs.jobshop.observation.option import FloatArray
from dispatchlab.envs.jobshop.observation.tokens import TokensObservation

_FIRST = len(OPTION_FEATURES)


class RehearsedObservation(TokensObservation):
    """As `TokensObservation`, and for every legal option the outcome of a rehearsal.

    A rehearsal starts the option and lets the rule FDD/MWKR decide everything behind it; the
    features compare the options by the objective that is reached. So a policy starts from one-step
    lookahead (rollout, Bertsekas, Tsitsiklis and Wu 1997) and learns when to trust it. The cost
    grows with the square of the instance.
    """

    option_features = OPTION_FEATURES + REHEARSED_FEATURES

    def __init__(self) -> None:
        """Have no scratch row yet."""
        self._scratch: tuple[object, State] | None = None

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows.

        Raises:
            DispatchlabError: What a row plays is random: to play on as it will happen would be
                clairvoyance.
        """
        slots = dynamics.state.row[rows, SLOT]
        if any(dynamics.realisations[slot] is not None for slot in slots):
            raise DispatchlabError(
                "The observation 'rehearsed' plays on as expected, but durations or arrivals are "
                "random here; use observation='tokens'."
            )
        super().fill(dynamics, rows, out)
        if self._scratch is None or self._scratch[0] is not dynamics.limits:
            self._scratch = (dynamics.limits, allocate_state(1, dynamics.limits))
        _fill_rehearsals(
            dynamics.problem, dynamics.state, self._scratch[1], rows, out["candidates"],
            out["x/option"], np.zeros(dynamics.num_options), dynamics.code,
        )  # fmt: skip


@entry_kernel
def _fill_rehearsals(
    p: Problem, s: State, scratch: State, rows: IntArray, candidates: IntArray, x: Float32Array,
    reached: FloatArray, semantics: int,
) -> None:  # fmt: skip
    """Write `REHEARSED_FEATURES` of the legal options."""
    for index in range(len(rows)):
        b, found, least, total = rows[index], 0, np.inf, 0.0
        for option in range(len(reached)):
            if s.legal[b, option]:
                reached[option] = rehearse(p, s, b, scratch, option, semantics)
                found, total = found + 1, total + reached[option]
                least = min(least, reached[option])
        per_mean = 1.0 / p.scales[s.row[b, SLOT], MEAN_DURATION]
        for option in range(len(reached)):
            if s.legal[b, option]:
                node = candidates[index, option, 0]
                x[index, node, _FIRST] = clip((reached[option] - least) * per_mean)
                x[index, node, _FIRST + 1] = clip((reached[option] - total / found) * per_mean)
