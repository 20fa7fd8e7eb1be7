"""What an encoding cannot say is refused by a sentence that names the constraint."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dispatchlab.envs.core.errors import UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import import from_cp_model

cp_model = pytest.importorskip("ortools.sat.python.cp_model")


def base() -> SimpleNamespace:
    """Activities 0 (length 3) and 1 (length 4 or 6, by mode), and room for one thing more."""
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, 100, f"start {i}") for i in range(2)]
    end = model.new_int_var(0, 100, "end 1")
    modes = [model.new_bool_var(f"mode {k}") for k in range(2)]
    first = model.new_fixed_size_interval_var(starts[0], 3, "first")
    options = [
        model.new_optional_interval_var(starts[1], d, end, p, f"option {d}")
        for d, p in zip((4, 6), modes, strict=True)
    ]
    model.add_exactly_one(modes)
    model.add_no_overlap([first, options[0]])
    ends = [starts[0] + 3, end]
    return SimpleNamespace(
        model=model, starts=starts, ends=ends, modes=modes, first=first, options=options
    )


def free_bool(m: SimpleNamespace) -> Any:  # noqa: ANN401 - a literal of OR-Tools
    """A literal that chooses nothing."""
    return m.model.new_bool_var("free")


def element(m: SimpleNamespace) -> None:
    """A duration looked up in a table."""
    index, size = m.model.new_int_var(0, 2, "index"), m.model.new_int_var(1, 9, "size")
    m.model.add_element(index, [1, 5, 9], size)
    m.model.new_interval_var(m.model.new_int_var(0, 50, "s"), size, 60, "looked up")


def circuit(m: SimpleNamespace) -> None:
    """A circuit whose arcs say nothing of times."""
    arcs = [(i, j, m.model.new_bool_var("arc")) for i in range(3) for j in range(3) if i != j]
    m.model.add_circuit(arcs)


def optional(m: SimpleNamespace) -> None:
    """An activity that may be left out."""
    start = m.model.new_int_var(0, 50, "s")
    m.model.new_optional_fixed_size_interval_var(start, 2, free_bool(m), "maybe")


def variable_size(m: SimpleNamespace) -> None:
    """A duration that the solver may choose, on a resource."""
    start, size, end = (m.model.new_int_var(0, 50, n) for n in "sde")
    m.model.add_no_overlap([m.first, m.model.new_interval_var(start, size, end, "stretched")])


def shared_choice(m: SimpleNamespace) -> None:
    """Two activities that must take their modes together."""
    start = m.model.new_int_var(0, 50, "s")
    for k, mode in enumerate(m.modes):
        m.model.new_optional_fixed_size_interval_var(start, 2 + k, mode, f"twin {k}")


def zero_inside(m: SimpleNamespace) -> None:
    """An interval of size 0 on a no-overlap."""
    instant = m.model.new_fixed_size_interval_var(m.model.new_int_var(0, 50, "s"), 0, "instant")
    m.model.add_no_overlap([m.first, instant])


REFUSALS: dict[str, tuple[Callable[[SimpleNamespace], Any], str]] = {
    "all different": (lambda m: m.model.add_all_different(m.starts), "all_diff"),
    "product": (lambda m: m.model.add_multiplication_equality(m.starts[0], m.starts), "int_prod"),
    "element": (element, "element"),
    "reservoir": (
        lambda m: m.model.add_reservoir_constraint(m.starts, [1, -1], 0, 5), "reservoir",
    ),
    "two dimensions": (
        lambda m: m.model.add_no_overlap_2d([m.first], [m.first]), "no_overlap_2d",
    ),
    "circuit without times": (circuit, "circuit"),
    "optional activity": (optional, "may be left out"),
    "variable size": (variable_size, "variable size"),
    "shared choice": (shared_choice, "distance"),
    "zero inside": (zero_inside, "size 0"),
    "variable capacity": (
        lambda m: m.model.add_cumulative([m.first], [1], m.model.new_int_var(1, 3, "c")),
        "capacity is variable",
    ),
    "variable demand": (
        lambda m: m.model.add_cumulative([m.first], [m.model.new_int_var(1, 3, "q")], 4),
        "demand of interval 0 is variable",
    ),
    "negative demand": (lambda m: m.model.add_cumulative([m.first], [-1], 4), "is -1"),
    "hopeless demand": (lambda m: m.model.add_cumulative([m.first], [5], 4), "infeasible"),
    "conditional resource": (
        lambda m: m.model.add_no_overlap([m.first, m.options[1]]).only_enforce_if(free_bool(m)),
        "holds under a condition",
    ),
    "no wait": (lambda m: m.model.add(m.starts[1] == m.ends[0]), "exact"),
    "exact lag": (lambda m: m.model.add(m.starts[1] == m.ends[0] + 5), "exact"),
    "maximum lag": (
        lambda m: [
            m.model.add(m.starts[1] >= m.ends[0]),
            m.model.add(m.starts[1] <= m.ends[0] + 5),
        ],
        "maximum time lag",
    ),
    "cycle": (
        lambda m: [m.model.add(m.starts[1] >= m.ends[0]), m.model.add(m.starts[0] >= m.ends[1])],
        "cycle",
    ),
    "start as maximum": (
        lambda m: m.model.add_max_equality(m.starts[1], [m.ends[0], 4]), "exactly",
    ),
    "deadline": (lambda m: m.model.add(m.ends[1] <= 5), "deadline"),
    "deadline by domain": (lambda m: m.model.add(m.starts[0] <= 2), "deadline"),
    "gap": (lambda m: m.model.add(m.starts[0] != 7), "gaps"),
    "three times": (lambda m: m.model.add(m.starts[0] + m.starts[1] <= 90), "more than two"),
    "condition without meaning": (
        lambda m: m.model.add(m.starts[1] >= m.ends[0]).only_enforce_if(free_bool(m)),
        "does not choose the mode",
    ),
    "precedence in one mode": (
        lambda m: m.model.add(m.starts[0] >= m.ends[1]).only_enforce_if(m.modes[0]),
        "in some modes only",
    ),
    "lag by mode": (
        lambda m: [
            m.model.add(m.starts[0] >= m.ends[1] + lag).only_enforce_if(mode)
            for lag, mode in zip((1, 7), m.modes, strict=True)
        ],
        "lag depends on the mode",
    ),
    "release by mode": (
        lambda m: m.model.add(m.starts[1] >= 5).only_enforce_if(m.modes[0]),
        "depends on the mode",
    ),
    "release by another's mode": (
        lambda m: m.model.add(m.starts[0] >= 5).only_enforce_if(m.modes[0]),
        "mode of another activity",
    ),
    "end to end with modes": (
        lambda m: m.model.add(m.ends[1] >= m.ends[0]), "lag depends on the mode",
    ),
    "makespan held up": (
        lambda m: [
            (top := m.model.new_int_var(0, 100, "makespan")),
            m.model.add_max_equality(top, m.ends),
            m.model.add(top >= 50),
            m.model.minimize(top),
        ],
        "above its arguments",
    ),
    "maximise": (lambda m: m.model.maximize(m.ends[1]), "maximised"),
    "reward": (lambda m: m.model.minimize(m.ends[0] - m.ends[1]), "rewards"),
    "cost of modes": (lambda m: m.model.minimize(m.ends[0] + 5 * m.modes[0]), "is no time"),
    "fractions": (lambda m: m.model.minimize(0.5 * m.ends[1]), "fractional"),
    "constant added": (lambda m: m.model.minimize(m.ends[1] + 8), "constant 8"),
    "sum of starts": (lambda m: m.model.minimize(m.starts[1]), "no completion time"),
    "earliness": (
        lambda m: [
            (early := m.model.new_int_var(0, 100, "early")),
            m.model.add(early >= 50 - m.ends[1]),
            m.model.minimize(early),
        ],
        "rewards",
    ),
    "nothing bounds it": (
        lambda m: m.model.minimize(m.model.new_int_var(0, 9, "loose")), "is no time",
    ),
    "assumption": (lambda m: m.model.add_assumption(m.modes[0]), "assumptions"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal_says_why(case: str) -> None:
    """Each kind of refusal gives its reason, in one sentence."""
    change, reason = REFUSALS[case]
    m = base()
    change(m)
    with pytest.raises(UnsupportedModelError, match=reason) as caught:
        from_cp_model(m.model)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_base_model_is_accepted() -> None:
    """The refusals are due to what was added: the base alone is converted."""
    assert from_cp_model(base().model).num_modes == 3


@pytest.mark.parametrize(("name", "label"), [("tidy", "'tidy'"), ("", "unnamed")])
def test_refusal_names_index_name_and_kind(name: str, label: str) -> None:
    """The message starts with where to look."""
    m = base()
    constraint = m.model.add_all_different(m.starts)
    if name:
        constraint.with_name(name)
    with pytest.raises(UnsupportedModelError, match=rf"^Constraint 5 \({label}, all_diff\): "):
        from_cp_model(m.model)


def test_start_before_zero() -> None:
    """A start that may be negative has no counterpart."""
    model = cp_model.CpModel()
    model.new_fixed_size_interval_var(model.new_int_var(-5, 50, "s"), 3, "early")
    with pytest.raises(UnsupportedModelError, match="before time 0"):
        from_cp_model(model)


def test_calendar_interval() -> None:
    """A maintenance window at a fixed time is a deadline in disguise."""
    m = base()
    m.model.add_no_overlap([m.first, m.model.new_fixed_size_interval_var(0, 4, "maintenance")])
    with pytest.raises(UnsupportedModelError, match=r"'maintenance'.*must start by 0"):
        from_cp_model(m.model)


def test_model_without_intervals() -> None:
    """A model of something else is not turned into an empty schedule."""
    model = cp_model.CpModel()
    model.new_bool_var("lonely")
    with pytest.raises(UnsupportedModelError, match="no intervals"):
        from_cp_model(model)


def test_infeasible_choice() -> None:
    """Contradicting mode choices are named."""
    m = base()
    m.model.add(m.modes[0] + m.modes[1] >= 2)
    with pytest.raises(UnsupportedModelError, match="infeasible"):
        from_cp_model(m.model)


@pytest.mark.parametrize("model", [42, "no/such/file.pb", object()])
def test_not_a_model(model: object) -> None:
    """What is not a model is refused before anything is read from it."""
    with pytest.raises(UnsupportedModelError, match=r"CP-SAT model"):
        from_cp_model(model)


def test_damaged_file(tmp_path: Any) -> None:  # noqa: ANN401
    """A file of something else is refused with its path."""
    path = tmp_path / "model.pbtxt"
    path.write_text("this is no model")
    with pytest.raises(UnsupportedModelError, match=r"model\.pbtxt cannot be read"):
        from_cp_model(path)
