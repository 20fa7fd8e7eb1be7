"""Priority dispatching rules, on any encoding.

Sources: Haupt (1989), A survey of priority rule-based scheduling, OR Spektrum 11, for the classic
rules; Sels, Gheysen and Vanhoucke (2012), IJPR 50, for FDD/MWKR; Vepsalainen and Morton (1987),
Management Science 33, for ATC. Remaining work and flow due dates follow the precedences, so the
rules mean the same on projects and flexible shops (mean durations over the modes there).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE
from dispatchlab.envs.jobshop.view import View

FloatArray = npt.NDArray[np.float64]
Score = Callable[[View], FloatArray]

ATC_LOOKAHEAD = 3.0


def _now(view: View) -> FloatArray:
    return view.now[:, None].astype(np.float64)


def _due(view: View) -> FloatArray:
    """Due dates; without one, the job's total work content after its release (TWK, factor 1)."""
    due = view.column("due_date")
    total_work = view.column("flow_due_date") + view.column("work_left") - view.column("duration")
    return np.where(due >= NO_DUE_DATE, total_work, due)


def _slack(view: View) -> FloatArray:
    return _due(view) - _now(view) - view.column("work_left")


def _critical_ratio(view: View) -> FloatArray:
    return (_due(view) - _now(view)) / np.maximum(1.0, view.column("work_left"))


def _flow_due_date_ratio(view: View) -> FloatArray:
    return view.column("flow_due_date") / np.maximum(1e-9, view.column("work_left"))


def _apparent_tardiness_cost(view: View) -> FloatArray:
    """Minus the ATC index: weight over duration, discounted by the slack in queue lengths."""
    duration = np.maximum(1.0, view.column("duration"))
    legal = view.legal & (view.column("duration") > 0)
    mean = (duration * legal).sum(axis=1, keepdims=True) / np.maximum(
        1, legal.sum(axis=1, keepdims=True)
    )
    urgency = np.exp(-np.maximum(0.0, _slack(view)) / (ATC_LOOKAHEAD * np.maximum(1.0, mean)))
    index: FloatArray = view.column("weight") / duration * urgency
    return -index


SCORES: dict[str, Score] = {
    "spt": lambda view: view.column("duration"),
    "lpt": lambda view: -view.column("duration"),
    "fifo": lambda view: view.column("ready"),
    "lifo": lambda view: -view.column("ready"),
    "mwkr": lambda view: -view.column("work_left"),
    "lwkr": lambda view: view.column("work_left"),
    "mor": lambda view: -view.column("activities_left"),
    "lor": lambda view: view.column("activities_left"),
    "edd": _due,
    "slack": _slack,
    "cr": _critical_ratio,
    "fdd-mwkr": _flow_due_date_ratio,
    "atc": _apparent_tardiness_cost,
    "random": lambda view: np.zeros(view.legal.shape),
}

DESCRIPTIONS: dict[str, str] = {
    "spt": "shortest processing time",
    "lpt": "longest processing time",
    "fifo": "first in the queue",
    "lifo": "last in the queue",
    "mwkr": "most work remaining",
    "lwkr": "least work remaining",
    "mor": "most operations remaining",
    "lor": "least operations remaining",
    "edd": "earliest due date",
    "slack": "least slack to the due date",
    "cr": "critical ratio: time to the due date over work remaining",
    "fdd-mwkr": "flow due date over most work remaining",
    "atc": "apparent tardiness cost, look-ahead 3; without due dates and weights it is "
    "spt in job shops with non-delay dispatching",
    "random": "uniformly among the legal actions",
}


class PriorityRule:
    """Takes the legal option with the lowest score; never waits while something can start.

    Ties go to the faster mode (but for ``"random"``, to which all options are alike), then to
    chance: each row has its own seeded stream, so a run does not depend on which other rows are
    beside it.

    Args:
        name: One of `SCORES`.
        seed: Seeds the tie-breaking of row b with ``(seed, b)``.
    """

    def __init__(self, name: str, *, seed: int = 0) -> None:
        """Look the rule up."""
        if name not in SCORES:
            raise DispatchlabError(f"Unknown rule {name!r}; choose one of {', '.join(SCORES)}.")
        self.name = name
        self.seed = seed
        self._score = SCORES[name]
        self._rngs: list[np.random.Generator] = []

    def act(self, view: View) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        legal = view.legal.copy()
        if view.wait_action is not None:
            may_start = legal[:, : view.wait_action].any(axis=1)
            legal[may_start, view.wait_action] = False
        best = _lowest(self._score(view), legal)
        if view.has_alternatives and self.name != "random":
            best = _lowest(view.column("duration"), best)
        chosen: npt.NDArray[np.int64] = np.argmax(best * self._noise(*best.shape), axis=1)
        return chosen

    def _noise(self, batch: int, actions: int) -> FloatArray:
        """``(B, A)`` positive tie-breakers, one stream per row."""
        for row in range(len(self._rngs), batch):
            self._rngs.append(np.random.default_rng([self.seed, row]))
        return 1.0 + np.stack([rng.random(actions) for rng in self._rngs[:batch]])


def _lowest(score: FloatArray, among: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """``(B, A)`` the candidates with the lowest score in each row."""
    masked = np.where(among, score, np.inf)
    lowest = masked.min(axis=1, keepdims=True)
    tied: npt.NDArray[np.bool_] = masked <= lowest + 1e-9 * np.maximum(1.0, np.abs(lowest))
    return among & tied
