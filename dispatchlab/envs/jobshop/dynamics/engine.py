"""Dynamics: the kernels behind one object, batched over environments."""

from typing import Final

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.schedule import IntArray, Schedule
from dispatchlab.envs.core.slots import SlotDynamics
from dispatchlab.envs.jobshop.dynamics.apply import apply_option, reset_row
from dispatchlab.envs.jobshop.dynamics.bounds import update_bound
from dispatchlab.envs.jobshop.dynamics.layout import (
    DECISIONS,
    END,
    LEFT,
    MODE,
    NOW,
    NUM_ACTIVITIES,
    SCALE,
    SLOT,
    START,
    TRIVIAL_BOUND,
)
from dispatchlab.envs.jobshop.dynamics.legality import (
    ACTIVE,
    APPEND,
    NON_DELAY,
    NON_DELAY_WAIT,
    SEMANTICS,
    advance,
)
from dispatchlab.envs.jobshop.dynamics.problem import (
    FloatArray,
    Problem,
    allocate_problem,
    load_problem,
)
from dispatchlab.envs.jobshop.dynamics.state import State, allocate_state
from dispatchlab.envs.jobshop.dynamics.waiting import apply_wait
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.structure import Structure

PLAYED, FALLBACK, FINISHED = 0, 1, 2


class Dynamics(SlotDynamics[CpEncoding, Realisation]):
    """The event simulation of a batch of scheduling problems.

    Args:
        batch: B, the number of rows that run in parallel.
        limits: Upper bounds on the sizes of the problems.
        semantics: One of `SEMANTICS`; see `legality` for what each can reach.
        stop_at: ``"choices"`` asks only where two actions differ in effect; ``"every"`` asks
            before every dispatch.
        slots: I, the number of problem slots (B by default).

    Attributes:
        problem: The problem slots.
        state: The rows.
        instances: The encoding in each slot, or None.
        all_lanes: ``(1, L)`` numbers of all lanes.
    """

    now_column, decisions_column = NOW, DECISIONS

    def __init__(
        self, batch: int, limits: ProblemLimits, *, semantics: str = "non-delay",
        stop_at: str = "choices", slots: int | None = None,
    ) -> None:  # fmt: skip
        """Allocate everything."""
        if semantics not in SEMANTICS:
            raise DispatchlabError(
                f"Unknown semantics {semantics!r}; choose one of {', '.join(SEMANTICS)}."
            )
        if stop_at not in ("choices", "every"):
            raise DispatchlabError(f"Unknown stop_at {stop_at!r}; choose 'choices' or 'every'.")
        super().__init__(batch, slots)
        self.limits: ProblemLimits = limits
        self.semantics: Final = semantics
        self.stop_at: Final = stop_at
        self.problem: Problem = allocate_problem(self.num_slots, limits)
        self.state: State = allocate_state(batch, limits)
        self.code: Final = SEMANTICS.index(semantics)
        self.all_lanes: Final = np.arange(limits.lanes)[None]
        self._every = stop_at == "every"

    @property
    def num_options(self) -> int:
        """L * K: options are ``lane * K + mode slot``."""
        return self.state.option.shape[1]

    @property
    def wait_action(self) -> int | None:
        """Index of the wait, where the semantics has one."""
        return self.num_options if self.code == NON_DELAY_WAIT else None

    @property
    def num_actions(self) -> int:
        """Options, plus the wait where the semantics has one."""
        return self.num_options + (self.code == NON_DELAY_WAIT)

    def load(
        self, slot: int, encoding: CpEncoding, realisation: Realisation | None = None, *,
        allow_foresight: bool = False,
    ) -> None:  # fmt: skip
        """Put a problem into a slot; the same instance as before costs nothing.

        Args:
            slot: The slot.
            encoding: What a scheduler may know.
            realisation: What will happen; the expectation by default.
            allow_foresight: Accept a random realisation under a semantics that decides out of
                the order of time; only a replay, whose decisions are made already, may.

        Raises:
            InvalidInstanceError: If the problem does not fit the limits or the semantics.
        """
        if not isinstance(encoding, CpEncoding) or not isinstance(
            realisation, (Realisation, type(None))
        ):
            raise InvalidInstanceError(
                f"The problem is a {type(encoding).__name__} with a {type(realisation).__name__}; "
                "give a CpEncoding, and a Realisation or None."
            )
        real = Realisation.nominal(encoding) if realisation is None else realisation
        is_nominal = real.is_nominal(encoding)
        if self.instances[slot] is encoding and is_nominal and self.realisations[slot] is None:
            return
        real.check(encoding)
        structure = Structure.of(encoding)
        self._check_fits(encoding.name, ProblemLimits.of(encoding, structure.num_lanes, real))
        if not is_nominal and not allow_foresight:
            self._check_foresight()
        load_problem(self.problem, slot, encoding, structure, real)
        self.instances[slot] = encoding
        self.realisations[slot] = None if is_nominal else real

    def legal(self) -> npt.NDArray[np.bool_]:
        """``(B, A)`` legal actions, a fresh array."""
        return self.state.legal[:, : self.num_actions].astype(bool)

    def done(self) -> npt.NDArray[np.bool_]:
        """``(B,)`` rows in which everything is scheduled."""
        over: npt.NDArray[np.bool_] = self.state.row[:, LEFT] == 0
        return over

    def objective(self) -> FloatArray:
        """``(B,)`` lower bound on the objective; the objective itself at the end."""
        return self.state.bound.copy()

    def initial_bound(self) -> FloatArray:
        """``(B,)`` lower bound on the objective before the first decision."""
        return self._scales(TRIVIAL_BOUND)

    def reward_scale(self) -> FloatArray:
        """``(B,)`` what normalised rewards divide by."""
        return self._scales(SCALE)

    def reward_terms(self, row: int) -> dict[str, float]:
        """What the objective of a row is made of so far, by name."""
        return {self.encoding(row).objective: -float(self.state.bound[row])}

    def schedule(self, row: int) -> Schedule:
        """The schedule of a row so far."""
        size = self.problem.counts[self.state.row[row, SLOT], NUM_ACTIVITIES]
        table = self.state.activity[row, :size]
        return Schedule(table[:, START], table[:, END], table[:, MODE])

    def realisation(self, row: int) -> Realisation:
        """The realisation that a row plays."""
        found = self.realisations[self.state.row[row, SLOT]]
        return Realisation.nominal(self.encoding(row)) if found is None else found

    def _start(self, rows: IntArray, slots: IntArray) -> None:
        _reset(self.problem, self.state, rows, slots, self.code, self._every)

    def _play(self, actions: IntArray, outcome: npt.NDArray[np.int8]) -> None:
        _step(self.problem, self.state, actions, self.code, self._every, outcome)

    def _check_foresight(self) -> None:
        if self.code in (APPEND, ACTIVE):
            raise InvalidInstanceError(
                f"Semantics {self.semantics!r} decides out of the order of time and would know "
                "the future of a random realisation; use 'non-delay' or 'non-delay-wait'."
            )


@entry_kernel
def _reset(
    p: Problem, s: State, rows: IntArray, slots: IntArray, semantics: int, every: bool
) -> None:
    for index in range(len(rows)):
        b = rows[index]
        s.row[b, SLOT] = slots[index]
        reset_row(p, s, b, semantics in (NON_DELAY, NON_DELAY_WAIT))
        advance(p, s, b, semantics, every)
        update_bound(p, s, b)


@QuickCall
@entry_kernel
def _step(
    p: Problem, s: State, actions: IntArray, semantics: int, every: bool,
    outcome: npt.NDArray[np.int8],
) -> None:  # fmt: skip
    for b in range(len(actions)):
        if s.row[b, LEFT] == 0:
            outcome[b] = 2
            continue
        action = actions[b]
        outcome[b] = 0
        if action < 0 or action >= s.legal.shape[1] or not s.legal[b, action]:
            outcome[b] = 1
            action = 0
            while not s.legal[b, action]:
                action += 1
        s.row[b, DECISIONS] += 1
        if action == s.option.shape[1]:
            apply_wait(p, s, b)
        else:
            apply_option(p, s, b, action)
        advance(p, s, b, semantics, every)
        update_bound(p, s, b)
