"""What a schedule on a chip is worth: latency, throughput, losses, energy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import OperatingPoints, SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule

IntArray = npt.NDArray[np.int64]

# Leakage V * (LEAK * T² * exp(-SLOPE / T) + GATE), fitted to the Odroid-XU3; T in kelvin
LEAK, SLOPE_K, GATE_A = 0.002488, 2660.0, 0.000519
AMBIENT_C, ZERO_C = 42.0, 273.15


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy of an episode after the warm-up.

    Attributes:
        active_mj: Of the clusters while elements are active.
        leakage_mj: Of all clusters all the time; 0 unless asked for.
        total_mj: Both.
        energy_delay_js: Total energy times the summed latency of the completed jobs, in J·s.
        is_placeholder: Whether some powers are placeholders: then the numbers mean nothing, and
            must not be quoted.
    """

    active_mj: float
    leakage_mj: float
    total_mj: float
    energy_delay_js: float
    is_placeholder: bool


def completion_us(instance: SocInstance, schedule: SocSchedule) -> IntArray:
    """When each job left the system.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        ``(n,)`` end of the last task; -1 of jobs that are not complete, as at the horizon are
        those that would end just there.
    """
    end = np.full(len(schedule.graph), NOT_YET, dtype=np.int64)
    for job, graph in enumerate(schedule.graph.tolist()):
        ends = schedule.end_us[job, : instance.graphs[graph].num_tasks]
        if ends.min() != NOT_YET:
            end[job] = ends.max()
    over = end > last_us(instance, schedule)
    return np.where(over, NOT_YET, end)


def last_us(instance: SocInstance, schedule: SocSchedule) -> int:
    """The last time at which something can have happened.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        The time up to which the episode was played or, at the horizon, the µs before it.
    """
    at_horizon = schedule.now_us == instance.injection.horizon_us
    return schedule.now_us - 1 if at_horizon else schedule.now_us


def in_system_us(instance: SocInstance, schedule: SocSchedule, since_us: int = 0) -> int:
    """Integral over time of the number of jobs in the system: the objective.

    Args:
        instance: The instance.
        schedule: A schedule of it.
        since_us: Where to begin.

    Returns:
        Job·µs from ``since_us`` to the schedule's time; jobs that were lost do not count, those
        that wait for a place do.
    """
    completion = completion_us(instance, schedule)
    leaves = np.where(completion == NOT_YET, schedule.now_us, completion)
    stay = np.maximum(leaves, since_us) - np.maximum(schedule.arrival_us, since_us)
    return int(stay[~schedule.lost].sum())


def metrics(
    instance: SocInstance, schedule: SocSchedule, realisation: SocRealisation | None = None
) -> dict[str, float]:
    """Figures of an episode, counted from the warm-up on.

    Args:
        instance: The instance.
        schedule: A schedule of it.
        realisation: Tells when a blocked source would have injected.

    Returns:
        ``latency_us``: mean time from arrival to completion of the jobs that complete (nan
        without any); ``completed``; ``arrived`` and ``lost`` jobs; ``blocked_us``: how long the
        source was blocked (nan if it may have been and no realisation is given); ``in_system``:
        jobs there at the end; ``mean_in_system``: on average over time; ``in_system_us``: the
        objective, which counts from the start of the episode; ``utilisation``: share of the time
        in which an element executes, averaged over the elements.
    """
    since, now = instance.injection.warmup_us, schedule.now_us
    completion = completion_us(instance, schedule)
    counted = (completion != NOT_YET) & (completion >= since)
    latency = (completion - schedule.arrival_us)[counted]
    recent = schedule.arrival_us >= since
    span = max(0, now - since)
    busy = sum(high - low for low, high, _ in _executions(schedule, since))
    return {
        "latency_us": float(latency.mean()) if len(latency) else float("nan"),
        "completed": float(len(latency)),
        "arrived": float(recent.sum()),
        "lost": float((recent & schedule.lost).sum()),
        "blocked_us": _blocked_us(instance, schedule, realisation),
        "in_system": float((~schedule.lost & (completion == NOT_YET)).sum()),
        "mean_in_system": in_system_us(instance, schedule, since) / span if span else float("nan"),
        "in_system_us": float(in_system_us(instance, schedule)),
        "utilisation": busy / (span * instance.chip.num_pes) if span else float("nan"),
    }


def energy(
    instance: SocInstance, schedule: SocSchedule,
    *, frequency_mhz: Sequence[float] | None = None, leakage: bool = False,
) -> Energy:  # fmt: skip
    """Energy and energy-delay product of an episode, counted from the warm-up on.

    Args:
        instance: The instance, whose chip has operating points.
        schedule: A schedule of it.
        frequency_mhz: Operating frequency of each cluster, from its table; the highest by
            default. The power scales with f V²; that execution takes longer at lower frequency
            must already be in the schedule.
        leakage: Whether to add the leakage of every cluster, at an ambient temperature of 42 °C.

    Returns:
        The energies, and whether they are worth nothing for want of real powers.

    Raises:
        DispatchlabError: If the chip has no operating points or not the frequency.
    """
    tables = instance.chip.operating_points
    if not tables:
        raise DispatchlabError(
            f"The chip {instance.chip.name!r} has no operating_points; give a power table to "
            "compute energies."
        )
    chosen = [t.frequency_mhz[-1] for t in tables] if frequency_mhz is None else frequency_mhz
    if len(chosen) != len(tables):
        raise DispatchlabError(
            f"frequency_mhz has {len(chosen)} entries for {len(tables)} clusters; give one for "
            "each."
        )
    since = instance.injection.warmup_us
    span = max(0, schedule.now_us - since)
    active_us = _active_us(instance, schedule, since)
    active = leaked = 0.0
    for cluster, (table, frequency) in enumerate(zip(tables, chosen, strict=True)):
        scale, voltage = _operating_point(table, frequency, instance.chip.cluster_names[cluster])
        for count, power in enumerate(table.active_power_w, start=1):
            active += 1e-3 * scale * power * float(active_us[cluster, count])
        leaked += 1e-3 * _leakage_w(voltage) * span if leakage else 0.0
    completion = completion_us(instance, schedule)
    counted = (completion != NOT_YET) & (completion >= since)
    delay_us = float((completion - schedule.arrival_us)[counted].sum())
    return Energy(
        active_mj=active,
        leakage_mj=leaked,
        total_mj=active + leaked,
        energy_delay_js=(active + leaked) * 1e-3 * delay_us * 1e-6,
        is_placeholder=any(table.is_placeholder for table in tables),
    )


def _executions(schedule: SocSchedule, since: int) -> list[tuple[int, int, int]]:
    """``(from, to, pe)`` of what was executed between a time and the schedule's time."""
    started = (schedule.start_us != NOT_YET) & (schedule.end_us > since)
    low = np.maximum(schedule.start_us[started], since)
    high = np.minimum(schedule.end_us[started], schedule.now_us)
    spans = zip(low.tolist(), high.tolist(), schedule.pe[started].tolist(), strict=True)
    return [span for span in spans if span[0] < span[1]]


def _active_us(instance: SocInstance, schedule: SocSchedule, since: int) -> IntArray:
    """Time that each cluster spends with each number of active elements."""
    sizes = np.bincount(instance.chip.cluster)
    spent = np.zeros((len(instance.chip.cluster_names), int(sizes.max()) + 1), dtype=np.int64)
    changes: list[list[tuple[int, int]]] = [[] for _ in instance.chip.cluster_names]
    for low, high, pe in _executions(schedule, since):
        changes[instance.chip.cluster[pe]] += [(low, 1), (high, -1)]
    for cluster, steps in enumerate(changes):
        count, before = 0, since
        for time, change in sorted(steps):
            spent[cluster, count] += time - before
            count, before = count + change, time
    return spent


def _operating_point(table: OperatingPoints, frequency: float, cluster: str) -> tuple[float, float]:
    """Power relative to the highest frequency, and the voltage in V."""
    if frequency not in table.frequency_mhz:
        known = ", ".join(f"{f:g}" for f in table.frequency_mhz)
        raise DispatchlabError(
            f"frequency_mhz of the cluster {cluster!r} is {frequency:g}; choose one of {known}."
        )
    point = table.frequency_mhz.index(frequency)
    ratio = table.voltage_mv[point] / table.voltage_mv[-1]
    return frequency / table.frequency_mhz[-1] * ratio**2, table.voltage_mv[point] / 1000.0


def _leakage_w(voltage: float) -> float:
    kelvin = AMBIENT_C + ZERO_C
    return voltage * (LEAK * kelvin**2 * float(np.exp(-SLOPE_K / kelvin)) + GATE_A)


def _blocked_us(
    instance: SocInstance, schedule: SocSchedule, realisation: SocRealisation | None
) -> float:
    """Time after the warm-up in which the source waited for a place."""
    if instance.injection.mode != "blocked":
        return 0.0
    if realisation is None:
        return float("nan")
    count = len(schedule.graph)
    before = np.concatenate([[0], schedule.injected_us])
    due = before[: count + 1][: len(realisation.gap_us)] + realisation.gap_us[: count + 1]
    until = np.concatenate([schedule.injected_us, [schedule.now_us]])[: len(due)]
    since = instance.injection.warmup_us
    waits = np.maximum(until, since) - np.maximum(due, since)
    return float(np.maximum(waits, 0).sum())
