"""The files of one result held against one another: the same sites, counts, verdicts and digest everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from plangeo.checks import CHECKS
from plangeo.model import Verdict

_ORDER = {v.label: int(v) for v in Verdict}
_SHOWN = 5
_NOT_RUN = ".not_run"
"""Reason of a check that had to run and did not: no finding stands for it."""


def cross_faults(
    manifest: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], explained: Any
) -> Iterator[tuple[str, str, str]]:
    """Yield (code, file, what is wrong).

    ``tables``: ``verdicts``, ``findings``, ``evidence`` and, where the result has them, ``sites`` and ``placed_findings`` of the
    GeoPackage; ``explained``: the content of explanations.json, None when there is none.
    """
    verdicts, findings, evidence = tables["verdicts"], tables["findings"], tables["evidence"]
    ids = [str(i) for i in verdicts["site_id"]]
    yield from _counts(manifest["counts"], verdicts, findings, evidence)
    yield from _rows_in(manifest, len(ids))
    for name, frame in (("findings.csv", findings), ("evidence.parquet", evidence)):
        if strange := sorted(set(frame["site_id"].map(_bare)) - set(map(_bare, ids))) if "site_id" in frame else []:
            yield "ids_differ", name, f"sites that verdicts.csv does not hold: {', '.join(strange[:_SHOWN])}"
    if isinstance(explained, dict) and sorted(map(_bare, explained)) != sorted(map(_bare, ids)):
        yield "ids_differ", "explanations.json", "it explains other sites than verdicts.csv holds"
    yield from _worst(manifest, verdicts, findings)
    if "sites" in tables:
        yield from _same("sites.gpkg", tables["sites"], verdicts, ("site_id", "verdict", "reasons"))
    if "placed_findings" in tables:
        yield from _same("sites.gpkg (findings)", tables["placed_findings"], findings, ("site_id", "check", "reason", "verdict"))


def _counts(
    counts: Mapping[str, Any], verdicts: pd.DataFrame, findings: pd.DataFrame, evidence: pd.DataFrame
) -> Iterator[tuple[str, str, str]]:
    found: dict[str, tuple[Any, Any]] = {
        "verdicts.csv": (counts["sites"], len(verdicts)),
        "findings.csv": (counts["findings"], len(findings)),
        "evidence.parquet": (
            {role: n for role, n in sorted(counts["evidence"].items()) if n},
            dict(sorted(Counter(evidence["role"].astype(str)).items())) if "role" in evidence else {},
        ),
        "verdicts.csv (verdicts)": (
            {word: n for word, n in sorted(counts["verdicts"].items()) if n},
            dict(sorted(Counter(verdicts["verdict"]).items())),
        ),
    }
    for name, (stated, there) in found.items():
        if stated != there:
            yield "counts_differ", name, f"the manifest states {stated}, there are {there}"


def _rows_in(manifest: Mapping[str, Any], out: int) -> Iterator[tuple[str, str, str]]:
    """Rows of the register = rows of the answer: no project may be lost on the way. A program may leave rows out on purpose."""
    if not manifest.get("run"):
        return
    for item in manifest["inputs"]:
        if item.get("role") == "sites" and isinstance(item.get("rows"), int) and item["rows"] != out:
            yield "rows_lost", "verdicts.csv", f"the register had {item['rows']} rows, there are {out} verdicts"


def _worst(manifest: Mapping[str, Any], verdicts: pd.DataFrame, findings: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """The verdict of a site is its worst finding; unknown may stand above that only where a check did not run or nothing was found."""
    worst = _worst_findings(findings)
    skipped = bool(manifest["checks"]["not_run"])
    said = {site_id: set(f["check"].astype(str) + "." + f["reason"].astype(str)) for site_id, f in findings.groupby("site_id")}
    for site_id, word, reasons in zip(verdicts["site_id"], verdicts["verdict"], verdicts["reasons"], strict=True):
        given, found = _ORDER.get(str(word)), worst.get(str(site_id))
        if given is None:
            continue
        free = given == int(Verdict.UNKNOWN) and (skipped or found is None)
        if (found is None or given != found) and not (free and (found is None or given > found)):
            named = "none" if found is None else Verdict(int(found)).label
            yield "verdict_not_worst", "verdicts.csv", f"{site_id}: {word}, but its worst finding is {named}"
        missing = [
            r for r in str(reasons).split("; ") if r and r not in said.get(str(site_id), set()) and not r.endswith(_NOT_RUN)
        ]
        if missing:
            yield "reason_without_finding", "verdicts.csv", f"{site_id}: {', '.join(missing[:_SHOWN])}"


def _worst_findings(findings: pd.DataFrame) -> dict[str, int]:
    """Site → its worst finding, where a check that another one tempers counts as unknown at most (``Check.tempers``)."""
    columns = (findings[name].astype(str).tolist() for name in ("site_id", "check", "reason", "verdict"))
    rows = [row for row in zip(*columns, strict=True) if row[3] in _ORDER]
    tempers = ((i, CHECKS[c].tempers.get(reason, ())) for i, c, reason, _ in rows if c in CHECKS)
    tempered = {(site_id, other) for site_id, others in tempers for other in others}
    worst: dict[str, int] = {}
    for site_id, check, _, word in rows:
        value = min(_ORDER[word], int(Verdict.UNKNOWN)) if (site_id, check) in tempered else _ORDER[word]
        worst[site_id] = max(value, worst.get(site_id, value))
    return worst


def _same(name: str, frame: pd.DataFrame, other: pd.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    if len(frame) != len(other):
        yield "counts_differ", name, f"{len(frame)} rows, the CSV file of the same rows has {len(other)}"
        return
    for column in columns:
        if column in frame and column in other:
            left, right = ([_bare(v) for v in table[column].fillna("").astype(str)] for table in (frame, other))
            if left != right:
                row = next(n for n, (a, b) in enumerate(zip(left, right, strict=True)) if a != b)
                yield "values_differ", name, f"{column} of row {row + 1} is {left[row]!r}, in the CSV file {right[row]!r}"


def _bare(text: Any) -> str:
    """A text without the apostrophe that keeps spreadsheets from taking it for a formula; line ends as one kind."""
    value = str(text).replace("\r\n", "\n")
    return value[1:] if value[:1] == "'" and value[1:].lstrip(" \u00a0")[:1] in set("=+-@\t\r\n＝＋－＠") else value
