"""Lists of methods: names that stand for several, that nobody knows, or that are given twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from dispatchlab.agents.pretrained import DEFAULTS
from dispatchlab.envs.core.checks import first_twice
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.methods.base import Method

ALL_RULES, ALL, PRETRAINED = "all-rules", "all", "pretrained"


class UnknownMethodError(DispatchlabError):
    """A string that names no method.

    Args:
        spec: The string.
        known: What is understood, beside agents.
    """

    def __init__(self, spec: str, known: Sequence[str]) -> None:
        """Say what is understood."""
        self.spec, self.known = spec, known
        super().__init__(f"Unknown method {spec!r}; choose one of {', '.join(known)} or agent=RUN.")


def shipped(family: str) -> dict[str, tuple[str, ...]]:
    """The group of one that stands for the agent that comes with the package.

    Args:
        family: The family.

    Returns:
        The method by the name `PRETRAINED`.
    """
    return {PRETRAINED: (f"agent={DEFAULTS[family]}",)}


def make_all(
    specs: Iterable[str], make: Callable[[str], Method], groups: Mapping[str, Sequence[str]],
    example: str,
) -> list[Method]:  # fmt: skip
    """Make the methods of a list of strings.

    Args:
        specs: The strings.
        make: Makes the method of one.
        groups: Names that stand for several methods; options behind one go to each of these.
        example: Name of a method that could be given.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If there is none, one stands twice, or a string is not understood.
    """
    heads = (spec.strip().partition(":") for spec in specs)
    names = [
        name + colon + rest for head, colon, rest in heads for name in groups.get(head, [head])
    ]
    try:
        methods = [make(name) for name in names]
    except UnknownMethodError as error:
        raise UnknownMethodError(error.spec, [*error.known, *groups]) from None
    shown = [method.name for method in methods]
    twice = first_twice(shown)
    if twice is not None:
        raise DispatchlabError(f"The method {twice!r} is listed twice; remove one.")
    if not methods:
        raise DispatchlabError(f"No method was given; name at least one, for example {example!r}.")
    return methods
