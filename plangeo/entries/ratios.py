"""Capital per hectare of a project against that of other projects: outliers of one use, and slips of a power of ten.

Robust, on the log scale: the distance from the median is held against the median absolute deviation (× 1.4826, a standard deviation where
values are normal). At least ``LEAST_PEERS`` projects of one use are asked for; ``LEAST_SPREAD`` keeps a use whose projects
are all alike from making an outlier of the first that differs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plangeo.amounts.bands import declared_ends
from plangeo.amounts.quantities import slips
from plangeo.entries.entrytable import Entries, Floats
from plangeo.entries.funding import middle_vnd, shown_vnd
from plangeo.entries.remarks import Answer, Remark
from plangeo.model import Label
from plangeo.text import format_number

LEAST_PEERS = 8
"""Projects of one use, the one in question included."""
OUTLYING = 3.5
"""Deviations from the median beyond which a value is an outlier (Iglewicz and Hoaglin 1993)."""
LEAST_SPREAD = 0.15
"""On the log10 scale: a factor of 1.4."""


@dataclass(frozen=True)
class Ratios:
    """Capital per hectare of each site (VND/ha, NaN where it cannot be reckoned) and what was found."""

    vnd_per_ha: Floats
    answer: Answer


def ask_ratios(entries: Entries, doubted: Collection[int]) -> Ratios:
    """Return capital per hectare and its outliers; ``doubted``: rows whose area is in doubt already and is not reckoned with.

    A range of area or capital counts with its middle on the log scale; an open end with nothing.
    """
    low, high, _ = declared_ends(entries.table)
    hectares = middle_vnd(low, high) / 1e4
    hectares[list(doubted)] = math.nan
    capital = middle_vnd(entries.numbers("capital_min_vnd"), entries.numbers("capital_max_vnd"))
    ratio = capital / hectares
    uses = np.array(entries.uses, dtype=object)
    known = np.isfinite(ratio)
    peers = Counter(uses[known & (uses != "")].tolist())
    slipped = slips(ratio)
    remarks: list[Remark] = []
    for use in sorted(peers):
        if peers[use] >= LEAST_PEERS:
            members = np.flatnonzero(known & (uses == use))
            remarks += _outliers(members, ratio, entries.assessment.rulebook.uses[use].name, slipped)
    compared = np.array([bool(k) and peers.get(u, 0) >= LEAST_PEERS for k, u in zip(known, uses, strict=True)], dtype=bool)
    for row in np.flatnonzero(known & (slipped != 0) & ~compared).tolist():
        others = float(np.median(ratio[known]))
        remarks.append(_slip(row, float(ratio[row]), others, int(known.sum()), Label("các dự án", "projects")))
    few = sum(1 for k, c in zip(known, compared, strict=True) if k and not c)
    why = Label(
        f"Suất đầu tư chỉ so sánh khi có ít nhất {LEAST_PEERS} dự án cùng loại; {few} dự án thuộc loại có ít hơn",
        f"Capital per hectare is compared among at least {LEAST_PEERS} projects of one use; {few} project(s) are of uses with fewer",
    )
    asked = compared | (known & (slipped != 0))
    return Ratios(ratio, Answer("ratio", asked, sorted(remarks, key=lambda r: r.row), why if few else Label("", "")))


def spread(logs: Floats) -> tuple[float, float]:
    """Return the median of some values and their robust standard deviation, of at least ``LEAST_SPREAD``.

    >>> spread(np.array([1.0, 2.0, 3.0, 4.0, 100.0]))
    (3.0, 1.4826)
    """
    middle = float(np.median(logs))
    return middle, max(1.4826 * float(np.median(np.abs(logs - middle))), LEAST_SPREAD)


def _outliers(members: NDArray[np.intp], ratio: Floats, use: Label, slipped: Floats) -> list[Remark]:
    """The members of one use far from its median."""
    logs = np.log10(ratio[members])
    middle, deviation = spread(logs)
    usual, count = 10.0**middle, len(members)
    remarks = []
    for row, log in zip(members.tolist(), logs.tolist(), strict=True):
        away = log - middle
        if abs(away) <= OUTLYING * deviation:
            continue
        if slipped[row] or abs(abs(away) - 3.0) <= 2 * LEAST_SPREAD:
            remarks.append(_slip(row, float(ratio[row]), usual, count, use))
            continue
        vi, en = (tuple(shown_vnd(v, lang) for v in (float(ratio[row]), usual)) for lang in ("vi", "en"))
        times = [format_number(10 ** abs(away), lang, 1) for lang in ("vi", "en")]
        up = ("cao hơn", "above") if away > 0 else ("thấp hơn", "below")
        said = Label(
            f"Suất đầu tư {vi[0]}/ha, {up[0]} {times[0]} lần so với trung vị {vi[1]}/ha của {count} dự án {use.vi}",
            f"{en[0]} per ha, {times[1]} times {up[1]} the median {en[1]} per ha of {count} projects ({use.en})",
        )
        remarks.append(Remark(row, "ratio.outlier", said, f"{vi[0]}/ha", f"{vi[1]}/ha"))
    return remarks


def _slip(row: int, value: float, usual: float, count: int, use: Label) -> Remark:
    vi, en = (tuple(shown_vnd(v, lang) for v in (value, usual)) for lang in ("vi", "en"))
    power = round(abs(math.log10(value / usual)))
    times = [format_number(10.0**power, lang, 0) for lang in ("vi", "en")]
    said = Label(
        f"Suất đầu tư {vi[0]}/ha lệch khoảng {times[0]} lần so với {vi[1]}/ha của {count} {use.vi}: có thể nhầm đơn vị vốn hoặc diện tích",
        f"{en[0]} per ha is about {times[1]} times away from the {en[1]} per ha of {count} {use.en}: likely a slip of units of capital or area",
    )
    return Remark(row, "ratio.unit_slip", said, f"{vi[0]}/ha", f"{vi[1]}/ha")
