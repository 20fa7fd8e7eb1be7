"""TrainConfig: presets, YAML, overrides and their errors."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from dispatchlab.agents.pretrained import DEFAULTS, pretrained_names
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.registry import FAMILIES
from dispatchlab.train import PRESETS, TrainConfig, preset
from dispatchlab.train.config_files import read_config, write_config
from dispatchlab.train.families import SETTINGS
from dispatchlab.train.values import field_docs


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family, names in PRESETS.items() for name in names]
)
def test_presets_survive_yaml(family: str, name: str, tmp_path: Path) -> None:
    """A preset written to YAML reads back equal, lists included."""
    config = preset(name, family).override(["eval_benchmarks=ft06,la01", "learning_rate=1e-5"])
    assert read_config(write_config(config, tmp_path / "config.yaml")) == config


def test_every_family_can_be_trained() -> None:
    """Families of the registry have settings, presets and an agent that is shipped."""
    assert set(FAMILIES) == set(SETTINGS) == set(PRESETS) == set(DEFAULTS)
    assert set(DEFAULTS.values()) <= set(pretrained_names())


def test_yaml_comments_explain_every_setting(tmp_path: Path) -> None:
    """Each setting has a docstring, which stands above it in the file."""
    docs = field_docs(TrainConfig)
    assert set(docs) == {field.name for field in fields(TrainConfig)}
    text = write_config(TrainConfig(), tmp_path / "config.yaml").read_text()
    assert f"# {docs['gae_lambda']}\ngae_lambda: 1.0\n" in text


def test_yaml_settings_lie_on_top_of_a_preset(tmp_path: Path) -> None:
    """A file with one setting changes that one."""
    (tmp_path / "mine.yaml").write_text("seed: 5\n")
    config = read_config(tmp_path / "mine.yaml", preset("full"))
    assert config == preset("full").override(["seed=5"])


def test_overrides_take_the_type_of_the_setting() -> None:
    """Texts become numbers, truth values and lists; the generator keeps its equals signs."""
    config = TrainConfig().override(
        [
            "total_timesteps=2e6",
            "tensorboard=no",
            "eval_benchmarks=ft06, la01",
            "generator=random:num_jobs=5,num_machines=3",
            "ent_coef=1",
        ]
    )
    assert config.total_timesteps == 2_000_000
    assert isinstance(config.total_timesteps, int)
    assert config.tensorboard is False
    assert config.eval_benchmarks == ("ft06", "la01")
    assert config.generator == "random:num_jobs=5,num_machines=3"
    assert isinstance(config.ent_coef, float)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("learning_rat=1", "no training setting 'learning_rat': did you mean learning_rate"),
        (
            "xyz=1",
            "no training setting 'xyz': `dispatchlab train job-shop --settings` lists all.",
        ),
        ("seed", "'seed' has no '=': write key=value"),
        ("seed=x", "seed is 'x': give a number"),
        ("seed=1.5", "seed is '1.5': give a whole number"),
        ("seed=-1", "seed is -1: give a number between 0 and"),
        ("gamma=nan", "gamma is 'nan': give a finite number"),
        ("gamma=1e400", "gamma is '1e400': give a finite number"),
        ("total_timesteps=9007199254740993", "total_timesteps is 9007199254740993: give"),
        ("gamma=2", "gamma is 2.0: give a number between 0 and 1"),
        ("tensorboard=maybe", "tensorboard is 'maybe': give true or false"),
        ("algo=dqn", "algo is 'dqn': choose one of ppo, maskable-ppo"),
        ("num_heads=3", "hidden is 64 and num_heads 3: let the heads divide it"),
        ("batch_size=100", "batch_size is 100: let it divide num_envs"),
        ("encoder=gin", "'gin' does not go with the observation 'tokens'"),
    ],
)
def test_errors_name_value_and_remedy(pair: str, message: str) -> None:
    """Each bad setting is refused in one sentence."""
    with pytest.raises(DispatchlabError) as caught:
        TrainConfig().override([pair])
    text = str(caught.value)
    assert message in text
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\na: [", r"in YAML \(line 2: expected the node.*\): write one 'key: value'"),
        ("- 1\n", "does not hold settings in YAML"),
        ("# nothing\n", "does not hold settings in YAML"),
        ("", "is empty; it should hold settings"),
        ("eval_benchmarks: {ft06: 3}\n", "eval_benchmarks is {'ft06': '3'}: give text"),
        ("generator: [3]\n", r"generator is \['3'\]: give text"),
        ("seed: true\n", r"In '.*bad\.yaml', line 1: seed is 'true': give a number"),
        ("seed: 1\ngamma: 1\nseed: 2\n", "the key 'seed' twice, in lines 1 and 3: keep one"),
        ("seed: 1\nnope: 1\n", r"', line 2: There is no training setting 'nope': "),
    ],
)
def test_bad_files_are_refused(text: str, message: str, tmp_path: Path) -> None:
    """A YAML file that holds something else is refused in one sentence."""
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(DispatchlabError, match=message):
        read_config(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """The path of a missing file is in the error."""
    with pytest.raises(DispatchlabError, match=r"no file .*nowhere\.yaml'; check the path"):
        read_config(tmp_path / "nowhere.yaml")


def test_files_of_another_family_are_refused(tmp_path: Path) -> None:
    """Over settings of one family nothing of another is laid, and both are named."""
    path = write_config(preset("quick", "soc"), tmp_path / "chip.yaml")
    with pytest.raises(DispatchlabError, match=r"of the family 'soc': name it instead of edge"):
        read_config(path, preset("quick", "edge"))


def test_unknown_preset_gets_a_hint() -> None:
    """A misspelt preset names the one that was meant."""
    with pytest.raises(DispatchlabError, match="no preset 'quik': did you mean quick"):
        preset("quik")


def test_importing_the_config_is_light() -> None:
    """The command line can show every setting without loading torch."""
    code = (
        "import sys, dispatchlab.train as t; t.preset('quick'); "
        "print(sorted({'torch', 'stable_baselines3', 'numba', 'yaml'} & set(sys.modules)))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.strip() == "[]"


@pytest.mark.parametrize("device", ["gpu9", "cuda:", "CPU", ""])
def test_devices_that_torch_would_not_know(device: str) -> None:
    """The error names the device and those that there are."""
    with pytest.raises(DispatchlabError, match="give cpu, cuda, cuda:1 or auto"):
        TrainConfig(device=device)
