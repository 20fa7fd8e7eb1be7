"""The conversion in progress: what is known of the source model, and how linears are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod

from dispatchlab.envs.jobshop.cp_model_import.activities import Activity
from dispatchlab.envs.jobshop.cp_model_import.choices import Choices
from dispatchlab.envs.jobshop.cp_model_import.graph import ZERO, Edge
from dispatchlab.envs.jobshop.cp_model_import.propagation import Bounds, expr_bounds, literal_bounds
from dispatchlab.envs.jobshop.cp_model_import.source import (
    INFINITY,
    Expr,
    Linear,
    Source,
    bounds_over,
    var_of,
)

_UNBOUNDED = INFINITY // 2
MAX_COMBINATIONS = 1 << 20


@dataclass(slots=True)
class Draft:
    """The conversion in progress.

    Attributes:
        source: The settled model.
        choices: Its choice components.
        activities: Its activities.
        view: Activity of each time variable that is tied to one in some mode.
        owner: Activity of each choice component that belongs to one.
        loose: How each local copy of a time is bounded in modes that do not tie it: 1 from
            below, -1 from above, 2 and more by other copies in one constraint only.
    """

    source: Source
    choices: Choices
    activities: list[Activity]
    view: dict[int, int] = field(default_factory=dict)
    owner: dict[int, int] = field(default_factory=dict)
    loose: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index variables and components by activity."""
        for a, activity in enumerate(self.activities):
            for mode in activity.modes:
                self.view.update(dict.fromkeys(mode.offset, a))
            for v in activity.modes[0].bounds:
                self.owner[self.choices.component[v]] = a

    def node(self, variable: int) -> int:
        """Graph node of a free time variable."""
        return len(self.activities) + variable

    def prune(self, activity: int, dead: set[int]) -> None:
        """Drop modes that can never be chosen."""
        modes = self.activities[activity].modes
        self.activities[activity].modes = [m for k, m in enumerate(modes) if k not in dead]

    def owner_of(self, con: Linear, variable: int) -> int | None:
        """Activity that a choice variable belongs to; None where it is the same in all cases."""
        if variable in self.choices.sequence:
            raise con.refuse("it depends on the order of a circuit in a way that is not supported")
        activity = self.owner.get(self.choices.component[variable])
        if activity is None and self.choices.fixed(variable) is None:
            raise con.refuse(
                f"it depends on {self.source.label(variable)}, which does not choose the mode of "
                "an activity"
            )
        return activity

    def involved(self, con: Linear) -> list[int]:
        """Activities whose times or modes a linear depends on."""
        found = {self.view[v] for v in con.expr.variables if v in self.view}
        for v in (*con.expr.variables, *map(var_of, con.literals)):
            if v not in self.choices.time:
                activity = self.owner_of(con, v)
                if activity is not None:
                    found.add(activity)
        return sorted(found)

    def combinations(self, con: Linear) -> Iterator[dict[int, int]]:
        """Modes of the involved activities in which a linear is active."""
        involved = self.involved(con)
        if prod(len(self.activities[a].modes) for a in involved) > MAX_COMBINATIONS:
            raise con.refuse(
                f"its activities have more than {MAX_COMBINATIONS} combinations of modes"
            )
        for ks in product(*(range(len(self.activities[a].modes)) for a in involved)):
            joint = dict(zip(involved, ks, strict=True))
            if all(self.literal(joint, lit) for lit in con.literals):
                yield joint

    def literal(self, joint: Mapping[int, int], literal: int) -> bool:
        """Truth of a mode literal."""
        return literal_bounds(self.bounds_of(joint, var_of(literal)), literal)[0] == 1

    def bounds_of(self, joint: Mapping[int, int], variable: int) -> Bounds:
        """Values of a choice variable's component in given modes."""
        component = self.choices.component[variable]
        activity = self.owner.get(component)
        if activity is None:
            return self.choices.solutions[component][0]
        return self.activities[activity].modes[joint[activity]].bounds

    def reduce(self, con: Linear, joint: Mapping[int, int]) -> tuple[dict[int, int], int] | None:
        """A linear in given modes: coefficients of graph nodes, and the constant.

        None where it only relates times that these modes leave free, which can always agree.
        """
        nodes: dict[int, int] = {}
        const = con.expr.const
        free: list[tuple[int, int]] = []
        for v, c in con.expr.terms:
            if v not in self.choices.time:
                low, high = expr_bounds(self.bounds_of(joint, v), Expr(((v, c),), 0))
                if low != high:
                    raise con.refuse(f"it depends on {self.source.label(v)}, which stays open "
                                     "once the modes are chosen")  # fmt: skip
                const += low
            elif v not in self.view:
                nodes[self.node(v)] = nodes.get(self.node(v), 0) + c
            else:
                a = self.view[v]
                offset = self.activities[a].modes[joint[a]].offset.get(v)
                if offset is None:
                    free.append((v, c))
                else:
                    nodes[a] = nodes.get(a, 0) + c
                    const += c * offset
        if len(free) > 1 and not nodes:
            self._check_local(con, free, const)
            return None
        const += self._settle_copies(con, free)
        return {n: c for n, c in nodes.items() if c}, const

    def _settle_copies(self, con: Linear, free: list[tuple[int, int]]) -> int:
        """Put copies of a time, in a mode that does not tie them, where they hurt least."""
        total = 0
        for v, c in free:
            from_below = con.domain[-1][1] >= _UNBOUNDED
            from_above = con.domain[0][0] <= -_UNBOUNDED
            if from_below == from_above:
                raise con.refuse(f"it fixes {self.source.label(v)} in modes that do not use it")
            direction = 1 if (c > 0) == from_below else -1
            self._mark(con, v, direction)
            total += c * (self.source.hi[v] if direction > 0 else self.source.lo[v])
        return total

    def _check_local(self, con: Linear, free: list[tuple[int, int]], const: int) -> None:
        """Copies that only this linear relates, in a mode that ties none of them, can agree."""
        low = high = const
        for v, c in free:
            self._mark(con, v, 2 + con.index)
            ends = sorted((c * self.source.lo[v], c * self.source.hi[v]))
            low, high = low + ends[0], high + ends[1]
        reachable = low <= con.domain[-1][1] and con.domain[0][0] <= high
        if not reachable or any(abs(c) != 1 for _, c in free):
            raise con.refuse("it can never hold in some mode; remove that mode")

    def _mark(self, con: Linear, variable: int, direction: int) -> None:
        if self.loose.setdefault(variable, direction) != direction:
            raise con.refuse(
                f"it links two times through {self.source.label(variable)} in modes that do not "
                "use it; enforce it by the presence of that mode"
            )

    def edges(self, con: Linear) -> list[Edge] | None:
        """Read a linear as difference constraints.

        Args:
            con: A linear with at least one time variable.

        Returns:
            Its difference constraints, or None where it relates three or more times.

        Raises:
            UnsupportedModelError: If it cannot hold, has gaps or depends on a third activity.
        """
        if len(con.domain) > 1:
            raise con.refuse("it forbids times in the middle of a range (gaps and time windows "
                             "are not supported)")  # fmt: skip
        if len(self.involved(con)) > 2 and not self._is_plain(con):
            raise con.refuse("it depends on the modes of more than two activities")
        if len(self.involved(con)) > 2:
            return None
        found: list[Edge] = []
        cases: dict[tuple[tuple[int, int], ...], list[Edge]] = {}
        results = []
        for joint in self.combinations(con):
            edges = self._case(con, joint)
            if edges is None:
                return None
            results.append((joint, edges))
            found.extend(edges)
        used = {n for e in found for n in (e.tail, e.head)}
        for joint, edges in results:
            key = tuple((a, k) for a, k in joint.items() if a in used)
            if cases.setdefault(key, edges) != edges:
                raise con.refuse("it depends on the mode of another activity")
        self._check_third(con, used, cases)
        return list(dict.fromkeys(found))

    def _is_plain(self, con: Linear) -> bool:
        """Whether a linear holds always and names only times."""
        return not con.literals and all(v in self.choices.time for v in con.expr.variables)

    def _check_third(
        self, con: Linear, used: set[int], cases: Mapping[tuple[tuple[int, int], ...], object]
    ) -> None:
        """A linear that an uninvolved activity can switch off is conditional on its mode."""
        others = [a for a in self.involved(con) if a not in used]
        if not used or not others:
            return
        free = replace(con, literals=())
        active = {tuple(j.items()) for j in self.combinations(con)}
        for joint in self.combinations(free):
            key = tuple((a, k) for a, k in joint.items() if a in used)
            if key in cases and tuple(joint.items()) not in active:
                raise con.refuse("it depends on the mode of another activity")

    def _case(self, con: Linear, joint: Mapping[int, int]) -> list[Edge] | None:
        """The difference constraints in given modes."""
        reduced = self.reduce(con, joint)
        if reduced is None:
            return []
        nodes, const = reduced
        low, high = con.domain[0][0], con.domain[-1][1]
        if not nodes:
            if low <= const <= high:
                return []
            raise con.refuse("it can never hold in some mode; remove that mode")
        items = list(nodes.items())
        if len(items) > 2 or (len(items) == 2 and items[0][1] + items[1][1]):
            return None
        (x, c), y = items[0], items[1][0] if len(items) == 2 else ZERO
        # Infinite sides stay infinite whatever the constant is.
        low = low - const if low > -_UNBOUNDED else -INFINITY * abs(c)
        high = high - const if high < _UNBOUNDED else INFINITY * abs(c)
        least, most = bounds_over(low, high, c)
        kx, ky = joint.get(x, 0), joint.get(y, 0)
        edges = []
        if least > -_UNBOUNDED:
            edges.append(Edge(y, x, ky, kx, least))
        if most < _UNBOUNDED:
            edges.append(Edge(x, y, kx, ky, -most))
        return edges
