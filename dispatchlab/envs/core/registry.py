"""The table of registered environments; Gymnasium imports the classes when they are made."""

from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym

_JOBSHOP = "dispatchlab.envs.jobshop.env:CPScheduling"
_SOC = "dispatchlab.envs.soc.env:Soc"
_EDGE = "dispatchlab.envs.edge.env:EdgeCloud"
_UAM = "dispatchlab.envs.uam.env:Uam"
DRONES = (("P", "four DNN models each"), ("A", "six DNN models each"))
FLEETS = ("5x20", "12x60", "16x80")
AIRPORTS = (
    ("Bay", "bay-10", "Air taxis between ten airports of the San Francisco Bay"),
    ("DFW", "dfw-10", "Air taxis between ten sites in Dallas and Fort Worth"),
    ("NYC", "nyc-9", "Air taxis between eight airports and a heliport of New York"),
    ("LAX", "lax-dtla", "Air taxis between Los Angeles airport and downtown"),
)
TAILLARD_SIZES = ("15x15", "20x15", "20x20", "30x15", "30x20", "50x15", "50x20", "100x20")


@dataclass(frozen=True, slots=True)
class EnvRecord:
    """One registered id.

    Attributes:
        id: Gymnasium id, ``dispatchlab/Name-v0``.
        family: Family the environment belongs to; tests and the command line group by it.
        entry_point: ``module:Prefix``; ``Env`` and ``VectorEnv`` are appended.
        summary: One line for ``dispatchlab envs``.
        kwargs: Defaults of this id.
    """

    id: str
    family: str
    entry_point: str
    summary: str
    kwargs: dict[str, Any] = field(default_factory=dict)


ENVIRONMENTS: tuple[EnvRecord, ...] = (
    EnvRecord(
        "dispatchlab/JobShop-v0", "job-shop", _JOBSHOP,
        "Job shop: one instance (ft06 unless told otherwise) or a generator",
    ),
    EnvRecord(
        "dispatchlab/CPScheduling-v0", "job-shop", _JOBSHOP,
        "Any CP encoding: flexible shops, projects, CP-SAT models (a small project by default)",
        {"instance": "demo-rcpsp"},
    ),
    EnvRecord(
        "dispatchlab/FlexibleJobShop-v0", "job-shop", _JOBSHOP,
        "Flexible job shop: Brandimarte's mk01 unless told otherwise", {"instance": "mk01"},
    ),
    *(
        EnvRecord(
            f"dispatchlab/JobShop-Taillard{size}-v0", "job-shop", _JOBSHOP,
            f"A new random instance of Taillard's size {size} in every episode",
            {"generator": f"taillard:{size}"},
        )
        for size in TAILLARD_SIZES
    ),
    EnvRecord(
        "dispatchlab/DynamicJobShop-v0", "job-shop", _JOBSHOP,
        "Job arrivals, breakdowns and noisy durations, total weighted tardiness",
        {"generator": "random:num_jobs=10,num_machines=5,arrival_load=0.9,duration_noise=0.2,"
                      "breakdown_rate=0.001,due_tightness=0.5,"
                      "objective=total_weighted_tardiness"},
    ),
    EnvRecord(
        "dispatchlab/SoC-v0", "soc", _SOC,
        "Task graphs on a chip: an instance (top-1 unless told otherwise) or a generator",
    ),
    EnvRecord(
        "dispatchlab/SoC-TopMix-v0", "soc", _SOC,
        "Ten synthetic task graphs (Top_1 to Top_10) on 3 PEs", {"instance": "top-mix"},
    ),
    EnvRecord(
        "dispatchlab/SoC-WiFi-v0", "soc", _SOC,
        "WiFi transmitters and receivers on 16 PEs, mostly receivers", {"instance": "wifi-tx20"},
    ),
    EnvRecord(
        "dispatchlab/SoC-SixApps-v0", "soc", _SOC,
        "Six radio and radar applications on 16 PEs", {"instance": "soc16-mix"},
    ),
    EnvRecord(
        "dispatchlab/SoC-PulseDoppler-v0", "soc", _SOC,
        "Pulse Doppler radar, 451 tasks a job, on 16 PEs", {"instance": "pulse-doppler"},
    ),
    EnvRecord(
        "dispatchlab/EdgeCloud-v0", "edge", _EDGE,
        "DNN inferences of drones on an edge and the cloud: an instance (4d-a unless told "
        "otherwise) or a generator",
    ),
    *(
        EnvRecord(
            f"dispatchlab/EdgeCloud-{drones}D-{load}-v0", "edge", _EDGE,
            f"{drones} drones with {models}, an edge and the cloud over a stationary network",
            {"instance": f"{drones}d-{load.lower()}"},
        )
        for load, models in DRONES for drones in (2, 3, 4)
    ),
    EnvRecord(
        "dispatchlab/EdgeCloud-Trapezium-v0", "edge", _EDGE,
        "4 drones with six DNN models each; the latency of the cloud rises and falls",
        {"instance": "4d-a:network=trapezium"},
    ),
    EnvRecord(
        "dispatchlab/EdgeCloud-4G-v0", "edge", _EDGE,
        "4 drones with six DNN models each; a new synthetic 4G network in every episode",
        {"instance": "4d-a:network=4g"},
    ),
    EnvRecord(
        "dispatchlab/UAM-v0", "uam", _UAM,
        "Air taxis: 8 vertiports and 40 aircraft, with a new map and demand in every episode, "
        "unless told otherwise",
    ),
    *(
        EnvRecord(
            f"dispatchlab/UAM-{size}-v0", "uam", _UAM,
            f"Air taxis: {size.replace('x', ' vertiports and ')} aircraft, with a new map and "
            "demand in every episode",
            {"generator": f"random-{size}"},
        )
        for size in FLEETS
    ),
    *(
        EnvRecord(
            f"dispatchlab/UAM-{name}-v0", "uam", _UAM,
            f"{where}; the day is new in every episode", {"instance": preset},
        )
        for name, preset, where in AIRPORTS
    ),
)  # fmt: skip

# The families, and of each the environment that plays whatever instance or generator it is given.
FAMILIES = {
    family: next(record.id for record in ENVIRONMENTS if record.family == family)
    for family in dict.fromkeys(record.family for record in ENVIRONMENTS)
}


def register_all() -> None:
    """Register every environment that is not registered yet; safe to call again in workers."""
    for record in ENVIRONMENTS:
        if record.id not in gym.registry:
            gym.register(
                id=record.id,
                entry_point=f"{record.entry_point}Env",
                vector_entry_point=f"{record.entry_point}VectorEnv",
                kwargs=dict(record.kwargs),
            )
