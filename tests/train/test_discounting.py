"""Discounts that grow in a run: options, comparisons with the expert, resuming, every family."""

import re
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rich.console import Console
from stable_baselines3.common.logger import Logger
from typer.testing import CliRunner

from dispatchlab.agents.sb3_env import as_sb3
from dispatchlab.cli import app
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.discount_settings import DiscountSettings, parse_discount
from dispatchlab.train.discounting import COLUMNS, GAMMA, Discounting
from dispatchlab.train.families import load_family
from dispatchlab.train.fixed_episodes import FixedEpisodes
from dispatchlab.train.problems import draw_problems
from dispatchlab.train.values import field_docs, split_settings
from tests.train.helpers import SMALL, Interrupt, progress, same_weights

Costs = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]
IntArray = npt.NDArray[np.int64]
# Grows by one decision at each comparison, whatever the agent does: int(0.01 k) is 0.
GROWING = "ads:share=0.01,most=1,every=200,problems=2"
LONGER = {"stop_at": "every", "generator": "random:num_jobs=5,num_machines=4"}
FAMILIES: dict[str, dict[str, Any]] = {
    "job-shop": {
        "generator": "random:num_jobs=3-5,num_machines=3-4", "semantics": "non-delay-wait",
        "imitation_rule": "spt",
    },
    "soc": {"generator": "preset:top-1,mean_gap_us=50-100,horizon_us=300", "max_ready": 6},
    "edge": {"generator": "preset:instances=2d-a:duration_ms=3000"},
    "uam": {"generator": "random:sizes=2x3+4x4,rho=0.8-1.6,horizon_s=7200"},
}  # fmt: skip


def small(family: str, **changes: Any) -> TrainConfig:
    """Two updates of a small network without validation."""
    settings = SMALL | FAMILIES[family] | changes
    return TrainConfig(
        family=family, total_timesteps=256, eval_every=0, eval_instances=0, **settings
    )


class Leftmost:
    """An expert and an agent that take the first legal action; or the last ones, as the agent."""

    def __init__(self, *, mirrored: bool = False) -> None:
        """Choose the side."""
        self._mirrored = mirrored

    def __call__(self, env: SchedulingVectorEnv[Any, Any]) -> Costs:
        """As an expert."""
        legal = env.action_masks()
        return np.where(legal, 0.0, np.inf), legal.argmax(1)

    def act_batch(self, seen: dict[str, npt.NDArray[Any]]) -> IntArray:
        """As an agent."""
        legal = seen["action_mask"] > 0
        return legal.shape[1] - 1 - legal[:, ::-1].argmax(1) if self._mirrored else legal.argmax(1)


def test_options_of_the_text() -> None:
    """Each option has its default and its type."""
    assert parse_discount("ads") == DiscountSettings()
    options = parse_discount("ads: every=8e3, alpha=0.3")
    assert options == DiscountSettings(alpha=0.3, every=8000)
    assert isinstance(options.every, int)
    assert options.schedule(100).gamma == pytest.approx(0.3 ** (1 / 20))


def test_help_tells_the_defaults() -> None:
    """What the setting's help text writes out is what ``ads`` means."""
    shown = re.search(r"ads:[^ ]+[^ .]", field_docs(TrainConfig)["discount"])
    assert shown is not None
    options = split_settings(shown[0], "discount", known := asdict(DiscountSettings()))
    assert options.keys() == known.keys()
    assert parse_discount(shown[0]) == DiscountSettings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adz", "There is no discount 'adz': give ads, or leave it out to keep gamma"),
        ("ads:alpa=0.3", "The discount 'ads' has no 'alpa': did you mean alpha"),
        ("ads:alpha", "'alpha' of the discount 'ads:alpha' has no value: write option=value"),
        ("ads:alpha=1", "alpha is 1.0: give a number above 0 and below 1"),
        ("ads:share=0", "share is 0.0: give a number above 0 and below 1"),
        ("ads:most=0", "most is 0: give a number of at least 1"),
        ("ads:every=1.5", "every is '1.5': give a whole number"),
        ("ads:problems=2000", "problems is 2000: give a number of at most 1024"),
    ],
)
def test_refused_texts(text: str, message: str) -> None:
    """One sentence names the value and the remedy."""
    with pytest.raises(DispatchlabError) as caught:
        TrainConfig().override([f"discount={text}"])
    said = str(caught.value)
    assert message in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("family", "changes", "message"),
    [
        ("soc", {"imitation_rule": "etff"}, "'etff'; choose one of"),
        (
            "job-shop",
            {"imitation_rule": "lookahead", "generator": "random:num_jobs=3,duration_noise=0.2"},
            r"imitation_rule is .lookahead., .*: name another expert .Lookahead .* replay.\.$",
        ),
    ],
)
def test_missing_expert_leaves_no_folder(
    family: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    """Without imitation, too, who cannot be an expert is refused before anything is done."""
    config = small(family, discount="ads", **changes)
    with pytest.raises(DispatchlabError, match=message):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_option_of_the_command() -> None:
    """It is the setting ``discount``."""
    arguments = ["train", "edge", "--settings", "--discount", "ads:every=8192"]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
    assert result.exit_code == 0
    assert re.search(r"discount +│ ads:every=8192 ", result.stdout)


def test_problems_are_fixed_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are the same each time, and validation has others."""
    config = small("job-shop")
    monkeypatch.setattr(type(load_family("job-shop")), "expert", lambda *_: Leftmost())
    first, second = FixedEpisodes(config, 3), FixedEpisodes(replace(config, seed=5), 3)
    played = first.of_expert()
    problems = first._env.problems
    assert second.of_expert() == played
    assert first.of_agent(Leftmost(), 10**6) == played  # once more, in the same environment
    assert first.of_agent(Leftmost(), 3) == [episode[:3] for episode in played]
    drawn = draw_problems(first._env.episodes.generator, 3)
    for problem, again in zip(problems, second._env.problems, strict=True):
        assert np.array_equal(problem.mode_duration, again.mode_duration)
    for problem, _ in drawn:
        assert not any(np.array_equal(problem.mode_duration, p.mode_duration) for p in problems)


def test_discount_grows_for_an_agent_that_equals_the_expert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By `most` at each comparison and up to gamma; for an agent that differs it stays."""
    config = small("job-shop", gamma=0.9, discount="ads:every=100,problems=2", **LONGER)
    family = load_family("job-shop")
    monkeypatch.setattr(type(family), "expert", lambda *_: Leftmost())
    native = family.training_env(config)
    model = make_model(config, as_sb3(native), native.graph_spec.layout())
    model.set_logger(Logger(None, []))

    def gammas(agent: Leftmost) -> list[float]:
        discounting = Discounting(config, agent, [model])  # type: ignore[arg-type]
        discounting.init_callback(model)
        found = [model.gamma]
        for timesteps in (0, 64, 128, 192, 256, 512, 1024):
            discounting.num_timesteps = timesteps
            discounting.on_rollout_start()
            assert model.rollout_buffer.gamma == model.gamma
            found.append(model.gamma)
        return found

    sights = (4, 9, 9, 14, 14, 19, 20, 20)  # of 20 decisions
    grown = gammas(Leftmost())
    assert grown == pytest.approx([min(0.9, 0.2 ** (1 / k)) for k in sights])
    assert grown[3] < grown[-1] == 0.9
    stayed = gammas(Leftmost(mirrored=True))
    assert set(stayed) == {stayed[0]}
    assert stayed[0] == grown[0]


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_resumed_run_equals_uninterrupted_run(
    algo: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """Bit for bit, log included, with a discount that grows on the way."""
    config = replace(tiny, algo=algo, discount=GROWING, eval_every=0, eval_instances=0, **LONGER)
    train(config, tmp_path / "whole", console=quiet)
    rows = progress(tmp_path / "whole")
    assert rows[0][GAMMA] == ""
    logged = [float(row[GAMMA]) for row in rows[1:]]
    assert logged == sorted(logged)
    # Comparisons at 0, 256, 512, 640, 896 and 1024: each sets the discount of what follows.
    assert [a == b for a, b in zip(logged[1:], logged, strict=False)] == [
        True, False, True, False, False, True, False, False,
    ]  # fmt: skip
    compared = [row["timesteps"] for row in rows if row["train/discount_progress"]]
    assert compared == ["0", "256", "512", "640", "896", "1024"]
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(500)])
    assert train(None, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    assert rows == progress(tmp_path / "broken")


def test_without_it_nothing_is_discounted(quiet: Console, tmp_path: Path) -> None:
    """Other weights come of it, and the log has a column for it only where there is one."""
    config = small("job-shop")
    train(config, tmp_path / "plain", console=quiet)
    train(replace(config, discount=GROWING), tmp_path / "run", console=quiet)
    assert not same_weights(tmp_path / "run", tmp_path / "plain")
    columns = [set(progress(tmp_path / name)[0]) for name in ("plain", "run")]
    assert columns[1] - columns[0] == set(COLUMNS)


def test_what_comes_first_has_the_first_discount(
    tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imitation trains the critic for it; a run that dies there plays no expert again."""
    seen: list[float] = []

    def die(_: object, config: TrainConfig, __: Callable[[str], None]) -> None:
        seen.append(config.gamma)
        raise KeyboardInterrupt

    config = replace(tiny, imitation_rounds=1, discount=GROWING)
    for resume in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr("dispatchlab.train.preparation.imitate_expert", die)
            if resume:
                patch.setattr(FixedEpisodes, "of_expert", lambda _: pytest.fail("played again"))
            with pytest.raises(KeyboardInterrupt):
                train(config, tmp_path / "run", resume=resume, console=quiet)
    assert seen[0] == seen[1]
    k = np.log(0.2) / np.log(seen[0])
    assert k == pytest.approx(round(k))
    assert read_gamma(tmp_path / "run" / "config.yaml") == "1.0"


def read_gamma(path: Path) -> str:
    """The setting that a run was started with."""
    found = re.search(r"^gamma: (.*)$", path.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def test_both_students_of_a_teacher_have_the_discount(
    quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An antagonist would have another task with another discount."""
    given: list[tuple[int, float]] = []
    monkeypatch.setattr(
        "dispatchlab.train.discounting.set_gamma",
        lambda model, gamma: given.append((id(model), gamma)),
    )
    config = small("job-shop", teacher="paired:batch=2,hidden=8", discount=GROWING)
    train(config, tmp_path / "run", console=quiet)
    assert len({model for model, _ in given}) == 2
    assert [gamma for _, gamma in given[::2]] == [gamma for _, gamma in given[1::2]]
    assert given[0][1] < given[-1][1]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family(family: str, quiet: Console, tmp_path: Path) -> None:
    """Agent and expert of each are compared, and its agent is no expert at first."""
    config = small(family, discount="ads:every=128,problems=2,start=0.5")
    train(config, tmp_path / "run", console=quiet)
    rows = progress(tmp_path / "run")
    assert all(0 <= float(row["train/discount_reproduced"]) < 1 for row in rows[:-1])
    assert all(0 < float(row[GAMMA]) < 1 for row in rows[1:])


@pytest.mark.parametrize("family", ["edge", "uam"])
def test_decisions_are_those_of_the_log(family: str) -> None:
    """Their names are what schedules keep: task and verb, aircraft and where it goes."""
    config = small(family, generator="")
    env: Any = load_family(family).training_env(config)
    _, info = env.reset(seed=0)
    rng, made = np.random.default_rng(0), []
    for _ in range(30):
        actions = np.array([rng.choice(np.flatnonzero(row)) for row in info["action_mask"]])
        made.append(load_family(family).decision(env.episodes.dynamics, 0, int(actions[0])))
        info = env.step(actions)[-1]
    columns = slice(2, 4) if family == "edge" else slice(1, 3)
    kept = env.schedule(0).decisions[:, columns].tolist()
    assert [list(decision) for decision in made] == kept
    assert len({decision[0] for decision in made}) > 1


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("job-shop", {"stop_at": "every"}),
        ("soc", {"wait": True}),
        ("soc", {"actions": "ordering", "encoder": "deepsocs"}),
    ],
)
def test_what_is_placed_is_placed_once(family: str, changes: dict[str, Any]) -> None:
    """No activity or task has two decisions of an episode, and waits are told apart."""
    episodes = FixedEpisodes(small(family, **changes), 2)
    for played in episodes.of_agent(_Random(), 10**6):
        work = [decision for decision in played if decision[0] >= 0]
        assert len(set(work)) == len({name[:-1] for name in work}) == len(work) > 10
        assert set(played) - set(work) <= {(-1,) * len(work[0])}


class _Random:
    """An agent that takes any legal action."""

    def __init__(self) -> None:
        """Seed it."""
        self._rng = np.random.default_rng(0)

    def act_batch(self, seen: dict[str, npt.NDArray[Any]]) -> IntArray:
        """Any legal action."""
        return np.array([self._rng.choice(np.flatnonzero(row)) for row in seen["action_mask"] > 0])
