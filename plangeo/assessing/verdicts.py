"""The verdict of a site: the worst of its findings; and which checks were not asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

import geopandas as gpd
import pandas as pd

from plangeo.amounts.bands import largest_areas
from plangeo.checks import CHECKS, ESSENTIAL
from plangeo.law.requirements import CHECK_OF
from plangeo.law.rulebook_schema import ANY
from plangeo.model import Label, SkippedCheck, Verdict
from plangeo.rulebook import Rulebook


def combine_findings(
    site_ids: pd.Series,
    findings: pd.DataFrame,
    ran: Sequence[str],
    *,
    doubted: bool = False,
    by_area: bool = False,
    also: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """The worst finding wins; a missing essential check keeps every site from being called permitted.

    Where the coordinate system is ``doubted``, the check `district`, which says so of each site, is essential too; so is
    `legal_conditions` where the rulebook has conditions ``by_area``; ``also`` names more checks, each
    with the sites it is essential for (``needed_by``).
    """
    needed = (*ESSENTIAL, *(["district"] if doubted else []), *(["legal_conditions"] if by_area else []))
    ids = site_ids.astype(str).tolist()
    place = {site_id: n for n, site_id in enumerate(ids)}
    at = [place[site_id] for site_id in findings["site_id"].tolist()]
    columns = (findings[name].tolist() for name in ("check", "reason", "verdict"))
    said = [(n, *kind) for n, kind in zip(at, zip(*columns, strict=True), strict=True)]
    tempered = {(n, other) for n, check, reason, _ in said for other in CHECKS[check].tempers.get(reason, ())}
    by_site: list[set[tuple[int, str]]] = [{(-Verdict.UNKNOWN, f"{c}.not_run") for c in needed if c not in ran} for _ in ids]
    for code, some in (also or {}).items():
        for site_id in some if code not in ran else ():
            by_site[place[site_id]].add((-Verdict.UNKNOWN, f"{code}.not_run"))
    told = cache(_statement)
    for n, check, reason, verdict in said:
        by_site[n].add(told(check, reason, verdict, (n, check) in tempered))
    read = cache(_worst_first)
    return pd.DataFrame([read(frozenset(some)) for some in by_site], columns=["verdict", "reasons"])


def needed_by(sites: gpd.GeoDataFrame, law: Rulebook) -> dict[str, list[str]]:
    """Return checks that are essential for some sites (with ``use_code``) only → their ids: those that ask the requirements of
    their use, and `placement` for points that stand for a declared area.
    """
    ids, area = sites["site_id"].astype(str), largest_areas(sites)
    found = {"placement": ids[(sites.geometry.geom_type == "Point").to_numpy() & (area > 0)].tolist()}
    for code in sorted({CHECK_OF[r.field] for r in law.requirements}):
        asking = {r.use for r in law.requirements if CHECK_OF[r.field] == code}
        found[code] = [i for i, use in zip(ids, sites["use_code"], strict=True) if use in asking or ANY in asking]
    return found


def _statement(check: str, reason: str, label: str, tempered: bool) -> tuple[int, str]:
    """A finding as (verdict, the worse the smaller, and code)."""
    verdict = Verdict.parse(label)
    return -(min(verdict, Verdict.UNKNOWN) if tempered else verdict), f"{check}.{reason}"


def _worst_first(statements: frozenset[tuple[int, str]]) -> tuple[str, str]:
    """The verdict of a site and the reasons for it; what permits is told only where everything does."""
    worst = Verdict.worst(Verdict(-v) for v, _ in statements)
    told = sorted(s for s in statements if -s[0] != Verdict.PERMITTED or worst is Verdict.PERMITTED)
    return worst.label, "; ".join(text for _, text in told)


def skipped_checks(chosen: Sequence[str], ran: Sequence[str]) -> tuple[SkippedCheck, ...]:
    """Return the checks that did not run, and why: not asked for, or without a layer they need."""
    out = []
    for code, check in CHECKS.items():
        if code in ran:
            continue
        if code not in chosen:
            why = Label("không được yêu cầu", "not asked for")
        else:
            needs = ", ".join(check.needs)
            why = Label(f"thiếu lớp {needs}", f"layer {needs} is missing")
        out.append(SkippedCheck(code, why))
    return tuple(out)
