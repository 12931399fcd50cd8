"""``plangeo rerun``: does a recorded run give the same verdicts again, and if not, why?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.console import running_console

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("rerun", short_help="Repeat a recorded run and say whether, and why, verdicts differ.")
@click.argument("folder")
@click.option(
    "--inputs", metavar="FOLDER", help="Where the inputs lie now, under their own names.  [default: where the run read them]"
)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def COMMAND(folder: str, inputs: str | None, lang: str) -> int:
    """Judge again what the manifest of the result in FOLDER records and compare the verdict digests. Nothing is written.

    What is not as it was is told by component: an input file, the rulebook, a library, the program; and when verdicts differ,
    which sites, and what of it the rows of the site prove. Exit code: 0 the same verdicts, 1 others, 2 the run cannot be repeated.
    """
    from plangeo.rundiff.reproduction import rerun_output
    from plangeo.rundiff.rundifftable import describe_diff

    done = rerun_output(folder, running_console(), inputs)
    for part in done.components:
        click.echo(f"{part.kind:<9} changed: {part.what} ({_short(part.before)} → {_short(part.after)})")
    if not done.components:
        click.echo("inputs, rulebook, libraries and program are those of the run")
    if done.same:
        click.echo(f"the same: {done.sites} sites, verdict digest {done.digest[0][:16]}…")
        return WELL
    click.echo(f"NOT the same: verdict digest was {done.digest[0][:16]}…, is {done.digest[1][:16]}…")
    if done.diff is not None:
        language: Language = "en" if lang == "en" else "vi"
        click.echo(describe_diff(done.diff, language))
    if done.note:
        click.echo(f"- which sites changed cannot be told: {done.note}", err=True)
    if not done.components:
        click.echo("Equal inputs must give equal verdicts: this is a fault of plangeo, please report it.", err=True)
    return FINDINGS


def _short(text: str) -> str:
    return f"{text[:12]}…" if len(text) == 64 else text
