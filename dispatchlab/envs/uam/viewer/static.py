"""A day of a fleet for print: PNG, SVG and PDF through Matplotlib."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.envs.core.drawing.curves import Curve
from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.core.drawing.pictures import (
    TITLE_FONT,
    figure_bytes,
    new_figure,
    print_style,
)
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.viewer.day import best_look, demand_bars, profit_curve
from dispatchlab.envs.uam.viewer.fleet import Fleet
from dispatchlab.envs.uam.viewer.interactive import OWN_NAME
from dispatchlab.envs.uam.viewer.panels import BAND, MOST_CURVES, NAME, OWN
from dispatchlab.envs.uam.viewer.scene import Scene, look_at
from dispatchlab.envs.uam.viewer.shades import CHARGER, LOST, SERVED, WAITING
from dispatchlab.envs.uam.viewer.static_map import draw_map
from dispatchlab.envs.uam.viewer.words import clock, describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT = 13.0, 9.6  # inches
_MAP = (0.02, 0.37, 0.535, 0.55)  # left, bottom, width, height
_PANELS = ((0.65, 0.70, 0.335, 0.21), (0.65, 0.39, 0.335, 0.21), (0.055, 0.06, 0.33, 0.22),
           (0.50, 0.06, 0.48, 0.22))  # fmt: skip
_FONT, _HOUR, _TICKS = 8.0, 3600.0, 7
_TITLE_LETTERS = 120
_NOW = "#be1e2d"


def draw(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule,
    file_format: str, *, title: str | None = None, name: str = OWN_NAME,
    others: Mapping[str, Curve] | None = None, bound_usd: float | None = None,
) -> bytes:  # fmt: skip
    """Draw the map at its busiest or at the present, and the curves of the day.

    Args:
        instance: The instance.
        realisation: Tells who came, and which aircraft failed.
        schedule: A schedule of it, complete or not.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.
        title: Headline; the instance and what the day has come to by default.
        name: Who made the schedule, for the legend.
        others: Profit of other methods on this day, by name, as `profit_curve` gives it.
        bound_usd: What no schedule can exceed.

    Returns:
        The content of the file; the same schedule gives the same bytes.

    Raises:
        DispatchlabError: If the schedule is of another instance.
        MissingExtraError: If Matplotlib is not installed.
    """
    scene = look_at((instance, realisation, schedule))
    first = best_look(instance, schedule, scene.moments)
    headline = title or describe(instance, realisation, schedule)
    with print_style():
        figure = new_figure(_WIDTH, _HEIGHT)
        figure.text(
            0.02, 0.965, clip(headline, _TITLE_LETTERS), fontsize=TITLE_FONT, fontweight="bold"
        )
        draw_map(figure, figure.add_axes(_MAP), scene, first)
        profit, charge, demand, ports = (figure.add_axes(place) for place in _PANELS)
        _draw_profit(profit, scene, name, others or {}, bound_usd)
        _draw_charge(charge, scene)
        _draw_demand(demand, scene)
        _draw_ports(ports, scene)
        for axes in (profit, charge, demand, ports):
            _style(axes, instance)
            axes.axvline(float(scene.times[first]) / _HOUR, color=_NOW, linewidth=0.8)
        return figure_bytes(figure, file_format)


def _draw_profit(
    axes: "Axes", scene: Scene, name: str, others: Mapping[str, Curve], bound_usd: float | None
) -> None:
    """Steps: every leg pays at its departure."""
    instance, _, schedule = scene.played
    step: dict[str, Any] = {"drawstyle": "steps-post"}
    times, profit = profit_curve(instance, schedule)
    axes.plot(
        times / _HOUR, profit, color=OWN, linewidth=1.8, label=clip(name, NAME), zorder=4, **step
    )
    for index, (other, (at, values)) in enumerate(list(others.items())[: MOST_CURVES - 1]):
        shade = css(colour(1 + index))
        axes.plot(at / _HOUR, values, color=shade, linewidth=1.0, label=clip(other, NAME), **step)
    if bound_usd is not None:
        axes.axhline(bound_usd, color="#222222", linewidth=1.0, linestyle="-.", label="bound")
    _head(axes, "profit so far, $")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.93), fontsize=_FONT, frameon=False,
                labelspacing=0.25)  # fmt: skip
    axes.margins(y=0.08)
    lowest = min(float(values.min()) for values in (profit, *(v for _, v in others.values())))
    axes.set_ylim(bottom=0.0 if lowest >= 0 else None)


def _draw_charge(axes: "Axes", scene: Scene) -> None:
    """Every aircraft, pale; the middle four fifths of the fleet, and its mean."""
    instance, realisation, schedule = scene.played
    fleet, full = Fleet(instance, realisation, schedule), instance.aircraft.battery_wh / 100.0
    for k in range(instance.num_aircraft):
        times, energy = fleet.energy_curve(k, schedule.now_s)
        label = "single aircraft" if k == 0 else None
        axes.plot(times / _HOUR, energy / full, color="#5a648c", alpha=0.18, linewidth=0.5,
                  label=label)  # fmt: skip
    hours, energy = scene.times / _HOUR, scene.moments.wh / full
    low, high = (np.percentile(energy, q, axis=1) for q in BAND)
    axes.fill_between(hours, low, high, color=OWN, alpha=0.18, linewidth=0,
                      label=f"{BAND[0]} to {BAND[1]} % of the fleet")  # fmt: skip
    axes.plot(hours, energy.mean(axis=1), color=OWN, linewidth=1.8, label="mean")
    axes.set_ylim(0, 103)
    _head(axes, "charge, % of the battery")
    _key(axes)


def _draw_demand(axes: "Axes", scene: Scene) -> None:
    """Bars by bin, and what was expected."""
    instance = scene.played[0]
    demand = demand_bars(*scene.played)
    starts = np.arange(instance.num_bins) * instance.bin_s / _HOUR
    width = instance.bin_s / _HOUR
    floor = np.zeros(instance.num_bins, dtype=np.int64)
    for label, counts, shade in (("served", demand.served, SERVED),
                                 ("waiting", demand.waiting, WAITING),
                                 ("left", demand.lost, LOST)):  # fmt: skip
        axes.bar(starts + width / 2, counts, 0.86 * width, bottom=floor, color=shade, label=label)
        floor = floor + counts
    axes.plot(starts + width / 2, demand.expected, color="#333333", linewidth=0.9, linestyle=":",
              marker="o", markersize=2.2, label="expected")  # fmt: skip
    _head(axes, "passengers, by the bin in which they came")
    _key(axes)


def _draw_ports(axes: "Axes", scene: Scene) -> None:
    """A band per vertiport: its slots as an area, its chargers as a line; full is 0.9 high."""
    instance, hours = scene.played[0], scene.times / _HOUR
    count = instance.num_ports
    slots = scene.ports.held / np.maximum(1, instance.slots)
    chargers = scene.ports.charging / np.maximum(1, instance.charge_slots)
    for n in range(count):
        base = count - 1 - n
        axes.fill_between(hours, base, base + 0.9 * slots[:, n], color="#d3d6e2", linewidth=0,
                          label="slots taken or reserved" if n == 0 else None)  # fmt: skip
        axes.plot(hours, base + 0.9 * chargers[:, n], color=css(CHARGER), linewidth=0.9,
                  label="chargers in use" if n == 0 else None)  # fmt: skip
    axes.set_ylim(0, count)
    axes.set_yticks([count - 0.6 - n for n in range(count)], list(scene.places.names))
    _head(axes, "vertiports: slots and chargers")
    _key(axes)


def _head(axes: "Axes", text: str) -> None:
    axes.set_title(text, loc="left", fontsize=_FONT + 1, fontweight="bold", pad=18)


def _key(axes: "Axes") -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(-0.015, 0.985), ncols=4, fontsize=_FONT,
                frameon=False, handlelength=1.3, columnspacing=1.2)  # fmt: skip


def _style(axes: "Axes", instance: UamInstance) -> None:
    """Hours of the day below, and a quiet frame."""
    end = instance.horizon_s / _HOUR
    ticks = np.linspace(0.0, end, _TICKS)
    axes.set_xlim(0.0, end)
    axes.set_xticks(ticks, [clock(instance, hour * _HOUR) for hour in ticks])
    axes.tick_params(labelsize=_FONT, color="#666666")
    axes.grid(axis="x", color="#ececf0", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#666666")
