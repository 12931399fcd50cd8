"""Write a sheet for each project of a result."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.console import running_console


@click.command("sheet", short_help="Write one page per project: map, conclusion, evidence (PDF, PNG).")
@click.argument("result", metavar="FOLDER")
@click.argument("site_ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="Every project of the register.")
@click.option("--flagged", is_flag=True, help="Every project that is not plainly compatible.")
@click.option("--format", "formats", multiple=True, type=click.Choice(["pdf", "png"]), help="Repeatable.  [default: pdf]")
@click.option("--paper", type=click.Choice(["A4", "A3"]), default="A4", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Language of the sheets.")
@click.option("--out", metavar="FOLDER", help="Where to write the sheets.  [default: sheets in FOLDER]")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Processes at once.  [default: one per core, at most 4]")
def COMMAND(
    result: str,
    site_ids: Sequence[str],
    everything: bool,
    flagged: bool,
    formats: Sequence[str],
    paper: str,
    lang: Literal["vi", "en"],
    out: str | None,
    jobs: int | None,
) -> int:
    """Write one page for each project ID of the result in FOLDER, from the same inputs as the run.

    The map is at the true scale it states. An officer's decision and what the studies say of the project stand beside the
    machine's conclusion. Refused when an input has changed since the run. Exit code 1 when a sheet
    could not be written; the others are.

    \b
    Example
      plangeo sheet out P-0042 --format pdf --format png
      plangeo sheet out --flagged --paper A3
    """
    from plangeo.papers.sheets import write_sheets
    from plangeo.papers.sitestudies import STUDIES
    from plangeo.rerun import add_studies_of, repeat_run

    if sum((bool(site_ids), everything, flagged)) != 1:
        raise click.UsageError("say which projects: one or more IDs, or --all, or --flagged")
    console = running_console()
    project, assessment = repeat_run(Path(result), console, studied=False)
    assessment = add_studies_of(project, assessment, console, STUDIES)  # those that speak of single projects
    wanted = list(site_ids) if site_ids else "all" if everything else "flagged"
    target = Path(out) if out else Path(result) / "sheets"
    count = len(site_ids) or len(assessment.sites)
    processes = jobs or (1 if count < 8 else min(4, os.cpu_count() or 1))
    done = write_sheets(
        assessment,
        target,
        wanted,
        formats=formats or ("pdf",),
        paper=paper,
        language=lang,
        jobs=processes,
        progress=_count,
    )
    failed = [d for d in done if d.problem]
    for one in failed:
        click.echo(f"{one.site_id}: no sheet, {one.problem}", err=True)
    if cut := [d for d in done if d.cut]:
        click.echo(f"{len(cut)} sheet(s) say that a text was cut to fit: {', '.join(d.site_id for d in cut[:10])}", err=True)
    click.echo(f"{target}: {len(done) - len(failed)} of {len(done)} sheet(s)")
    return FINDINGS if failed else WELL


def _count(done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total or done % 50 == 0:
        click.echo(f"… {done}/{total}", err=True)
