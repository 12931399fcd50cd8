"""Writing an assessment: one file by suffix, or the whole folder with its manifest, all or nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import geopandas as gpd
import pandas as pd

from plangeo.arguments import kind_of, take_assessment
from plangeo.datumline import LANGUAGES
from plangeo.delivery.atomicfile import cannot_write, said_plainly, written_file
from plangeo.delivery.publication import JOURNAL, drafted, publish
from plangeo.delivery.readback import read_back
from plangeo.delivery.runlog import LOG, RunLog
from plangeo.errors import InputError
from plangeo.geopackage import is_missing, write_geopackage
from plangeo.layerledger import require_balance
from plangeo.layerstyles import style_file
from plangeo.listing import Listing, list_results
from plangeo.manifest import MANIFEST, build_manifest, is_output, read_manifest, sha256, to_text, verdict_digest
from plangeo.model import ILLUSTRATIVE, Assessment, Language
from plangeo.overrides.decisions import decisions_beside
from plangeo.papers.dossier import write_dossier
from plangeo.workbook import rows_in_sheet, write_workbook

OUTPUTS = ("verdicts.csv", "findings.csv", "evidence.parquet", "sites.gpkg", "report.xlsx", "explanations.json")
"""Files ``write_outputs`` always writes, beside the manifest and a style (.qml) for each layer of sites.gpkg."""

UNFINISHED = ".plangeo-unfinished"
"""Says that an output folder is filled over time (``--stream``) and its run has not ended."""
_PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*%?")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_report(assessment: Assessment, path: str | Path, *, language: Language = "vi") -> Path:
    """Write one file; the suffix says which.

    ``.xlsx`` workbook · ``.gpkg`` styled layers · ``.csv`` one row per site · ``.parquet`` sites with
    verdicts (GeoParquet) · ``.json`` verdicts, findings and explanations · ``.docx`` dossier, in ``language``
    (``vi`` or ``en``; the others hold both). Returns the path.

    **Raises** InputError for another suffix or language, for what is no assessment, or when the file cannot be written.
    """
    take_assessment(assessment, "write_report")
    if not isinstance(path, str | Path) or "\0" in str(path):
        raise InputError(f"path is {kind_of(path)}; name the file to write, e.g. 'report.xlsx'", code="argument_wrong")
    path = Path(path)
    if language not in LANGUAGES:
        raise InputError(f"language {language!r} is not known; use {' or '.join(LANGUAGES)}", code="argument_wrong")
    writer = _WRITERS.get(path.suffix.lower())
    if writer is write_dossier:
        writer = partial(write_dossier, language=language)
    if writer is None:
        raise InputError(
            f"{path.name}: plangeo writes {', '.join(_WRITERS)}, not {path.suffix or 'a file without a suffix'!r}",
            code="output_name_wrong",
        )
    with written_file(path) as draft:
        writer(list_results(assessment), draft)
        read_back(draft.parent, [draft.name], {}, {})
    return path


def write_outputs(
    assessment: Assessment,
    folder: str | Path,
    *,
    extra: Mapping[str, bytes | str] | None = None,
    run: Mapping[str, Any] | None = None,
    finished: str | None = None,
    log: RunLog | None = None,
) -> Path:
    """Write the whole answer into ``folder``: OUTPUTS, ``extra`` files (name → content) and ``manifest.json``.

    Everything is written, made durable and read again in a folder beside the target, the manifest last; then it takes
    the place of what was there at once (see ``plangeo.delivery.publication``): at any moment the folder holds the old
    result or the new one, complete. Files of an earlier run are replaced, other files of the folder are left alone.
    ``run`` (the project) and ``finished`` (a clock time) go into the manifest; ``log`` is written beside it, as a file the
    manifest does not name, because its times differ from run to run. Returns the folder.

    **Raises** InputError when the folder holds something else than a plangeo output, another run is writing into it, the
    disk is full, or a file of it is held by another program.
    """
    require_balance(assessment)
    folder = Path(folder)
    refuse_foreign(folder)
    extra = dict(extra or {})
    for name in extra:
        if Path(name).name != name or name in {*OUTPUTS, MANIFEST, LOG, JOURNAL} or name.endswith(".qml"):
            raise ValueError(f"{name!r} cannot be an extra file: a bare name that is not one of plangeo's own is needed")
    with drafted(folder) as draft, said_plainly(folder):
        listing = list_results(assessment)
        files = _write_files(listing, draft, extra)
        read_back(draft, files, _counts(listing), {name: _bytes(content) for name, content in extra.items()})
        write_log(log, draft, files)
        write_manifest(build_manifest(assessment, files, run=run, finished=finished), draft)
        publish(draft, folder, [*files, *([LOG] if log else []), MANIFEST], drop=old_names(folder))
    return folder


def read_explanations(folder: str | Path) -> dict[str, dict[str, str]]:
    """Return site_id → ``{"vi": …, "en": …}`` of an output folder.

    **Raises** InputError when the folder is no plangeo output or the file is not the one the manifest names.
    """
    folder = Path(folder)
    listed = read_manifest(folder).get("files", {}).get("explanations.json", {})
    path = folder / "explanations.json"
    if sha256(path) != listed.get("sha256"):
        raise InputError(
            f"{path} was changed after the run (its sha256 is not the manifest's); run `plangeo assess` again",
            code="file_changed",
        )
    content: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    return content


def _bytes(content: bytes | str) -> bytes:
    return content.encode("utf-8", "replace") if isinstance(content, str) else content


def _write_files(listing: Listing, draft: Path, extra: Mapping[str, bytes | str]) -> dict[str, Path]:
    _write_csv(listing.verdicts, draft / "verdicts.csv")
    _write_csv(listing.findings, draft / "findings.csv")
    _parquet(listing.evidence).to_parquet(draft / "evidence.parquet", index=False)
    styles = {style_file(layer): qml for layer, qml in write_geopackage(listing, draft / "sites.gpkg").items()}
    for name, qml in styles.items():
        (draft / name).write_text(f"{qml}\n", "utf-8", newline="\n")
    write_workbook(listing, draft / "report.xlsx")
    both = _explanations(listing)
    (draft / "explanations.json").write_bytes(_json_bytes(both))
    for name, content in extra.items():
        (draft / name).write_bytes(_bytes(content))
    return {name: draft / name for name in (*OUTPUTS, *styles, *extra)}


def _explanations(listing: Listing) -> dict[str, dict[str, str]]:
    """site_id → the explanation in both languages, with the officer's decision and the fingerprint a decision copies."""
    decided = decisions_beside(listing.assessment)
    table = listing.verdicts
    columns = (table[name].tolist() for name in ("site_id", "explanation_vi", "explanation_en", "fingerprint"))
    both = {}
    for site_id, vi, en, mark in zip(*columns, strict=True):
        if site_id in decided:
            vi += f"\nQuyết định của cán bộ: {decided[site_id].vi}"
            en += f"\nOfficer's decision: {decided[site_id].en}"
        both[site_id] = {"vi": f"{vi}\nDấu kiểm: {mark}", "en": f"{en}\nFingerprint: {mark}"}
    return both


def _counts(listing: Listing) -> dict[str, dict[str, int]]:
    """File → layer or sheet → rows it must hold."""
    assessment = listing.assessment
    sites, findings = len(assessment.sites), len(assessment.findings)
    layers = {"sites": sites, "findings": findings, **{f"evidence_{r}": len(f) for r, f in assessment.evidence.items()}}
    return {
        "verdicts.csv": {"": sites},
        "findings.csv": {"": findings},
        "sites.gpkg": layers | {s.code: len(s.shapes) for s in assessment.sheets if s.shapes is not None},
        "evidence.parquet": {"": sum(len(frame) for frame in assessment.evidence.values())},
        "report.xlsx": {"Dự án": rows_in_sheet(sites), "Phát hiện": rows_in_sheet(findings)},
        "explanations.json": {"": sites},
    }


def replace_file(folder: str | Path, name: str, content: str) -> None:
    """Put one file of a finished output (the map, drawn again) in place of the old one, its hash in the manifest with it.

    **Raises** InputError when the folder is no plangeo output, is being written, or cannot be written.
    """
    folder = Path(folder)
    with drafted(folder) as draft:
        manifest = read_manifest(folder)
        (draft / name).write_bytes(raw := content.encode("utf-8", "replace"))
        read_back(draft, [name], {}, {name: raw})
        told = {name: {"sha256": sha256(draft / name), "bytes": len(raw)}}
        manifest["files"] = dict(sorted({**manifest["files"], **told}.items()))
        write_manifest(manifest, draft)
        publish(draft, folder, [name, MANIFEST])


def write_log(log: RunLog | None, draft: Path, names: Iterable[str]) -> None:
    """Write the log of a run, if there is one, beside the files ``names`` of its draft."""
    if log is not None:
        sizes = [(draft / name).stat().st_size for name in names]
        log.phase("write", files=len(sizes), bytes=sum(sizes))
        (draft / LOG).write_bytes(log.to_bytes())


def write_manifest(manifest: Mapping[str, Any], draft: Path) -> None:
    """Write the manifest of a draft, last of all, and read it again."""
    raw = to_text(manifest).encode()
    (draft / MANIFEST).write_bytes(raw)
    read_back(draft, [MANIFEST], {}, {MANIFEST: raw})


def old_names(folder: Path) -> list[str]:
    """Return what an earlier run left in an output folder and a new one replaces or removes; bare names only."""
    listed = read_manifest(folder).get("files", {}) if is_output(folder) else {}
    # a manifest is a file anyone can edit: never follow it out of the folder
    return [n for n in (*listed, MANIFEST, LOG, UNFINISHED) if Path(n).name == n and not (folder / n).is_dir()]


def begin_output(folder: Path) -> None:
    """Make an output folder that is filled over time, and mark it as unfinished.

    **Raises** InputError when it holds something else than an output, or cannot be made.
    """
    refuse_foreign(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / UNFINISHED).write_text("plangeo was interrupted here; run it again\n", "utf-8")
    except OSError as error:
        raise cannot_write(folder, error) from error


def refuse_foreign(folder: Path) -> None:
    """**Raises** InputError when ``folder`` holds something else than a plangeo output."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; --out must name a folder", code="output_folder_foreign")
    if not folder.is_dir() or is_output(folder) or (folder / UNFINISHED).exists():
        return
    present = sorted(item.name for item in folder.iterdir())
    if present:
        raise InputError(
            f"{folder} is not empty and is not a plangeo output (it holds {', '.join(present[:3])}{' …' if len(present) > 3 else ''} "
            f"and no {MANIFEST} of plangeo). Nothing was written, so that nothing of yours is lost; name a new folder.",
            code="output_folder_foreign",
        )


def _safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers stay as they are.

    >>> _safe_cell('=HYPERLINK("x")'), _safe_cell("-12,5"), _safe_cell(-3.0)
    ('\\'=HYPERLINK("x")', '-12,5', -3.0)
    """
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
        if text.lstrip(" \u00a0").startswith(_DANGEROUS) and not _PLAIN_NUMBER.fullmatch(text.strip()):
            return f"'{text}"
        return text
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if hasattr(value, "item"):
        return value.item()
    return value if isinstance(value, bool | int | float) else _safe_cell(str(value))


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write UTF-8 with a byte-order mark (Excel shows Vietnamese rightly only with it), comma, CRLF."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv_header(frame.columns, stream)
        write_csv_rows(frame, stream)


def write_csv_header(columns: Iterable[Any], stream: TextIO) -> None:
    """Write the names of the columns."""
    csv.writer(stream, lineterminator="\r\n").writerow([_safe_cell(str(name)) for name in columns])


def write_csv_rows(frame: pd.DataFrame, stream: TextIO) -> None:
    """Write the rows of a table, no cell of which a spreadsheet takes for a formula."""
    writer = csv.writer(stream, lineterminator="\r\n")
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_safe_cell(value) for value in row])


def geoparquet_bytes(frame: gpd.GeoDataFrame) -> bytes:
    """Return ``frame`` as the content of a GeoParquet file."""
    content = io.BytesIO()
    _parquet(frame).to_parquet(content, index=False)
    return content.getvalue()


def _parquet(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``frame`` with text columns of one type each: a column of text and numbers has no Arrow type."""
    out = frame.copy()
    for column in out.columns:
        if column != out.geometry.name and out[column].dtype == object:
            kinds = {type(v) for v in out[column] if not is_missing(v)}
            if kinds != {bool}:
                texts = [None if is_missing(v) else str(v).encode("utf-8", "replace").decode() for v in out[column]]
                out[column] = pd.Series(texts, index=out.index, dtype=object)  # without rows a list would turn into numbers
    out.columns = [str(c) for c in out.columns]
    out.attrs = {}
    return out


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _json_report(listing: Listing, path: Path) -> None:
    assessment = listing.assessment
    columns = ["site_id", "name", "use", "verdict", "reasons", "problem", "repaired", "explanation_vi", "explanation_en"]
    content = {
        "on": assessment.on.isoformat(),
        "notice": {"vi": ILLUSTRATIVE.vi, "en": ILLUSTRATIVE.en} if assessment.illustrative else None,
        "verdict_digest": verdict_digest(assessment.sites),
        "sites": json.loads(listing.verdicts[columns].to_json(orient="records", force_ascii=False)),
        "findings": json.loads(listing.findings.to_json(orient="records", force_ascii=False)),
        "not_run": [{"check": s.check, "why_vi": s.why.vi, "why_en": s.why.en} for s in assessment.not_run],
    }
    path.write_bytes(_json_bytes(content))


_WRITERS: Mapping[str, Callable[[Listing, Path], object]] = {
    ".xlsx": write_workbook,
    ".gpkg": write_geopackage,
    ".csv": lambda listing, path: _write_csv(listing.verdicts, path),
    ".parquet": lambda listing, path: _parquet(listing.assessment.sites).to_parquet(path, index=False),
    ".json": _json_report,
    ".docx": write_dossier,
}

__all__ = ["OUTPUTS", "read_explanations", "write_outputs", "write_report"]
