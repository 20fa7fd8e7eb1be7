"""Search spaces: defaults, files, and what is refused."""

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train import PRESETS, TrainConfig, preset
from dispatchlab.tune.defaults import default_space, overridden
from dispatchlab.tune.search import distributions
from dispatchlab.tune.settings import TuneSettings
from dispatchlab.tune.space import Choices, Range, read_space


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in PRESETS for name in PRESETS[family]]
)
def test_default_spaces_fit_every_preset(family: str, name: str) -> None:
    """Whatever the default space of a preset allows is a config, at all its corners."""
    config = preset(name, family)
    space = default_space(config)
    assert read_space(space.to_dict(), config) == space
    for pick in (0, -1):
        config.updated({
            key: part.choices[pick] if isinstance(part, Choices) else (part.low, part.high)[pick]
            for key, part in space.parts.items()
        })  # fmt: skip


def test_batches_divide_what_few_environments_collect() -> None:
    """With few environments large batches are left out."""
    config = TrainConfig(num_envs=8, n_steps=32, batch_size=64)
    assert default_space(config).parts["batch_size"] == Choices((128, 256))


def test_file_changes_the_default() -> None:
    """A range, choices, a fixed value and null replace what was there; texts are numbers."""
    config = TrainConfig()
    data = {
        "learning_rate": {"low": "1e-5", "high": "1e-4", "log": True},
        "n_steps": {"choices": [32, "64"]},
        "gamma": 0.99,
        "vf_coef": None,
        "schedule": {"choices": ["linear", "rex:beta=0.9"]},
    }
    given = {key: entry for key, entry in data.items() if entry is not None}
    space = overridden(default_space(config), data, read_space(given, config))
    assert space.parts["learning_rate"] == Range(1e-5, 1e-4, log=True)
    assert space.parts["n_steps"] == Choices((32, 64))
    assert space.fixed == {"gamma": 0.99}
    assert not {"gamma", "vf_coef"} & space.parts.keys()
    assert "clip_range" in space.parts
    settings = TuneSettings(base=config, space=space)
    assert settings.trial_config().gamma == 0.99
    assert distributions(settings)["n_steps"].choices == (32, 64)
    assert TuneSettings.from_dict(settings.to_dict()) == settings


def test_only_some_settings() -> None:
    """The search can be restricted by name."""
    space = default_space(TrainConfig()).only(["gamma", "learning_rate"])
    assert list(space.parts) == ["gamma", "learning_rate"]
    with pytest.raises(DispatchlabError, match="no setting 'learnin_rate': did you mean learning"):
        space.only(["learnin_rate"])


def test_scores_come_from_generated_instances_alone() -> None:
    """Benchmarks have no part in trials, but stay in the settings that are found."""
    base = TrainConfig(eval_benchmarks=("ft06",), eval_samples=7)
    settings = TuneSettings(base=base, space=default_space(base))
    assert settings.trial_config().eval_benchmarks == ()
    assert settings.best_config({"gamma": 0.9}).eval_benchmarks == ("ft06",)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"gama": 1.0}, "There is no training setting 'gama': did you mean gamma"),
        ({"seed": {"choices": [1, 2]}}, "seed cannot be searched"),
        ({"eval_generator": "x"}, "eval_generator cannot be searched"),
        ({"migrate": True}, "The family 'job-shop' has no setting 'migrate'"),
        ({"gamma": {"low": 0.9}}, "The range of gamma has no high"),
        ({"gamma": {"low": 0.9, "high": 0.8}}, "gamma goes from 0.9 to 0.8"),
        ({"gamma": {"low": 0.9, "high": 2}}, "gamma is 2.0: give a number between 0 and 1"),
        ({"gamma": {"low": 0.0, "high": 1, "log": True}}, "a range with log has to be above 0"),
        ({"gamma": {"low": 0.0, "high": 1, "logs": True}}, "'logs': did you mean log"),
        ({"gamma": {"low": 0.5, "high": 1, "log": True, "step": 0.1}}, "and none with log"),
        ({"gamma": {"choices": []}}, "give a list of values"),
        ({"gamma": {"choices": [1, 1.0]}}, "give each once"),
        ({"gamma": {"choices": [1], "low": 0}}, "gamma has choices and 'low'"),
        ({"encoder": {"choices": ["mlp"]}}, "encoder is 'mlp': choose one of"),
        ({"encoder": {"low": 1, "high": 2}}, "encoder is no number"),
        ({"n_steps": {"low": 1.5, "high": 2}}, "n_steps is 1.5: give a whole number"),
        ([1, 2], "A search space maps settings to values"),
    ],
)
def test_bad_entries(entry: object, message: str) -> None:
    """One sentence names the setting, the value and the remedy."""
    with pytest.raises(DispatchlabError, match=message):
        read_space(entry, TrainConfig())
