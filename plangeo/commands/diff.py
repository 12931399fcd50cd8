"""``plangeo diff``: what changed between two runs, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("diff", short_help="Say what changed between two runs, and why.")
@click.argument("run1")
@click.argument("run2")
@click.option("--out", metavar="FILE", help="Write all changes into FILE.xlsx or FILE.csv.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def COMMAND(run1: str, run2: str, out: str | None, lang: str) -> int:
    """Compare the result folders RUN1 and RUN2 of `plangeo assess` and explain every change.

    A cause is "proven" when the rows of the site itself show it (another zone or rule under it, another place), and
    "possible" when the input differs but its trace cannot be told from another one. Folders whose files changed after the
    run are refused. Exit code: 0 no site changed, 1 some did.
    """
    from plangeo.rundiff.comparison import compare_runs
    from plangeo.rundiff.rundifftable import describe_diff, write_diff

    found = compare_runs(run1, run2)
    language: Language = "en" if lang == "en" else "vi"
    click.echo(describe_diff(found, language))
    if out is not None:
        click.echo(str(write_diff(found, out, language)))
    return 0 if found.same else 1
