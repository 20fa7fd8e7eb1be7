"""Configs as YAML files."""

import os
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.values import field_docs
from dispatchlab.train.yaml_files import import_yaml, key_lines, load_yaml
from dispatchlab.train.zoo import is_zoo, read_zoo


def write_config(config: TrainConfig, path: str | os.PathLike[str]) -> Path:
    """Write all settings, each under a comment that explains it.

    Args:
        config: The config.
        path: File to write.

    Returns:
        The path.

    Raises:
        DispatchlabError: The file cannot be written.
    """
    yaml = import_yaml()
    docs = field_docs(TrainConfig)
    parts = []
    for key, value in config.to_dict().items():
        entry = yaml.safe_dump({key: value}, width=1000)
        parts.append(f"# {docs[key]}\n{entry}")
    return write_atomically(path, "".join(parts))


def read_config(path: str | os.PathLike[str], base: TrainConfig | None = None) -> TrainConfig:
    """Read settings from YAML.

    Args:
        path: File with a mapping of settings, or hyper-parameters of rl-baselines3-zoo.
        base: Where settings that the file leaves out come from (the defaults otherwise); the file
            must be of the same family.

    Returns:
        The config.

    Raises:
        DispatchlabError: The file cannot be read, or a setting is unknown or does not fit, or
            it is of another family.
    """
    settings = load_yaml(path, holds="settings", as_texts=True)
    if base is not None and settings.get("family", base.family) != base.family:
        raise DispatchlabError(
            f"{os.fspath(path)!r} is of the family {settings['family']!r}: name it instead of "
            f"{base.family}."
        )
    base = base or TrainConfig()
    try:
        return read_zoo(settings, base) if is_zoo(settings) else base.updated(settings)
    except DispatchlabError as error:
        raise DispatchlabError(f"In {os.fspath(path)!r}{_line(path, error)}: {error}") from error


def _line(path: str | os.PathLike[str], error: DispatchlabError) -> str:
    """In which line the setting stands that an error is about, as far as it names one."""
    for name, line in key_lines(path).items():
        if str(error).startswith((f"{name} is ", f"There is no training setting {name!r}")):
            return f", line {line}"
    return ""
