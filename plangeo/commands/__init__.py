"""Commands of the command line, a file each that bears its name: one COMMAND, loaded without what it will use."""

from __future__ import annotations

import importlib
import pkgutil

import click


class Commands(click.Group):
    """The commands of this folder; each is loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(m.name for m in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name; a name nobody knows loads all, among which click looks for one that was meant."""
        if cmd_name not in self.commands:
            names = self.list_commands(ctx)
            for name in [cmd_name] if cmd_name in names else names:
                self.add_command(importlib.import_module(f"{__name__}.{name}").COMMAND)
        return self.commands.get(cmd_name)
