"""A run of the command line: foretold, held against other writers, judged and written; told when it is stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.console import running_console
from plangeo.errors import BudgetSpent, PlangeoError
from plangeo.stopping import exit_code_of, mark_of_result, say_what_is_left

if TYPE_CHECKING:
    from plangeo.model import Assessment, Language
    from plangeo.project_file import Project

MAP = "map.html"


def stoppable(out: Path, work: Callable[[], int], *, streamed: bool = False) -> int:
    """Do the work that fills ``out``; when somebody stops it, or its budget does, say what is left and how to go on.

    **Raises** BudgetSpent.
    """
    before = mark_of_result(out)
    try:
        return work()
    except BudgetSpent as spent:
        running_console().end_line()
        left = say_what_is_left(out, before, counted=running_console().counted, streamed=streamed)
        way = "Raise the budget before (--time, --memory, or budget: in the project file)."
        if streamed and spent.code == "budget_time_spent":
            way = "The time then counts anew."
        raise BudgetSpent(f"{spent} It was {left} {way}", code=spent.code) from None
    except KeyboardInterrupt as stop:
        running_console().end_line()
        click.echo(say_what_is_left(out, before, counted=running_console().counted, streamed=streamed), err=True)
        return exit_code_of(stop)


def tell_forecast(project: Project, *, streamed: bool = False) -> None:
    """Print, before a run that is long or large, what it is likely to take. **Raises** InputError when its budget forbids it."""
    from plangeo.rerun import forecast
    from plangeo.resources.amounts import bytes_in_words
    from plangeo.resources.estimate import is_long
    from plangeo.resources.freememory import free_memory, held_memory
    from plangeo.resources.spending import Spending

    expected, free = forecast(project, streamed=streamed), free_memory()
    running_console().expect(expected.phases)
    if project.budget is not None:
        running_console().watch(Spending(project.budget.limits(), time.perf_counter, held_memory))
    if is_long(expected, free):
        left = "" if free is None else f"; free {bytes_in_words(free)}"
        tight = free is not None and expected.memory > free
        more = ", which may not be enough: --stream, or fewer sites or zones at a time, takes less" if tight else ""
        click.echo(f"estimated: {expected.in_words()}{left}{more}", err=True)


def assess_and_write(project: Project, out: Path, *, told: bool = False) -> Assessment:
    """Judge a project and write the results into ``out``; ``told`` prints what was read, and every doubt about it.

    The folder is held from the start: whoever else writes into it is told at once, not after minutes.
    """
    from plangeo.delivery.folderlock import locked
    from plangeo.report import refuse_foreign

    refuse_foreign(out)
    with locked(out):
        return _assess_into(project, out, told)


def _assess_into(project: Project, out: Path, told: bool) -> Assessment:
    from plangeo.delivery.runlog import RunLog
    from plangeo.manifest import hash_files
    from plangeo.report import write_outputs
    from plangeo.rerun import add_studies_of, check_files_of
    from plangeo.studies import without_sheets

    check_files_of(project)
    tell_forecast(project)
    console = running_console()
    log = RunLog(time.perf_counter)
    hashes = hash_files(input_paths(project))
    judged = _assess_project(project, told=told)
    log.phase("judge", sites=len(judged.sites), findings=len(judged.findings), repairs=len(judged.repairs))
    console.step("study")
    result = add_studies_of(project, judged, console, count=console.count)
    log.phase("study", sheets=len(result.sheets))

    def write(written: Assessment) -> Assessment:
        console.step("map")
        console("drawing the map")
        html = map_page(written, project.language, project.title)
        log.phase("map")
        console.step("write")
        console(f"writing {out}")
        write_outputs(written, out, extra={MAP: html}, run={"project": project.to_json(), "files": hashes}, log=log)
        return written

    try:
        return write(result)
    except (PlangeoError, OSError):
        raise
    except Exception as fault:  # a table that cannot be written must not cost the verdicts
        if not result.sheets:
            raise
        return write(without_sheets(result, fault))


def _assess_project(project: Project, *, told: bool = False) -> Assessment:
    """Read and judge; ``told`` prints what was read, and every doubt about it."""
    from plangeo.readingreport import crs_line, read_line
    from plangeo.rerun import add_boundaries_of, judge_sites_of, read_register_of
    from plangeo.rulebook import load_rulebook

    console = running_console()
    console.step("read")
    rulebook = load_rulebook(project.rulebook)
    sites = read_register_of(project, console)
    if told:
        click.echo(read_line(sites.attrs.get("plangeo", {})), err=True)
    sites = add_boundaries_of(project, sites, console)
    console.step("judge")
    try:
        result = judge_sites_of(project, sites, rulebook, console, console.count if console.counts else None)
    except PlangeoError:
        if told:  # what is odd about the register may be why
            _tell_doubts(project, [sites.attrs.get("plangeo", {})], sites, "")
        raise
    if told:
        for line in filter(None, (crs_line(item, str(item.get("role", ""))) for item in result.inputs)):
            click.echo(line, err=True)
        _tell_doubts(project, result.inputs, result.sites, "sheet 'Đọc dữ liệu' of report.xlsx, or ")
    return result


def _tell_doubts(project: Project, inputs: Sequence[Mapping[str, Any]], sites: Any, where: str) -> None:
    """Print what an officer has to look at in the inputs, and where all of it stands."""
    from plangeo.readingreport import doubt_lines, problem_rows

    register = project.register_
    for line in doubt_lines(inputs, problem_rows(sites)):
        click.echo(f"- {line}", err=True)
    sheet = f" --sheet {register.sheet!r}" if register.sheet else ""
    name = f'"{register.path}"' if " " in register.path else register.path
    click.echo(f"all of it: {where}plangeo read {name}{sheet}", err=True)


def raise_fault(result: Assessment) -> None:
    """Raise the first fault of ours that left a study undone, once everything else is written."""
    faults = {skipped.check: skipped.fault for skipped in result.studies_not_run if skipped.fault is not None}
    if faults:
        click.echo(f"The verdicts are complete and written; these studies are missing: {', '.join(faults)}.", err=True)
        raise next(iter(faults.values()))


def input_paths(project: Project) -> list[str]:
    """Return every file the run of a project reads."""
    found = [project.register_.path, project.rulebook, *(item.path for item in project.layers.values())]
    found += [item.path for item in project.files.values()]
    if project.boundaries is not None:
        found.append(project.boundaries.path)
    if Path(project.profile).suffix:
        found.append(project.profile)
    return found


def map_page(result: Assessment, language: Language, title: str | None, **given: Any) -> str:
    """Return the map as one page of HTML; ``given`` as in ``plangeo.maps.make_map``."""
    from plangeo.maps import make_map

    return str(make_map(result, language=language, title=title, **given).get_root().render())
