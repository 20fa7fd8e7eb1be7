"""Errors on the command line: one sentence and an exit code, no traceback."""

from typing import Any

import typer
from typer.core import TyperGroup


class FriendlyGroup(TyperGroup):
    """Turns the errors that a user can meet into one sentence on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own context, wherever it lives
        """Run the command.

        Args:
            ctx: Context of the call.

        Returns:
            Whatever the command returns.

        Raises:
            Exit: With code 1 after an error.
        """
        from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError

        try:
            return super().invoke(ctx)
        except (DispatchlabError, MissingExtraError) as error:
            message = str(error)
        except MemoryError:
            message = (
                "There is not enough memory for this; ask for fewer samples, a smaller batch or "
                "smaller instances."
            )
        except typer.BadParameter as error:
            error.message = _with_value(error)
            raise
        except BrokenPipeError:  # the reader has seen enough; typer leaves quietly
            raise
        except OSError as error:
            message = _sentence(error)
        typer.echo(f"Error: {message}", err=True)
        raise typer.Exit(1)


def _with_value(error: typer.BadParameter) -> str:
    """What is wrong with an option, with its value where pydantic knows it."""
    find = getattr(error.__cause__, "errors", None)
    causes: list[dict[str, Any]] = [] if find is None else find()
    if not causes or "input" not in causes[0]:
        return str(error.message)
    told = str(error.message)
    return f"{causes[0]['input']!r}; {told[:1].lower()}{told[1:]}"


def _sentence(error: OSError) -> str:
    """What the system complains about, and where."""
    reason = error.strerror or str(error) or type(error).__name__
    where = f" {error.filename!r}" if error.filename else ""
    return f"The file or folder{where} cannot be used: {reason}; choose another path or free it."
