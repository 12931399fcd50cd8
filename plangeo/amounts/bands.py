"""Declared areas as bands: from which area to which a drawing may be and still be what the register says.

A single value, a range ("80-100 ha"), a bound ("trên 50 ha") and an approximation ("khoảng 50 ha") are one thing here:
two ends in m², either of which may be open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plangeo.text import format_area

Floats = NDArray[np.float64]

# Plan tables round to 0.01 ha, so such a difference is rounding and not an error.
ROUNDING_M2 = 100.0
# "khoảng 50 ha" is a number rounded by a person: the slack of a single value, twice.
APPROXIMATE_SHARE = 0.10
# A bound ("trên 50 ha") that the drawing exceeds more than this many times says too little to agree with it.
OPEN_FACTOR = 2.0


def declared_ends(sites: pd.DataFrame) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the two ends of the declared areas in m² as written, NaN where open or not stated, and which are approximate."""
    exact = _numbers(sites, "declared_area_m2")
    low = np.where(np.isnan(exact), _numbers(sites, "declared_area_min_m2"), exact)
    high = np.where(np.isnan(exact), _numbers(sites, "declared_area_max_m2"), exact)
    told = sites["declared_area_approx"].to_numpy(dtype=bool) if "declared_area_approx" in sites else np.zeros(len(sites), bool)
    return low, high, told & np.isnan(exact)


def _numbers(sites: pd.DataFrame, column: str) -> Floats:
    if column not in sites:
        return np.full(len(sites), math.nan)
    return pd.to_numeric(sites[column], errors="coerce").to_numpy(dtype=float, na_value=math.nan)


def ends_in_words(low: float, high: float, approx: bool) -> tuple[str, str]:
    """Return a range, bound or approximation (m²) in words, Vietnamese and English.

    >>> ends_in_words(800_000, 1_000_000, False), ends_in_words(500_000, math.nan, True)
    (('80,00 ha – 100,00 ha', '80.00 ha – 100.00 ha'), ('hơn 50,00 ha', 'a little over 50.00 ha'))
    """
    vi, en = ([format_area(v, language) for v in (low, high)] for language in ("vi", "en"))
    if math.isnan(high):
        return (f"hơn {vi[0]}", f"a little over {en[0]}") if approx else (f"từ {vi[0]} trở lên", f"{en[0]} or more")
    if math.isnan(low):
        return (f"gần {vi[1]}", f"nearly {en[1]}") if approx else (f"không quá {vi[1]}", f"{en[1]} or less")
    about = ("khoảng ", "about ") if approx else ("", "")
    if low == high:
        return f"{about[0]}{vi[0]}", f"{about[1]}{en[0]}"
    return f"{about[0]}{vi[0]} – {vi[1]}", f"{about[1]}{en[0]} – {en[1]}"


def fitting_band(low: Floats, high: Floats, approx: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return from which to which drawn area (m²) a declared range, bound or approximation is fulfilled.

    The ends are meant as written, up to rounding; approximate ones may be missed by a tenth, and an open end reaches a tenth
    beyond an approximate bound ("hơn 50 ha") and a factor of two beyond a plain one ("trên 50 ha").

    >>> ends = np.array([80.0, 50, 50, np.nan]) * 1e4, np.array([100.0, 50, np.nan, 50]) * 1e4
    >>> least, most = fitting_band(*ends, np.array([False, True, False, True]))
    >>> (least / 1e4).round(2).tolist(), (most / 1e4).round(2).tolist()
    ([79.99, 45.0, 49.99, 45.0], [100.01, 55.0, 100.0, 55.0])
    """
    slack_low = np.where(approx, APPROXIMATE_SHARE * low, 0.0)
    slack_high = np.where(approx, APPROXIMATE_SHARE * high, 0.0)
    reach = np.where(approx, 1 + APPROXIMATE_SHARE, OPEN_FACTOR)
    back = np.where(approx, 1 - APPROXIMATE_SHARE, 1 / OPEN_FACTOR)
    least = np.where(np.isnan(low), high * back, low - np.maximum(slack_low, ROUNDING_M2))
    most = np.where(np.isnan(high), low * reach, high + np.maximum(slack_high, ROUNDING_M2))
    return least, most


UNSEARCHED_M2 = 1e8
"""Beyond this area of a single point (10,000 ha) nobody looks for what lies within its reach: it is a slip of units, or anywhere."""


def largest_area(site: Mapping[Any, Any]) -> float:
    """Return the largest area (m²) the register gives a site, an approximate one with its tenth; NaN where it names no end.

    >>> largest_area({"declared_area_max_m2": 500_000.0, "declared_area_approx": True})
    550000.0
    """
    exact, least, most = (
        math.nan if site.get(name) is None else float(site[name])
        for name in ("declared_area_m2", "declared_area_min_m2", "declared_area_max_m2")
    )
    if not math.isnan(exact):
        return exact
    if not site.get("declared_area_approx"):
        return most
    return (1 + APPROXIMATE_SHARE) * (least if math.isnan(most) else most)


def most_area(site: Mapping[Any, Any]) -> float:
    """Return the most ground (m²) a site can have: what is drawn, or what it declares; inf where its outline may be off or nobody says.

    >>> most_area({"dimension": 2, "site_area_m2": 900.0}), most_area({"dimension": 0, "declared_area_m2": float("nan")})
    (900.0, inf)
    """
    if site["dimension"] == 2:
        return math.inf if outline_accuracy(site) > 0 else float(site["site_area_m2"])
    declared = largest_area(site)
    return declared if declared > 0 else math.inf


def outline_accuracy(site: Mapping[Any, Any]) -> float:
    """Return how far the outline of a site may be off (m); 0 where nobody says."""
    stated = site.get("accuracy_m")
    return float(stated) if stated is not None and float(stated) > 0 else 0.0


def largest_areas(sites: pd.DataFrame) -> Floats:
    """Return ``largest_area`` of many sites at once."""
    low, high, approx = declared_ends(sites)
    return np.where(approx, (1 + APPROXIMATE_SHARE) * np.where(np.isnan(high), low, high), high)
