"""Difference constraints between activities, free time variables and time zero."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from dispatchlab.envs.jobshop.cp_model_import.source import INFINITY, Constraint

ZERO = -1
Lags = dict[tuple[int, int], int]


class Edge(NamedTuple):
    """``time(head) >= time(tail) + lag`` in one mode of each; the time of an activity is its start.

    Nodes are activities ``0 .. n - 1``, then free time variables, and `ZERO`; only activities
    have modes other than 0.
    """

    tail: int
    head: int
    tail_mode: int
    head_mode: int
    lag: int


@dataclass(slots=True)
class Graph:
    """All difference constraints; of several between the same nodes and modes the tightest.

    Attributes:
        num_activities: Nodes below this number are activities.
        num_modes: Number of modes of each activity.
        out: ``out[tail][head]`` holds the lag of each pair of modes.
        into: Tails by head.
        origin: A constraint behind each pair of nodes, for messages.
        from_end: Pairs whose constraint names the end variable of the tail.
    """

    num_modes: list[int]
    out: dict[int, dict[int, Lags]] = field(default_factory=dict)
    into: dict[int, set[int]] = field(default_factory=dict)
    origin: dict[tuple[int, int], Constraint] = field(default_factory=dict)
    from_end: set[tuple[int, int]] = field(default_factory=set)

    @property
    def num_activities(self) -> int:
        """Nodes below this number are activities."""
        return len(self.num_modes)

    def modes(self, node: int) -> range:
        """Modes of a node."""
        return range(self.num_modes[node] if 0 <= node < self.num_activities else 1)

    def add(self, edge: Edge, origin: Constraint) -> None:
        """Add a constraint; of a pair's origins the one of the tightest lag is kept."""
        lags = self.out.setdefault(edge.tail, {}).setdefault(edge.head, {})
        self.into.setdefault(edge.head, set()).add(edge.tail)
        key = (edge.tail_mode, edge.head_mode)
        if edge.lag > lags.get(key, -INFINITY):
            lags[key] = edge.lag
            self.origin[edge.tail, edge.head] = origin

    def edges(self) -> Iterator[Edge]:
        """All constraints."""
        for tail, heads in self.out.items():
            for head, lags in heads.items():
                for (k, m), lag in lags.items():
                    yield Edge(tail, head, k, m, lag)

    def certain_lag(self, tail: int, head: int) -> int | None:
        """The lag that holds in every mode, None where some modes have none."""
        lags = self.out.get(tail, {}).get(head, {})
        if len(lags) < len(self.modes(tail)) * len(self.modes(head)):
            return None
        return min(lags.values())

    def distances(self, node: int, *, without: int | None = None) -> dict[int, int]:
        """Proven lower bounds of ``time(other) - time(node)``, in whatever modes.

        Args:
            node: The node to start from.
            without: A node that paths avoid.

        Returns:
            The longest certain path to every node that one leads to, upper bounds left aside.
        """
        best = {node: 0}
        queue = [node]
        rounds = 0
        limit = (len(self.out) + 2) * (len(self.into) + 2)
        while queue and rounds <= limit:
            rounds += 1
            tail = queue.pop(0)
            for head in self.out.get(tail, {}):
                lag = self.certain_lag(tail, head)
                if head in (ZERO, without) or lag is None:
                    continue
                if best[tail] + lag > best.get(head, -INFINITY):
                    best[head] = best[tail] + lag
                    queue.append(head)
        if queue:
            tail = queue[0]
            origin = self.origin[next(iter(self.into[tail])), tail]
            raise origin.refuse("it belongs to a cycle of precedences that cannot hold")
        return best

    def eliminate(self, node: int) -> None:
        """Remove a free node, keeping what it implies between the others."""
        self.check_loop(node)
        tails, heads = self.into.pop(node, set()), self.out.pop(node, {})
        for tail in tails - {node}:
            first = self.out[tail].pop(node)
            for head, second in heads.items():
                if head != node:
                    origin = self.origin[tail, node]
                    if tail == ZERO or (head == ZERO and node != tail):
                        origin = self.origin[node, head]
                    self._chain(tail, head, first, second, origin)
        for head in heads:
            self.into.get(head, set()).discard(node)

    def check_loop(self, node: int) -> None:
        """Refuse a time that must lie after itself.

        Args:
            node: A free node.

        Raises:
            UnsupportedModelError: If it must.
        """
        if max(self.out.get(node, {}).get(node, {}).values(), default=0) > 0:
            raise self.origin[node, node].refuse("it can never hold, so the model is infeasible")

    def _chain(self, tail: int, head: int, first: Lags, second: Lags, origin: Constraint) -> None:
        for (k, _), lag in first.items():
            for (_, m), more in second.items():
                if tail != head or k == m:
                    self.add(Edge(tail, head, k, m, lag + more), origin)
        if (tail, head) not in self.from_end and tail >= 0:
            self.from_end.add((tail, head))
