"""Finished parts of a streamed run: one file each, complete or absent; joined in their order at the end.

A part is a zip archive (stored, not packed) with the rows of the outputs for its sites, the lines of the verdict digest in
order, and a description with the key of the run. Archives carry checksums, so that a damaged part is noticed and made anew.
"""

from __future__ import annotations

import hashlib
import heapq
import io
import json
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from plangeo.delivery.atomicfile import sync_folder
from plangeo.layerledger import add_books, summarise
from plangeo.listing import list_results
from plangeo.manifest import asked_law, digest_line
from plangeo.model import Assessment
from plangeo.report import geoparquet_bytes, write_csv_header, write_csv_rows

_ABOUT = "part.json"
_CSV = ("verdicts.csv", "findings.csv")
_LINES_AT_ONCE = 2_000


def pack_part(assessment: Assessment, key: str, number: int, repairs: int) -> bytes:
    """Return the content of a part file for the assessment of some sites of a run.

    Parameters: ``key`` of the run, ``number`` of the part from 0, ``repairs`` how many the readers and the gate made.
    """
    listing = list_results(assessment)
    tables = dict(zip(_CSV, (listing.verdicts, listing.findings), strict=True))
    sites = assessment.sites
    lines = sorted(digest_line(*row) for row in zip(sites["site_id"], sites["verdict"], sites["reasons"], strict=True))
    about = {
        "key": key,
        "number": number,
        "columns": {name: [str(c) for c in table.columns] for name, table in tables.items()},
        "verdicts": {str(word): int(n) for word, n in assessment.summary()["sites"].items()},
        "findings": len(listing.findings),
        "evidence": {role: len(frame) for role, frame in sorted(assessment.evidence.items())},
        "repairs": repairs,
        "ledger": summarise(assessment),
        "cross_check": dict(assessment.recount),
        "asked": asked_law(assessment),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, table in tables.items():
            with archive.open(_entry(name), "w") as member, io.TextIOWrapper(member, "utf-8", newline="") as text:
                write_csv_rows(table, text)
        archive.writestr(_entry("evidence.parquet"), geoparquet_bytes(listing.evidence))
        archive.writestr(_entry("lines.parquet"), _parquet_of(pa.table({"line": pa.array(lines, type=pa.binary())})))
        archive.writestr(_entry(_ABOUT), json.dumps(about, sort_keys=True))
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """A member without a clock time, so that equal parts are equal bytes."""
    return zipfile.ZipInfo(name)


def _parquet_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, row_group_size=_LINES_AT_ONCE)
    return bytes(sink.getvalue())


def part_path(folder: Path, number: int) -> Path:
    """Return where a part lies."""
    return folder / f"part-{number:06d}.zip"


def write_safely(path: Path, content: bytes) -> None:
    """Write a file under another name, make sure that it is on the disk, then rename it: it is complete or absent."""
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)  # the name itself must outlive a power cut too


def read_about(path: Path, key: str, number: int) -> dict[str, Any] | None:
    """Return the description of a part, or None when it is absent, damaged, or of another run."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                return None
            about: dict[str, Any] = json.loads(archive.read(_ABOUT))
    except (OSError, zipfile.BadZipFile, ValueError, KeyError):
        return None
    return about if (about.get("key"), about.get("number")) == (key, number) and "asked" in about else None


def join_csv(parts: Sequence[Path], name: str, columns: Sequence[str], target: Path) -> None:
    """Write the rows of all parts under one header."""
    with target.open("wb") as out:
        head = io.StringIO(newline="")
        write_csv_header(columns, head)
        out.write(head.getvalue().encode("utf-8-sig"))
        for part in parts:
            with zipfile.ZipFile(part) as archive, archive.open(name) as member:
                shutil.copyfileobj(member, out, 1 << 20)


def join_evidence(parts: Sequence[Path], roles: Sequence[str], target: Path) -> None:
    """Write the evidence of all parts as one GeoParquet file, one role after the other, rows in the order of the parts."""
    tables = [_evidence_schema(part) for part in parts]
    schema = _common(tables)
    with pq.ParquetWriter(target, schema) as writer:
        for role in roles or [""]:
            for part in parts:
                table = _evidence(part)
                if roles:
                    table = table.filter(pa.compute.equal(table.column("role"), role)) if "role" in table.column_names else table
                writer.write_table(_as(table, schema))


def _evidence(part: Path) -> pa.Table:
    with zipfile.ZipFile(part) as archive:
        return pq.ParquetFile(pa.BufferReader(archive.read("evidence.parquet"))).read()


def _evidence_schema(part: Path) -> pa.Schema:
    with zipfile.ZipFile(part) as archive:
        return pq.ParquetFile(pa.BufferReader(archive.read("evidence.parquet"))).schema_arrow


def _common(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """The columns of all parts; a part may have only blanks where another one shows the type."""
    types: dict[str, Any] = {}
    for field in (f for schema in schemas for f in schema):
        if pa.types.is_null(types.get(field.name, pa.null())):
            types[field.name] = field.type
    geo = json.loads(schemas[0].metadata[b"geo"])
    for facts in geo["columns"].values():
        facts.pop("bbox", None)
        facts["geometry_types"] = []
    return pa.schema([pa.field(n, t) for n, t in types.items()], metadata={"geo": json.dumps(geo)})


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(len(table), f.type) for f in schema
    ]
    return pa.table(columns, schema=schema)


def join_digest(parts: Sequence[Path]) -> str:
    """Return the verdict digest (``manifest.verdict_digest``) of all sites; lines are merged, not held."""
    digest = hashlib.sha256()
    for line in heapq.merge(*(_lines(part) for part in parts)):
        digest.update(line + b"\n")
    return digest.hexdigest()


def _lines(part: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(part) as archive:
        content = archive.read("lines.parquet")
    for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(batch_size=_LINES_AT_ONCE):
        yield from batch.column(0).to_pylist()


def join_asked(abouts: Sequence[Mapping[str, Any]]) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the uses of all parts, and the pairs of use code and class that lie under some site."""
    uses = {str(use) for about in abouts for use in about["asked"][0]}
    return uses, {(str(use), str(zone)) for about in abouts for use, zone in about["asked"][1]}


def join_books(abouts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the books of all parts together. **Raises** AssertionError when they do not balance."""
    return add_books([about["ledger"] for about in abouts])


def add_up(abouts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the counts of a manifest for all parts together."""
    verdicts: Counter[str] = Counter()
    evidence: Counter[str] = Counter()
    for about in abouts:
        verdicts.update(about["verdicts"])
        evidence.update(about["evidence"])
    order = list(abouts[0]["verdicts"])
    return {
        "sites": sum(verdicts.values()),
        "verdicts": {word: verdicts[word] for word in order},
        "findings": sum(about["findings"] for about in abouts),
        "evidence": {role: evidence[role] for role in sorted(evidence)},
        "repairs": sum(about["repairs"] for about in abouts),
    }
