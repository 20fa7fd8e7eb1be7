"""A rule of your own, and how it compares with the others on the same instances."""

import numpy as np

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.jobshop.library import best_known, instance_set, load_instance
from dispatchlab.envs.jobshop.view import View


class MostWorkPerOperation:
    """Job with the most work left per operation first; ties to the shorter operation."""

    def act_batch(self, view: View) -> np.ndarray:
        """One action per environment."""
        urgency = view.column("work_left") / np.maximum(1, view.column("activities_left"))
        score = np.where(view.legal, urgency - 1e-3 * view.column("duration"), -np.inf)
        return score.argmax(axis=1)

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])


names = instance_set("la10x5")
problems = [(load_instance(name), None) for name in names]
for label, rule in {"mine": MostWorkPerOperation(), "mwkr": PriorityRule("mwkr")}.items():
    results = run_dispatcher(rule, problems)
    gaps = [r.objective / best_known(n).upper - 1 for r, n in zip(results, names, strict=True)]
    print(f"{label}: mean gap {100 * np.mean(gaps):.1f} % on {', '.join(names)}")
