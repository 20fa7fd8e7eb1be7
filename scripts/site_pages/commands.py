"""A page for each command, from the same texts as ``--help``."""

import re

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from dispatchlab.cli import app

from .text import code, table

FOLDER = "reference/commands/"
_TAG = re.compile(r"\[(?:cyan|bold|green|yellow)\](.*?)\[/\w*\]", re.S)
_EXAMPLES = re.compile(r"(?:^\[dim\].*?\[/\w*\]\n*)+", re.M)
_EXAMPLE = re.compile(r"\[dim\](.*?)\[/\w*\]")


def command_pages() -> dict[str, str]:
    """The pages by path: an overview, and one for each command."""
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    context = typer.Context(group, info_name="dispatchlab")
    rows, pages = [], {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        text = get_docs_for_click(obj=command, ctx=context, call_prefix="dispatchlab", name=name)
        rows.append((f"[`{name}`]({name}.md)", _plain(_first_sentence(command.help or ""))))
        pages[f"{FOLDER}{name}.md"] = _markdown(text).replace("# `dispatchlab ", "# `", 1)
    overview = f"# Commands\n\n{_markdown(group.help or '')}\n\n{table(('command', ''), rows)}"
    return {f"{FOLDER}index.md": overview, **pages}


def _markdown(text: str) -> str:
    """Rich's tags as Markdown: examples in one block of code, names as code."""

    def block(found: re.Match[str]) -> str:
        lines = (match[1] for match in _EXAMPLE.finditer(found[0]))
        return "```sh\n" + "\n".join(lines) + "\n```\n\n"

    return _plain(_EXAMPLES.sub(block, text))


def _plain(text: str) -> str:
    return _TAG.sub(lambda match: code(match[1]), text)


def _first_sentence(text: str) -> str:
    return text.split("\n\n")[0].partition(". ")[0].rstrip(".") + "."
