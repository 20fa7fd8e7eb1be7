"""A fleet at a moment in plain text."""

import numpy as np

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.viewer.day import port_numbers
from dispatchlab.envs.uam.viewer.fleet import FLYING, LEAVING, STAGES, Fleet, Moments
from dispatchlab.envs.uam.viewer.words import clock, describe

_LEVELS = "▁▂▃▄▅▆▇█"
_NAME = 14
_TRACK = 10
_HEADINGS = ("slots", "chargers", "queue", "waiting")


def render_ansi(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule, *,
    width: int = 100,
) -> str:  # fmt: skip
    """Draw a line per vertiport as it is at the schedule's time: what is taken, who departs.

    A block per aircraft on the ground shows its charge, from ``▁`` to ``█``; behind them stand
    the flights that have left the vertiport, with the way that lies behind them.

    Args:
        instance: The instance.
        realisation: Tells who waits, and which aircraft are out of service.
        schedule: A schedule of it, complete or not.
        width: Most characters in a line.

    Returns:
        Lines without a trailing newline.
    """
    fleet = Fleet(instance, realisation, schedule)
    moments = fleet.at([schedule.now_s])
    ports = port_numbers(fleet, moments, schedule, np.array([schedule.now_s]))
    names = [clip(name, _NAME) for name in instance.ports]
    margin = max(len("port"), *map(len, names))
    rows = []
    for n, name in enumerate(names):
        figures = (
            f"{ports.held[0, n]}/{instance.slots[n]}",
            f"{ports.charging[0, n]}/{instance.charge_slots[n]}",
            str(ports.queued[0, n]),
            str(ports.waiting[0, n]),
        )
        cells = (f"{text:>{len(head)}}" for text, head in zip(figures, _HEADINGS, strict=True))
        there = "".join(_block(instance, moments, k) for k in _standing(moments, n))
        rows.append(f"{name:>{margin}}  {'  '.join(cells)}  {there:{_TRACK}} ".rstrip())
        rows[-1] = _add_flights(rows[-1], _departed(moments, n, names), width)
    return "\n".join([
        clip(describe(instance, realisation, schedule), width),
        clip(_fleet_line(instance, moments, schedule), width),
        clip(f"{'port':>{margin}}  {'  '.join(_HEADINGS)}  aircraft, and flights from here", width),
        *rows,
    ])  # fmt: skip


def _fleet_line(instance: UamInstance, moments: Moments, schedule: UamSchedule) -> str:
    """What the aircraft do, and how full they are on average."""
    counts = np.bincount(moments.stage[0], minlength=len(STAGES)).tolist()
    stages = [f"{counts[s]} {STAGES[s]}" for s in reversed(range(len(STAGES))) if counts[s]]
    charge = 100 * moments.wh.mean() / instance.aircraft.battery_wh
    return f"{clock(instance, schedule.now_s)}  {', '.join(stages)}; mean charge {charge:.0f} %"


def _standing(moments: Moments, port: int) -> list[int]:
    """Aircraft on the ground of a vertiport."""
    ground = moments.stage[0] < LEAVING
    here: list[int] = np.flatnonzero(ground & (moments.port[0] == port)).tolist()
    return here


def _block(instance: UamInstance, moments: Moments, k: int) -> str:
    share = float(moments.wh[0, k]) / instance.aircraft.battery_wh
    return _LEVELS[min(len(_LEVELS) - 1, int(share * len(_LEVELS)))]


def _departed(moments: Moments, port: int, names: list[str]) -> list[str]:
    """The flights that have left a vertiport, those that land first before the others."""
    stage, way = moments.stage[0], moments.way[0]
    up = np.flatnonzero((stage >= LEAVING) & (moments.origin[0] == port))
    order = up[np.argsort(-way[up], kind="stable")].tolist()
    return [
        f">{names[moments.port[0, k]]} "
        + (f"{100 * way[k]:.0f}%" if stage[k] == FLYING else "soon")
        for k in order
    ]


def _add_flights(row: str, flights: list[str], width: int) -> str:
    """As many flights as the line holds, and the number of the others."""
    if not flights:
        return clip(row, width)
    for count in range(len(flights), -1, -1):
        rest = len(flights) - count
        text = "  ".join([row, *flights[:count], *([f"+{rest}"] if rest else [])])
        if len(text) <= width:
            return text
    return clip(row, width)
