"""The manifest: what went in, what came out, with which law, programs and coordinate operations."""

from __future__ import annotations

import hashlib
import importlib
import json
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from plangeo.checks import CHECKS
from plangeo.datumline import LANGUAGES, datum_lines
from plangeo.delivery.publication import recover
from plangeo.errors import InputError
from plangeo.law.lawrecord import record_law
from plangeo.layerledger import summarise
from plangeo.layerscores import layer_scores
from plangeo.model import ILLUSTRATIVE, Assessment

MANIFEST = "manifest.json"
_FORMAT = 1
_PACKAGES = (
    "pandas",
    "numpy",
    "geopandas",
    "shapely",
    "pyogrio",
    "fiona",
    "rasterio",
    "pyproj",
    "pyarrow",
    "folium",
    "xlsxwriter",
)


_PROGRAM = {".py", ".yaml", ".csv", ".json"}
"""Files of plangeo that can change a verdict."""


def versions() -> dict[str, str]:
    """Return the version of plangeo, of every library and of each GEOS, GDAL and PROJ inside them."""

    import pyproj

    from plangeo.gdalgate import pyogrio

    found = {"plangeo": _version("plangeo"), "python": platform.python_version()}
    found |= {name: _version(name) for name in _PACKAGES}
    found["GEOS (shapely)"] = ".".join(map(str, shapely.geos_version))
    found["GDAL (pyogrio)"] = ".".join(map(str, pyogrio.__gdal_version__))
    found["PROJ (pyproj)"] = str(pyproj.proj_version_str)
    for name in ("fiona", "rasterio"):
        try:
            found[f"GDAL ({name})"] = str(importlib.import_module(name).__gdal_version__)
        except (ImportError, AttributeError):
            found[f"GDAL ({name})"] = "not installed"
    return found


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


@cache
def program_digest() -> str:
    """Return one hash over the code and the data files of this plangeo: two of the same version number may still differ."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=lambda p: p.relative_to(root).as_posix()):
        if path.suffix in _PROGRAM and "vendor" not in path.parts:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal. **Raises** InputError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", code="file_damaged") from error
    return digest.hexdigest()


def verdict_digest(sites: pd.DataFrame) -> str:
    """Return one hash over all verdicts, whatever their order: equal digests mean equal answers.

    ``sites`` needs ``site_id``, ``verdict`` and ``reasons``.

    >>> a = pd.DataFrame({"site_id": ["1", "2"], "verdict": ["unknown", "permitted"], "reasons": ["x", ""]})
    >>> verdict_digest(a) == verdict_digest(a.iloc[::-1])
    True
    """
    rows = zip(sites["site_id"], sites["verdict"], sites["reasons"], strict=True)
    return hashlib.sha256(b"".join(line + b"\n" for line in sorted(digest_line(*row) for row in rows))).hexdigest()


def digest_line(site_id: Any, verdict: Any, reasons: Any) -> bytes:
    """Return the line of one site in the verdict digest; the bytes sort like the text."""
    return f"{site_id}\t{verdict}\t{reasons}".encode("utf-8", "surrogatepass")


def build_manifest(
    assessment: Assessment,
    files: Mapping[str, Path],
    *,
    run: Mapping[str, Any] | None = None,
    finished: str | None = None,
) -> dict[str, Any]:
    """Return the manifest as plain data.

    ``files`` maps the name in the folder to the finished file; ``run`` is the project that repeats
    the run; ``finished`` a clock time, left out when None so that two equal runs write equal bytes.
    """
    book = assessment.rulebook
    skipped = {s.check: {"vi": s.why.vi, "en": s.why.en} for s in assessment.not_run}
    manifest: dict[str, Any] = {
        "plangeo": _version("plangeo"),
        "format": _FORMAT,
        "on": assessment.on.isoformat(),
        "illustrative": assessment.illustrative,
        "notice": {"vi": ILLUSTRATIVE.vi, "en": ILLUSTRATIVE.en} if assessment.illustrative else None,
        "verdict_digest": verdict_digest(assessment.sites),
        "counts": {
            "sites": len(assessment.sites),
            "verdicts": {str(word): int(n) for word, n in assessment.summary()["sites"].items()},
            "findings": len(assessment.findings),
            "evidence": {role: len(frame) for role, frame in sorted(assessment.evidence.items())},
            "repairs": len(assessment.repairs),
        },
        "ledger": summarise(assessment),
        "plan_layer": layer_scores(assessment),
        "checks": {"run": [code for code in CHECKS if code not in skipped], "not_run": skipped},
        "rulebook": {"source": book.source, "sha256": book.sha256, "name": {"vi": book.name.vi, "en": book.name.en}},
        "law": record_law(book, *asked_law(assessment)),
        "crs": {
            "working": assessment.crs,
            "why": _why_working(assessment),
            "operations": [dict(op) for op in assessment.crs_operations],
        }
        | {"datum": {k: datum_lines(assessment, k) for k in LANGUAGES}, "check": dict(assessment.crs_check)},
        "cross_check": dict(assessment.recount) or None,
        "inputs": [dict(item) for item in assessment.inputs],
        # a frame may have been edited after it was read; layers opened on demand are those of their file
        "contents": {r: _content(f) for r, f in assessment.layers.items()} if isinstance(assessment.layers, dict) else {},
        "versions": versions(),
        "program": program_digest(),
        "run": dict(run) if run is not None else None,
        "files": {name: {"sha256": sha256(path), "bytes": path.stat().st_size} for name, path in sorted(files.items())},
    }
    if finished is not None:
        manifest["finished"] = finished
    return manifest


def _why_working(assessment: Assessment) -> str:
    """Why the run was measured in its CRS: whose it is, or that no layer's own was taken."""
    whose = [op["role"] for op in assessment.crs_operations if op.get("operation") == "none" and op.get("role") != "datum"]
    return f"the system of {', '.join(whose)}" if whose else "stated by the user, or made for the ground: no layer is in it"


def asked_law(assessment: Assessment) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the uses of the register as written, and the pairs of use code and class that lie under some site, both sorted."""
    uses = assessment.sites["use"].astype(str)
    zones = assessment.evidence.get("zones")
    if zones is None:
        return sorted(uses.unique()), []
    codes = {text: assessment.rulebook.find_use(text) or "" for text in uses.unique()}
    code_of = dict(zip(assessment.sites["site_id"].astype(str), uses.map(codes), strict=True))
    met = {(code_of[str(i)], str(z)) for i, z in zip(zones["site_id"], zones["zone_code"], strict=True)}
    return sorted(codes), sorted(pair for pair in met if pair[0])


def _content(frame: gpd.GeoDataFrame) -> str:
    """One hash over the rows of a layer, whatever their order."""
    names = sorted(str(c) for c in frame.columns if c != frame.geometry.name)
    plain = pd.util.hash_pandas_object(frame[names].astype(str), index=False).to_numpy()
    shapes = [hashlib.sha256(blob or b"").digest() for blob in shapely.to_wkb(frame.geometry.to_numpy())]
    rows = sorted(str(n).encode() + blob for n, blob in zip(plain.tolist(), shapes, strict=True))
    return hashlib.sha256(b"".join(rows) + str(frame.crs).encode()).hexdigest()


def to_text(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as JSON text with stable key order and no NaN."""
    return json.dumps(_plain(manifest), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if hasattr(value, "item"):  # a numpy scalar
        return _plain(value.item())
    return str(value)


def is_output(folder: str | Path) -> bool:
    """Say whether ``folder`` holds a manifest written by plangeo; a publication that was cut off is rolled back first.

    **Raises** InputError while a run is writing into the folder, or when a cut-off one cannot be rolled back.
    """
    recover(Path(folder))
    try:
        content = json.loads((Path(folder) / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and "plangeo" in content and "verdict_digest" in content


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Return the manifest of an output folder. **Raises** InputError when the folder is not one."""
    folder = Path(folder)
    if not is_output(folder):
        raise InputError(
            f"{folder} is not a finished plangeo output: it has no readable {MANIFEST} (written last, when all is done).\n"
            "Give the folder named by --out, or run `plangeo assess` again.",
            code="output_folder_foreign",
        )
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    return content


def hash_files(paths: Iterable[str]) -> dict[str, str]:
    """Return path → SHA-256 for every file, a shapefile's companions included; sorted by path."""
    found: dict[str, str] = {}
    for text in paths:
        path = Path(text)
        group = [path]
        if path.suffix.lower() == ".shp":
            group += [other for end in _COMPANIONS if (other := path.with_suffix(end)).exists()]
        found |= {str(item): sha256(item) for item in group if item.is_file()}
    return dict(sorted(found.items()))


_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg", ".DBF", ".SHX", ".PRJ", ".CPG")


def changed_files(recorded: Mapping[str, str]) -> list[str]:
    """Return one line per file that is gone or whose bytes are not those ``recorded`` (path → SHA-256)."""
    lines = []
    for path, before in sorted(recorded.items()):
        if not Path(path).is_file():
            lines.append(f"{path}: gone")
        elif (now := sha256(path)) != before:
            lines.append(f"{path}: changed (sha256 was {before[:12]}…, is {now[:12]}…)")
    return lines
