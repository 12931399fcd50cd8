"""What a run prints when it is done: verdicts counted, what was not done, the files written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plangeo.model import Assessment, Language

_TITLE = {"vi": "Đối chiếu ngày", "en": "Verdicts on"}
_COUNT = {"vi": "dự án", "en": "sites"}


def print_summary(result: Assessment, language: Language) -> None:
    """Print how many sites have each verdict, and everything about the run that bears on them."""
    from plangeo.datumline import datum_lines
    from plangeo.explanation import failed_lines, format_date, not_run_line, recount_line
    from plangeo.layerscores import score_lines
    from plangeo.model import ILLUSTRATIVE

    if result.illustrative:
        click.echo(f"{ILLUSTRATIVE.text(language)}.")
    for line in score_lines(result, language):
        click.echo(line)
    print_counts(result.summary()["sites"].to_dict(), format_date(result.on), language)
    if line := recount_line(result, language):
        click.echo(line)
    if line := not_run_line(result, language):
        click.echo(line)
    for line in failed_lines(result, language):
        click.echo(line)
    for line in datum_lines(result, language):
        click.echo(line)


def print_counts(counts: Mapping[Any, int], day: str, language: Language) -> None:
    """Print verdict → sites that have it, under the day as it is to be shown."""
    from plangeo.model import Verdict

    click.echo(f"{_TITLE[language]} {day}: {sum(counts.values())} {_COUNT[language]}")
    for word, count in counts.items():
        click.echo(f"  {count:>6}  {Verdict.parse(str(word)).wording.text(language)}")


def files_written(folder: Path) -> str:
    """Return the line that names the files of a result, QGIS styles only counted."""
    names = sorted(json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    styles = [name for name in names if name.endswith(".qml")]
    said = [*(name for name in names if name not in styles), *([f"{len(styles)} QGIS styles (.qml)"] if styles else [])]
    return f"{folder}: {', '.join(said)}, manifest.json"
