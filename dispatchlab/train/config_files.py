"""Configs as YAML files."""

import os
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.values import field_docs
from dispatchlab.train.yaml_files import import_yaml
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
        base: Where settings that the file leaves out come from (the defaults otherwise).

    Returns:
        The config.

    Raises:
        DispatchlabError: The file cannot be read, or a setting is unknown or does not fit.
    """
    yaml = import_yaml()
    try:
        # all values are read as texts, whose types the settings know better than YAML
        data = yaml.load(Path(path).read_text(encoding="utf-8"), yaml.BaseLoader)
    except OSError as error:
        raise DispatchlabError(
            f"Cannot read {os.fspath(path)!r}: {error.strerror}; give a YAML file of settings."
        ) from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise DispatchlabError(
            f"{os.fspath(path)!r} is not YAML: write one 'key: value' on each line."
        ) from error
    if data and not isinstance(data, dict):
        raise DispatchlabError(
            f"{os.fspath(path)!r} holds no settings: write one 'key: value' on each line."
        )
    settings = {str(key): value for key, value in (data or {}).items()}
    base = base or TrainConfig()
    return read_zoo(settings, base) if is_zoo(settings) else base.updated(settings)
