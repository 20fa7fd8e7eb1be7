"""Statements of a directed graph in the DOT language of Graphviz."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import shorten

Attributes = dict[str, str]

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^\#[^\n]*)
    |(?P<arrow>->|--)
    |(?P<mark>[{}\[\];,=:])
    |"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<word>[^\W\d]\w*|-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?))""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


class Token(NamedTuple):
    """A piece of text, and where it stands; ``kind`` is arrow, mark, quoted, word or end."""

    kind: str
    text: str
    line: int


class DotGraph(NamedTuple):
    """A directed graph.

    Attributes:
        name: Its name, maybe empty.
        attributes: Of the graph itself.
        nodes: Attributes of each node, in the order in which they are first named.
        edges: ``(source, target, attributes)``.
    """

    name: str
    attributes: Attributes
    nodes: dict[str, Attributes]
    edges: list[tuple[str, str, Attributes]]


def parse_dot(text: str) -> DotGraph:
    """Read one directed graph.

    Args:
        text: The text; subgraphs, ports and HTML labels are not in the vocabulary.

    Returns:
        The graph.

    Raises:
        InstanceFormatError: If the text is something else, with the line.
    """
    return _Parser(text).graph()


class _Parser:
    """Reads statement by statement."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._found = DotGraph("", {}, {}, [])
        self._defaults: dict[str, Attributes] = {"node": {}, "edge": {}}

    def graph(self) -> DotGraph:
        """The whole text."""
        if self._is_word("strict"):
            self._take()
        if not self._is_word("digraph"):
            self._fail("a directed graph begins with the word digraph")
        self._take()
        name = "" if self._next.text == "{" else self._identifier("the name of the graph")
        self._expect("{")
        while self._next.text != "}" or self._next.kind != "mark":
            self._statement()
            if self._is_mark(";") or self._is_mark(","):
                self._take()
        self._expect("}")
        if self._next.kind != "end":
            self._fail("the file should end after its first graph")
        return self._found._replace(name=name)

    def _statement(self) -> None:
        if self._is_mark("{") or self._is_word("subgraph"):
            self._fail("subgraphs are not read; list their nodes and edges in the graph itself")
        is_word = self._next.kind == "word"
        first = self._identifier("a node, an edge or a setting")
        kind = first.lower() if is_word else ""
        if kind in ("graph", "node", "edge"):
            target = self._found.attributes if kind == "graph" else self._defaults[kind]
            target.update(self._attributes())
        elif self._is_mark("="):
            self._take()
            self._found.attributes[first] = self._identifier("a value")
        else:
            self._nodes_and_edges(first)

    def _nodes_and_edges(self, first: str) -> None:
        chain = [first]
        while self._next.kind == "arrow":
            if self._take().text != "->":
                self._fail("edges of a directed graph are written ->")
            chain.append(self._identifier("a node"))
        if self._is_mark(":"):
            self._fail("ports are not read; name the node alone")
        for node in chain:
            self._found.nodes.setdefault(node, dict(self._defaults["node"]))
        given = self._attributes()
        if len(chain) == 1:
            self._found.nodes[first].update(given)
        for source, target in pairwise(chain):
            self._found.edges.append((source, target, self._defaults["edge"] | given))

    def _attributes(self) -> Attributes:
        found: Attributes = {}
        while self._is_mark("["):
            self._take()
            while not self._is_mark("]"):
                name = self._identifier("the name of an attribute")
                self._expect("=")
                found[name] = self._identifier("the value of an attribute")
                if self._is_mark(";") or self._is_mark(","):
                    self._take()
            self._take()
        return found

    def _identifier(self, what: str) -> str:
        if self._next.kind not in ("word", "quoted"):
            self._fail(f"{what} is expected")
        return self._take().text

    def _expect(self, mark: str) -> None:
        if not self._is_mark(mark):
            self._fail(f"{mark!r} is expected")
        self._take()

    def _is_mark(self, mark: str) -> bool:
        return self._next.kind == "mark" and self._next.text == mark

    def _is_word(self, word: str) -> bool:
        return self._next.kind == "word" and self._next.text.lower() == word

    def _take(self) -> Token:
        taken = self._next
        if taken.kind != "end":
            self._next = next(self._tokens)
        return taken

    def _fail(self, what: str) -> None:
        shown = "the file ends" if self._next.kind == "end" else f"there is {self._next.text!r}"
        raise InstanceFormatError(f"line {self._next.line}: {what}, but {shorten(shown)[1:-1]}.")


def _tokens(text: str) -> Iterator[Token]:
    at, line = 0, 1
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InstanceFormatError(
                f"line {line} holds {shorten(text[at : at + 20])}, which is no DOT; quote names "
                "with special characters and close quotes."
            )
        kind = str(match.lastgroup)
        if kind == "quoted":
            yield Token(kind, re.sub(r'\\(["\\])', r"\1", match["quoted"]), line)
        elif kind != "skip":
            yield Token(kind, match[0], line)
        line += match[0].count("\n")
        at = match.end()
    yield Token("end", "", line)
