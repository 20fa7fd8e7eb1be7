"""AgentMethod: a trained policy, greedy, sampled or as a beam."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import compile_kernels, execute_plan, one_thread
from dispatchlab.eval.methods.player import Player, Problem
from dispatchlab.eval.methods.sampling import Sampling

if TYPE_CHECKING:
    from dispatchlab.agents import SearchResult

STRATEGIES = ("greedy", "sample", "beam")
MOST_BEAMS = 64  # times the rows that are sampled at once


class AgentMethod:
    """A learned policy with a search strategy.

    The policy plays under the semantics and observation it was trained with. Sampling and beams
    plan on the expectation where the realisation is random; greedy decides as things happen.

    Args:
        name: Shown in tables.
        path: Run folder or policy file.
        strategy: One of `STRATEGIES`.
        width: Samples, or the width of the beam.
        temperature: Of the samples; below 1 is greedier.
        semantics: Overrides the semantics of the training.
        window: Jobs (lanes) that the policy sees at once; None shows all.
    """

    def __init__(
        self, name: str, path: str | Path, *, strategy: str = "greedy", width: int = 1,
        temperature: float = 1.0, semantics: str | None = None, window: int | None = None,
    ) -> None:  # fmt: skip
        """Load the policy."""
        if width < 1 or not temperature > 0:
            raise DispatchlabError(
                f"The agent has width {width} and temperature {temperature}; give a width of at "
                "least 1 and a positive temperature."
            )
        self.name, self.strategy, self.width, self.temperature = name, strategy, width, temperature
        self.path = path
        self.player = Player(name, path, semantics, window)

    @property
    def settings(self) -> dict[str, Any]:
        """The player and its search."""
        search = {"strategy": self.strategy, "width": self.width, "temperature": self.temperature}
        return {**self.player.settings, **search}

    def prepare(self) -> None:
        """Compile the kernels and play a small instance."""
        compile_kernels()
        self.solve(Case("ft06", 0, load_instance("ft06")))

    def solve(self, case: Case) -> Result:
        """Play the case with the strategy; what was a plan is replayed."""
        online = self.strategy == "greedy" and self.player.decides_online
        plan_first = case.realisation is not None and not online
        problem = (case.encoding, None if plan_first else case.realisation)
        with one_thread():
            if self.strategy == "sample":
                result = self._sample(case.encoding, case.seed)
            else:
                result = self._play(problem, case.seed)
        return execute_plan(case, result) if plan_first else result

    def _sample(self, encoding: CpEncoding, seed: int) -> Result:
        """The best of the samples, drawn in as few batches as memory allows."""
        start = time.perf_counter()
        drawn = Sampling(self.player, encoding, seed=seed, temperature=self.temperature)
        most = min(self.width, self.player.most_rows(encoding))
        while drawn.taken < self.width:
            drawn.take(min(most, self.width - drawn.taken))
        return Result(
            schedule=drawn.best,
            objective=drawn.objective,
            lower_bound=drawn.initial_bound,
            status="feasible",
            runtime_s=time.perf_counter() - start,
            info={"objectives": drawn.objectives, "decisions": drawn.decisions},
        )

    def _play(self, problem: Problem, seed: int) -> Result:
        """A greedy episode or a beam."""
        from dispatchlab.agents import beam, greedy

        start = time.perf_counter()
        if self.width > (most := MOST_BEAMS * self.player.most_rows(problem[0])):
            raise DispatchlabError(
                f"The beam of {self.name!r} is {self.width} wide, too much for the memory with "
                f"{problem[0].name}; give at most {most}."
            )
        env: Any = self.player.environment(problem, self.width)
        search = beam if self.strategy == "beam" else greedy
        found: SearchResult = search(self.player.policy, env, seed=seed)
        dynamics = env.episodes.dynamics
        return Result(
            schedule=found.schedule,
            objective=found.objective,
            lower_bound=float(dynamics.initial_bound()[0]),
            status="feasible",
            runtime_s=time.perf_counter() - start,
            info={
                "objectives": found.objectives.tolist(),
                "decisions": int(dynamics.decisions().max()),
            },
        )
