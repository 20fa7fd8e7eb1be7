"""Earliest task first, the continuation that rehearsals play.

Source: Hwang, Chow, Anger and Lee (1989), SIAM J. Computing 18.
"""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.soc.dynamics.apply import num_visible
from dispatchlab.envs.soc.dynamics.layout import AVAIL_PUBLISHED, NEVER, NOW
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import (
    expected_work,
    finish_estimate,
    stamp_if_mapped,
)


@kernel
def finish_on(p: Problem, s: State, b: int, task: int, pe: int, sync: bool) -> int:
    """Expected end of a ready task on an element that supports it.

    Args:
        p: Problem.
        s: State.
        b: Row.
        task: Task.
        pe: Element.
        sync: Judge the element's availability by what it runs and awaits now; else by the
            estimates made at earlier mappings, as published, which nothing ever corrects.
    """
    work = expected_work(p, s, b, task, pe)
    stamp = stamp_if_mapped(p, s, b, task, pe)
    if sync:
        return finish_estimate(p, s, b, pe, stamp, work)
    return max(s.row[b, NOW], max(stamp, s.pe[b, pe, AVAIL_PUBLISHED])) + work


@kernel
def earliest_finish_pair(p: Problem, s: State, b: int, sync: bool) -> int:
    """The (task, PE) action with the earliest expected end."""
    pes = s.pe.shape[1]
    best, finish = 0, NEVER
    for index in range(num_visible(s, b)):
        task = s.ready[b, index]
        for pe in range(pes):
            if expected_work(p, s, b, task, pe) >= 0:
                end = finish_on(p, s, b, task, pe, sync)
                if end < finish:
                    best, finish = index * pes + pe, end
    return best
