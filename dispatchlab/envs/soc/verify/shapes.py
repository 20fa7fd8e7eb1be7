"""Checks of sizes and ranges, on which all other checks rely."""

from collections.abc import Iterator

from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule

PER_JOB = ("graph", "arrival_us", "injected_us", "lost")
PER_TASK = ("pe", "mapped_us", "order", "start_us", "end_us")


def check_shapes(
    instance: SocInstance, realisation: SocRealisation, schedule: SocSchedule
) -> Iterator[str]:
    """Violations that make the schedule unreadable.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.

    Yields:
        One sentence for every array of the wrong shape, wrong job type or impossible time.
    """
    most = max(graph.num_tasks for graph in instance.graphs)
    count, known = len(schedule.graph), len(realisation.graph)
    if count > known:
        yield f"The schedule has {count} arrivals, but the realisation has {known}."
    if realisation.factor.shape != (known, most) or realisation.gap_us.shape != (known,):
        yield (
            f"The realisation has gap_us of shape {realisation.gap_us.shape} and factor of shape "
            f"{realisation.factor.shape} for {known} arrivals of at most {most} tasks; give the "
            "realisation of this instance."
        )
    for names, shape in ((PER_JOB, (count,)), (PER_TASK, (count, most))):
        for name in names:
            found = getattr(schedule, name).shape
            if found != shape:
                yield f"{name} has the shape {found}, but it must be {shape}."
    kinds = zip(schedule.graph.tolist(), realisation.graph.tolist(), strict=False)
    for job, (found, drawn) in enumerate(kinds):
        if found != drawn:
            yield f"Arrival {job} is of job type {found}, but it must be of type {drawn}."
    horizon = instance.injection.horizon_us
    if schedule.now_us < 0 or (horizon is not None and schedule.now_us > horizon):
        limit = "0 or later" if horizon is None else f"between 0 and the horizon of {horizon} µs"
        yield f"The schedule is of time {schedule.now_us} µs, but it must be {limit}."
