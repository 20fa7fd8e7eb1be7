"""``dispatchlab demo``: train, evaluate and draw, in a few minutes."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.eval.compare import Comparison
    from dispatchlab.eval.summary import Summary

Out = Annotated[Path, typer.Option(help="Folder for everything that the demo writes.")]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="A toy version of half a minute, to see that everything works."),
]
Seed = Annotated[int, typer.Option(help="Seed of training and sampling.", min=0)]


class _Plan(NamedTuple):
    """What the demo does."""

    settings: tuple[str, ...]
    instances: tuple[str, ...]
    time_limit_s: float
    samples: int


_TAILLARD = tuple(f"ta{number:02d}" for number in range(1, 11))
_FULL = _Plan((), ("ft06", "ft10", *_TAILLARD), 10.0, 32)
_TINY = ("total_timesteps=1024", "num_envs=16", "n_steps=32", "batch_size=256", "hidden=16",
         "feedforward=32", "num_layers=1", "eval_every=0", "eval_instances=2", "eval_samples=2",
         "tensorboard=false")  # fmt: skip
_FAST = _Plan(_TINY, ("ft06", "la01"), 1.0, 4)


def demo(out: Out = Path("demo-out"), fast: Fast = False, seed: Seed = 0) -> None:
    """Train a small agent and measure it against all rules and CP-SAT (about five minutes).

    Trains the preset [cyan]quick[/] on random job shops of at most 10×10, then evaluates on ft06,
    ft10 and ta01 to ta10: all rules with non-delay dispatching, the agent (greedy, and the best
    of 32 samples) and CP-SAT with 10 s each. Writes the table (CSV and an HTML report) and a
    Gantt chart of the agent's best schedule. A second demo in the same folder does not train
    again.
    """
    from dispatchlab.commands.comparisons import Files, conduct
    from dispatchlab.commands.outputs import check_folder
    from dispatchlab.envs.jobshop.library import load_instance
    from dispatchlab.eval.cases import instance_cases
    from dispatchlab.eval.methods.parse import MethodDefaults, make_methods

    begin = time.perf_counter()
    plan = _FAST if fast else _FULL
    check_folder(out)
    run = _train(out / "quick", plan, seed)
    trained = time.perf_counter()
    typer.echo(f"Evaluating on {', '.join(plan.instances)} ...")
    sampled = f"agent={run}:sample={plan.samples}"
    methods = make_methods(
        ["all-rules", f"agent={run}:greedy", sampled, "cp-sat"],
        MethodDefaults(time_limit_s=plan.time_limit_s),
    )
    cases = instance_cases((load_instance(name) for name in plan.instances), [seed])
    settings = {
        "command": f"dispatchlab demo --out {out}{' --fast' * fast} --seed {seed}",
        "agent": str(run),
        "cp-sat time limit": f"{plan.time_limit_s:g} s",
        "cp-sat workers": "all cores",
    }
    files = Files(out / "table.json", out / "table.csv", report=out / "report.html")
    comparison, summaries = conduct(methods, cases, settings, files, title="dispatchlab demo")
    _draw_best(comparison, out)
    typer.echo(_verdict(summaries, plan.samples))
    end = time.perf_counter()
    typer.echo(f"Training took {trained - begin:.0f} s, the evaluation {end - trained:.0f} s.")
    typer.echo(f"Look at {files.report}: it opens in any browser, without a network.")


def _train(run: Path, plan: _Plan, seed: int) -> Path:
    """Train, continue or reuse the agent."""
    from dispatchlab.train import preset, train

    config = preset("quick").override([*plan.settings, f"seed={seed}"])
    if (run / "eval.json").exists() and _is_finished(run):
        typer.echo(f"The agent in {run} is trained already; delete it to train again.")
        return run
    can_resume = (run / "checkpoint.pt").exists()
    typer.echo(f"{'Continuing' if can_resume else 'Training'} the agent in {run} ...")
    train(config, run, resume=can_resume)
    return run


def _is_finished(run: Path) -> bool:
    import json

    try:
        return bool(json.loads((run / "eval.json").read_text(encoding="utf-8"))["final"])
    except (ValueError, KeyError, TypeError):
        raise DispatchlabError(f"The run {str(run)!r} is damaged; delete it.") from None


def _draw_best(comparison: "Comparison", out: Path) -> None:
    """Gantt charts of the agent's best schedule of the last small or first Taillard instance."""
    from dispatchlab.commands.schedules import write_result

    case = next((c for c in comparison.cases if c.instance == "ta01"), comparison.cases[-1])
    runs = [
        run
        for run in comparison.runs
        if run.instance == case.instance and run.method.startswith("agent")
    ]
    best = min(runs, key=lambda run: run.objective)
    paths = [out / f"agent-{case.instance}{suffix}" for suffix in (".html", ".png", ".json")]
    write_result(case, best, comparison, paths)
    for path in paths:
        typer.echo(f"wrote {path}")


def _verdict(summaries: "list[Summary]", samples: int) -> str:
    """Whether the agent beats the best simple rule."""
    gap = {summary.method: 100 * summary.mean_gap for summary in summaries}
    agent = next(value for name, value in gap.items() if f"sample={samples}" in name)
    is_below = agent < gap["fdd-mwkr"]
    return (
        f"The agent, best of {samples} samples, has a mean gap of {agent:.2f} %, "
        f"{'below' if is_below else 'NOT below'} FDD/MWKR ({gap['fdd-mwkr']:.2f} %) and "
        f"{'below' if agent < gap['mwkr'] else 'NOT below'} MWKR ({gap['mwkr']:.2f} %)."
    )
