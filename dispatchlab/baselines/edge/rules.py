"""The rules as dispatchers."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge import rule_kernels as kernels
from dispatchlab.baselines.edge.memory import Memory, make_memory
from dispatchlab.baselines.edge.settings import (
    CODES,
    DESCRIPTIONS,
    MIGRATES,
    OWN_TRIGGER,
    PRESETS,
    settings_of,
)
from dispatchlab.envs.core.random_bits import grow_streams
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.view import EdgeView

IntArray = npt.NDArray[np.int64]
__all__ = ["CODES", "DESCRIPTIONS", "PRESETS", "EdgeRule"]
# models whose deadline SOTA1 may extend, by their published names
_PATIENT = ("BP", "MD", "DEV")


class EdgeRule:
    """A rule of the DEMS family, or one that it is compared with.

    Choices of ours where the problem differs from the released scheduler: a task that is pushed
    out of the edge queue goes to the cloud at once, also in DEMS, since only new tasks may be
    deferred; GEMS looks at its rates at every decision, not after every finished task; SOTA1's
    extension of deadlines lets tasks into the queue, but results are still due at the deadline.

    Args:
        name: One of `CODES`.
        preset: ``"paper"``, or ``"code"`` for what the released code does.
        seed: Seeds the random rule's stream of row b with ``(seed, b)``.
        relative_deadlines: Flag: queues by the length of the deadline, as the released code.
        lead_ms: Flag: how long before its trigger, 10 ms before the last moment, a deferred task
            is called (dropped, if no call pays). The released code polls from 50 ms before the
            trigger on.
        first_spared: Flag: the first task behind a new one is never pushed out.
        whole_list: Flag: once the edge steals with an empty queue, it works off all tasks that
            were deferred then before it looks at its queue again.
        loyal_to_queue: Flag: GEMS never steals while its edge queue is empty.
        drops_costly: Flag: GEMS drops new tasks that no call pays for instead of deferring them.
    """

    def __init__(
        self, name: str, *, preset: str = "paper", seed: int = 0,
        relative_deadlines: bool | None = None, lead_ms: int | None = None,
        first_spared: bool | None = None, whole_list: bool | None = None,
        loyal_to_queue: bool | None = None, drops_costly: bool | None = None,
    ) -> None:  # fmt: skip
        """Look the rule up."""
        given = {
            "relative_deadlines": relative_deadlines, "lead_ms": lead_ms,
            "first_spared": first_spared, "whole_list": whole_list,
            "loyal_to_queue": loyal_to_queue, "drops_costly": drops_costly,
        }  # fmt: skip
        flags = {flag: int(value) for flag, value in given.items() if value is not None}
        self.settings = np.array(settings_of(name, preset, flags))
        self.name, self.preset, self.seed, self.code = name, preset, seed, CODES[name]
        self._streams = np.zeros(0, np.uint64)
        self._memory: tuple[object, Memory] | None = None
        self._known: list[object] = []

    def act(self, view: EdgeView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: EdgeView) -> IntArray:
        """``(B,)`` one action per environment; 0 where the episode is over.

        Deferred tasks come up again when the environment says so, not when the rule would.
        """
        d = view.dynamics
        actions = np.zeros(d.batch, np.int64)
        kernels.choose_all(d.problem, d.state, self._recall(d), self._how(d, 0), actions)
        return actions

    def play(self, dynamics: Dynamics) -> None:
        """Play all rows to their ends inside one kernel, with the rule's own triggers."""
        memory = self._recall(dynamics)
        kernels.play_all(dynamics.problem, dynamics.state, memory, self._how(dynamics, 1))

    def _how(self, dynamics: Dynamics, own_trigger: int) -> IntArray:
        how = self.settings.copy()
        how[MIGRATES], how[OWN_TRIGGER] = dynamics.migrate, own_trigger
        return how

    def _recall(self, dynamics: Dynamics) -> Memory:
        """What is remembered of the rows of these dynamics."""
        if self._memory is None or self._memory[0] is not dynamics:
            slots, batch = dynamics.num_slots, dynamics.batch
            room = make_memory(batch, slots, dynamics.limits, self._streams_of(batch))
            self._memory = (dynamics, room)
            self._known = [None] * slots
        memory = self._memory[1]
        for slot, instance in enumerate(dynamics.instances):
            if instance is not None and instance is not self._known[slot]:
                names = [model.name.upper() in _PATIENT for model in instance.models]
                memory.patient[slot, : len(names)] = names
                self._known[slot] = instance
        return memory

    def _streams_of(self, batch: int) -> npt.NDArray[np.uint64]:
        """``(B,)`` states of the rows' random streams."""
        self._streams = grow_streams(self._streams, self.seed, batch)
        return self._streams[:batch]
