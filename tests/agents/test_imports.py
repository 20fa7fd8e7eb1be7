"""Tests that the package is light until it is used, and says which extra is missing."""

import subprocess
import sys
import textwrap

import pytest

import dispatchlab.agents


def run(code: str) -> str:
    """Output of a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    """Neither torch nor stable-baselines3 is loaded before a name is used."""
    loaded = run(
        """
        import sys, dispatchlab.agents
        print([m for m in ("torch", "stable_baselines3", "torch_geometric") if m in sys.modules])
        """
    )
    assert loaded == "[]"


@pytest.mark.parametrize("package", ["torch", "stable_baselines3", "safetensors"])
def test_missing_package_names_the_extra(package: str) -> None:
    """Without the package, using a name tells how to install it."""
    message = run(
        f"""
        import sys
        sys.modules[{package!r}] = None
        import dispatchlab.agents
        names = ("GraphActorCriticPolicy", "load_policy")
        for name in names:
            try:
                getattr(dispatchlab.agents, name)
            except ImportError as error:
                print(type(error).__name__, error)
                break
        """
    )
    assert message.startswith("MissingExtraError")
    assert repr(package.replace("_", "-")) in message
    assert "dispatchlab[agents]" in message


def test_transformer_needs_no_torch_geometric() -> None:
    """Only the message-passing encoders load torch-geometric, and they name the extra."""
    message = run(
        """
        import sys
        sys.modules["torch_geometric"] = None
        from dispatchlab.agents import GraphLayout, GraphNetwork, NetworkConfig
        layout = GraphLayout({"option": 3}, {}, 2, ("option",))
        GraphNetwork(layout, NetworkConfig())
        try:
            GraphNetwork(layout, NetworkConfig(encoder="gin"))
        except ImportError as error:
            print(error)
        """
    )
    assert message.startswith("The package 'torch-geometric' is not installed")


def test_public_names_exist() -> None:
    """Everything in `__all__` can be had; anything else is an AttributeError."""
    for name in dispatchlab.agents.__all__:
        assert getattr(dispatchlab.agents, name) is not None
    assert dir(dispatchlab.agents) == dispatchlab.agents.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dispatchlab.agents.nothing  # noqa: B018
