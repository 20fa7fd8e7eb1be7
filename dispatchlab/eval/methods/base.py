"""The protocol of methods, and what they share."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import replay, run_dispatcher
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.dynamics import SEMANTICS
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import Case


class Method(Protocol):
    """Whoever makes a schedule for a case.

    A comparison that is kept tells methods apart by their names and by the attribute ``settings``,
    if there is one: values by name that JSON can hold.

    Attributes:
        name: Shown in tables.
    """

    name: str

    def prepare(self) -> None:
        """Do once what no single case should pay for: load files, compile kernels."""
        ...

    def solve(self, case: Case) -> Result:
        """A schedule that was executed under the case's realisation.

        Args:
            case: The instance, and what will happen in it.

        Returns:
            The schedule and its objective under the realisation; ``info["decisions"]`` counts
            the decisions, where the method takes them one by one.
        """
        ...


@runtime_checkable
class BatchMethod(Protocol):
    """A method that is faster on many cases at once; `compare` prefers this way then.

    Attributes:
        most_cases: Cases of an instance that `compare` gives at once at most. A comparison that is
            cut off loses what is played at once.
    """

    most_cases: int

    def solve_all(self, cases: Sequence[Case]) -> Sequence[Result]:
        """As `Method.solve`, for each case.

        Args:
            cases: The cases.

        Returns:
            One result per case.
        """
        ...


@runtime_checkable
class SelectiveMethod(Protocol):
    """A method that not every case is for; `compare` asks it before anything is played."""

    def check(self, case: Case) -> None:
        """Refuse a case that the method is not for.

        Args:
            case: The case.

        Raises:
            DispatchlabError: If it is not, with the reason.
        """
        ...


@functools.cache
def compile_kernels() -> None:
    """Compile (or load) the kernels, so that no timing contains it."""
    run_dispatcher(PriorityRule("spt"), [(load_instance("ft06"), None)])


def execute_plan(case: Case, plan: Result) -> Result:
    """Execute a plan that was made for the expectation.

    Searches that try many schedules plan with what they may know, for to choose among schedules
    by what will happen would be clairvoyance.

    Args:
        case: The case.
        plan: A result for the nominal realisation.

    Returns:
        The plan itself where everything happens as expected, else its replay.
    """
    if case.realisation is None or plan.schedule is None:
        return plan
    done = replay(case.encoding, plan.schedule, case.realisation)
    # A bound on the plan says nothing about what happened.
    return Result(
        schedule=done.schedule,
        objective=done.objective,
        lower_bound=float("nan"),
        status="feasible",
        runtime_s=plan.runtime_s,
        info=plan.info,
    )


def check_semantics(semantics: str) -> str:
    """Refuse an unknown dispatch semantics.

    Args:
        semantics: The name.

    Returns:
        The name.

    Raises:
        DispatchlabError: If there is no such semantics.
    """
    if semantics not in SEMANTICS:
        raise DispatchlabError(
            f"Unknown semantics {semantics!r}; choose one of {', '.join(SEMANTICS)}."
        )
    return semantics


@contextmanager
def one_thread() -> Iterator[None]:
    """Run torch on one thread: the batches are too small to share, and results repeat."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run_name(path: str | Path) -> str:
    """What tables call a policy: the last part of its path, or of what that is a link to."""
    try:
        return Path(path).resolve().name
    except (OSError, ValueError, RuntimeError):  # no path, or a circle of links; loading says so
        return Path(path).name
