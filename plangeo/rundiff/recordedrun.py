"""A finished run as it was recorded, from an output folder whose files prove themselves or from an assessment in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from numpy.typing import NDArray

from plangeo.errors import InputError
from plangeo.gdalgate import pyogrio
from plangeo.listing import evidence_table
from plangeo.manifest import build_manifest, read_manifest, sha256
from plangeo.model import Assessment
from plangeo.tables import FINDINGS, SITES

_NEEDED = ("verdicts.csv", "findings.csv", "evidence.parquet")
_PLACES = "sites.gpkg"
_ESCAPED = re.compile(r"'[\s\u00a0]*[=+\-@＝＋－＠\t\r\n]")
_NUMBERS = tuple(c.name for c in FINDINGS if c.dtype == "float")
_TEXTS = tuple(c.name for c in FINDINGS if c.dtype == "str")
_FORM = {"on": str, "rulebook": dict, "crs": dict, "checks": dict, "inputs": list, "files": dict}
"""What of a manifest is needed to compare runs; more of it may be missing in runs of an older version."""
_CANONICAL = tuple(c.name for c in SITES if c.name not in ("geometry", "site_id"))


@dataclass(frozen=True)
class RecordedRun:
    """What a run says of itself: ``manifest`` facts, one row per site, findings and evidence."""

    name: str
    """The folder, or ``before`` / ``after``."""
    manifest: Mapping[str, Any]
    sites: pd.DataFrame
    """Index ``site_id``; ``name, use, verdict, reasons`` and what else the run kept of its register; texts and numbers."""
    shapes: NDArray[Any] | None
    """Places in the working CRS, row by row as ``sites``; None where the run kept none (``--stream``)."""
    findings: pd.DataFrame
    evidence: gpd.GeoDataFrame
    digests: Mapping[str, tuple[str, str]]
    """Input role → hash of its file, and of its rows where they were in memory; empty where not known."""

    @property
    def crs(self) -> str:
        """The working CRS."""
        return str(self.manifest["crs"]["working"])

    @property
    def law(self) -> Mapping[str, Any]:
        """The record of the law; empty in runs of a version that kept none."""
        return self.manifest.get("law") or {}


def read_run(folder: str | Path) -> RecordedRun:
    """Return the run recorded in an output folder.

    **Raises** InputError when the folder is no finished output, or a file is gone or is not the one the manifest names.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    odd = [name for name, kind in _FORM.items() if not isinstance(manifest.get(name), kind)]
    if odd or not isinstance(manifest["crs"].get("working"), str) or not isinstance(manifest["checks"].get("run"), list):
        raise InputError(
            f"the manifest of {folder} is not as plangeo writes it ({', '.join(odd) or 'crs, checks'}); run it again",
            code="run_damaged",
        )
    listed = manifest["files"]
    missing = [name for name in _NEEDED if name not in listed]
    if missing:
        raise InputError(
            f"the manifest of {folder} names no {', '.join(missing)}, so this run cannot be compared; run it again",
            code="run_damaged",
        )
    kept = [*_NEEDED, *([_PLACES] if _PLACES in listed else [])]
    changed = [name for name in kept if not (folder / name).is_file() or sha256(folder / name) != listed[name].get("sha256")]
    if changed:
        raise InputError(
            f"{folder}: {', '.join(changed)} changed after the run or is gone (sha256 is not the manifest's), so nobody can say "
            "what the run found. Compare a folder as `plangeo assess` wrote it (open copies of its files in Excel or QGIS).",
            code="run_damaged",
        )
    sites = _texts(folder / "verdicts.csv")
    if not sites["site_id"].is_unique:
        raise InputError(f"{folder / 'verdicts.csv'} names a site twice; it is not an output of plangeo", code="run_damaged")
    sites, shapes = (
        _with_places(sites.set_index("site_id"), folder / _PLACES) if _PLACES in kept else (sites.set_index("site_id"), None)
    )
    findings = _texts(folder / "findings.csv")
    for name in _NUMBERS:
        findings[name] = pd.to_numeric(findings[name], errors="coerce")
    evidence = gpd.read_parquet(folder / "evidence.parquet")
    return RecordedRun(str(folder), manifest, sites, shapes, findings, evidence, _digests(manifest))


def record_assessment(assessment: Assessment, name: str) -> RecordedRun:
    """Return a finished assessment as a recorded run; layers without a file are told apart by their content."""
    manifest = build_manifest(assessment, {})
    frame = assessment.sites
    table = pd.DataFrame(frame.drop(columns="geometry"))
    table.index = pd.Index(frame["site_id"].astype(str), name="site_id")
    findings = pd.DataFrame(assessment.findings.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    placed = frame
    if assessment.crs and frame.crs is not None:
        from plangeo.geometry import as_crs, to_crs

        placed = to_crs(frame, as_crs(assessment.crs))
    return RecordedRun(
        name,
        manifest,
        table.drop(columns="site_id"),
        placed.geometry.to_numpy(),
        findings.astype(dict.fromkeys(_TEXTS, str)),
        evidence_table(assessment),
        _digests(manifest),
    )


def _texts(path: Path) -> pd.DataFrame:
    """A CSV of ours as text; what was quoted against spreadsheets is as it was."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read as a table of plangeo: {error}", code="run_damaged") from error
    return pd.DataFrame({str(name): table[name].map(_unquoted) for name in table.columns})


def _unquoted(text: str) -> str:
    return text[1:] if _ESCAPED.match(text) else text


def _with_places(sites: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, NDArray[Any]]:
    """The sites with the canonical columns and places of the GeoPackage, whose rows are those of verdicts.csv."""
    places = pyogrio.read_dataframe(path, layer="sites")
    if len(places) != len(sites):
        raise InputError(
            f"{path} holds {len(places)} sites and verdicts.csv {len(sites)}; they are not of one run", code="run_damaged"
        )
    out = sites.copy()
    for name in _CANONICAL:
        if name in places.columns and name not in ("name", "use", "problem", "repaired"):
            out[name] = places[name].to_numpy()
    return out, places.geometry.to_numpy()


def _digests(manifest: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    files: dict[str, str] = {}
    for item in manifest.get("inputs", ()):
        if item.get("role") and item.get("sha256"):
            border = item.get("boundaries") or {}
            files[str(item["role"])] = str(item["sha256"]) + str(border.get("sha256") or "") + str(item.get("layer") or "")
    contents = manifest.get("contents", {})
    return {role: (files.get(role, ""), contents.get(role, "")) for role in sorted({*files, *contents})}
