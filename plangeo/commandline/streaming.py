"""A run part by part, for registers larger than memory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.commandline.runs import input_paths, tell_forecast
from plangeo.commandline.summary import files_written, print_counts
from plangeo.console import running_console

if TYPE_CHECKING:
    from plangeo.project_file import Project


def stream_run(project: Project, resume: bool) -> int:
    """Judge the register part by part, print the counts and what was written."""
    from plangeo.delivery.runlog import RunLog
    from plangeo.manifest import hash_files
    from plangeo.model import Verdict
    from plangeo.rerun import layer_files
    from plangeo.rulebook import load_rulebook
    from plangeo.sources import LayerFile
    from plangeo.stream import PART_SITES, assess_to, read_counts

    if project.boundaries is not None:
        raise click.UsageError("--stream takes no --boundaries: join them into the register first (read_sites, GeoParquet)")
    if project.files:
        raise click.UsageError(f"--stream asks no study, so it takes no file of one: {', '.join(sorted(project.files))}")
    register, out, console = project.register_, Path(project.out), running_console()
    tell_forecast(project, streamed=True)
    console.step("judge")
    console(f"judging {register.path} part by part")
    hashes = hash_files(input_paths(project))
    assess_to(
        out,
        LayerFile(
            register.path, project.profile, register.keywords("layer", "sheet", "crs", "columns", "list_date", "header_row")
        ),
        load_rulebook(project.rulebook),
        on=project.on,
        checks=project.checks,
        crs=project.crs,
        cross_check=project.cross_check,
        resume=resume,
        run={"project": project.to_json(), "files": hashes},
        log=RunLog(time.perf_counter),
        progress=console.count,
        part_sites=PART_SITES,
        **layer_files(project),
    )
    counts = read_counts(out)
    print_counts(counts, f"{project.on}", project.language)
    click.echo(files_written(out))
    return WELL if {word for word, count in counts.items() if count} <= {Verdict.PERMITTED.label} else FINDINGS
