"""Hooks of MkDocs: pages that the package writes, files of the repository, links between them."""

from pathlib import PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from site_pages.pages import all_pages
from site_pages.repository import ROOT, repository_files, site_links
from site_pages.tutorials import notebook_files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Write the pages, and name those of a folder where the navigation names the folder."""
    config.extra["pages"] = all_pages()
    config.nav = _with_folders(config.nav, list(config.extra["pages"]))
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what does not lie in ``docs/``."""
    for path, text in config.extra["pages"].items():
        files.append(File.generated(config, path, content=text))
    for path, file in repository_files().items():
        files.append(File.generated(config, path, abs_src_path=str(file)))
    for path, notebook in notebook_files().items():
        files.append(File.generated(config, path, content=notebook))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links are written for readers of the repository; here they lead to pages of the site."""
    path = page.file.src_uri
    if path in config.extra["pages"]:
        return markdown
    source = repository_files().get(path, ROOT / "docs" / path)
    text = site_links(markdown, path, source.relative_to(ROOT).as_posix())
    notebook = path.removesuffix(".md") + ".ipynb"
    return _with_download(text, notebook) if notebook in notebook_files() else text


def _with_download(text: str, notebook: str) -> str:
    """A tutorial with a link to its notebook below the title."""
    title, _, rest = text.partition("\n")
    link = f"[Download this page as a notebook]({PurePosixPath(notebook).name}){{ .md-button }}"
    return f"{title}\n\n{link}\n{rest}"


def _with_folders(nav: Any, paths: list[str]) -> Any:  # noqa: ANN401 (as YAML has it)
    """The navigation with the pages of each folder that it names by a path ending in a slash."""
    if isinstance(nav, list):
        return [_with_folders(item, paths) for item in nav]
    if isinstance(nav, dict):
        return {title: _with_folders(item, paths) for title, item in nav.items()}
    if isinstance(nav, str) and nav.endswith("/"):
        inside = [path for path in paths if path.startswith(nav)]
        return sorted(inside, key=lambda path: not path.endswith("/index.md"))
    return nav
