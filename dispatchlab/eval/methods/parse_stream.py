"""From strings to methods, as all families do whose work streams in: agents, and names."""

from collections.abc import Callable

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.methods.base import Method, run_name
from dispatchlab.eval.methods.stream import Stage, StreamAgentMethod


def make_stream_method(spec: str, stage: Stage, make: Callable[[str, str, str], Method]) -> Method:
    """Make a method from a string.

    Args:
        spec: ``agent=RUN``, or a name, with options behind a colon.
        stage: Where the agent plays.
        make: Makes any other method from the string, the name and the options.

    Returns:
        The method.

    Raises:
        DispatchlabError: If the policy is missing, or the string is not understood.
        CheckpointError: If the policy cannot be used.
    """
    spec = spec.strip()
    for start in ("agent=", "agent:"):
        if spec.startswith(start):
            path = spec.removeprefix(start)
            return StreamAgentMethod(f"agent={run_name(path)}", path, stage)
    if spec == "agent":
        raise DispatchlabError("The agent has no policy; write agent=RUN with its run folder.")
    head, _, text = spec.partition(":")
    return make(spec, head, text)
