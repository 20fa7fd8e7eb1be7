"""Your own CP-SAT model as an environment: rules and CP-SAT on the same problem."""

from ortools.sat.python import cp_model

import dispatchlab
from dispatchlab.baselines.dispatchers import RULES, PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.baselines.solvers.cpsat import CpSatSolver

JOBS = [[(0, 3), (1, 2), (2, 2)], [(0, 2), (2, 1), (1, 4)], [(1, 4), (2, 3)]]  # (machine, time)

model = cp_model.CpModel()
machines: dict[int, list[cp_model.IntervalVar]] = {}
ends = []
for job in JOBS:
    previous = 0
    for machine, duration in job:
        start = model.new_int_var(0, 100, "start")
        interval = model.new_fixed_size_interval_var(start, duration, "task")
        machines.setdefault(machine, []).append(interval)
        model.add(start >= previous)
        previous = start + duration
    ends.append(previous)
for intervals in machines.values():
    model.add_no_overlap(intervals)
makespan = model.new_int_var(0, 100, "makespan")
model.add_max_equality(makespan, ends)
model.minimize(makespan)

encoding = dispatchlab.from_cp_model(model, name="docs job shop")
print(encoding)
for rule in RULES:
    [result] = run_dispatcher(PriorityRule(rule), [(encoding, None)], k=8)
    dispatchlab.verify(encoding, None, result.schedule, objective=result.objective)
    print(f"{rule:10} {result.objective:g}")
result = CpSatSolver(num_workers=1).solve(encoding, time_limit_s=5)
print(f"{'cp-sat':10} {result.objective:g} ({result.status})")
