"""What workers of Ray have in common, tried without a cluster."""

from types import SimpleNamespace
from typing import Any

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.versions import installed_versions
from dispatchlab.train.distributed.cluster import answers, check_versions, losses, reason

ray = pytest.importorskip("ray")
HERE = installed_versions(("numpy", "torch"))


def cluster(*nodes: Any) -> Any:  # noqa: ANN401 - stands for a module
    """A cluster whose nodes n0, n1, ... have these versions, or end with this error."""
    waiting = iter(nodes)
    asked = SimpleNamespace(remote=lambda _: next(waiting))
    asked.options = lambda **_: asked

    def get(found: Any, timeout: float | None) -> Any:  # noqa: ANN401 - as Ray's
        if isinstance(found, Exception):
            raise found
        return found

    ids = [f"{number:056x}" for number in range(len(nodes))]
    return SimpleNamespace(
        exceptions=ray.exceptions, get=get, remote=lambda **_: lambda _: asked,
        nodes=lambda: [
            {"NodeID": "f" * 56, "NodeManagerHostname": "head", "Alive": True, "Resources": {}},
            {"NodeID": "e" * 56, "NodeManagerHostname": "gone", "Alive": False, "Resources": {}},
        ] + [
            {"NodeID": name, "NodeManagerHostname": f"n{index}", "Alive": True,
             "Resources": {"CPU": 2.0}}
            for index, name in enumerate(ids)
        ],
    )  # fmt: skip


def test_versions() -> None:
    """Every node that works is asked; the first package that differs is named, or is missing."""
    packages = ("numpy", "torch", "no-such-package")
    check_versions(cluster(HERE, HERE | {"no-such-package": "1"}), packages)
    with pytest.raises(DispatchlabError, match=r"node 'n1' of the Ray cluster has torch 0\.1, but"):
        check_versions(cluster(HERE, HERE | {"torch": "0.1"}), packages)
    with pytest.raises(DispatchlabError, match=r"has no numpy, but this process .*: install"):
        check_versions(cluster({}), packages)
    silent = ray.exceptions.WorkerCrashedError()
    with pytest.raises(DispatchlabError, match=r"'n1' .* does not tell its versions \(.*died"):
        check_versions(cluster(HERE, silent), packages)


def test_errors_of_work_are_no_losses() -> None:
    """What work raises is told apart from the loss of who did it, and ours comes as it was."""
    ours = ray.exceptions.RayTaskError("f", "Traceback ...", DispatchlabError("Take another."))
    dual = ours.as_instanceof_cause()
    assert not isinstance(dual, losses(ray))
    assert reason(dual) == "Take another"
    with pytest.raises(DispatchlabError, match=r"^Take another\.$"):
        answers(cluster(), dual)
    for loss in (ray.exceptions.ActorDiedError(), ray.exceptions.OutOfMemoryError("full")):
        assert isinstance(loss, losses(ray))
        with pytest.raises(type(loss)):
            answers(cluster(), loss)
