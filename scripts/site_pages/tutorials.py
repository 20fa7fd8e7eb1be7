"""Tutorials: Markdown whose blocks are the cells of a notebook.

Blocks of ``python`` are cells, blocks of ``sh`` are cells for a shell, and any other block with a
title is a file of that name. A block of ``text`` behind a cell, and a picture, are its output.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .repository import ROOT

FOLDER = "tutorials/"
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```\n', re.M | re.S)
_PICTURE = re.compile(r"\n*^!\[([^\]]*)\]\(images/[^)]*\)\n", re.M)


class Part(NamedTuple):
    """A piece of a tutorial.

    Attributes:
        kind: ``"prose"``, ``"code"`` or ``"output"``.
        text: As it stands in the Markdown.
        source: Of the notebook's cell: the same words, or the code with its magic command.
    """

    kind: str
    text: str
    source: str


def tutorials() -> list[Path]:
    """The tutorials of the site."""
    return sorted((ROOT / "docs" / FOLDER).glob("own_*.md"))


def split(markdown: str) -> Iterator[Part]:
    """The parts of a tutorial, in order; their texts together are the tutorial.

    Args:
        markdown: The tutorial.

    Yields:
        Prose, cells and outputs.
    """
    position, has_code = 0, False
    for block in _BLOCK.finditer(markdown):
        prose = markdown[position : block.start()]
        yield from _prose(prose, has_code)
        language, title, code = block.groups()
        is_output = language == "text" and title is None
        source = "" if is_output else _cell(language, title, code)
        yield Part("output" if is_output else "code", block[0], source)
        position, has_code = block.end(), True
    yield from _prose(markdown[position:], has_code)


def notebook(markdown: str) -> dict[str, Any]:
    """A tutorial as a notebook (format 4.5) without outputs.

    Args:
        markdown: The tutorial.

    Returns:
        The notebook.
    """
    cells = [
        _notebook_cell(number, part)
        for number, part in enumerate(split(markdown))
        if part.source.strip()
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def notebook_files() -> dict[str, str]:
    """Every tutorial as a notebook, by its path in the site."""
    return {
        f"{FOLDER}{path.stem}.ipynb": json.dumps(
            notebook(path.read_text(encoding="utf-8")), indent=1, ensure_ascii=False
        )
        for path in tutorials()
    }


def _prose(text: str, has_code: bool) -> Iterator[Part]:
    """Prose, with the picture at its beginning as an output of the cell before."""
    picture = _PICTURE.match(text) if has_code else None
    if picture:
        yield Part("output", picture[0], "")
        text = text[picture.end() :]
    if text:
        yield Part("prose", text, text.strip())


def _cell(language: str, title: str | None, code: str) -> str:
    """The source of a cell."""
    if title is not None:
        return f"%%writefile {title}\n{code}".rstrip("\n")
    return f"%%bash\n{code}".rstrip("\n") if language == "sh" else code.rstrip("\n")


def _notebook_cell(number: int, part: Part) -> dict[str, Any]:
    common = {"id": f"cell-{number}", "metadata": {}, "source": part.source}
    if part.kind == "prose":
        return {"cell_type": "markdown", **common}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **common}
