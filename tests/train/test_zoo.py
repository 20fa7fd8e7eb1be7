"""Hyper-parameter files of rl-baselines3-zoo."""

import shlex
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
import yaml

from dispatchlab.agents.policy import GraphActorCriticPolicy
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.registry import FAMILIES
from dispatchlab.train import TrainConfig, preset
from dispatchlab.train.config_files import read_config
from dispatchlab.train.families import load_family
from dispatchlab.train.presets import PRESETS
from dispatchlab.train.zoo import zoo_text


@pytest.mark.parametrize("family", list(FAMILIES))
def test_what_is_written_is_read(family: str, tmp_path: Path) -> None:
    """Everything that the zoo can say comes back, over other settings of the same family."""
    config = replace(preset("quick", family), ent_coef=0.01, hidden=32, schedule="constant")
    path = tmp_path / "ppo.yml"
    path.write_text(zoo_text(config))
    assert read_config(path, replace(preset("quick", family), learning_rate=0.5)) == config


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family, names in PRESETS.items() for name in names]
)
def test_the_command_makes_the_environment_of_the_run(family: str, name: str) -> None:
    """What the comment says after ``--env`` and ``--env-kwargs`` is what the run trains in."""
    config = preset(name, family)
    if family == "soc":
        config = replace(config, max_ready=0)  # all, which environments call None
    line = zoo_text(replace(config, schedule="linear")).splitlines()[1]
    env_id = line.split("--env ")[1].split()[0]
    words = shlex.split(line.split("--env-kwargs ")[1])
    kwargs = {key: eval(value) for key, _, value in (word.partition(":") for word in words)}
    env: Any = gym.make(env_id, **kwargs)
    ours = load_family(family).training_env(replace(config, num_envs=2, batch_size=2))
    assert env.unwrapped.graph_spec.layout_hash() == ours.graph_spec.layout_hash()
    assert env.action_space == ours.single_action_space


def test_the_file_has_what_the_zoo_looks_for(tiny: TrainConfig) -> None:
    """The entry stands below a registered id, and names a policy that exists."""
    data = yaml.safe_load(zoo_text(tiny))
    ((env_id, entry),) = data.items()
    assert env_id in gym.registry
    module, _, name = entry["policy"].rpartition(".")
    assert getattr(import_module(module), name) is GraphActorCriticPolicy
    assert (entry["n_envs"], entry["n_timesteps"]) == (8, 9 * 128)
    assert entry["learning_rate"] == "lin_0.003"
    assert eval(entry["policy_kwargs"])["hidden"] == 16  # as the zoo does


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dispatchlab/SoC-v0:\n  gamma: 1.0\n", "no entry 'dispatchlab/JobShop-v0'"),
        ("dispatchlab/JobShop-v0:\n  normalize: true\n", "normalize: 'true' .* no equivalent"),
        ("dispatchlab/JobShop-v0:\n  policy: MlpPolicy\n", "policy: 'MlpPolicy' .* no equivalent"),
        ("dispatchlab/JobShop-v0:\n  policy_kwargs: dict(net=3)\n", "policy_kwargs is .* encoder"),
        ("dispatchlab/JobShop-v0:\n  gamma: 7\n", "gamma is 7.0"),
    ],
)
def test_entries_without_equivalent(text: str, message: str, tmp_path: Path) -> None:
    """What cannot be said in our settings is named, not dropped."""
    path = tmp_path / "ppo.yml"
    path.write_text(text)
    with pytest.raises(DispatchlabError, match=message):
        read_config(path, TrainConfig())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algo": "maskable-ppo"}, "algo=ppo"),
        ({"schedule": "cosine"}, "use linear or constant"),
        ({"discount": "ads"}, "discount is 'ads', .*: leave it out"),
    ],
)
def test_settings_that_the_zoo_does_not_have(
    change: dict[str, str], message: str, tiny: TrainConfig
) -> None:
    """Nothing is written that would train otherwise."""
    with pytest.raises(DispatchlabError, match=message):
        zoo_text(replace(tiny, **change))
