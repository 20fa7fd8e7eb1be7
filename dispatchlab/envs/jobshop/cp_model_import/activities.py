"""Activities and their modes: the times of every mode, tied to its start."""

from dataclasses import dataclass, field
from itertools import product

from dispatchlab.envs.jobshop.cp_model_import.choices import Choices
from dispatchlab.envs.jobshop.cp_model_import.grouping import Group, group_intervals
from dispatchlab.envs.jobshop.cp_model_import.propagation import (
    MAX_SOLUTIONS,
    Bounds,
    expr_bounds,
    literal_bounds,
)
from dispatchlab.envs.jobshop.cp_model_import.source import (
    Constraint,
    Expr,
    Interval,
    Source,
    var_of,
)


@dataclass(slots=True)
class ActivityMode:
    """One mode of an activity.

    Attributes:
        bounds: Values of the activity's choice variables.
        duration: Size of the intervals that are present.
        offset: For each time variable that the mode ties to the start: variable minus start.
        fixed_start: The start where it is a constant.
        uses: Demand by resource.
    """

    bounds: Bounds
    duration: int
    offset: dict[int, int]
    fixed_start: int | None = None
    uses: dict[int, int] = field(default_factory=dict)

    def present(self, interval: Constraint) -> bool:
        """Whether an interval is present."""
        return all(literal_bounds(self.bounds, lit)[0] == 1 for lit in interval.literals)


@dataclass(slots=True)
class Activity:
    """What becomes one activity of the encoding."""

    intervals: list[Interval]
    modes: list[ActivityMode]
    variables: set[int]

    @property
    def name(self) -> str:
        """Name of the first interval, which is the master where there is one."""
        return next((i.name for i in self.intervals if i.name), "")


def find_activities(source: Source, choices: Choices) -> list[Activity]:
    """Group intervals into activities and work out their modes.

    Args:
        source: The settled model.
        choices: Its choice components.

    Returns:
        The activities, in the order of their first interval.

    Raises:
        UnsupportedModelError: If an activity is optional, or two are tied at a fixed distance.
    """
    groups = group_intervals(source, choices)
    return [_activity(group, choices) for group in groups]


def _activity(group: Group, choices: Choices) -> Activity:
    """Resolve one group in every combination of its choices."""
    parts = [choices.solutions[c] for c in group.components]
    count = 1
    for part in parts:
        count *= len(part)
    if count > MAX_SOLUTIONS:
        raise group.refuse(group.intervals[0], f"its activity has {count} modes")
    modes = []
    for combination in product(*parts):
        bounds: Bounds = {}
        for part_bounds in combination:
            bounds.update(part_bounds)
        modes.append(_mode(group, bounds, choices.time))
    return Activity(group.intervals, modes, group.variables)


def _mode(group: Group, bounds: Bounds, time: set[int]) -> ActivityMode:
    """Tie the times of one mode to its start."""
    mode = ActivityMode(bounds, 0, {})
    present = [i for i in group.intervals if mode.present(i)]
    if not present:
        raise group.refuse(
            group.intervals[0],
            "its activity may be left out; give every activity exactly one mode (add_exactly_one)",
        )
    anchor = present[0]
    mode.duration = expr_bounds(bounds, anchor.size)[0]
    if anchor.start.terms:
        mode.offset[_single(anchor, anchor.start)] = -anchor.start.const
    else:
        mode.fixed_start = anchor.start.const
    while any([_spread(group, mode, *link) for link in _links(group, mode, present, time)]):
        pass
    for interval in present:
        apart = _value(mode, interval.start)
        if apart is None:
            raise group.refuse(
                interval, "it ties two activities in some modes only, or at an exact distance"
            )
        if apart or expr_bounds(bounds, interval.size)[0] != mode.duration:
            raise group.refuse(
                interval,
                "it keeps two activities at an exact distance; exact and maximum time lags are "
                "not supported",
            )
    return mode


def _single(con: Constraint, expr: Expr) -> int:
    """Variable of an expression ``variable + constant``."""
    if len(expr.terms) != 1 or expr.terms[0][1] != 1:
        raise con.refuse("its start and end must each be a variable plus a constant")
    return expr.terms[0][0]


_Link = tuple[Constraint, Expr, Expr, int]


def _links(
    group: Group, mode: ActivityMode, present: list[Interval], time: set[int]
) -> list[_Link]:
    """Pairs of times at a known distance in a mode."""
    found: list[_Link] = [(i, i.start, i.end, expr_bounds(mode.bounds, i.size)[0]) for i in present]
    for tie in group.equalities:
        choice = Expr(tuple((v, c) for v, c in tie.expr.terms if v not in time), tie.expr.const)
        known = all(v in mode.bounds for v in (*choice.variables, *map(var_of, tie.literals)))
        if not known or not mode.present(tie):
            continue
        low, high = expr_bounds(mode.bounds, choice)
        (v, c), (w, _) = [(v, c) for v, c in tie.expr.terms if v in time]
        shift = tie.domain[0][0] - low
        if low != high or shift % c:
            raise tie.refuse("it leaves a time open once the modes are chosen")
        found.append((tie, Expr(((w, 1),), 0), Expr(((v, 1),), 0), shift // c))
    return found


def _value(mode: ActivityMode, expr: Expr) -> int | None:
    """Distance of a time from the start, where it is tied to it."""
    if expr.terms:
        offset = mode.offset.get(expr.terms[0][0])
        return None if offset is None else offset + expr.const
    return None if mode.fixed_start is None else expr.const - mode.fixed_start


def _spread(
    group: Group, mode: ActivityMode, con: Constraint, first: Expr, second: Expr, distance: int
) -> bool:
    """Carry a tie along ``second == first + distance``; True where a time was newly tied."""
    a, b = _value(mode, first), _value(mode, second)
    if a is not None and b is not None:
        if a + distance != b:
            raise (group.culprit or con).refuse("it contradicts the duration of its activity")
        return False
    if a is None and b is None:
        return False
    known, unknown, apart = (a, second, distance) if a is not None else (b, first, -distance)
    if known is None or not unknown.terms:
        raise con.refuse("it fixes an end, but not the start; fix the start variable instead")
    mode.offset[_single(con, unknown)] = known + apart - unknown.const
    return True
