"""Runs larger than memory: the register goes through part by part, every finished part lies on disk, a stopped run goes on.

Best practice: give paths, so that nothing is held that can be read again. Anti-pattern: a million sites in one ``assess``,
whose evidence and sentences are all in memory at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from plangeo.arguments import take_backend, take_codes, take_day, take_rulebook
from plangeo.assessing.cases import Case, open_case
from plangeo.assessment import Backend, Count, assess_part, metric_sites
from plangeo.checks import CHECKS
from plangeo.delivery.atomicfile import said_plainly
from plangeo.delivery.folderlock import locked
from plangeo.delivery.publication import drafted, publish
from plangeo.delivery.readback import read_back
from plangeo.delivery.runlog import LOG, RunLog
from plangeo.engine.pairs import COMPILED_FROM, prefers_compiled
from plangeo.errors import InputError, PlangeoWarning
from plangeo.law.lawrecord import record_law
from plangeo.layers import OpenLayers, open_layers, raster_notes
from plangeo.manifest import MANIFEST, build_manifest, read_manifest, versions
from plangeo.model import Assessment
from plangeo.parts import (
    add_up,
    join_asked,
    join_books,
    join_csv,
    join_digest,
    join_evidence,
    pack_part,
    part_path,
    read_about,
    write_safely,
)
from plangeo.reading import decision_rows
from plangeo.recount.tallies import join_recounts
from plangeo.registers import Register, open_register
from plangeo.report import begin_output, old_names, write_log, write_manifest
from plangeo.rulebook import Rulebook
from plangeo.sources import LayerFile
from plangeo.storage.prepared import hash_file, hash_frame

PART_SITES = 20_000
"""Sites of one part: few large parts keep workers busy; one part with its evidence and sentences takes about 300 MB."""
_PARTS = "parts"
_PLAN = "plan.json"


def assess_to(
    folder: str | Path,
    sites: gpd.GeoDataFrame | str | Path | LayerFile,
    rulebook: Rulebook,
    *,
    on: dt.date | str,
    checks: Sequence[str] | None = None,
    crs: Any = None,
    backend: Backend | None = None,
    resume: bool = False,
    part_sites: int = PART_SITES,
    cross_check: bool = False,
    run: Mapping[str, Any] | None = None,
    log: RunLog | None = None,
    progress: Count | None = None,
    **layers: gpd.GeoDataFrame | str | Path | LayerFile,
) -> Path:
    """Judge a register part by part and write verdicts.csv, findings.csv, evidence.parquet and manifest.json into a folder.

    The verdicts, and their digest in the manifest, are those of ``assess``. Every finished part is one file in
    ``folder/parts`` until all are joined; a run that was stopped goes on with ``resume=True``.

    Parameters
    ----------
    folder : a new folder, or one of an earlier run of plangeo.
    sites : a register as for ``assess``, or its path; GeoParquet is read in slices, other formats at once.
    rulebook, on, checks, crs, cross_check, layers : as for ``assess``; give big plans as paths.
    backend : a function shaped like ``map`` (see ``plangeo.backends``); each part is one piece of its work.
    resume : go on with what an equal run has finished; without it, finished parts are made anew.
    part_sites : how many sites make a part.
    run : what the manifest tells of how to repeat the run.
    log : where phases and their times are told; it is written into the folder.
    progress : called with (sites judged, all sites) whenever a part is done; parts found finished count from the start.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError when ``resume`` finds parts of a run with other inputs, or the folder holds something else; and what
    ``assess`` raises.
    """
    day = take_day(on)
    law = take_rulebook(rulebook).at(day)
    chosen = take_codes(checks, CHECKS)
    mapped = take_backend(backend)
    if part_sites < 1:
        raise InputError(
            f"part_sites={part_sites}: a part needs at least one site; leave it out for {PART_SITES:,}.", code="argument_wrong"
        )
    folder = Path(folder)
    with locked(folder):
        return _judge_into(folder, sites, law, layers, chosen, crs, mapped, part_sites, resume, cross_check, run, log, progress)


def _judge_into(
    folder: Path,
    sites: gpd.GeoDataFrame | str | Path | LayerFile,
    law: Rulebook,
    layers: Mapping[str, Any],
    chosen: Sequence[str],
    crs: Any,
    mapped: Backend,
    part_sites: int,
    resume: bool,
    cross_check: bool,
    run: Mapping[str, Any] | None,
    log: RunLog | None,
    progress: Count | None,
) -> Path:
    begin_output(folder)
    register = open_register(sites)
    opened = open_layers(layers, law, prepare_from=math.inf if cross_check else None)
    identity = _identity(register, layers, law, chosen, crs, part_sites) | {"the second computation": cross_check}
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    parts = folder / _PARTS
    _begin(parts, identity, resume)
    case = _settled(open_case(register.outline(), opened, law, chosen, crs), register, part_sites)
    case = replace(case, cross_check=cross_check)
    if note := case.crs_check.get("note"):
        warnings.warn(PlangeoWarning(note, code="crs_doubted"), stacklevel=3)
    made = _finish_parts(parts, key, register, case, mapped, part_sites, progress)
    if log is not None:
        log.phase("judge", parts=len(made))
    _join(folder, parts, made, register, opened, case, run, log)
    return folder


def _identity(
    register: Register, layers: Mapping[str, Any], law: Rulebook, chosen: Sequence[str], crs: Any, part_sites: int
) -> dict[str, Any]:
    """Everything the answer depends on, as plain data; equal data, equal answers."""
    return {
        "the register": register.identity(),
        **{f"the layer {role}": _identity_of(layer) for role, layer in sorted(layers.items())},
        "the rulebook": law.sha256,
        "the date": str(law.on),
        "the checks": list(chosen),
        "the CRS": str(crs),
        "the size of the parts": part_sites,
        "the versions": versions(),
    }


def _identity_of(layer: Any) -> Any:
    if isinstance(layer, gpd.GeoDataFrame):
        return hash_frame(layer)
    source = layer if isinstance(layer, LayerFile) else LayerFile(layer)
    return [[hash_file(file) for file in source.files()], source.options()]


def _begin(parts: Path, identity: Mapping[str, Any], resume: bool) -> None:
    """Make the folder of the parts ready. **Raises** InputError when it holds parts of another run to be resumed."""
    plan = parts / _PLAN
    if resume and plan.exists():
        try:
            before = json.loads(plan.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{plan} cannot be read, so the run cannot go on: {error}. Start it anew, without resume.",
                code="run_cannot_resume",
            ) from error
        changed = [name for name in {**before, **identity} if before.get(name) != json.loads(json.dumps(identity.get(name)))]
        if changed:
            raise InputError(
                f"The run in {parts.parent} cannot go on: {', '.join(changed)} changed since it was stopped, and half of the verdicts "
                "would come from something else. Restore what was changed, or start the run anew, without resume.",
                code="run_cannot_resume",
            )
        return
    if parts.exists():
        shutil.rmtree(parts)
    parts.mkdir(parents=True)
    write_safely(plan, json.dumps(identity, sort_keys=True, indent=1).encode())


def _settled(case: Case, register: Register, size: int) -> Case:
    """Decide for all parts how areas are summed, as ``assess`` does for all sites at once."""
    count = register.vertices()
    if count < COMPILED_FROM:
        metric = (metric_sites(part, case)[0] for part in register.parts(size))
        count = sum(int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) for frame in metric)
    return replace(case, compiled=prefers_compiled(count))


def _finish_parts(
    parts: Path, key: str, register: Register, case: Case, backend: Backend, size: int, progress: Count | None
) -> list[tuple[Path, dict[str, Any]]]:
    """Make the parts that are not there yet; return all of them in order, each with its description."""
    found: dict[int, dict[str, Any]] = {}
    total = len(register.outline())

    def tell() -> None:
        if progress is not None:
            progress(sum(sum(about["verdicts"].values()) for about in found.values()), total)

    def missing() -> Iterator[tuple[int, gpd.GeoDataFrame]]:
        for number, frame in enumerate(register.parts(size)):
            about = read_about(part_path(parts, number), key, number)
            if about is None:
                yield number, frame
            else:
                found[number] = about

    made: Any = backend(partial(make_part, case=case, key=key), missing())
    tell()
    for number, content in made:
        write_safely(part_path(parts, number), content)
        about = read_about(part_path(parts, number), key, number)
        if about is None:
            raise InputError(
                f"{part_path(parts, number)} could not be read again after it was written; is the disk full?",
                code="output_incomplete",
            )
        found[number] = about
        tell()
    if sorted(found) != list(range(len(found))):
        raise AssertionError(f"parts {sorted(found)} are not all parts, once each")
    return [(part_path(parts, number), found[number]) for number in sorted(found)]


def make_part(part: tuple[int, gpd.GeoDataFrame], *, case: Case, key: str) -> tuple[int, bytes]:
    """Assess one part of a register; return its number and the content of its file."""
    number, sites = part
    found = assess_part(sites, case)
    told = len(sites.attrs.get("plangeo", {}).get("repairs", ())) if number == 0 or "survey" in sites.attrs else 0
    return number, pack_part(found, key, number, len(found.repairs) + told)


def _join(
    folder: Path,
    parts: Path,
    made: Sequence[tuple[Path, Mapping[str, Any]]],
    register: Register,
    opened: OpenLayers,
    case: Case,
    run: Mapping[str, Any] | None,
    log: RunLog | None,
) -> None:
    """Write the outputs of all parts beside the folder, read them again, then publish them; the parts go with the old result."""
    paths, abouts = [path for path, _ in made], [about for _, about in made]
    counts = add_up(abouts)
    with drafted(folder) as draft, said_plainly(folder):
        for name, columns in abouts[0]["columns"].items():
            if any(about["columns"][name] != columns for about in abouts):
                raise AssertionError(f"the parts have different columns in {name}")
            join_csv(paths, name, columns, draft / name)
        join_evidence(paths, sorted(counts["evidence"], reverse=True), draft / "evidence.parquet")
        names = [*abouts[0]["columns"], "evidence.parquet"]
        rows = {"verdicts.csv": counts["sites"], "findings.csv": counts["findings"]}
        rows |= {"evidence.parquet": sum(counts["evidence"].values())}
        read_back(draft, names, {name: {"": wanted} for name, wanted in rows.items()}, {})
        nothing = _nothing_but(register, opened, case)
        counts["repairs"] += len(opened.repairs) + sum(len(a.get("repairs", ())) for a in opened.notes())
        told = build_manifest(nothing, {name: draft / name for name in names}, run=run)
        told |= {"verdict_digest": join_digest(paths), "counts": counts, "ledger": join_books(abouts), "parts": len(paths)}
        told["law"] = record_law(case.law, *join_asked(abouts))
        if case.cross_check:
            told["cross_check"] = join_recounts([about["cross_check"] for about in abouts])
        write_log(log, draft, names)
        write_manifest(told, draft)
        publish(draft, folder, [*names, *([LOG] if log else []), MANIFEST], drop=[*old_names(folder), _PARTS])


def _nothing_but(register: Register, opened: OpenLayers, case: Case) -> Assessment:
    """An assessment that says what went in, without a site."""
    told = [about for about in (register.about, *opened.notes()) if about]
    assert case.law.on is not None
    blank = next(iter(register.parts(1))).iloc[:0]
    part = assess_part(blank, case)
    return replace(
        part,
        inputs=tuple({**a.get("fingerprint", {}), "notes": list(a.get("notes", ())), "decisions": decision_rows(a)} for a in told)
        + tuple(raster_notes(role, path) for role, path in opened.rasters.items()),
        repairs=pd.DataFrame(),
    )


def read_counts(folder: Path) -> dict[str, int]:
    """Return verdict → number of sites of a finished run."""
    found: dict[str, int] = read_manifest(folder)["counts"]["verdicts"]
    return found
