"""``dispatchlab verify``: check a schedule file."""

from pathlib import Path
from typing import Annotated

import typer

from dispatchlab.commands import options

ScheduleFile = Annotated[
    Path, typer.Argument(help="A schedule file, .json or .csv.", show_default=False)
]


def verify(instance: options.Instance, schedule: ScheduleFile) -> None:
    """Check a schedule against every constraint of its instance.

    The checker shares no code with the simulation or the solvers. A feasible schedule prints its
    objective and ends with exit code 0; otherwise every violation is listed, with exit code 1.

    [dim]dispatchlab verify ft06 ft06.json[/]
    """
    from dispatchlab.commands.inputs import load_problem
    from dispatchlab.envs.core.errors import InfeasibleScheduleError
    from dispatchlab.envs.jobshop.schedule_files import read_schedule
    from dispatchlab.envs.jobshop.verify import objective_of
    from dispatchlab.envs.jobshop.verify import verify as check
    from dispatchlab.eval.formatting import number

    encoding = load_problem(instance)
    plan = read_schedule(schedule, encoding)
    try:
        check(encoding, None, plan, objective=_claimed(schedule))
    except InfeasibleScheduleError as error:
        for violation in error.violations:
            typer.echo(f"  {violation}")
        typer.echo(
            f"Error: The schedule {str(schedule)!r} violates {encoding.name} in "
            f"{len(error.violations)} way{'s' * (len(error.violations) > 1)}; see above.",
            err=True,
        )
        raise typer.Exit(1) from None
    goal = encoding.objective.replace("_", " ")
    typer.echo(f"feasible: {goal} {number(objective_of(encoding, None, plan))}")


def _claimed(path: Path) -> float | None:
    """The objective that a JSON file claims; `read_schedule` has accepted the file before."""
    import json

    if path.suffix.lower() != ".json":
        return None
    value = json.loads(path.read_text(encoding="utf-8-sig")).get("objective_value")
    return float(value) if isinstance(value, int | float) else None
