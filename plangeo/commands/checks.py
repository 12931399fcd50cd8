"""``plangeo checks``: the checks and the layers they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plangeo.commandline.exitcodes import WELL

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("checks", short_help="List the checks and the layers they need.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="en", show_default=True)
def COMMAND(lang: Language) -> int:
    """List every check: its code (for --check), the layers it needs, and what it asks."""
    from plangeo.checks import CHECKS

    rows = [(code, ", ".join(check.needs) or "-", check.title.text(lang)) for code, check in CHECKS.items()]
    wide = [max(len(row[n]) for row in [*rows, ("code", "needs", "")]) for n in range(2)]
    click.echo(f"{'code':<{wide[0]}}  {'needs':<{wide[1]}}  question")
    for code, needs, title in rows:
        click.echo(f"{code:<{wide[0]}}  {needs:<{wide[1]}}  {title}")
    return WELL
