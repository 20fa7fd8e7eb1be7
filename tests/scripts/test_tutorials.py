"""Tutorials: Markdown that is a notebook, whose cells run."""

from pathlib import Path

import pytest

from scripts.site_pages.tutorials import notebook, split, tutorials
from scripts.tutorials import execute, with_outputs

TEXT = """# Title

```text title="a.txt"
1 2
```

```sh
cat a.txt
```

```text
1 2
```

Words.

```python
1 + 1
```

![What it is](images/x-1.png)

The end.
"""


@pytest.mark.parametrize("path", tutorials(), ids=lambda path: path.stem)
def test_parts_make_the_whole(path: Path) -> None:
    """No word of a tutorial is lost between its parts, and it has cells of every kind."""
    markdown = path.read_text(encoding="utf-8")
    parts = list(split(markdown))
    assert "".join(part.text for part in parts) == markdown
    assert {part.kind for part in parts} == {"prose", "code", "output"}


def test_blocks_become_cells() -> None:
    """Files are written, shell runs in bash, outputs are left out."""
    cells = notebook(TEXT)["cells"]
    assert [cell["source"] for cell in cells] == [
        "# Title", "%%writefile a.txt\n1 2", "%%bash\ncat a.txt", "Words.", "1 + 1", "The end.",
    ]  # fmt: skip
    assert [cell["cell_type"] for cell in cells] == [
        "markdown", "code", "code", "markdown", "code", "markdown",
    ]  # fmt: skip


def test_outputs_are_replaced() -> None:
    """New outputs stand where the old ones stood; words, and the words of a picture, stay."""
    printed = [{"output_type": "stream", "name": "stdout", "text": "3\n"}]
    picture = [{"output_type": "display_data", "data": {"image/png": "AAAA"}}]

    class Output(dict):  # type: ignore[type-arg]
        __getattr__ = dict.__getitem__

    outputs = [[Output(o) for o in cell] for cell in ([], printed, picture)]
    text, pictures = with_outputs(TEXT, outputs, "y")
    expected = TEXT.replace("```text\n1 2", "```text\n3").replace("images/x-1", "images/y-1")
    assert text == expected
    assert list(pictures) == ["y-1.png"]
    assert with_outputs(text, outputs, "y")[0] == text


@pytest.mark.slow
@pytest.mark.parametrize("path", tutorials(), ids=lambda path: path.stem)
def test_tutorials_run(path: Path) -> None:
    """Every cell of a tutorial runs, and something is printed, drawn and refused on the way."""
    for package in ("nbclient", "ipykernel", "ortools", "torch", "matplotlib"):
        pytest.importorskip(package)
    outputs = [output for cell in execute(path.read_text(encoding="utf-8")) for output in cell]
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert "95 %" in printed or "optimal" in printed
    assert "exit code" in printed or "no counterpart" in printed
    assert any("image/png" in output.get("data", {}) for output in outputs)
