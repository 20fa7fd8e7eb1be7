"""How a comparison is run: kept or not, by one process or many, behind a progress bar."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dispatchlab.commands.outputs import check_folder, console, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Comparison
    from dispatchlab.eval.methods import Method


class Running(NamedTuple):
    """How a comparison is run; it changes no result of a method that no clock stops.

    Attributes:
        keep: Folder for every result, from which an evaluation that was cut off goes on.
        processes: How many share the work; 0 for every core.
        engine: ``"local"`` or ``"ray"``.
        address: Of a running Ray cluster, or empty.
    """

    keep: Path | None = None
    processes: int = 1
    engine: str = "local"
    address: str = ""

    def checked(self) -> "Running":
        """Refuse what could not be done before anything is begun.

        Returns:
            Itself.

        Raises:
            DispatchlabError: If the folder or the engine cannot be used.
            MissingExtraError: If the engine needs a package that is not installed.
        """
        from dispatchlab.eval.running.engines import make_engine

        if self.keep is not None:
            check_folder(self.keep)
        make_engine(self.engine, self.processes, self.address)
        return self

    def run(self, methods: "Sequence[Method]", cases: "Sequence[Case]") -> "Comparison":
        """Run every method on every case behind a progress bar.

        Args:
            methods: The methods.
            cases: The cases.

        Returns:
            The runs.
        """
        from dispatchlab.eval.compare import compare
        from dispatchlab.eval.running.engines import make_engine

        engine = make_engine(self.engine, self.processes, self.address)
        try:
            with progress() as bar:
                task = bar.add_task("preparing", total=(len(methods) + 1) * len(cases))

                def on_run(method: str, case: "Case") -> None:
                    bar.update(task, advance=1, description=f"{method} {case.instance}")

                def on_check(case: "Case") -> None:
                    bar.update(task, advance=1, description=f"bound of {case.instance}")

                return compare(
                    methods, cases, on_run, on_check, engine=engine, keep=self.keep,
                    on_refused=lambda told: bar.console.print(
                        told, markup=False, highlight=False, soft_wrap=True
                    ),
                )  # fmt: skip
        except KeyboardInterrupt:
            if self.keep is not None:
                console(err=True).print(
                    f"What was finished is kept in {str(self.keep)!r}: give the same command again "
                    "to go on."
                )
            raise


HERE = Running()
