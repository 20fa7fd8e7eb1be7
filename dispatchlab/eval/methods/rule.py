"""RuleMethod: a priority rule, once or the best of several runs."""

from typing import Any

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import check_semantics, compile_kernels, execute_plan


class RuleMethod:
    """A priority rule under a dispatch semantics.

    Args:
        name: Shown in tables.
        rule: One of `dispatchlab.baselines.dispatchers.RULES`.
        semantics: Dispatch semantics.
        k: Runs with different tie-breaking, of which the best counts. Where the realisation is
            random they are rehearsed on the expectation, and the best one is replayed.
    """

    def __init__(self, name: str, rule: str, *, semantics: str = "non-delay", k: int = 1) -> None:
        """Check the rule and the semantics."""
        PriorityRule(rule)
        self.name, self.rule, self.k = name, rule, k
        self.semantics = check_semantics(semantics)

    @property
    def settings(self) -> dict[str, Any]:
        """The rule, and how it is played."""
        return {"rule": self.rule, "semantics": self.semantics, "k": self.k}

    def prepare(self) -> None:
        """Compile the kernels."""
        compile_kernels()

    def solve(self, case: Case) -> Result:
        """Dispatch by the rule; ties are broken by the case's seed."""
        plan_first = self.k > 1 and case.realisation is not None
        problem = (case.encoding, None if plan_first else case.realisation)
        rule = PriorityRule(self.rule, seed=case.seed)
        result = run_dispatcher(rule, [problem], semantics=self.semantics, k=self.k)[0]
        return execute_plan(case, result) if plan_first else result
