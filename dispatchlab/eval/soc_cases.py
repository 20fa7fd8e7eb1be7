"""Cases on chips: presets, and settings of their streams.

Equal seeds draw alike, whatever the settings: with another gap the arrivals are stretched, with
another noise the same tasks deviate.
"""

from collections.abc import Sequence

from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.library import load_instance, with_settings
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.eval.cases import Case
from dispatchlab.eval.stream_cases import Settings, StreamFamily, of_instance

_CHIPS = StreamFamily("soc", load_instance, with_settings, of_instance(draw))


def soc_cases(
    instances: Sequence[str | SocInstance], points: Sequence[Settings] = ({},), seeds: int = 1
) -> list[Case]:
    """Every instance with every combination of settings under every seed; see `StreamFamily`."""
    return _CHIPS.cases(instances, points, seeds)


def soc_case(name: str, instance: SocInstance, seed: int, settings: Settings | None = None) -> Case:
    """One instance under one realisation; see `StreamFamily`."""
    return _CHIPS.case(name, instance, seed, settings)
