"""Propagation and enumeration over choice variables."""

from collections.abc import Iterable, Sequence

from dispatchlab.envs.jobshop.cp_model_import.source import Expr, Linear, Source, var_of

MAX_SOLUTIONS = 512
MAX_ROUNDS = 10_000
Bounds = dict[int, tuple[int, int]]


def enumerate_solutions(source: Source, variables: list[int], rules: list[Linear]) -> list[Bounds]:
    """Every combination of Boolean values that the rules admit, with what follows from it.

    Args:
        source: The settled model.
        variables: The variables of one component.
        rules: The linears on them.

    Returns:
        Bounds of all variables in each combination.

    Raises:
        UnsupportedModelError: If there are none or too many, or a rule leaves a variable open.
    """
    solutions: list[Bounds] = []
    stack: list[Bounds] = [{v: (source.lo[v], source.hi[v]) for v in variables}]
    tried = 0
    while stack:
        tried += 1
        if len(solutions) > MAX_SOLUTIONS or tried > 20 * MAX_SOLUTIONS:
            raise rules[0].refuse(f"its choice has more than {MAX_SOLUTIONS} combinations")
        bounds = stack.pop()
        if not _propagate(bounds, rules):
            continue
        branch = next((v for v in variables if bounds[v] == (0, 1)), None)
        if branch is not None:
            stack.extend([{**bounds, branch: (0, 0)}, {**bounds, branch: (1, 1)}])
            continue
        _check_leaf(source, bounds, rules)
        solutions.append(bounds)
    if not solutions:
        raise rules[0].refuse("it contradicts other constraints, so the model is infeasible")
    return solutions


def _propagate(bounds: Bounds, rules: Sequence[Linear]) -> bool:
    """Tighten bounds to a fixpoint; False on a contradiction."""
    for _ in range(MAX_ROUNDS):
        changed = False
        for rule in rules:
            outcome = _apply(bounds, rule)
            if outcome is None:
                return False
            changed |= outcome
        if not changed:
            return True
    raise rules[0].refuse(
        "the bounds of what it chooses creep towards each other; give these variables narrow bounds"
    )


def literal_bounds(bounds: Bounds, literal: int) -> tuple[int, int]:
    """Bounds of a literal."""
    low, high = bounds[var_of(literal)]
    return (low, high) if literal >= 0 else (1 - high, 1 - low)


def expr_bounds(bounds: Bounds, expr: Expr) -> tuple[int, int]:
    """Bounds of an expression over choice variables."""
    low = high = expr.const
    for v, c in expr.terms:
        ends = c * bounds[v][0], c * bounds[v][1]
        low, high = low + min(ends), high + max(ends)
    return low, high


def _apply(bounds: Bounds, rule: Linear) -> bool | None:
    """Propagate one linear: whether bounds changed, None on a contradiction."""
    open_literals = []
    for lit in rule.literals:
        low, high = literal_bounds(bounds, lit)
        if high == 0:
            return False
        if low == 0:
            open_literals.append(lit)
    low, high = expr_bounds(bounds, rule.expr)
    if not any(low <= b and a <= high for a, b in rule.domain):
        if not open_literals:
            return None
        if len(open_literals) > 1:
            return False
        bounds[var_of(open_literals[0])] = (0, 0) if open_literals[0] >= 0 else (1, 1)
        return True
    return False if open_literals else _shave(bounds, rule, low, high)


def _shave(bounds: Bounds, rule: Linear, low: int, high: int) -> bool | None:
    """Tighten the variables of an active linear."""
    changed = False
    floor = min(a for a, b in rule.domain if b >= low)
    ceiling = max(b for a, b in rule.domain if a <= high)
    for v, c in rule.expr.terms:
        old = bounds[v]
        # What the other terms leave for c * v.
        least = floor - (high - max(c * old[0], c * old[1]))
        most = ceiling - (low - min(c * old[0], c * old[1]))
        if c < 0:
            least, most = -most, -least
        new = max(old[0], -(-least // abs(c))), min(old[1], most // abs(c))
        if new[0] > new[1]:
            return None
        if new != old:
            bounds[v], changed = new, True
            low, high = expr_bounds(bounds, rule.expr)
    return changed


def _check_leaf(source: Source, bounds: Bounds, rules: Iterable[Linear]) -> None:
    """Every active rule must hold whatever value the open variables take."""
    for rule in rules:
        if any(literal_bounds(bounds, lit)[1] == 0 for lit in rule.literals):
            continue
        low, high = expr_bounds(bounds, rule.expr)
        if not any(a <= low and high <= b for a, b in rule.domain):
            loose = next(v for v in rule.expr.variables if bounds[v][0] != bounds[v][1])
            raise rule.refuse(
                f"it leaves {source.label(loose)} open once the modes are chosen; "
                "durations and demands must follow from the mode"
            )
