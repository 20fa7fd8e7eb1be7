"""Which tasks a teacher chose when: a heat map for each parameter."""

from collections.abc import Sequence

import numpy as np

from dispatchlab.envs.core.drawing.figures import empty_figure
from dispatchlab.envs.core.task_space import Parameter, TaskSpace
from dispatchlab.eval.run_report.charts import DECISIONS, SCALE, Chart
from dispatchlab.eval.run_report.curriculum import Rollout, grouped
from dispatchlab.train.teachers.base import FloatArray

_MOST_TIMES = 48
_BINS = 16
_MOST_WHOLE = 24  # whole numbers that get a row each


def task_charts(space: TaskSpace, rollouts: Sequence[Rollout]) -> list[Chart]:
    """Time across, values of a parameter upwards, shares of the episodes as colours.

    Args:
        space: The parameters.
        rollouts: What was played.

    Returns:
        A chart for each parameter that has more than one value.
    """
    groups = [g for g in grouped(rollouts, _MOST_TIMES) if any(len(r.points) for r in g)]
    if not groups:
        return []
    times = [0, *(group[-1].timesteps for group in groups)]
    return [
        _chart(parameter, times, [np.concatenate([r.points[:, index] for r in g]) for g in groups])
        for index, parameter in enumerate(space.parameters)
        if parameter.high > parameter.low
    ]


def title_of(parameter: Parameter) -> str:
    """Name and unit."""
    unit = "" if parameter.unit == "1" else f", {parameter.unit}"
    return parameter.name.replace("_", " ") + unit


def own_values(parameter: Parameter, coordinates: FloatArray) -> FloatArray:
    """Coordinates of the unit cube in the parameter's own unit, as `TaskSpace.denormalise`."""
    values = parameter.low + (parameter.high - parameter.low) * np.clip(coordinates, 0.0, 1.0)
    values = np.minimum(values, parameter.high)
    return np.rint(values) if parameter.integer else values


def edges_of(parameter: Parameter) -> FloatArray:
    """Where the rows of a heat map begin and end."""
    whole = parameter.high - parameter.low + 1
    if not parameter.integer:
        return np.linspace(parameter.low, parameter.high, _BINS + 1)
    if whole <= _MOST_WHOLE:
        return np.arange(parameter.low, parameter.high + 2) - 0.5
    return np.linspace(parameter.low - 0.5, parameter.high + 0.5, _BINS + 1)


def _chart(parameter: Parameter, times: list[int], columns: Sequence[FloatArray]) -> Chart:
    edges = edges_of(parameter)
    counts = [np.histogram(own_values(parameter, column), edges)[0] for column in columns]
    shares = np.array([count / max(count.sum(), 1) for count in counts]).T
    figure = empty_figure(280)
    figure.add_heatmap(
        x=times, y=edges.tolist(), z=shares.round(4).tolist(), zmin=0.0, colorscale=SCALE,
        colorbar={"title": {"text": "share"}, "thickness": 10, "tickformat": ".0%"},
        hovertemplate="up to %{x} decisions<br>about %{y}<br>%{z:.1%} of the episodes"
        "<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title_text=DECISIONS)
    return Chart(title_of(parameter), f"{parameter.description.capitalize()}.", figure)
