"""Rehearsals: playing on from a state with expected times and without further arrivals."""

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.soc.dynamics.apply import apply_pair
from dispatchlab.envs.soc.dynamics.continuations import go_on
from dispatchlab.envs.soc.dynamics.layout import (
    AREA,
    DONE,
    END,
    NEXT_ARRIVAL,
    NEXT_INJECT,
    NONE,
    REHEARSAL,
    RUNNING,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State, copy_row
from dispatchlab.envs.soc.dynamics.timing import running_end


@kernel
def begin_rehearsal(p: Problem, to: State, c: int, s: State, b: int) -> None:
    """Copy row b into row c of a scratch state, and forget there what nobody can know.

    The integral of the jobs in the system starts at 0; when the rehearsal is over it is the sum
    of the remaining times of the jobs in work.
    """
    copy_row(to, c, s, b)
    for pe in range(s.pe.shape[1]):
        task = s.pe[b, pe, RUNNING]
        if task != NONE:
            to.task[c, task, END] = running_end(p, s, b, pe)
    to.row[c, REHEARSAL] = 1
    to.row[c, NEXT_INJECT] = to.row[c, NEXT_ARRIVAL]
    to.row[c, AREA] = 0


@kernel
def rehearse(p: Problem, s: State, b: int, scratch: State, action: int, way: int) -> int:
    """Sum of the remaining times of the jobs in work after an action, going on one way."""
    begin_rehearsal(p, scratch, 0, s, b)
    apply_pair(p, scratch, 0, action)
    while scratch.row[0, DONE] == 0:
        apply_pair(p, scratch, 0, go_on(p, scratch, 0, way))
    return scratch.row[0, AREA]


@kernel
def rehearse_best(p: Problem, s: State, b: int, scratch: State, action: int, ways: int) -> int:
    """The least of the outcomes of the first so many continuations."""
    least = rehearse(p, s, b, scratch, action, 0)
    for way in range(1, ways):
        least = min(least, rehearse(p, s, b, scratch, action, way))
    return least
