"""Tests of folders that one process at a time may work in."""

from pathlib import Path

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.folder_lock import locked_folder


def test_one_at_a_time(tmp_path: Path) -> None:
    """The folder is made, held by one, and given back, after an error too."""
    path = tmp_path / "new" / "folder"
    busy = pytest.raises(DispatchlabError, match="in use by another search; wait for its end")
    with locked_folder(path, ".lock", "search"):
        with busy, locked_folder(path, ".lock", "search"):
            pass
        with locked_folder(path, "other", "search"):
            pass
    with pytest.raises(KeyboardInterrupt), locked_folder(path, ".lock", "search"):
        raise KeyboardInterrupt
    with locked_folder(path, ".lock", "search"):
        pass


def test_places_that_will_not_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the way and a folder that nobody may write are told in a sentence."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "inside"):
        in_the_way = pytest.raises(DispatchlabError, match="is, or lies in, a file; name a folder")
        with in_the_way, locked_folder(path, ".lock", "search"):
            pass

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    denied = pytest.raises(DispatchlabError, match=r"cannot be written \(Permission denied\); name")
    with denied, locked_folder(tmp_path / "new", ".lock", "search"):
        pass
