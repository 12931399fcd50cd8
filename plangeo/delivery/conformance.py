"""A result folder from somewhere else held against the published form of results, file by file and file against file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet

from plangeo.delivery.contracts import check_format, published, schema_faults, table_faults
from plangeo.delivery.crosschecks import cross_faults
from plangeo.delivery.verification import verify_output
from plangeo.gdalgate import pyogrio
from plangeo.manifest import MANIFEST, read_manifest

_LARGEST_JSON = 512 * 2**20


@dataclass(frozen=True)
class Nonconformity:
    """One way in which a result is not as published: a permanent ``code``, the file, the column or place, and what is wrong."""

    code: str
    file: str
    where: str
    what: str


@dataclass(frozen=True)
class Conformance:
    """What came of the look at a result."""

    format: int
    faults: tuple[Nonconformity, ...]
    files: tuple[str, ...]
    """The files looked into; others of the manifest were held against their hash only."""


def check_output(folder: str | Path) -> Conformance:
    """Hold a result against the published form of its format: schemas, columns, words, hashes, and the files against one another.

    Files are read as data only; nothing of them is run. **Raises** InputError when the folder is no finished plangeo output, or of
    a format this plangeo does not know.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    number = check_format(manifest.get("format"))
    faults = [Nonconformity("schema", MANIFEST, *f) for f in schema_faults(manifest, published(number, "manifest.schema.json"))]
    if faults:  # what follows relies on the manifest
        return Conformance(number, tuple(faults), (MANIFEST,))
    faults += _bytes(folder)
    tables: dict[str, pd.DataFrame] = {}
    explained: Any = None
    looked = [MANIFEST]
    for name in ("verdicts.csv", "findings.csv", "evidence.parquet", "sites.gpkg", "explanations.json"):
        if name not in manifest["files"]:
            continue
        looked.append(name)
        try:
            if name == "explanations.json":
                explained = _json(folder / name)
                faults += [
                    Nonconformity("schema", name, *f)
                    for f in schema_faults(explained, published(number, "explanations.schema.json"))
                ]
            else:
                found = _read(folder / name, manifest["crs"]["working"])
                faults += _tables(name, found, published(number, "tables.json")["tables"][name])
                tables |= found
        except Exception as error:  # whatever a reader says of a file that somebody else made
            faults.append(Nonconformity("unreadable", name, "the whole", " ".join(str(error).split())[:300]))
    needed = {
        "verdicts": {"site_id", "verdict", "reasons"},
        "findings": {"site_id", "check", "reason", "verdict"},
        "evidence": set(),
    }
    if all(part in tables and columns <= set(tables[part].columns) for part, columns in needed.items()):
        faults += [Nonconformity(code, name, "", what) for code, name, what in cross_faults(manifest, tables, explained)]
    return Conformance(number, tuple(faults), tuple(looked))


def _bytes(folder: Path) -> Iterator[Nonconformity]:
    verified = verify_output(folder)
    for file in verified.files:
        if file.state in ("changed", "missing"):
            yield Nonconformity(f"file_{file.state}", file.name, "", file.why)
    if verified.digest != verified.digest_found:
        yield Nonconformity("digest_differs", "verdicts.csv", "", "its verdicts do not give the digest the manifest states")


def _json(path: Path) -> Any:
    if path.stat().st_size > _LARGEST_JSON:
        raise ValueError(f"{path.name} is larger than {_LARGEST_JSON >> 20} MB; it is not looked into")
    return json.loads(path.read_text("utf-8"))


def _read(path: Path, crs: str) -> dict[str, pd.DataFrame]:
    """The tables of a file: name → frame without geometries."""
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return {path.stem: table}
    if path.suffix == ".parquet":
        content = pyarrow.parquet.read_table(path)
        _geo(content.schema.metadata or {})
        return {"evidence": content.drop_columns(["geometry"]).to_pandas()}
    found = {}
    for layer, name in (("sites", "sites"), ("findings", "placed_findings")):
        stated = pyogrio.read_info(path, layer=layer)["crs"]
        if crs.startswith("EPSG:") and stated != crs:
            raise ValueError(f"layer {layer} states the CRS {stated}, the manifest {crs}")
        found[name] = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    return found


def _geo(metadata: dict[bytes, bytes]) -> None:
    if b"geo" not in metadata or "geometry" not in json.loads(metadata[b"geo"]).get("columns", {}):
        raise ValueError("it is no GeoParquet file: it does not describe its geometries")


def _tables(file: str, tables: dict[str, pd.DataFrame], contract: dict[str, Any]) -> Iterator[Nonconformity]:
    if "layers" in contract:
        pairs = [
            (tables[{"findings": "placed_findings"}.get(k, k)], layer["columns"], k) for k, layer in contract["layers"].items()
        ]
    else:
        table = next(iter(tables.values()))
        pairs = [(table, contract["columns"], "")]
        if "role" in table:
            for role, columns in contract.get("of_role", {}).items():
                some = table[table["role"] == role].reset_index(drop=True)
                pairs += [(some, columns, role)] if len(some) else []
    for table, columns, part in pairs:
        for code, column, what in table_faults(table, columns):
            yield Nonconformity(code, file, f"{part}.{column}" if part else column, what)
