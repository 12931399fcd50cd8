"""The capital a triage counts with; unknown capital is unknown and never 0."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from plangeo.model import Label

STATED = Label("", "")
UPPER_END = Label("chỉ nêu mức tối đa", "only an upper end is stated")
RANGE = Label("mức thấp nhất của khoảng đã nêu", "the least of the range stated")
DOLLARS = Label("chỉ nêu bằng USD: không quy đổi", "stated in USD only: not converted")
UNKNOWN = Label("chưa rõ vốn", "capital not known")


@dataclass(frozen=True)
class Capital:
    """Capital in whole VND, None where it is not known, and how it was taken."""

    vnd: int | None
    note: Label = STATED


def capital_of(sites: pd.DataFrame) -> dict[str, Capital]:
    """Return site_id → the capital to count with: the least stated in VND, else the upper end; nothing is converted."""
    blank = [math.nan] * len(sites)
    names = ("capital_min_vnd", "capital_max_vnd", "capital_min_usd", "capital_max_usd")
    columns = (sites[name].astype(float).tolist() if name in sites else blank for name in names)
    ids = sites["site_id"].astype(str).tolist()
    return {site_id: _capital(*row) for site_id, *row in zip(ids, *columns, strict=True)}


def _capital(low: float, high: float, low_usd: float, high_usd: float) -> Capital:
    if math.isfinite(low) and low > 0:
        return Capital(round(low), STATED if low == high or not math.isfinite(high) else RANGE)
    if math.isfinite(high) and high > 0:
        return Capital(round(high), UPPER_END)
    return Capital(None, DOLLARS if math.isfinite(low_usd) or math.isfinite(high_usd) else UNKNOWN)
