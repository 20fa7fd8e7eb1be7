"""LookaheadMethod: one-step lookahead with two rules."""

from typing import Any

from dispatchlab.baselines.dispatchers import Lookahead
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import check_semantics, compile_kernels, execute_plan


class LookaheadMethod:
    """Rehearses every action on the expectation; the plan is replayed where something is random.

    Args:
        name: Shown in tables.
        semantics: Dispatch semantics.
    """

    def __init__(self, name: str, *, semantics: str = "active") -> None:
        """Check the semantics."""
        self.name, self.semantics = name, check_semantics(semantics)
        self.settings: dict[str, Any] = {"semantics": semantics}

    def prepare(self) -> None:
        """Compile the kernels."""
        compile_kernels()
        self._plan(load_instance("ft06"))

    def solve(self, case: Case) -> Result:
        """Plan, and replay."""
        return execute_plan(case, self._plan(case.encoding))

    def _plan(self, encoding: CpEncoding) -> Result:
        return run_dispatcher(Lookahead(), [(encoding, None)], semantics=self.semantics)[0]
