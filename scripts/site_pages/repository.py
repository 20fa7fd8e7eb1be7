"""Files of the repository that are part of the site, and links that lead to them."""

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
HOME = "index.md"
_LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
EXAMPLES = "examples.md"
_OUTSIDE = ("http://", "https://", "mailto:", "#")


def repository_files() -> dict[str, Path]:
    """Where files outside ``docs/`` are found in the site, by their path there."""
    chosen = {
        HOME: "README.md",
        "about/architecture.md": "ARCHITECTURE.md",
        "about/contributing.md": "CONTRIBUTING.md",
        "about/changelog.md": "CHANGELOG.md",
        "about/speed.md": "benchmarks/README.md",
        "about/LICENSE.txt": "LICENSE",
        "about/CITATION.cff": "CITATION.cff",
    }
    for family in sorted(ROOT.glob("dispatchlab/envs/*/data/PROVENANCE.md")):
        name = f"about/data/{family.parents[1].name}.md"
        chosen[name] = family.relative_to(ROOT).as_posix()
    return {name: ROOT / path for name, path in chosen.items()}


def example_page() -> str:
    """The scripts of ``examples/`` on one page."""
    parts = ["# Examples\n"]
    for script in map(ROOT.joinpath, _examples()):
        code = script.read_text(encoding="utf-8").rstrip()
        parts.append(f"## {script.name}\n\n```python\n{code}\n```\n")
    return "\n".join(parts)


def _examples() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*.py"))


def site_links(text: str, page: str, source: str) -> str:
    """A page's text, in which relative links lead to places of the site.

    Args:
        text: Markdown.
        page: Path of the page in the site.
        source: Path of its file in the repository, which the links are relative to.

    Returns:
        The text. Links to what the site does not have are left as they are, so that a strict
        build refuses them.
    """
    places = {path.relative_to(ROOT).as_posix(): name for name, path in repository_files().items()}
    places |= dict.fromkeys(("examples", *_examples()), EXAMPLES)
    here = PurePosixPath(source).parent

    def lead(found: re.Match[str]) -> str:
        target, hash_, anchor = found[2].partition("#")
        if not target or target.startswith(_OUTSIDE):
            return found[0]
        path = os.path.normpath(here / target)
        place = places.get(path, path.removeprefix("docs/"))
        if place == path and path not in places and not path.startswith("docs/"):
            return found[0]
        there = os.path.relpath(place, PurePosixPath(page).parent)
        return f"{found[1]}{there}{hash_}{anchor}{found[3]}"

    return _LINK.sub(lead, text)
