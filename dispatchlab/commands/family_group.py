"""Groups of commands with one command for each problem family."""

from typing import Any

from typer.core import TyperGroup

from dispatchlab.envs.core.errors import DispatchlabError


class FamilyGroup(TyperGroup):
    """Names the families where somebody asks for one that does not exist."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own
        """Find the command of a family.

        Args:
            ctx: Context of the call.
            args: Words of the call, from the family on.

        Returns:
            Name, command and what is left of the words.

        Raises:
            DispatchlabError: There is no such family.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            families = ", ".join(self.list_commands(ctx))
            raise DispatchlabError(f"There is no family {name!r}: choose one of {families}.")
        return super().resolve_command(ctx, args)
