"""Tables as the checks see them, of a few rows and without any geometry: zones, faces of a site, what was measured, what was said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.checks import CHECKS
from plangeo.law.precedence import govern
from plangeo.model import Measured
from plangeo.rulebook import Rulebook

DAY = dt.date(2025, 7, 1)
OVERLAY = {"code": "KKT", "name": {"vi": "Khu kinh tế", "en": "Zone"}, "overlay": True}
Zones = tuple[tuple[str, str, str], ...]


def zone(code: str, plan_id: str = "P1", zone_id: str = "") -> tuple[str, str, str]:
    """A zone as the cover names it."""
    return plan_id, code, zone_id or f"{plan_id}-{code}"


def face(size: float, *zones: tuple[str, str, str], site: str = "S", sides: Sequence[Zones] = (), dim: int = 2) -> dict[str, Any]:
    """A face of ``size`` hundredths of its site, each 1 m² or 1 m; ``dim`` 2, 1 or 0."""
    return {
        "site_id": site,
        "zones": tuple(sorted({z for s in sides for z in s} if sides else zones)),
        "on_border": bool(sides),
        "sides": tuple(sides),
        "area_m2": size if dim == 2 else 0.0,
        "length_m": size if dim == 1 else 0.0,
        "share": size / 100,
    }


def measured(
    book: Rulebook,
    *faces: dict[str, Any],
    facts: Mapping[str, Any] | None = None,
    layers: Mapping[str, Mapping[str, Any]] | None = None,
    evidence: Mapping[str, pd.DataFrame] | None = None,
    ids: Sequence[str] = (),
    **site: Any,
) -> Measured:
    """Sites for housing on these faces; ``facts`` of the layer of zones, ``layers`` of others, ``site`` columns of every site."""
    law = book if book.on else book.at(DAY)
    cover = pd.DataFrame(faces) if faces else pd.DataFrame(columns=list(face(1)))
    known = list(ids) or list(dict.fromkeys(f["site_id"] for f in faces)) or ["S"]
    row = {"use": "housing", "use_code": "housing", "dimension": 2, "has_place": True, "site_area_m2": 100.0} | site
    sites = pd.DataFrame([{"site_id": i} | row for i in known])
    return Measured(sites, evidence or {}, govern(cover, law), {"zones": facts or {}, **(layers or {})}, law)


def said(check: str, table: Measured) -> dict[tuple[str, str], str]:
    """(reason, class or plan) → verdict."""
    found = CHECKS[check].judge(table)
    about = "zone_code" if check == "zone_use" else "plan_id"
    return {(r, a): v for r, a, v in zip(found["reason"], found[about], found["verdict"], strict=True)}


def rows(check: str, table: Measured, *columns: str) -> list[list[Any]]:
    """The given columns of what a check finds; numbers rounded to 9 places, "" where there is none."""
    found = CHECKS[check].judge(table)[list(columns)].values.tolist()
    return [["" if v != v else round(v, 9) if isinstance(v, float) else v for v in row] for row in found]
