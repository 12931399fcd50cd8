"""Write the dossier of a result."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from plangeo.console import running_console


@click.command("dossier", short_help="Write the dossier of a result as a Word document.")
@click.argument("result", metavar="FOLDER")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Language of the dossier.")
@click.option("--out", metavar="FILE.docx", help="Where to write it.  [default: dossier.docx in FOLDER]")
def COMMAND(result: str, lang: Literal["vi", "en"], out: str | None) -> int:
    """Write summary, appendix table of all projects, a section for each flagged one, plans, method and run of the result in
    FOLDER into one Word document, from the same inputs as the run; refused when an input has changed since.

    \b
    Example
      plangeo dossier out --out ho-so.docx
      plangeo dossier out --lang en
    """
    from plangeo.report import write_report
    from plangeo.rerun import repeat_run

    target = Path(out) if out else Path(result) / "dossier.docx"
    if target.suffix.lower() != ".docx":
        raise click.UsageError(f"--out {out!r}: the dossier is a Word document, so the name must end in .docx")
    console = running_console()
    _, assessment = repeat_run(Path(result), console)
    console("writing the dossier")
    click.echo(str(write_report(assessment, target, language=lang)))
    return 0
