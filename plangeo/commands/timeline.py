"""``plangeo timeline``: the register of a project file assessed on several days, with what differs and which law changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.console import running_console

if TYPE_CHECKING:
    from plangeo.chronicle.timeline import Timeline
    from plangeo.model import Language
    from plangeo.project_file import Project


@click.command("timeline", short_help="Assess a register on several days and say what changed, and why.")
@click.option("--project", "project_file", metavar="FILE", help="The project file of the run.  [default: ./plangeo.yaml]")
@click.option("--on", metavar="DATE", help="The day that counts as now.  [default: that of the project file]")
@click.option("--date", "dates", multiple=True, metavar="DATE", help="Another day, past or future, year-month-day. Repeatable.")
@click.option("--approved", "column", metavar="COLUMN", help="Column of the register with each project's day of approval.")
@click.option("--approved-on", metavar="DATE", help="One day of approval for all projects.")
@click.option("--out", metavar="FILE", help="Write the tables: .xlsx (all) or .csv (the verdicts that differ).")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of what is printed.  [default: that of the project file]")
def timeline(
    project_file: str | None,
    on: str | None,
    dates: Sequence[str],
    column: str | None,
    approved_on: str | None,
    out: str | None,
    lang: Language | None,
) -> int:
    """Print how many projects have each verdict on each day, and what changed in plans, rules and zones where verdicts differ.

    "Compatible when approved, not now" is told apart when the days of approval are known: --approved COLUMN, --approved-on
    DATE, or a column of a usual name. Exit code: 1 when some verdict differs.

    \b
    Example
      plangeo timeline --project plangeo.yaml --date 2024-12-31 --date 2031-01-01 --out timeline.xlsx
    """
    from plangeo.arguments import take_day
    from plangeo.chronicle.timeline import approval_column, compare_dates
    from plangeo.readingreport import read_line
    from plangeo.rulebook import load_rulebook

    if column and approved_on:
        raise click.UsageError("--approved names a column and --approved-on one day for all: give one of them")
    project = _project(project_file)
    now = take_day(on) if on else project.on
    days = sorted({now, *(take_day(day) for day in dates)})
    if len(days) < 2 and not column and not approved_on:
        raise click.UsageError(f"name a day to compare {now} with, e.g. --date 2024-12-31")
    language = lang or project.language
    sites = _sites(project)
    click.echo(read_line(sites.attrs.get("plangeo", {})), err=True)
    found = column or (None if approved_on else approval_column(sites))
    if found and not column:
        click.echo(f"the days of approval are read from column {found!r}; --approved names another one", err=True)
    approved: Any = found or (_one_day(sites, take_day(approved_on)) if approved_on else None)
    result = compare_dates(
        sites,
        load_rulebook(project.rulebook),
        list(days),
        on=now,
        approved=approved,
        checks=project.checks,
        crs=project.crs,
        **_layers(project),
    )
    _tell(result, language, out)
    differs = result.approvals is not None and not result.approvals["standing"].isin(["same"]).all()
    return 1 if len(result.flips) or differs else 0


def _project(project_file: str | None) -> Project:
    """The project file named, else that of this folder. **Raises** UsageError when there is none."""
    from plangeo.project_file import PROJECT_FILE, load_project

    path = Path(project_file or PROJECT_FILE)
    if project_file is None and not path.is_file():
        raise click.UsageError(
            f"there is no {PROJECT_FILE} in this folder; name one: plangeo timeline --project FILE --date 2024-12-31"
        )
    return load_project(path)


def _tell(result: Timeline, language: Language, out: str | None) -> None:
    """Print what differs between the days; write the tables to ``out`` when it is given."""
    from plangeo.chronicle.timesheets import summary_lines, timeline_sheets
    from plangeo.model import ILLUSTRATIVE
    from plangeo.sheetfile import write_tables

    if result.illustrative:
        click.echo(f"{ILLUSTRATIVE.text(language)}.")
    for line in summary_lines(result, language):
        click.echo(line)
    if out:
        notice = ILLUSTRATIVE.vi if result.illustrative else ""
        write_tables(timeline_sheets(result), out, chosen="dates_flips", language=language, notice=notice)
        click.echo(out)


def _one_day(sites: Any, day: dt.date) -> dict[str, str]:
    return dict.fromkeys((str(site_id) for site_id in sites["site_id"]), day.isoformat())


def _sites(project: Project) -> Any:
    """The register of the project file, with its boundaries."""
    from plangeo.rerun import add_boundaries_of, read_register_of

    console = running_console()
    return add_boundaries_of(project, read_register_of(project, console), console)


def _layers(project: Project) -> dict[str, Any]:
    """The layers of the project file: rasters as paths, big plans as files that are kept ready, others read once for all days."""
    from plangeo.layers import PREPARE_FROM_BYTES
    from plangeo.rerun import layer_files

    return {
        role: item if isinstance(item, Path) or (role == "zones" and item.size() >= PREPARE_FROM_BYTES) else item.read(role)
        for role, item in layer_files(project).items()
    }


COMMAND = timeline
