"""Writing an assessment: one file by suffix, or the whole folder with its manifest, all or nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import geopandas as gpd
import pandas as pd
import pyarrow.parquet
import pyogrio

from plangeo.arguments import kind_of, take_assessment
from plangeo.datumline import LANGUAGES
from plangeo.errors import InputError
from plangeo.geopackage import write_geopackage
from plangeo.layerstyles import style_file
from plangeo.listing import Listing, list_results
from plangeo.manifest import MANIFEST, build_manifest, is_output, read_manifest, sha256, to_text, verdict_digest
from plangeo.model import ILLUSTRATIVE, Assessment, Language
from plangeo.overrides.decisions import decisions_beside
from plangeo.papers.dossier import write_dossier
from plangeo.workbook import write_workbook

OUTPUTS = ("verdicts.csv", "findings.csv", "evidence.parquet", "sites.gpkg", "report.xlsx", "explanations.json")
"""Files ``write_outputs`` always writes, beside the manifest and a style (.qml) for each layer of sites.gpkg."""

_UNFINISHED = ".plangeo-unfinished"
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
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; make it first", code="output_name_wrong")
    with temporary_folder(path.parent) as folder:
        draft = folder / path.name
        writer(list_results(assessment), draft)
        _move(draft, path)
    return path


def write_outputs(
    assessment: Assessment,
    folder: str | Path,
    *,
    extra: Mapping[str, bytes | str] | None = None,
    run: Mapping[str, Any] | None = None,
    finished: str | None = None,
) -> Path:
    """Write the whole answer into ``folder``: OUTPUTS, ``extra`` files (name → content) and ``manifest.json``.

    Everything is written and re-read in a temporary folder beside the target, then moved; the
    manifest comes last, so a folder without one is not a result. Files of an earlier run are replaced,
    other files of the folder are left alone. ``run`` (the project) and ``finished`` (a clock time) go
    into the manifest. Returns the folder.

    **Raises** InputError when the folder holds something else than a plangeo output, or cannot be written.
    """
    folder = Path(folder)
    _refuse_foreign(folder)
    extra = dict(extra or {})
    for name in extra:
        if Path(name).name != name or name in {*OUTPUTS, MANIFEST} or name.endswith(".qml"):
            raise ValueError(f"{name!r} cannot be an extra file: a bare name that is not one of plangeo's own is needed")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder.parent) as draft:
        files = _write_files(assessment, draft, extra)
        _read_back(assessment, draft)
        manifest = draft / MANIFEST
        manifest.write_text(to_text(build_manifest(assessment, files, run=run, finished=finished)), "utf-8", newline="\n")
        publish(draft, folder, [*files, MANIFEST])
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


def _write_files(assessment: Assessment, draft: Path, extra: Mapping[str, bytes | str]) -> dict[str, Path]:
    listing = list_results(assessment)
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
        (draft / name).write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)
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


def _read_back(assessment: Assessment, draft: Path) -> None:
    """Re-open what was written and count: on a full disk writers say nothing and leave broken files."""
    sites, findings = len(assessment.sites), len(assessment.findings)
    counted = {
        "verdicts.csv": (_csv_rows(draft / "verdicts.csv"), sites),
        "findings.csv": (_csv_rows(draft / "findings.csv"), findings),
        "sites.gpkg": (int(pyogrio.read_info(draft / "sites.gpkg", layer="sites", force_feature_count=True)["features"]), sites),
        "evidence.parquet": (
            pyarrow.parquet.read_metadata(draft / "evidence.parquet").num_rows,
            sum(len(frame) for frame in assessment.evidence.values()),
        ),
        "sites.qml": (
            sum(path.read_bytes().endswith(b"</qgis>\n") for path in draft.glob("sites*.qml")),
            len(pyogrio.list_layers(draft / "sites.gpkg")) - 1,  # the table of styles is a layer too
        ),
        "explanations.json": (len(json.loads((draft / "explanations.json").read_text("utf-8"))), sites),
    }
    for name, (found, wanted) in counted.items():
        if found != wanted:
            raise InputError(
                f"{name} was written with {found} rows instead of {wanted}; is the disk full? Nothing was published",
                code="output_incomplete",
            )


def _csv_rows(path: Path) -> int:
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


def publish(draft: Path, folder: Path, names: Iterable[str]) -> None:
    """Move the finished files of a draft into an output folder; the old manifest goes first and the new one comes last."""
    names = list(names)
    try:
        folder.mkdir(exist_ok=True)
        old = set(read_manifest(folder).get("files", {})) if is_output(folder) else set()
        (folder / _UNFINISHED).write_text("plangeo was interrupted here; run it again\n", "utf-8")
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in sorted(old - set(names)):
            if Path(name).name == name:  # a manifest is a file anyone can edit: never follow it out of the folder
                (folder / name).unlink(missing_ok=True)
        for name in names:
            _move(draft / name, folder / name)
        (folder / _UNFINISHED).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(_cannot_write(folder, error), code="output_unwritable") from error


def _move(draft: Path, target: Path) -> None:
    with draft.open("rb+") as stream:
        os.fsync(stream.fileno())
    try:
        os.replace(draft, target)
    except OSError as error:
        raise InputError(_cannot_write(target, error), code="output_unwritable") from error


def _cannot_write(path: Path, error: OSError) -> str:
    return f"{path} cannot be written ({error.strerror or error}); is it open in Excel or QGIS? Close it and run again"


def begin_output(folder: Path) -> None:
    """Make an output folder that is filled over time, and mark it as unfinished.

    **Raises** InputError when it holds something else than an output, or cannot be made.
    """
    _refuse_foreign(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _UNFINISHED).write_text("plangeo was interrupted here; run it again\n", "utf-8")
    except OSError as error:
        raise InputError(_cannot_write(folder, error), code="output_unwritable") from error


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; --out must name a folder", code="output_folder_foreign")
    if not folder.is_dir() or is_output(folder) or (folder / _UNFINISHED).exists():
        return
    present = sorted(item.name for item in folder.iterdir())
    if present:
        raise InputError(
            f"{folder} is not empty and is not a plangeo output (it holds {', '.join(present[:3])}{' …' if len(present) > 3 else ''} "
            f"and no {MANIFEST} of plangeo). Nothing was written, so that nothing of yours is lost; name a new folder.",
            code="output_folder_foreign",
        )


class temporary_folder:
    """A folder beside the target: on the same disk, so the last step is a rename."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent

    def __enter__(self) -> Path:
        try:
            self._path = Path(tempfile.mkdtemp(prefix=".plangeo-", dir=self._parent))
        except OSError as error:
            raise InputError(
                f"nothing can be written in {self._parent}: {error.strerror or error}", code="output_unwritable"
            ) from error
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


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
            kinds = {type(v) for v in out[column] if not _blank(v)}
            if kinds != {bool}:
                texts = [None if _blank(v) else str(v).encode("utf-8", "replace").decode() for v in out[column]]
                out[column] = pd.Series(texts, index=out.index, dtype=object)  # without rows a list would turn into numbers
    out.columns = [str(c) for c in out.columns]
    out.attrs = {}
    return out


def _blank(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


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
