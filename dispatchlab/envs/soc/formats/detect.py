"""Find out which format a text follows, from its extension and content."""

import re

_EXTENSIONS = {".stg": "stg", ".dot": "dot", ".gv": "dot", ".json": "json"}
_OWN = re.compile(r'"format"\s*:\s*"dispatchlab-soc"')
_WORKFLOW = re.compile(r'"(schemaVersion|workflow)"\s*:')
_DIGRAPH = re.compile(r"\s*(strict\s+)?(di)?graph\b", re.IGNORECASE)


def format_of_extension(suffix: str) -> str | None:
    """Format that is written for an extension, or None."""
    return _EXTENSIONS.get(suffix.lower())


def detect_format(text: str, suffix: str = "") -> str:
    """Name of the format of a text.

    Args:
        text: Content of the file.
        suffix: Extension of the file, with its dot.

    Returns:
        One of the names in `dispatchlab.envs.soc.formats.FORMATS`.
    """
    known = format_of_extension(suffix)
    if known is not None and known != "json":
        return known
    if known == "json" or text.lstrip().startswith("{"):
        return "wfformat" if _WORKFLOW.search(text) and not _OWN.search(text) else "json"
    return "dot" if _DIGRAPH.match(text) else "stg"


def is_soc_text(text: str) -> bool:
    """Whether a JSON text is one of this family, rather than of another.

    Args:
        text: Content of a JSON file.

    Returns:
        The answer.
    """
    return bool(_OWN.search(text) or _WORKFLOW.search(text))
