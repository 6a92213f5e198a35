"""A click group that knows its commands by name and imports one when it is called."""

import importlib
from collections.abc import Mapping

import click

from proxy.errors import WardenError


class LazyGroup(click.Group):
    """commands: name to (module:function, help line); "audit tail" stands in the group "audit"."""

    def __init__(
        self,
        name: str,
        *,
        commands: Mapping[str, tuple[str, str]],
        groups: Mapping[str, str],
        about: str,
        epilog: str | None = None,
    ) -> None:
        super().__init__(name, help=about, epilog=epilog)
        self._places = {word: entry for word, entry in commands.items() if " " not in word}
        self._groups = {
            word: LazyGroup(word, commands=_under(word, commands), groups={}, about=text)
            for word, text in groups.items()
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the registry."""
        return [*self._places, *self._groups]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now. None where there is none of that name."""
        if cmd_name in self._groups:
            return self._groups[cmd_name]
        if cmd_name not in self._places:
            return None
        return _load(cmd_name, self._places[cmd_name][0])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list under Commands, from the registry alone."""
        rows = [(word, text) for word, (_, text) in self._places.items()]
        rows += [(word, group.help or "") for word, group in self._groups.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _under(group: str, commands: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {word.removeprefix(group + " "): entry for word, entry in commands.items() if word.startswith(group + " ")}


def _load(name: str, place: str) -> click.Command:
    module_name, _, function = place.partition(":")
    try:
        command = getattr(importlib.import_module(module_name), function)
    except ModuleNotFoundError as missing:
        if missing.name != module_name:
            raise
        raise WardenError(f"{name} is not in this version") from None
    if not isinstance(command, click.Command):
        raise WardenError(f"{place} is not a command")
    return command
