"""A union-find over integers."""

from collections.abc import Iterator


class UnionFind:
    """Disjoint sets that grow as nodes are named."""

    def __init__(self) -> None:
        """Start empty."""
        self._parent: dict[int, int] = {}

    def find(self, node: int) -> int:
        """Representative of a node's set."""
        root = self._parent.setdefault(node, node)
        while root != self._parent[root]:
            self._parent[root] = self._parent[self._parent[root]]
            root = self._parent[root]
        self._parent[node] = root
        return root

    def join(self, first: int, second: int) -> bool:
        """Unite two sets; False where they were one already."""
        a, b = self.find(first), self.find(second)
        self._parent[b] = a
        return a != b

    def nodes(self) -> Iterator[int]:
        """All nodes named so far."""
        return iter(tuple(self._parent))
