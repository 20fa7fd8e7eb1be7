"""The graph observation with a rehearsal of every option: lookahead as a feature."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.soc.dynamics.apply import num_visible
from dispatchlab.envs.soc.dynamics.engine import PAIRS, Dynamics
from dispatchlab.envs.soc.dynamics.layout import DONE, MEAN_WORK, SLOT
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.rehearsal import rehearse_best
from dispatchlab.envs.soc.dynamics.state import State, make_state
from dispatchlab.envs.soc.dynamics.timing import expected_work
from dispatchlab.envs.soc.observation.features import (
    OPTION_FEATURES,
    REHEARSED_FEATURES,
    Float32Array,
)
from dispatchlab.envs.soc.observation.graph import OPTION, GraphObservation, squash


class RehearsedObservation(GraphObservation):
    """As `GraphObservation`, and for every option the outcome of a rehearsal.

    A rehearsal plays on with a rule, on expected times and without further arrivals, until the
    jobs in work are complete; the features compare the options by the sum of completion times. So
    a policy starts from one-step lookahead and learns what lookahead does not see: arrivals to
    come, noise, and what comes after a better policy than the rules.

    Args:
        ways: Rules that are tried, of which the best outcome counts (parallel rollout, Chang,
            Givan and Chong 2000): ETF, ETF with synchronised availability, PEFT, HEFT.
    """

    option_features = OPTION_FEATURES + REHEARSED_FEATURES

    def __init__(self, ways: int = 4) -> None:
        """Have no scratch row yet."""
        self._ways = ways
        self._scratch: tuple[object, State] | None = None

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        if dynamics.code != PAIRS:
            raise DispatchlabError(
                f"The observation 'rehearsed' judges pairs, but actions={dynamics.actions!r}; use "
                "actions='task-pe' or observation='graph'."
            )
        return super().spec(dynamics)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        super().fill(dynamics, rows, out)
        if self._scratch is None or self._scratch[0] is not dynamics.limits:
            self._scratch = (dynamics.limits, make_state(1, dynamics.limits, log=False))
        costs = np.zeros(dynamics.visible * dynamics.limits.pes)
        _fill_rehearsals(
            dynamics.problem, dynamics.state, self._scratch[1], rows, costs,
            out[f"edge_attr/{OPTION}"], self._ways,
        )  # fmt: skip


@entry_kernel
def _fill_rehearsals(
    p: Problem, s: State, scratch: State, rows: IntArray, costs: npt.NDArray[np.float64],
    x: Float32Array, ways: int,
) -> None:  # fmt: skip
    pes, first = s.pe.shape[1], x.shape[2] - 2
    for index in range(len(rows)):
        b = rows[index]
        if s.row[b, DONE] != 0:
            continue
        found, best, total = 0, np.inf, 0.0
        for r in range(num_visible(s, b)):
            for pe in range(pes):
                if expected_work(p, s, b, s.ready[b, r], pe) < 0:
                    continue
                costs[found] = rehearse_best(p, s, b, scratch, r * pes + pe, ways)
                best, total = min(best, costs[found]), total + costs[found]
                found += 1
        work = p.scales[s.row[b, SLOT], MEAN_WORK]
        for e in range(found):
            x[index, e, first] = squash((costs[e] - best) / work)
            x[index, e, first + 1] = squash((costs[e] - total / found) / work)
