"""The map of a fleet for print."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.drawing.palette import css, text_colour
from dispatchlab.envs.uam.viewer.fleet import DOWN
from dispatchlab.envs.uam.viewer.places import (
    HEIGHT,
    HUB,
    WIDTH,
    Marks,
    lane_ends,
    put_marks,
    slot_places,
)
from dispatchlab.envs.uam.viewer.scene import Scene, busy_routes, headline
from dispatchlab.envs.uam.viewer.shades import (
    CHARGER,
    FREE,
    OUT_OF_SERVICE,
    ROUTE,
    SLATE,
    scale,
    shade,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FONT = 8.0
_WIDEST = 4.0  # points, of the route with most flights
_ARROW = np.array([[0.0, 0.45], [0.27, -0.4], [-0.27, -0.4]])
_BAR = (0.557, 0.43, 0.007, 0.42)


def draw_map(figure: "Figure", axes: "Axes", scene: Scene, index: int) -> None:
    """Draw the map at one of the times of a scene.

    Args:
        figure: Gets the bar of colours.
        axes: Where the map goes.
        scene: The day.
        index: Which time.
    """
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(-1.4, HEIGHT)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(headline(scene, index), loc="left", fontsize=_FONT + 2.5, pad=4)
    marks = put_marks(scene.played[0], scene.places, scene.moments, index)
    _draw_routes(axes, scene, index, marks)
    for port in range(scene.played[0].num_ports):
        _draw_port(axes, scene, index, marks, port)
    _draw_flights(axes, scene, index, marks)
    _draw_key(axes)
    _draw_colours(figure)


def _draw_routes(axes: "Axes", scene: Scene, index: int, marks: Marks) -> None:
    """Routes, the wider the more flights they have had; the lanes that are in use."""
    from matplotlib.collections import LineCollection

    pairs, share = busy_routes(scene)
    ports, widths = np.column_stack((scene.places.x, scene.places.y)), _WIDEST * share
    axes.add_collection(
        LineCollection(list(ports[pairs]), colors=css(ROUTE), linewidths=widths, alpha=0.6)
    )
    up = np.flatnonzero(marks.is_up)
    moments = scene.moments
    start, end = lane_ends(scene.places, moments.origin[index, up], moments.port[index, up])
    lanes = list(np.stack((start, end), axis=1))
    axes.add_collection(LineCollection(lanes, colors=css(SLATE), linewidths=0.8, alpha=0.5))


def _draw_port(axes: "Axes", scene: Scene, index: int, marks: Marks, port: int) -> None:
    """The disc with those who wait, the slots around it, and the name."""
    from matplotlib.patches import Arc, Circle
    from matplotlib.patheffects import withStroke

    instance, places = scene.played[0], scene.places
    at = (float(places.x[port]), float(places.y[port]))
    waiting = int(scene.ports.waiting[index, port])
    axes.add_patch(Circle(at, 1.25, color="white", zorder=3))
    axes.add_patch(Circle(at, HUB, color=css(SLATE if waiting else FREE), zorder=4))
    if waiting:
        ink = css(text_colour(SLATE))
        axes.text(*at, str(waiting), color=ink, fontsize=_FONT - 1, ha="center", va="center",
                  zorder=8)  # fmt: skip
    slots = int(instance.slots[port])
    share = int(instance.charge_slots[port]) / max(1, slots)
    if share:
        axes.add_patch(Arc(at, 2.56, 2.56, angle=90.0, theta1=-360.0 * share, theta2=0.0,
                           color=css(CHARGER), linewidth=1.4, zorder=4))  # fmt: skip
    x, y, size = slot_places(places, port, len(marks.slot[port]))
    for slot, k in enumerate(marks.slot[port]):
        ink = css(FREE) if k < 0 else _ink(scene, index, k)
        is_filled = k < 0 or not marks.is_up[k]
        axes.add_patch(Circle((x[slot], y[slot]), size * 0.95, facecolor=ink if is_filled else
                              "white", edgecolor=ink, linewidth=0.8, zorder=5))  # fmt: skip
    axes.text(places.label_x[port], places.label_y[port], places.names[port], fontsize=_FONT,
              ha="center", va="center", color="#222222", zorder=8,
              path_effects=[withStroke(linewidth=1.8, foreground="white")])  # fmt: skip


def _draw_flights(axes: "Axes", scene: Scene, index: int, marks: Marks) -> None:
    from matplotlib.patches import Polygon

    for k in np.flatnonzero(marks.is_up).tolist():
        turn = np.radians(marks.heading[k])
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        corners = _ARROW @ rotation + [marks.x[k], marks.y[k]]
        axes.add_patch(Polygon(corners, facecolor=_ink(scene, index, k), edgecolor="#333333",
                               linewidth=0.6, zorder=7))  # fmt: skip


def _ink(scene: Scene, index: int, k: int) -> str:
    if scene.moments.stage[index, k] == DOWN:
        return css(OUT_OF_SERVICE)
    return css(shade(float(scene.moments.wh[index, k]) / scene.played[0].aircraft.battery_wh))


def _draw_key(axes: "Axes") -> None:
    """What the marks stand for, in a line below the map."""
    from matplotlib.lines import Line2D

    full = css(shade(1.0))
    entries = (
        ("passengers waiting", "o", css(SLATE), css(SLATE), 9),
        ("on the ground", "o", full, full, 5),
        ("slot reserved", "o", "white", full, 5),
        ("free slot", "o", css(FREE), css(FREE), 5),
        ("out of service", "o", css(OUT_OF_SERVICE), css(OUT_OF_SERVICE), 5),
        ("flying", ">", full, "#333333", 6),
    )
    handles = [
        Line2D([], [], linestyle="none", marker=marker, markersize=size, markerfacecolor=fill,
               markeredgecolor=edge, label=label)
        for label, marker, fill, edge, size in entries
    ]  # fmt: skip
    handles.append(Line2D([], [], color=css(CHARGER), linewidth=1.6, label="slots with charger"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.03), ncols=7,
                fontsize=_FONT - 0.5, frameon=False, handlelength=1.2, columnspacing=1.1,
                handletextpad=0.4)  # fmt: skip


def _draw_colours(figure: "Figure") -> None:
    """The colours of the charge."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    colours = LinearSegmentedColormap.from_list("charge", scale())
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 100), colours), cax=figure.add_axes(_BAR)
    )  # fmt: skip
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=_FONT, length=2, color="#666666")
    bar.ax.set_title("charge, %", fontsize=_FONT, loc="left", pad=6)
