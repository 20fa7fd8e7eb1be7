"""Every teacher in every family: it trains, dies, goes on and is reported."""

from pathlib import Path

import pytest
from rich.console import Console

from dispatchlab.eval.run_report.page import run_report
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.levels import WIDE
from dispatchlab.train.teachers.clutr import LatentSpace, train_vae
from dispatchlab.train.teachers.history import read_history
from dispatchlab.train.teachers.registry import TEACHERS
from tests.train.helpers import SMALL, Interrupt, same_weights

SETTINGS = {
    "alp-gmm": "fit_rate=12", "covar-gmm": "fit_rate=12", "riac": "size=20",
    "spdl": "update_every=64,first_update=64", "sfl": "num_candidates=8,period=64",
    "plr": "capacity=8", "robust-plr": "capacity=8", "regret-plr": "capacity=8",
    "accel": "capacity=8", "regret-accel": "capacity=8", "paired": "batch=2,hidden=8",
    "flexible-paired": "batch=2,hidden=8", "repaired": "batch=2,hidden=8", "clutr": "batch=2",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _small_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """A latent space that is learned in a second."""
    monkeypatch.setitem(LatentSpace.__init__.__kwdefaults__, "corpus", 100)
    monkeypatch.setitem(train_vae.__kwdefaults__, "steps", 20)


@pytest.mark.slow
@pytest.mark.parametrize("teacher", TEACHERS)
@pytest.mark.parametrize("family", WIDE)
def test_every_teacher_in_every_family(
    family: str, teacher: str, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies ends like one that does not, and its page names the teacher."""
    config = TrainConfig(
        family=family, generator="wide", teacher=f"{teacher}:{SETTINGS.get(teacher, '')}",
        total_timesteps=8 * 128, eval_every=0, eval_instances=0, **SMALL,
    )  # fmt: skip
    train(config, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(700)])
    train(None, tmp_path / "broken", resume=True, console=quiet)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    first, second = (
        read_history(tmp_path / name / "curriculum.jsonl") for name in ("whole", "broken")
    )
    assert first == second
    assert len(first) == 8
    assert teacher in run_report([tmp_path / "broken"])
