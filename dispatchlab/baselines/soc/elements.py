"""Which processing elements are alike, so that a model need not tell them apart."""

from collections.abc import Callable

import numpy as np

from dispatchlab.baselines.soc.problem import PlanningProblem
from dispatchlab.envs.soc.instance import Chip


def element_classes(chip: Chip) -> list[list[int]]:
    """Elements that have the same links.

    Args:
        chip: The chip.

    Returns:
        Classes, each ascending, by their first element. Exchanging two elements of a class changes
        no transfer time between elements; how fast they run kernels plays no part.
    """
    return _classes(chip.num_pes, lambda p, q: _same_links(chip, p, q))


def interchangeable(problem: PlanningProblem) -> list[list[int]]:
    """Elements that can be exchanged in every plan of a problem.

    Args:
        problem: The problem.

    Returns:
        Classes of at least two elements that agree in their links, in the times of all tasks, in
        what keeps them busy and in when data of what has started reaches them.
    """
    columns = np.concatenate([problem.expected_us, problem.ready_us])
    chip = problem.instance.chip

    def alike(p: int, q: int) -> bool:
        return (
            problem.busy[p] == problem.busy[q]
            and np.array_equal(columns[:, p], columns[:, q])
            and _same_links(chip, p, q)
        )

    return [members for members in _classes(chip.num_pes, alike) if len(members) > 1]


def _classes(count: int, alike: Callable[[int, int], bool]) -> list[list[int]]:
    """Classes of a relation that is transitive, so that comparing with one member is enough."""
    found: list[list[int]] = []
    for pe in range(count):
        home = next((members for members in found if alike(members[0], pe)), None)
        if home is None:
            found.append([pe])
        else:
            home.append(pe)
    return found


def _same_links(chip: Chip, p: int, q: int) -> bool:
    """Whether exchanging two elements leaves all links as they are."""
    if chip.memory_bandwidth is not None:
        return bool((chip.memory_bandwidth[p] == chip.memory_bandwidth[q]).all())
    links = chip.bandwidth.copy()
    np.fill_diagonal(links, 0.0)
    exchanged = np.arange(chip.num_pes)
    exchanged[[p, q]] = q, p
    return bool(np.array_equal(links, links[np.ix_(exchanged, exchanged)]))
