"""Run the tutorials as notebooks and write their outputs back: ``python -m scripts.tutorials``."""

import base64
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.site_pages.tutorials import notebook, split, tutorials

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ALT = re.compile(r"!\[([^\]]*)\]")
TIMEOUT_S = 3600  # of a cell, on a busy machine


def execute(markdown: str) -> list[list[Any]]:
    """The outputs of the cells of a tutorial.

    Args:
        markdown: The tutorial; its cells are run in an empty folder.

    Returns:
        For each cell of code its outputs, in the notebook format.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell fails.
    """
    import nbformat
    from nbclient import NotebookClient

    cells = nbformat.from_dict(notebook(markdown))
    nbformat.validate(cells)
    commands = Path(sys.executable).parent  # where `dispatchlab` of this environment is
    os.environ["PATH"] = f"{commands}{os.pathsep}{os.environ['PATH']}"
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            cells, timeout=TIMEOUT_S, kernel_name="python3",
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.execute()
    return [cell.outputs for cell in cells.cells if cell.cell_type == "code"]


def with_outputs(
    markdown: str, outputs: list[list[Any]], stem: str
) -> tuple[str, dict[str, bytes]]:
    """A tutorial with new outputs instead of its own.

    Args:
        markdown: The tutorial.
        outputs: Those of its cells, as from `execute`.
        stem: Its name, which those of pictures begin with.

    Returns:
        The tutorial, and its pictures by name.
    """
    text, number, pictures = "", -1, {}
    parts = list(split(markdown))
    for index, part in enumerate(parts):
        if part.kind == "output":
            continue
        text += part.text
        if part.kind != "code":
            continue
        number += 1
        if part.source.startswith("%%writefile"):
            continue
        if printed := _printed(outputs[number]):
            text += f"\n```text\n{printed}\n```\n"
        for picture in _pictures(outputs[number]):
            name = f"{stem}-{len(pictures) + 1}.png"
            pictures[name] = picture
            text += f"\n![{_alt(parts[index + 1 :])}](images/{name})\n"
    return re.sub(r"\n{3,}", "\n\n", text), pictures


def _printed(outputs: list[Any]) -> str:
    """What a cell printed, and the text of its value; not what it wrote to stderr and survived."""
    texts = [output.text for output in outputs if output.get("name") == "stdout"]
    texts += [
        output.data["text/plain"]
        for output in outputs
        if output.output_type == "execute_result" and "image/png" not in output.data
    ]
    lines = _ANSI.sub("", "".join(texts)).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _pictures(outputs: list[Any]) -> list[bytes]:
    data = (output.get("data", {}).get("image/png") for output in outputs)
    return [base64.b64decode(picture) for picture in data if picture]


def _alt(behind: list[Any]) -> str:
    """The words of the picture that stands there already."""
    for part in behind:
        if part.kind == "code":
            break
        if part.kind == "output" and (found := _ALT.search(part.text)):
            return found[1]
    return "What the cell draws"


def main(paths: list[Path]) -> None:
    """Run tutorials and write them.

    Args:
        paths: Their files; all by default.
    """
    for path in paths or tutorials():
        markdown = path.read_text(encoding="utf-8")
        text, pictures = with_outputs(markdown, execute(markdown), path.stem)
        folder = path.parent / "images"
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{path.stem}-*.png"):
            old.unlink()
        for name, data in pictures.items():
            (folder / name).write_bytes(data)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
