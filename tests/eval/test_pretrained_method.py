"""The word `pretrained` in lists of methods."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

from dispatchlab.agents.pretrained import DEFAULTS
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.methods.parse_edge import make_edge_methods
from dispatchlab.eval.methods.parse_soc import make_soc_methods
from dispatchlab.eval.methods.parse_uam import make_uam_methods


@pytest.mark.parametrize(
    ("family", "make"),
    [
        ("job-shop", make_methods),
        ("soc", make_soc_methods),
        ("edge", make_edge_methods),
        ("uam", make_uam_methods),
    ],
)
def test_the_word_means_the_default_agent(
    family: str, make: Callable[[list[str]], list[Any]]
) -> None:
    """It is the same method as `agent=NAME`, and so is not listed beside it."""
    (method,) = make(["pretrained"])
    assert method.name == f"agent={DEFAULTS[family]}"
    with pytest.raises(DispatchlabError, match="is listed twice"):
        make(["pretrained", f"agent={DEFAULTS[family]}"])


def test_options_go_to_the_agent() -> None:
    """Samples and temperatures are understood as for any agent."""
    methods: list[Any] = make_methods(["spt", "pretrained:sample=4:temperature=0.5"])
    assert methods[1].name == "agent=job-shop-classic:sample=4:temperature=0.5"
    assert (methods[1].strategy, methods[1].width, methods[1].temperature) == ("sample", 4, 0.5)
