"""The tokens with rehearsals of every action: one-step lookahead as a feature."""

from dataclasses import replace

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, inlined_kernel, kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import MEAN_DURATION, SCALE, SLOT
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.rehearsal import RULES, Stage, StageFor, rehearse
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.observation.context import clip
from dispatchlab.envs.jobshop.observation.features import (
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    REHEARSED_FEATURES,
    REHEARSED_GLOBAL,
    Float32Array,
)
from dispatchlab.envs.jobshop.observation.option import FloatArray
from dispatchlab.envs.jobshop.observation.tokens import TokensObservation

_FIRST_OPTION, _FIRST_GLOBAL = len(OPTION_FEATURES), len(GLOBAL_FEATURES)
_OVER_MEAN = len(RULES)


class RehearsedObservation(TokensObservation):
    """As `TokensObservation`, and for every legal action the outcomes of two rehearsals.

    A rehearsal takes the action and lets one of two rules, kin of FDD/MWKR and MWKR, decide
    everything behind it without delay; the features compare the actions by the objectives that
    are reached, those of a wait among the globals. So a policy starts from one-step lookahead
    (rollout, Bertsekas, Tsitsiklis and Wu 1997) and learns when to trust it. The cost grows with
    the square of the instance.
    """

    option_features = OPTION_FEATURES + REHEARSED_FEATURES
    global_features = (
        *GLOBAL_FEATURES,
        REHEARSED_GLOBAL,
        *(replace(feature, name=f"wait_{feature.name}") for feature in REHEARSED_FEATURES),
    )

    def __init__(self) -> None:
        """Have no stage yet."""
        self._stage = StageFor()

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows.

        Raises:
            DispatchlabError: What a row plays is random.
        """
        require_expectation(
            dynamics, rows, "The observation 'rehearsed'", "use observation='tokens'"
        )
        super().fill(dynamics, rows, out)
        _fill_rehearsals(
            dynamics.problem, dynamics.state, self._stage(dynamics.limits), rows,
            out["candidates"], out["x/option"], out["globals"],
            np.zeros((dynamics.num_actions, len(RULES))),
        )  # fmt: skip


def require_expectation(dynamics: Dynamics, rows: IntArray, who: str, remedy: str) -> None:
    """Refuse to rehearse what is random: to play on as it will happen would be clairvoyance.

    Args:
        dynamics: What is played.
        rows: Rows to rehearse in.
        who: Begins the message.
        remedy: Ends it.

    Raises:
        DispatchlabError: One of the rows plays a realisation.
    """
    slots = dynamics.state.row[rows, SLOT]
    if any(dynamics.realisations[slot] is not None for slot in slots):
        raise DispatchlabError(
            f"{who} plays on as expected, but durations or arrivals are random here; {remedy}."
        )


@entry_kernel
def _fill_rehearsals(
    p: Problem, s: State, stage: Stage, rows: IntArray, candidates: IntArray, x: Float32Array,
    globals_: Float32Array, reached: FloatArray,
) -> None:  # fmt: skip
    """Write `REHEARSED_FEATURES` of the legal actions."""
    options = s.option.shape[1]
    for index in range(len(rows)):
        b, count, least, total = rows[index], 0, np.inf, 0.0
        for action in range(len(reached)):
            if s.legal[b, action]:
                best = _rehearse(p, s, b, stage, action, reached[action])
                count, least, total = count + 1, min(least, best), total + best
        per_mean = 1.0 / p.scales[s.row[b, SLOT], MEAN_DURATION]
        for action in range(options):
            if s.legal[b, action]:
                features = x[index, candidates[index, action, 0], _FIRST_OPTION:]
                _write(reached[action], least, total / count, per_mean, features)
        if len(reached) > options and s.legal[b, options]:
            features = globals_[index, _FIRST_GLOBAL + 1 :]
            _write(reached[options], least, total / count, per_mean, features)
        if count > 0:
            above = (least - s.bound[b]) / p.scales[s.row[b, SLOT], SCALE]
            globals_[index, _FIRST_GLOBAL] = clip(10.0 * above)


@kernel
def _rehearse(
    p: Problem, s: State, b: int, stage: Stage, action: int, reached: FloatArray
) -> float:
    """Write what each rule reaches behind an action, and return the best."""
    best = np.inf
    for rule in range(len(reached)):
        reached[rule] = rehearse(p, s, b, stage, action, rule)
        best = min(best, reached[rule])
    return best


@inlined_kernel
def _write(
    reached: FloatArray, least: float, mean: float, per_mean: float, x: Float32Array
) -> None:
    """Write the features of one action."""
    best = np.inf
    for rule in range(len(reached)):
        x[rule] = clip((reached[rule] - least) * per_mean)
        best = min(best, reached[rule])
    x[_OVER_MEAN] = clip((best - mean) * per_mean)
