"""Kernels that write the nodes and the globals."""

import numpy as np

from dispatchlab.envs.core.compiling import kernel
from dispatchlab.envs.uam.dynamics.flights import bin_of, refresh
from dispatchlab.envs.uam.dynamics.layout import (
    BATTERY_WH,
    BEHIND,
    BIN_S,
    CHARGE_WH,
    CHARGERS,
    CLAIMS,
    DOWN,
    EXPECTED_DELAY,
    FIRST,
    FLYING,
    HELD,
    HORIZON,
    MEAN_BLOCK,
    MEAN_FARE,
    NONE,
    NOW,
    NUM_AIRCRAFT,
    NUM_BINS,
    NUM_PORTS,
    POINTED,
    PORT,
    READY,
    SEATS,
    SLOT,
    SLOTS,
    STATUS,
    WAITING,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.observation.arrays import GraphArrays
from dispatchlab.envs.uam.observation.features import (
    AHEAD,
    SCALE_MI,
    SCALE_S,
    SERIES_START,
    Float32Array,
    clip,
)
from dispatchlab.envs.uam.outlook.knowledge import ready_s

WITHIN_S = (1800, 3600, 7200)


@kernel
def write_nodes(p: Problem, s: State, b: int, out: GraphArrays, index: int) -> None:
    """Write all nodes and the globals of a row."""
    i, port_x = s.row[b, SLOT], out.port[index]
    ports, count = p.counts[i, NUM_PORTS], p.counts[i, NUM_AIRCRAFT]
    out.num_ports[index, 0], out.num_aircraft[index, 0] = ports, count
    for pair in range(ports * ports):
        refresh(p, s, b, pair)
    for port in range(ports):
        _write_port(p, s, b, port, port_x[port])
    for k in range(count):
        _write_aircraft(p, s, b, k, port_x, out.aircraft[index, k])
    for port in range(ports):
        for column in range(7, 11):
            port_x[port, column] = np.log1p(port_x[port, column])
    _write_globals(p, s, b, out.context[index])


@kernel
def _write_port(p: Problem, s: State, b: int, port: int, x: Float32Array) -> None:
    """Write the features in the order of `PORT_FEATURES`, but for the aircraft it has."""
    i, k = s.row[b, SLOT], s.row[b, POINTED]
    ports, seats, fixed = p.counts[i, NUM_PORTS], float(p.counts[i, SEATS]), p.port[i, port]
    if k != NONE and s.craft[b, k, PORT] == port:
        x[0] = 1.0
    if fixed[CHARGERS] == 0:
        x[1] = 1.0
    x[2], x[3] = clip(p.place[i, port, 0] / SCALE_MI), clip(p.place[i, port, 1] / SCALE_MI)
    x[4] = np.log1p(fixed[SLOTS] - s.port[b, port, HELD])
    x[5] = np.log1p(max(0, fixed[CHARGERS] - s.port[b, port, CLAIMS]))
    x[6] = clip(fixed[EXPECTED_DELAY] / SCALE_S)
    leaving, coming = 0, 0
    for other in range(ports):
        there, back = s.pair[b, port * ports + other], s.pair[b, other * ports + port]
        leaving += there[BEHIND] - there[FIRST]
        coming += back[BEHIND] - back[FIRST]
    x[11], x[12] = np.log1p(leaving / seats), np.log1p(coming / seats)
    now = bin_of(p, s, b)
    for step in range(min(AHEAD, p.counts[i, NUM_BINS] - now)):
        outlook = p.outlook[i, now + step, port]
        x[SERIES_START + step] = np.log1p(outlook[0] / seats)
        x[SERIES_START + AHEAD + step] = np.log1p(outlook[1] / seats)
        x[SERIES_START + 2 * AHEAD + step] = clip(outlook[2] / p.scales[i, MEAN_FARE])


@kernel
def _write_aircraft(
    p: Problem, s: State, b: int, k: int, ports: Float32Array, x: Float32Array
) -> None:
    """Write the features in the order of `AIRCRAFT_FEATURES`, and count it at its port."""
    i, craft = s.row[b, SLOT], s.craft[b, k]
    status = craft[STATUS]
    if k == s.row[b, POINTED]:
        x[0] = 1.0
    if status < READY:
        x[1 + status - FLYING] = 1.0
    x[4] = 1.0 if status in (READY, WAITING) else 0.0
    x[5] = 1.0 if status == DOWN else 0.0
    x[6] = craft[CHARGE_WH] / p.counts[i, BATTERY_WH]
    rest = ready_s(p, s, b, k) - s.row[b, NOW]
    x[7] = clip(rest / SCALE_S)
    ports[craft[PORT], 7] += x[4]
    for column in range(3):
        if rest <= WITHIN_S[column]:
            ports[craft[PORT], 8 + column] += 1.0


@kernel
def _write_globals(p: Problem, s: State, b: int, x: Float32Array) -> None:
    """Write the features in the order of `GLOBAL_FEATURES`."""
    i, now = s.row[b, SLOT], s.row[b, NOW]
    count, ports, seats = p.counts[i, NUM_AIRCRAFT], p.counts[i, NUM_PORTS], p.counts[i, SEATS]
    idle, waiting, first, bins = 0, 0, bin_of(p, s, b), p.counts[i, NUM_BINS]
    for k in range(count):
        if s.craft[b, k, STATUS] in (READY, WAITING):
            idle += 1
    for pair in range(ports * ports):
        waiting += s.pair[b, pair, BEHIND] - s.pair[b, pair, FIRST]
    left = p.left[i, first] if first < bins else 0.0
    x[0] = now / p.counts[i, HORIZON]
    x[1] = clip((p.counts[i, HORIZON] - now) / SCALE_S)
    x[2] = clip((p.counts[i, BIN_S] - now % p.counts[i, BIN_S]) / SCALE_S)
    x[3] = idle / count
    x[4], x[5] = np.log1p(count), np.log1p(ports)
    x[6] = clip(5.0 * p.price[i, min(first, bins - 1)])
    x[7] = np.log1p(waiting / seats / count)
    x[8] = np.log1p(left / seats / count)
    x[9] = clip(p.scales[i, MEAN_BLOCK] / SCALE_S)
