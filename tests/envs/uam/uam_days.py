"""Days of an air-taxi fleet that have been flown."""

import numpy as np

from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.aircraft import AircraftType, charge_seconds
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.envs.uam.schedule import UamSchedule
from tests.envs.uam.uam_strategies import CRAFT, tiny

Played = tuple[UamInstance, UamRealisation, UamSchedule]


def played_day(name: str, seed: int = 0, rule: str = "lookahead") -> tuple[Played, Outcome]:
    """A day of a preset, and what it came to."""
    instance = load_instance(name)
    realisation = draw(np.random.default_rng(seed), instance)
    (outcome,) = run_dispatcher(UamRule(rule), [(instance, realisation)])
    assert outcome.schedule is not None
    return (instance, realisation, outcome.schedule), outcome


def by_hand(craft: AircraftType = CRAFT) -> Played:
    """Two flights, one charger at the end: 0 flies and charges, 1 follows, queues and charges.

    3 miles are 3000 Wh and 180 s, with a minute for take-off and landing each; take-offs are 120 s
    late. Passengers 0 and 1 fly, 2 leaves, 3 waits.
    """
    instance, realisation = tiny(
        [(0, 1, 0, 600), (0, 1, 0, 900), (0, 1, 60, 700), (1, 0, 500, 3000)],
        starts=[(0, 10_000), (0, 8_000)], craft=craft, park_slots=[2, 2], charge_slots=[1, 1],
        delay={(0, 0): 120}, charge_levels=[0.9],
    )  # fmt: skip
    full = craft.battery_wh * 9 // 10
    ends = [420 + charge_seconds(craft, 7000, full)]
    ends.append(ends[0] + charge_seconds(craft, 5000, full))
    legs = [[0, 0, 1, 0, 120, 0, 420, 420, ends[0], 10_000, full, 2],
            [1, 0, 1, 0, 180, 0, 480, ends[0], ends[1], 8_000, full, 0]]  # fmt: skip
    return instance, realisation, UamSchedule(1000, np.array(legs), np.zeros((0, 3)))
