"""Flat tables for people, made from an assessment: one row per project, per finding, per piece of evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.arguments import JUDGED
from plangeo.explanation import explain_all, one_line, precedence_of, sentences
from plangeo.model import Assessment, Language, Verdict
from plangeo.overrides.fingerprints import fingerprints
from plangeo.tables import FINDINGS, SITES

_CANONICAL = {column.name for column in SITES}


@dataclass(frozen=True)
class Listing:
    """The tables every output is written from, made once per assessment because the sentences take time."""

    assessment: Assessment
    verdicts: pd.DataFrame
    """See ``verdict_table``."""
    findings: pd.DataFrame
    """See ``finding_table``."""
    evidence: gpd.GeoDataFrame
    """See ``evidence_table``."""


def list_results(assessment: Assessment) -> Listing:
    """Return all tables of an assessment."""
    return Listing(assessment, verdict_table(assessment), finding_table(assessment), evidence_table(assessment))


def own_columns(assessment: Assessment) -> list[str]:
    """Return the columns of the register that plangeo only carries along, in the register's order."""
    return [str(c) for c in assessment.sites.columns if c not in _CANONICAL and c not in JUDGED and c != "geometry"]


def verdict_table(assessment: Assessment) -> pd.DataFrame:
    """Return one row per site, in the order of the register: identity, verdict, reasons, explanation, own columns.

    Columns: ``site_id, source_row, name, use, verdict, verdict_vi, verdict_en, reasons, problem, repaired,
    explanation_vi, explanation_en, fingerprint``, then the register's own columns under their own names.
    """
    sites = assessment.sites
    ids = [str(item) for item in sites["site_id"]]
    parsed = [Verdict.parse(str(word)) for word in sites["verdict"]]
    marks = fingerprints(assessment)
    texts = {language: explain_all(assessment, language) for language in ("vi", "en")}
    table: dict[str, list[Any]] = {
        "site_id": ids,
        "source_row": sites["source_row"].tolist() if "source_row" in sites else [None] * len(ids),
        "name": sites["name"].tolist(),
        "use": sites["use"].tolist(),
        "verdict": [v.label for v in parsed],
        "verdict_vi": [v.wording.vi for v in parsed],
        "verdict_en": [v.wording.en for v in parsed],
        "reasons": sites["reasons"].tolist(),
        "problem": sites["problem"].tolist(),
        "repaired": sites["repaired"].tolist(),
        "explanation_vi": [texts["vi"][item] for item in ids],
        "explanation_en": [texts["en"][item] for item in ids],
        "fingerprint": [marks[item] for item in ids],
    }
    for column in own_columns(assessment):
        name = column if column not in table else f"{column}_raw"  # never lose a column to a name of ours
        table[name] = sites[column].tolist()
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in table.items()})


def finding_table(assessment: Assessment) -> pd.DataFrame:
    """Return the findings without geometry, with ``sentence_vi`` and ``sentence_en``."""
    table = pd.DataFrame(assessment.findings.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    table = table[[c.name for c in FINDINGS] + [c for c in table.columns if c not in {f.name for f in FINDINGS}]]
    table["sentence_vi"] = sentences(assessment, "vi")
    table["sentence_en"] = sentences(assessment, "en")
    return table


def evidence_table(assessment: Assessment) -> gpd.GeoDataFrame:
    """Return the evidence of every layer under one another, first column ``role``; CRS ``assessment.crs``."""
    frames = []
    for role, frame in sorted(assessment.evidence.items(), reverse=True):  # zones first: they decide
        copy = frame.copy()
        copy.insert(0, "role", role)
        frames.append(copy)
    names = list(dict.fromkeys(str(c) for frame in frames for c in frame.columns if c != "geometry"))
    if not frames:
        return gpd.GeoDataFrame({"role": pd.Series(dtype=object)}, geometry=gpd.GeoSeries([]), crs=assessment.crs or None)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    shapes: list[Any] = []
    for frame in frames:
        for name in names:
            columns[name] += frame[name].tolist() if name in frame else [None] * len(frame)
        shapes += frame.geometry.tolist()
    flat = {name: pd.Series(values).infer_objects() for name, values in columns.items()}
    return gpd.GeoDataFrame(flat, geometry=gpd.GeoSeries(shapes), crs=frames[0].crs)


def deciding_sentences(assessment: Assessment, findings: pd.DataFrame, language: Language = "vi") -> dict[str, str]:
    """Return site_id → the sentences of the findings that set its verdict.

    ``findings`` is ``finding_table(assessment)``. A permitted site has none to give.
    """
    verdict = dict(zip(assessment.sites["site_id"].astype(str), assessment.sites["verdict"].astype(str), strict=True))
    chosen: dict[str, list[tuple[int, str]]] = {}
    said = f"sentence_{language}"
    for row in findings[["site_id", "check", "reason", "verdict", said]].to_dict("records"):
        site_id = str(row["site_id"])
        if row["verdict"] == verdict.get(site_id) and row["verdict"] != Verdict.PERMITTED.label:
            chosen.setdefault(site_id, []).append((precedence_of(row), one_line(row[said])))
    ordered = {site_id: sorted(lines, key=lambda line: line[0]) for site_id, lines in chosen.items()}
    return {site_id: "\n".join(dict.fromkeys(text for _, text in lines)) for site_id, lines in ordered.items()}
