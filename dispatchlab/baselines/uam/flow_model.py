"""Fleets as flows through a time-expanded network, and the programs that plan and bound them.

Aircraft of a port are alike: they wait there from cell to cell (``wait``) or fly (``arc``). A port
holds who is there or on the way to it (``held``). What the flights of a pair carry in a bin of
demand is concave in their number: it is given in pieces, each worth so much per flight.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult
    from scipy.sparse import csc_array

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arcs:
    """Flights that may be planned.

    Attributes:
        origin: ``(A,)``.
        destination: ``(A,)``.
        depart: ``(A,)`` cell of departure.
        ready: ``(A,)`` cell in which the aircraft is ready again; may lie past the last one.
        worth_usd: ``(A,)`` of a flight before its passengers pay: minus cost, plus what the
            aircraft is worth at the end of the plan.
        group: ``(A,)`` pair and bin, whose flights share passengers.
    """

    origin: IntArray
    destination: IntArray
    depart: IntArray
    ready: IntArray
    worth_usd: FloatArray
    group: IntArray


@dataclass(frozen=True, slots=True)
class Pieces:
    """Revenue of the flights of groups, piece by piece.

    Attributes:
        group: ``(M,)``.
        most: ``(M,)`` flights that the piece is good for.
        seats: ``(M,)`` passengers per flight.
        worth_usd: ``(M,)`` revenue per flight.
    """

    group: IntArray
    most: FloatArray
    seats: FloatArray
    worth_usd: FloatArray

    def of_groups(self, groups: IntArray) -> "Pieces":
        """Those of some groups, given in ascending order, which are numbered from 0 on."""
        kept = np.flatnonzero(np.isin(self.group, groups))
        index = np.searchsorted(groups, self.group[kept])
        return Pieces(index, self.most[kept], self.seats[kept], self.worth_usd[kept])


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where aircraft are, and what they are worth at the end of the last cell.

    Attributes:
        supply: ``(N, G)`` aircraft that become ready at a port in a cell.
        held: ``(N,)`` slots that are taken at the start.
        slots: ``(N,)``.
        worth_usd: ``(N,)`` of an aircraft that waits at a port at the end.
    """

    supply: FloatArray
    held: FloatArray
    slots: FloatArray
    worth_usd: FloatArray


@dataclass(slots=True)
class _Entries:
    """Entries of a sparse matrix, collected block by block."""

    rows: list[IntArray] = field(default_factory=list)
    columns: list[IntArray] = field(default_factory=list)
    values: list[FloatArray] = field(default_factory=list)

    def add(self, rows: IntArray, columns: IntArray, value: float | FloatArray) -> None:
        """Add a block of entries with one value, or one each."""
        self.rows.append(rows)
        self.columns.append(columns)
        self.values.append(np.broadcast_to(np.asarray(value, np.float64), rows.shape))

    def matrix(self, shape: tuple[int, int]) -> "csc_array":
        """The matrix."""
        from scipy.sparse import csc_array

        index = np.concatenate(self.rows), np.concatenate(self.columns)
        return csc_array((np.concatenate(self.values), index), shape=shape)


@dataclass(frozen=True, slots=True)
class FlowProgram:
    """A program over the columns (arcs, waits, held, pieces); its rows in the same order.

    Attributes:
        pieces: Those that the arcs can use; their groups are numbered from 0 on.
        groups: Numbers of these groups as they were given.
        num_arcs: Columns of arcs.
        num_ports: N.
        num_cells: G.
        matrix: Balances of waiting aircraft ``(N * G)`` and of slots ``(N * G)``, which are
            equations, then the flights of groups, which are bounds from above.
        right: Right sides.
        gain: Dollars per unit of a column.
        most: Upper bounds of the columns; lower ones are 0.
    """

    pieces: Pieces
    groups: IntArray
    num_arcs: int
    num_ports: int
    num_cells: int
    matrix: "csc_array"
    right: FloatArray
    gain: FloatArray
    most: FloatArray

    @classmethod
    def build(cls, arcs: Arcs, pieces: Pieces, fleet: Fleet) -> "FlowProgram":
        """Build it without a loop."""
        ports, cells = fleet.supply.shape
        num_arcs, stock = len(arcs.origin), ports * cells
        groups, group = np.unique(arcs.group, return_inverse=True)
        pieces = pieces.of_groups(groups)
        entries, arc = _Entries(), np.arange(num_arcs)
        leave = arcs.origin * cells + arcs.depart
        held = stock + arcs.destination * cells + arcs.depart
        entries.add(leave, arc, 1.0)
        lands = np.flatnonzero(arcs.ready < cells)
        entries.add(arcs.destination[lands] * cells + arcs.ready[lands], lands, -1.0)
        entries.add(stock + leave, arc, 1.0)
        entries.add(held, arc, -1.0)
        entries.add(2 * stock + group, arc, -1.0)
        nodes = np.arange(2 * stock)
        entries.add(nodes, num_arcs + nodes, 1.0)
        later = np.flatnonzero(nodes % cells > 0)
        entries.add(later, num_arcs + later - 1, -1.0)
        piece = np.arange(len(pieces.group))
        first = num_arcs + 2 * stock
        entries.add(2 * stock + pieces.group, first + piece, 1.0)
        slots = np.zeros((ports, cells))
        slots[:, 0] = fleet.held
        ends = np.zeros((ports, cells))
        ends[:, -1] = fleet.worth_usd
        limits = np.repeat(np.maximum(fleet.slots, fleet.held), cells)
        return cls(
            pieces,
            groups,
            num_arcs,
            ports,
            cells,
            entries.matrix((2 * stock + len(groups), first + len(piece))),
            np.concatenate([fleet.supply.ravel(), slots.ravel(), np.zeros(len(groups))]),
            np.concatenate([arcs.worth_usd, ends.ravel(), np.zeros(stock), pieces.worth_usd]),
            np.concatenate([np.full(num_arcs + stock, np.inf), limits, pieces.most]),
        )

    @property
    def num_equations(self) -> int:
        """Rows that are equations; the rest are bounds from above."""
        return 2 * self.num_ports * self.num_cells

    def relax(self, method: str, time_limit_s: float) -> "OptimizeResult":
        """Solve it with fractions of flights, by a method of HiGHS that SciPy knows."""
        from scipy.optimize import linprog

        rows = self.matrix.tocsr()
        equations = self.num_equations
        return linprog(
            -self.gain,
            A_eq=rows[:equations],
            b_eq=self.right[:equations],
            A_ub=rows[equations:],
            b_ub=self.right[equations:],
            bounds=np.column_stack([np.zeros(len(self.most)), self.most]),
            method=method,
            options={"time_limit": time_limit_s},
        )

    def plan(
        self, integer: npt.NDArray[np.bool_], gap: float, time_limit_s: float
    ) -> "OptimizeResult":
        """Solve it with whole flights on the chosen arcs."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        equations = self.num_equations
        lower = self.right.copy()
        lower[equations:] = -np.inf
        whole = np.zeros(len(self.gain))
        whole[: self.num_arcs] = integer
        return milp(
            -self.gain,
            constraints=LinearConstraint(self.matrix, lower, self.right),
            bounds=Bounds(np.zeros(len(self.most)), self.most),
            integrality=whole,
            options={"mip_rel_gap": gap, "time_limit": time_limit_s},
        )
