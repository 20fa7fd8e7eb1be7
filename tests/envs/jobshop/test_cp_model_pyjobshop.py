"""Models that PyJobShop builds (reified linears) become encodings with the same optimum."""

import random
from typing import TYPE_CHECKING

import pytest

from dispatchlab.envs.jobshop.cp_model_import import from_cp_model
from dispatchlab.envs.jobshop.verify import verify

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

pytest.importorskip("ortools")
pyjobshop = pytest.importorskip("pyjobshop")

from dispatchlab.baselines.solvers.cpsat import CpSatSolver  # noqa: E402
from tests.envs.jobshop.cp_models import optimum  # noqa: E402

OBJECTIVES = {
    "makespan": {"weight_makespan": 1},
    "total_flow_time": {"weight_total_flow_time": 1},
    "total_weighted_tardiness": {"weight_total_tardiness": 1},
}


def flexible_shop(
    seed: int, objective: str, *, setups: bool, renewable: bool
) -> "cp_model.CpModel":
    """A random flexible job shop as PyJobShop hands it to CP-SAT."""
    from pyjobshop.solvers.ortools.CPModel import CPModel

    rng = random.Random(seed)
    shop = pyjobshop.Model()
    machines = [shop.add_machine() for _ in range(3)]
    crew = shop.add_renewable(capacity=2)
    tasks = []
    for _ in range(3):
        job = shop.add_job(
            release_date=rng.randrange(4),
            due_date=rng.randint(5, 20),
            weight=rng.randint(1, 3) if objective == "total_weighted_tardiness" else 1,
        )
        for position in range(rng.randint(1, 3)):
            tasks.append(shop.add_task(job=job))
            for machine in rng.sample(machines, rng.randint(1, 3)):
                if renewable and rng.random() < 0.5:
                    shop.add_mode(tasks[-1], [machine, crew], rng.randint(1, 9), [0, 1])
                else:
                    shop.add_mode(tasks[-1], machine, rng.randint(1, 9))
            if position:
                shop.add_end_before_start(tasks[-2], tasks[-1], delay=rng.randrange(3))
    if setups:
        for before in tasks:
            for after in tasks:
                if before is not after:
                    shop.add_setup_time(machines[0], before, after, rng.randrange(6))
    shop.set_objective(**OBJECTIVES[objective])
    return CPModel(shop.data()).model


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize(("setups", "renewable"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("seed", range(2))
def test_same_optimum(objective: str, setups: bool, renewable: bool, seed: int) -> None:
    """Flexible shops with set-ups or a crew, for all three objectives."""
    model = flexible_shop(seed, objective, setups=setups, renewable=renewable)
    encoding = from_cp_model(model)
    assert encoding.objective == objective
    result = CpSatSolver(num_workers=1).solve(encoding, time_limit_s=20)
    verify(encoding, None, result.schedule, objective=result.objective)
    assert result.status == "optimal"
    assert result.objective == optimum(model)
