"""Command groups that import a command only when it is run or asked for help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import click


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command in a module of its own, under the name `command`.

    Attributes:
        module: The module's full name.
        summary: The command's line in the group's help.
    """

    module: str
    summary: str


Entry: TypeAlias = "Lazy | LazyGroup"


class LazyGroup(click.Group):
    """A group that knows its commands by name and summary alone."""

    def __init__(self, entries: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(**options)
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table: the one that users take."""
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself; its module is imported now."""
        entry = self._entries.get(cmd_name)
        if isinstance(entry, Lazy):
            command: click.Command = import_module(entry.module).command
            return command
        return entry

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; an unknown one is answered with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            # Click looks for near names among commands that it has loaded.
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=self._entries, ctx=ctx
            ) from None

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the table of commands without importing any."""
        rows = [(name, _summary(entry)) for name, entry in self._entries.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(entry: Entry) -> str:
    return entry.summary if isinstance(entry, Lazy) else entry.short_help or ""
