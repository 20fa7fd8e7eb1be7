"""``dispatchlab tune``: search for the settings of training runs."""

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.interrupts import telling
from dispatchlab.commands.train_options import (
    ConfigFile,
    Device,
    Preset,
    Settings,
    Timesteps,
    Track,
    TrackProject,
    first_config,
    pairs,
)
from dispatchlab.commands.tune_options import (
    Address,
    EngineName,
    Evaluations,
    Family,
    Jobs,
    Only,
    Out,
    Pruner,
    Report,
    Resume,
    Sampler,
    Seed,
    ShowSpace,
    SpaceFile,
    Startup,
    Trials,
    Zoo,
)
from dispatchlab.commands.tune_outputs import (
    check_targets,
    print_result,
    print_space,
    watching,
    write_extras,
)
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.registry import FAMILIES

if TYPE_CHECKING:
    from dispatchlab.train import TrainConfig
    from dispatchlab.tune import TuneResult, TuneSettings
    from dispatchlab.tune.space import SearchSpace


def tune(
    family: Family, preset: Preset = None, config: ConfigFile = None, settings: Settings = None,
    n_timesteps: Timesteps = None, trials: Trials = None, evaluations: Evaluations = None,
    out: Out = None, resume: Resume = None, space: SpaceFile = None, only: Only = None,
    show_space: ShowSpace = False, sampler: Sampler = None, pruner: Pruner = None,
    startup_trials: Startup = None, jobs: Jobs = None, engine: EngineName = "local",
    address: Address = "", report: Report = None, zoo: Zoo = None, track: Track = None,
    track_project: TrackProject = None, seed: Seed = None, device: Device = None,
) -> None:  # fmt: skip
    """Search for the settings of training runs, and write the best ones.

    Every trial is a run of [cyan]dispatchlab train[/]. Its score is that of the greedy agent at the
    end of training on validation instances: they are generated with seeds that training never
    uses, and are no benchmark, which stays for a test of what was found. Runs that fall behind
    are pruned. The settings that the search begins with are trained too, for comparison.

    The folder gets best.yaml (for [cyan]dispatchlab train --config[/]), trials.csv, the run
    folders, and a journal that optuna can read. A study that was killed at any moment goes on with
    --resume, and ends with the same trials.

    [dim]dispatchlab tune job-shop --trials 40 -n 60000 --out runs/search[/]

    [dim]dispatchlab tune job-shop --resume runs/search --trials 80 --report search.html[/]

    [dim]dispatchlab train job-shop --config runs/search/best.yaml --out runs/tuned[/]
    """
    check_targets(report, zoo)
    folder = resume or out or Path(f"runs/tune-{family}")
    player = {"jobs": jobs, "engine": engine, "address": address}
    if resume is not None:
        _refuse_changes(
            preset=preset, config=config, set=settings, n_timesteps=n_timesteps,
            evaluations=evaluations, out=out, space=space, only=only, sampler=sampler,
            pruner=pruner, startup_trials=startup_trials, track=track,
            track_project=track_project, seed=seed, device=device,
        )  # fmt: skip
        begun = _begun(family, resume)
        if show_space:
            print_space(begun.base, begun.space)
            return
        with telling(partial(_stopped, family=family, folder=folder)):
            result = _continue(begun, folder, trials, player)
    else:
        changes = [
            *pairs(seed=seed, device=device),
            *(settings or ()),
            *pairs(total_timesteps=n_timesteps, track=track, track_project=track_project),
        ]
        base = first_config(_known(family), preset, config, changes)
        searched = _space(base, space, only)
        if show_space:
            print_space(base, searched)
            return
        given = {
            "trials": trials, "evaluations": evaluations, "sampler": sampler, "pruner": pruner,
            "startup_trials": startup_trials, "round_size": jobs,
        }  # fmt: skip
        search = {key: value for key, value in given.items() if value is not None}
        with telling(partial(_stopped, family=family, folder=folder)):
            result = _begin(base, searched, folder, search, player)
    print_result(result)
    write_extras(result, report, zoo)


def _begin(
    base: "TrainConfig", space: "SearchSpace", out: Path, search: dict[str, Any],
    player: dict[str, Any],
) -> "TuneResult":  # fmt: skip
    """A new study."""
    from dispatchlab.tune import TuneSettings, tune

    settings = TuneSettings(base=base, space=space, **search)
    with watching(settings.trials) as hear:
        return tune(settings, out, on_outcome=hear, **player)


def _begun(family: str, folder: Path) -> "TuneSettings":
    """What a study has been begun with."""
    from dispatchlab.tune import resume  # noqa: F401 - names the extra if it is missing
    from dispatchlab.tune.folder import StudyFolder

    settings = StudyFolder(folder).read()
    if settings.base.family != family:
        raise DispatchlabError(
            f"The study {str(folder)!r} is of the family {settings.base.family!r}; continue it "
            f"with `dispatchlab tune {settings.base.family}`."
        )
    return settings


def _continue(
    begun: "TuneSettings", folder: Path, trials: int | None, player: dict[str, Any]
) -> "TuneResult":
    """A study that has begun."""
    from dispatchlab.tune import resume

    with watching(trials or begun.trials) as hear:
        return resume(folder, trials=trials, on_outcome=hear, **player)


def _stopped(_: KeyboardInterrupt, family: str, folder: Path) -> str:
    """What to say of a study that a signal has stopped."""
    if not (folder / "study.yaml").exists():
        return "Stopped before the search began, so nothing is kept."
    go_on = f"dispatchlab tune {family} --resume {shlex.quote(str(folder))}"
    return f"Stopped; trials that have ended are kept, and others go on with: {go_on}"


def _known(family: str) -> str:
    """A family that exists."""
    if family not in FAMILIES:
        raise DispatchlabError(
            f"There is no family {family!r}: choose one of {', '.join(FAMILIES)}."
        )
    return family


def _refuse_changes(**options: object) -> None:
    """A study that goes on keeps its settings."""
    for name, value in options.items():
        if value is not None:
            raise DispatchlabError(
                f"--{name.replace('_', '-')} cannot change with --resume, since a study keeps its "
                "settings: leave it out, or begin another study with --out."
            )


def _space(base: "TrainConfig", file: Path | None, only: str | None) -> "SearchSpace":
    """What is searched: the family's space, changed by a file, or a part of it."""
    from dispatchlab.train.yaml_files import load_yaml
    from dispatchlab.tune.defaults import default_space, overridden
    from dispatchlab.tune.space import read_space

    space = default_space(base)
    if file is not None:
        data = load_yaml(file)
        given = {key: entry for key, entry in data.items() if entry is not None}
        space = overridden(space, data, read_space(given, base))
    if only is not None:
        space = space.only(name.strip() for name in only.split(",") if name.strip())
    return space
