"""A run as its project file records it: read, judged and studied, the first time and again from a result folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plangeo.errors import InputError
from plangeo.limits import limited

# Everything else is imported where it is used, so that commands answer --help at once.
if TYPE_CHECKING:
    import geopandas as gpd

    from plangeo.model import Assessment
    from plangeo.project_file import Project
    from plangeo.resources.estimate import Estimate, RunSize
    from plangeo.resources.holdings import Holdings
    from plangeo.rulebook import Rulebook

Progress = Callable[[str], None]
"""Told in words what is done now."""
Count = Callable[[int, int], None]
"""Told how many pieces of how many are done."""


def read_register_of(project: Project, progress: Progress) -> gpd.GeoDataFrame:
    """Read the register of a project, without its boundaries."""
    from plangeo.sources import read_sites

    register = project.register_
    progress(f"reading {register.path}")
    named = register.keywords("layer", "sheet", "crs", "columns", "list_date", "header_row")
    return read_sites(register.path, project.profile, **named)


def add_boundaries_of(project: Project, sites: gpd.GeoDataFrame, progress: Progress) -> gpd.GeoDataFrame:
    """Return ``sites`` with the boundaries the project names; as they are when it names none."""
    from plangeo.boundaries import join_boundaries
    from plangeo.sources import read_sites

    extra = project.boundaries
    if extra is None:
        return sites
    progress(f"reading {extra.path}")
    sheet = extra.sheet or extra.layer  # of a workbook with corner lists
    shapes = read_sites(extra.path, project.profile, sheet=sheet, **extra.keywords("layer", "crs", "columns", "header_row"))
    return join_boundaries(sites, shapes)


def judge_sites_of(
    project: Project, sites: gpd.GeoDataFrame, rulebook: Rulebook, progress: Progress, count: Count | None = None
) -> Assessment:
    """Judge sites by the day, checks and layers of the project."""
    from plangeo.assessment import assess

    progress(f"judging {len(sites)} sites")
    return assess(
        sites,
        rulebook,
        on=project.on,
        checks=project.checks,
        crs=project.crs,
        cross_check=project.cross_check,
        progress=count,
        **layer_files(project),
    )


def check_files_of(project: Project) -> None:
    """**Raises** LayerError, before minutes are spent, for a file that no study asks for."""
    from plangeo.studies import check_files

    check_files(project.files)


def add_studies_of(
    project: Project, result: Assessment, progress: Progress, only: Iterable[str] | None = None, count: Count | None = None
) -> Assessment:
    """Ask the questions about the whole register and the whole plan; ``only`` those of these codes."""
    from plangeo.studies import add_studies
    from plangeo.study import StudyFile

    progress("studying the register and the plan as a whole")
    words = ("sheet", "header_row", "crs", "layer", "columns", "list_date")
    files = {role: StudyFile(Path(item.path), project.profile, item.keywords(*words)) for role, item in project.files.items()}
    return add_studies(result, only=only, files=files, progress=count)


def size_of(project: Project, *, streamed: bool = False) -> RunSize:
    """Return how much there is to do, as the files say of themselves; they are not read for it."""
    from plangeo.resources.estimate import RunSize
    from plangeo.stream import PART_SITES
    from plangeo.surroundings import RASTER_SUFFIXES

    register = _held(project.register_.path)
    shapes = _held(project.boundaries.path) if project.boundaries is not None else register
    layers = {
        role: _held(item.path) for role, item in project.layers.items() if Path(item.path).suffix.lower() not in RASTER_SUFFIXES
    }
    return RunSize(
        register.rows,
        layers["zones"].vertices if "zones" in layers else 0,
        sum(held.vertices for role, held in layers.items() if role != "zones") + shapes.vertices,
        rasters=len(project.layers) - len(layers),
        streamed=streamed,
        part_sites=PART_SITES,
        cross_check=project.cross_check,
        counted=register.counted and all(held.counted for held in layers.values()),
    )


def _held(path: str) -> Holdings:
    """What a file seems to hold; heads of databases and Parquet are read by libraries, and so apart where files are."""
    from plangeo.apart import is_apart
    from plangeo.apart.asking import holdings_apart
    from plangeo.resources.holdings import holdings_of

    apart = is_apart() and Path(path).suffix.lower() in (".gpkg", ".parquet", ".geoparquet") and Path(path).is_file()
    return holdings_apart(Path(path)) if apart else holdings_of(path)


def forecast(project: Project, *, streamed: bool = False) -> Estimate:
    """Return what the run of a project is likely to take.

    **Raises** InputError when that is more than the budget of the project.
    """
    from plangeo.resources.budget import Limits, require_fit

    limits = project.budget.limits() if project.budget is not None else Limits()
    return require_fit(size_of(project, streamed=streamed), limits, can_stream=project.boundaries is None and not project.files)


def layer_files(project: Project) -> dict[str, Any]:
    """Return the layers of a run as files, opened when they are needed."""
    from plangeo.sources import LayerFile
    from plangeo.surroundings import RASTER_SUFFIXES

    return {
        role: Path(item.path)
        if Path(item.path).suffix.lower() in RASTER_SUFFIXES
        else LayerFile(item.path, project.profile, item.keywords("layer", "labels", "crs", "plan_id", "columns"))
        for role, item in project.layers.items()
    }


def repeat_run(folder: Path, progress: Progress, *, studied: bool = True) -> tuple[Project, Assessment]:
    """Run again what the manifest of ``folder`` records, its studies only when ``studied``.

    **Raises** InputError when that is not the same run.
    """
    from plangeo.manifest import changed_files, read_manifest, verdict_digest

    manifest = read_manifest(folder)
    if changed := changed_files((manifest.get("run") or {}).get("files", {})):
        raise InputError(
            "inputs are no longer those the verdicts came from, so what is drawn of them would show something else:\n- "
            + "\n- ".join(changed)
            + "\nRun `plangeo assess` again; `plangeo rerun` tells what the changes do.",
            code="run_inputs_changed",
        )
    project = recorded_project(folder)
    _tell_repetition(project, progress, {"read", "judge"} | ({"study"} if studied else set()))
    result = judge_again(project, progress)
    if verdict_digest(result.sites) != manifest["verdict_digest"]:
        raise InputError(
            f"the same inputs give other verdicts with this version of plangeo ({folder} was written by {manifest['plangeo']}). "
            "Run `plangeo assess` again, so that all papers agree.",
            code="run_verdicts_differ",
        )
    return project, add_studies_of(project, result, progress) if studied else result


def _tell_repetition(project: Project, progress: Progress, phases: Collection[str]) -> None:
    """Tell what these phases of a run are likely to take, when that is long or large; what is drawn of it afterwards is not in it."""
    from dataclasses import replace

    from plangeo.resources.estimate import estimate_run, is_long
    from plangeo.resources.freememory import free_memory

    whole = estimate_run(size_of(project))
    again = replace(whole, phases={word: seconds for word, seconds in whole.phases.items() if word in phases})
    if is_long(again, free_memory()):
        progress(f"reading and judging once more, estimated: {again.in_words()}")


def recorded_project(folder: Path) -> Project:
    """Return the run that the manifest of ``folder`` records. **Raises** InputError when it records none."""
    from plangeo.manifest import read_manifest
    from plangeo.project_file import Project

    recorded = read_manifest(folder).get("run") or {}
    if "project" not in recorded:
        raise InputError(
            f"{folder} was written from a program, not by `plangeo assess`, so its manifest does not say how to repeat the run",
            code="run_not_repeatable",
        )
    try:
        return Project.model_validate(recorded["project"])
    except ValueError as error:
        raise InputError(f"the run recorded in {folder} cannot be read: {error}", code="run_not_repeatable") from error


def judge_again(project: Project, progress: Progress) -> Assessment:
    """Read and judge what a project names, as it lies there now; no studies."""
    from plangeo.rulebook import load_rulebook

    with limited(project.limits):
        rulebook = load_rulebook(project.rulebook)
        sites = add_boundaries_of(project, read_register_of(project, progress), progress)
        return judge_sites_of(project, sites, rulebook, progress)
