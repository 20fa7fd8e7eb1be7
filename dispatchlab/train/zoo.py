"""Hyper-parameter files of rl-baselines3-zoo: a mapping below the id of an environment."""

import ast
from collections.abc import Mapping
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.registry import FAMILIES
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.yaml_files import dump_yaml

POLICY = "dispatchlab.agents.policy.GraphActorCriticPolicy"
_NAMES = {
    "n_envs": "num_envs", "n_timesteps": "total_timesteps", "n_steps": "n_steps",
    "batch_size": "batch_size", "n_epochs": "n_epochs", "gamma": "gamma",
    "gae_lambda": "gae_lambda", "ent_coef": "ent_coef", "vf_coef": "vf_coef",
    "clip_range": "clip_range", "max_grad_norm": "max_grad_norm",
}  # fmt: skip
_NETWORK = ("encoder", "hidden", "num_layers", "num_heads", "feedforward")
_NOTHING = (None, "", "null", "~")
_LINEAR = "lin_"  # the zoo's word for a rate that falls to zero


def zoo_text(config: TrainConfig) -> str:
    """The settings of a run as the zoo takes them with ``--conf-file``.

    Args:
        config: The settings.

    Returns:
        YAML, below a comment on what such a file cannot say.

    Raises:
        DispatchlabError: The zoo has no such algorithm, discount or learning-rate schedule.
    """
    if config.algo != "ppo":
        raise DispatchlabError(
            f"algo is {config.algo!r}, which rl-baselines3-zoo does not have: use algo=ppo."
        )
    if config.discount:
        raise DispatchlabError(
            f"discount is {config.discount!r}, which rl-baselines3-zoo cannot express: leave it "
            "out."
        )
    rates = {"linear": f"{_LINEAR}{config.learning_rate}", "constant": config.learning_rate}
    if config.schedule not in rates:
        raise DispatchlabError(
            f"schedule is {config.schedule!r}, which rl-baselines3-zoo cannot express: use linear "
            "or constant."
        )
    entry: dict[str, Any] = {"policy": POLICY}
    entry |= {theirs: getattr(config, ours) for theirs, ours in _NAMES.items()}
    entry["learning_rate"] = rates[config.schedule]
    if config.target_kl:
        entry["target_kl"] = config.target_kl
    network = ", ".join(f"{name}={getattr(config, name)!r}" for name in _NETWORK)
    entry["policy_kwargs"] = f"dict({network})"
    return _comment(config) + dump_yaml({FAMILIES[config.family]: entry})


def _comment(config: TrainConfig) -> str:
    """How to use the file, and what it leaves out."""
    from dispatchlab.train.families import load_family

    kwargs = {
        "generator": config.generator,
        "reward": "bound" if config.reward == "regret" else config.reward,
        "reward_scale": "bound",
        **load_family(config.family).env_kwargs(config),
    }
    words = " ".join(f'{key}:"{value!r}"' for key, value in kwargs.items())
    lines = [
        "Hyper-parameters for rl-baselines3-zoo:",
        f"python -m rl_zoo3.train --algo ppo --env {FAMILIES[config.family]} "
        f"--gym-packages dispatchlab --conf-file THIS_FILE --env-kwargs {words}",
        "The zoo neither imitates nor labels its own schedules, and knows neither teachers nor "
        "regret as a reward.",
    ]
    return "".join(f"# {line}\n" for line in lines)


def is_zoo(data: Mapping[str, Any]) -> bool:
    """Whether a mapping from a file is one of the zoo: entries below ids of environments."""
    return any(env_id in data for env_id in FAMILIES.values())


def read_zoo(data: Mapping[str, Any], base: TrainConfig) -> TrainConfig:
    """The settings in a hyper-parameter file of the zoo.

    Args:
        data: Its content.
        base: Where everything else comes from; its family says which environment is meant.

    Returns:
        The settings.

    Raises:
        DispatchlabError: The environment is not in the file, or has an entry that has no
            equivalent here.
    """
    env_id = FAMILIES[base.family]
    entry = data.get(env_id)
    if not isinstance(entry, Mapping):
        raise DispatchlabError(
            f"The file has no entry {env_id!r}: add it, or name the family of one that it has."
        )
    changes: dict[str, Any] = {}
    for key, value in entry.items():
        changes |= _setting(str(key), value)
    return base.updated(changes)


def _setting(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - plain values
    """What an entry of the zoo says in our words."""
    if key in _NAMES:
        return {_NAMES[key]: value}
    if key == "target_kl":
        return {key: 0.0 if value in _NOTHING else value}
    if key == "learning_rate":
        text = str(value)
        is_linear = text.startswith(_LINEAR)
        return {key: text.removeprefix(_LINEAR), "schedule": "linear" if is_linear else "constant"}
    if key == "policy" and value == POLICY:
        return {}
    if key == "policy_kwargs":
        return _network(value)
    raise DispatchlabError(
        f"The entry {key}: {value!r} of rl-baselines3-zoo has no equivalent here: leave it out."
    )


def _network(value: Any) -> dict[str, Any]:  # noqa: ANN401 - plain values
    """Sizes of the network, from ``dict(name=value, ...)`` or a mapping."""
    try:
        if isinstance(value, str):
            call = ast.parse(value, mode="eval").body
            words = call.keywords if isinstance(call, ast.Call) else []
            value = {str(word.arg): ast.literal_eval(word.value) for word in words}
        found = dict(value)
    except (SyntaxError, TypeError, ValueError):
        found = {"": None}
    unknown = [name for name in found if name not in _NETWORK]
    if unknown:
        raise DispatchlabError(
            f"policy_kwargs is {value!r}: write dict(...) with {', '.join(_NETWORK)}."
        )
    return found
