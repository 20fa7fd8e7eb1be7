"""The method that the options of ``solve`` and ``render`` stand for."""

from collections.abc import Sequence
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError

_AGENT_SAMPLES = 32


def chosen_method(method: str | None, policy: Path | None, usual: str) -> str:
    """The method of a name that may be missing.

    Args:
        method: The name, or None.
        policy: Of an agent, which is then meant.
        usual: What is meant otherwise.

    Returns:
        A name.
    """
    return method or (usual if policy is None else "agent")


def stream_spec(method: str, policy: Path | None) -> str:
    """The method string that a set of options stands for, in families of episodes.

    Args:
        method: A name, or a whole method string.
        policy: Run folder of the agent.

    Returns:
        A string for the family.

    Raises:
        DispatchlabError: If they do not go together.
    """
    return _with_policy(method, policy, ("agent",))


def method_spec(
    method: str, policy: Path | None, samples: int | None, beam: int | None,
    semantics: str | None, temperature: float | None = None,
) -> str:  # fmt: skip
    """The method string that a set of options stands for, for job shops.

    Args:
        method: A name, or a whole method string.
        policy: Run folder of the agent.
        samples: Schedules to try.
        beam: Width of a beam.
        semantics: Dispatch semantics.
        temperature: Of the agent's samples.

    Returns:
        A string for `make_method`.

    Raises:
        DispatchlabError: If the options do not go together.
    """
    method = _with_policy(method, policy, ("agent", "hybrid"))
    if method == f"agent={policy}":
        samples = _AGENT_SAMPLES if samples is None and beam is None else samples
    _refuse_clashes(method, samples, beam, semantics, temperature)
    runs = "sample" if method.startswith(("agent=", "hybrid=")) else "k"
    options = {"beam": beam, runs: samples, "temperature": temperature, "semantics": semantics}
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    return ":".join([method, *given])


def _with_policy(method: str, policy: Path | None, takers: Sequence[str]) -> str:
    """The method with its policy."""
    if policy is None:
        if method == "agent":
            raise DispatchlabError(
                "The agent has no policy; add --policy with its run folder, or with an agent of "
                "`dispatchlab agents`."
            )
        return method
    if method not in takers:
        raise DispatchlabError(
            f"--policy goes with --method {' or '.join(takers)}, not with {method!r}; leave one of "
            "them out."
        )
    return f"{method}={policy}"


def _refuse_clashes(
    method: str, samples: int | None, beam: int | None, semantics: str | None,
    temperature: float | None,
) -> None:  # fmt: skip
    """Refuse options that do not go together, or not with the method."""
    if beam is not None and samples is not None:
        raise DispatchlabError(
            f"--beam {beam} and --samples {samples} exclude each other; give either --beam or "
            "--samples."
        )
    if temperature is not None and beam is not None:
        raise DispatchlabError(
            f"--temperature {temperature:g} is for samples, not for --beam {beam}; leave one of "
            "them out."
        )
    if beam is not None and not method.startswith("agent="):
        raise DispatchlabError(f"--beam {beam} is for the agent alone; leave it out.")
    if temperature is not None and not method.startswith(("agent=", "hybrid=")):
        raise DispatchlabError(
            f"--temperature {temperature:g} is for samples of an agent; leave it out, or add "
            "--policy with --method agent or hybrid."
        )
    name = method.partition(":")[0]
    if name in ("cp-sat", "hybrid", "lookahead", "tabu") and samples is not None:
        what = "hybrid without --policy" if name == "hybrid" else name
        raise DispatchlabError(
            f"{what} takes no --samples {samples}; leave it out, or add --policy with --method "
            "agent or hybrid."
        )
    if semantics is not None and name.startswith(("cp-sat", "hybrid", "tabu")):
        raise DispatchlabError(f"{name} takes no --semantics {semantics}; leave it out.")
