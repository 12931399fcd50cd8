"""Commands of the command line that are a file each: one COMMAND, loaded without what it will use."""

from __future__ import annotations

import importlib
import pkgutil

import click


def found() -> list[click.Command]:
    """Return every command of this folder, by name."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}").COMMAND for name in modules]
