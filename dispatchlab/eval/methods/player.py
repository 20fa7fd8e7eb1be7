"""Player: a trained policy in the environments of job shops that it was trained for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.jobshop.dynamics import SEMANTICS
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import OBSERVATIONS, WindowObservation
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.eval.methods.base import check_semantics
from dispatchlab.eval.methods.identity import policy_digest

FAMILY = "job-shop"
MOST_ROWS = 128  # more are no faster on a CPU, and learn later what is to beat
_MOST_BYTES = 2**26  # of observations at once; what a network makes of them is a multiple
Problem = tuple[CpEncoding, Realisation | None]


class Player:
    """A policy with the semantics and the observation that it was trained with.

    Args:
        name: Of the method, for errors.
        path: Run folder or policy file.
        semantics: Overrides the semantics of the training.
        window: Jobs (lanes) that the policy sees at once; None shows all.

    Attributes:
        policy: The policy.
        semantics: Dispatch semantics.
        decides_online: Whether it can decide as things happen: in the order of time, and without
            rehearsals, which play on as expected. Otherwise it can plan for the expectation.
    """

    def __init__(
        self, name: str, path: str | Path, semantics: str | None = None, window: int | None = None
    ) -> None:
        """Load the policy."""
        from dispatchlab.agents import load_policy

        self._name = name
        self.policy: Any = load_policy(path, family=FAMILY)
        self.semantics = check_semantics(semantics or self._trained_with("semantics", SEMANTICS))
        self._stop_at = self._trained_with("stop_at", ("choices", "every"))
        self._observation = self._trained_with("observation", tuple(OBSERVATIONS))
        if window is not None and self._observation != "tokens":
            raise DispatchlabError(
                f"The agent {name!r} sees {self._observation!r}, which has no window={window}: "
                "leave the window out, or use a policy that was trained with observation=tokens."
            )
        self._window = window
        in_time_order = self.semantics in ("non-delay", "non-delay-wait")
        self.decides_online = in_time_order and self._observation != "rehearsed"

    @property
    def settings(self) -> dict[str, Any]:
        """What decides how it plays."""
        return {
            "policy": policy_digest(self.policy), "semantics": self.semantics,
            "stop_at": self._stop_at, "observation": self._observation, "window": self._window,
        }  # fmt: skip

    def environment(self, problem: Problem, rows: int) -> Any:  # noqa: ANN401
        """An environment in which every row plays the problem and stays at its end.

        Args:
            problem: Instance and realisation; None plays the expectation.
            rows: Number of rows.

        Returns:
            The vector environment.
        """
        from dispatchlab.baselines.rollout import limits_of
        from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv
        from dispatchlab.train.problems import GivenProblems

        source: dict[str, Any] = {"instance": problem[0]}  # one copy of it for all rows
        if problem[1] is not None:
            source = {"generator": GivenProblems([problem], limits_of([problem]))}
        return CPSchedulingVectorEnv(
            rows,
            **source,
            semantics=self.semantics,
            stop_at=self._stop_at,
            observation=WindowObservation(self._window) if self._window else self._observation,
            autoreset="disabled",
        )

    def most_rows(self, encoding: CpEncoding) -> int:
        """Rows that are played at once where more are asked for, so that memory suffices.

        Args:
            encoding: The instance.

        Returns:
            At most `MOST_ROWS`.
        """
        spec = self.environment((encoding, None), 1).graph_spec
        row: int = sum(array.nbytes for array in spec.allocate(1).values())
        return max(1, min(MOST_ROWS, _MOST_BYTES // row))

    def _trained_with(self, key: str, known: Sequence[str]) -> str:
        """A setting of the training; checkpoints may come from strangers."""
        config = self.policy.meta.get("config")
        value = config.get(key) if isinstance(config, dict) else None
        if value not in known:
            raise CheckpointError(
                f"The policy {self._name!r} does not say which {key} it was trained with "
                f"({value!r}): use a checkpoint that `dispatchlab train` wrote."
            )
        return str(value)
