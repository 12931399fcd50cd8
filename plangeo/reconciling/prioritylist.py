"""The assessed register against a list of priority projects: missing both ways, on the list without a map, on the map without an entry."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from plangeo.geometry import to_crs
from plangeo.model import Assessment, Label, Verdict
from plangeo.profiles import load_profile
from plangeo.reconciling.reconciliation import Reconciliation, reconcile

STATES = {
    "to_confirm": Label("Cần xác nhận", "To be confirmed"),
    "not_in_register": Label(
        "Có trong danh mục ưu tiên, không có trong danh sách xét", "On the priority list, not in the register"
    ),
    "without_map": Label("Có trong danh mục ưu tiên, chưa có trên bản đồ", "On the priority list, not on the map"),
    "not_on_list": Label("Có trên bản đồ, không có trong danh mục ưu tiên", "On the map, not on the priority list"),
    "on_neither": Label(
        "Không có trong danh mục ưu tiên, cũng chưa có trên bản đồ", "Not on the priority list, and not on the map either"
    ),
    "shape_without_project": Label(
        "Ranh giới trên bản đồ không thuộc dự án nào", "Boundary on the map that belongs to no project"
    ),
    "on_both": Label("Có cả hai", "On both"),
}
"""State of a project → words, in the order an officer reads them."""


@dataclass(frozen=True)
class PriorityComparison:
    """The reconciliation of the priority list (left) and the register (right), and what it means for map and list."""

    result: Reconciliation
    table: gpd.GeoDataFrame
    """One row for each outcome and each boundary without a project: state, list_ids, list_names, site_ids, site_names, on_map,
    verdict, capital_vnd, capital_unstated (projects that state none), outcome, why_vi, why_en, candidates, geometry."""

    def counts(self) -> Mapping[str, int]:
        """Return how many rows are in each state."""
        found = self.table["state"].value_counts()
        return {state: int(found.get(state, 0)) for state in STATES}


def compare_with_list(
    assessment: Assessment, listed: pd.DataFrame, profile: str, confirmed: Path | None = None
) -> PriorityComparison:
    """Return the assessed register held against a priority list as ``read_sites`` gives it.

    ``confirmed``: an officer's decisions, the priority list on the left.

    The verdict of a row is the worst of its sites; its capital is what the list states, else the register; never counted as nothing.
    **Raises** TableError, CrsError as ``reconcile`` does.
    """
    result = reconcile(listed, assessment.sites, confirmed=confirmed, profile=load_profile(profile), crs=assessment.crs or None)
    sites, entries = _placed(assessment.sites, assessment.crs), _placed(listed, assessment.crs)
    here = {str(i): n for n, i in enumerate(sites["site_id"])}
    there = {str(i): n for n, i in enumerate(entries["site_id"])}
    by_outcome: dict[str, dict[str, list[int]]] = {}
    for member in result.members.itertuples():
        rows, side = (there, "left") if member.side == "left" else (here, "right")
        by_outcome.setdefault(str(member.outcome_id), {"left": [], "right": []})[side].append(rows[str(member.id)])
    made = [
        _row(outcome, by_outcome[str(outcome.outcome_id)]["left"], by_outcome[str(outcome.outcome_id)]["right"], entries, sites)
        for outcome in result.outcomes.itertuples()
    ]
    made += [_stranger(name) for name in _strangers(assessment)]
    order = list(STATES)
    made.sort(key=lambda row: order.index(row["state"]))
    frame = gpd.GeoDataFrame(pd.DataFrame(made, columns=_COLUMNS), geometry="geometry", crs=assessment.crs or None)
    return PriorityComparison(result, frame)


_COLUMNS = (
    *("state", "list_ids", "list_names", "site_ids", "site_names", "on_map", "verdict", "capital_vnd", "capital_unstated"),
    *("outcome", "changes", "why_vi", "why_en", "candidates", "geometry"),
)


def _placed(frame: pd.DataFrame, crs: str) -> pd.DataFrame:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or not crs:
        return frame
    placed: pd.DataFrame = to_crs(frame, crs) if frame.geometry.notna().any() else frame
    return placed


def _row(outcome: Any, left: Sequence[int], right: Sequence[int], entries: pd.DataFrame, sites: pd.DataFrame) -> dict[str, Any]:
    drawn, stated = _shape(sites, right), _shape(entries, left)
    state = _state(str(outcome.outcome), drawn is not None)
    capital, unstated = _capital(entries, left) if left else _capital(sites, right)
    verdicts = [str(sites["verdict"].iloc[n]) for n in right] if "verdict" in sites else []
    why = Label(str(outcome.why_vi), str(outcome.why_en))
    if state == "without_map":
        more = (
            Label(
                "danh mục ưu tiên có ghi vị trí, danh sách xét thì không", "the priority list states a place, the register none"
            )
            if stated is not None
            else Label("cả hai đều không có vị trí", "neither states a place")
        )
        why = Label(f"{why.vi}; {more.vi}", f"{why.en}; {more.en}")
    return {
        "state": state,
        "list_ids": outcome.left_ids,
        "list_names": outcome.left_names,
        "site_ids": outcome.right_ids,
        "site_names": outcome.right_names,
        "on_map": drawn is not None,
        "verdict": Verdict.worst(verdicts).label if verdicts else "",
        "capital_vnd": capital,
        "capital_unstated": unstated,
        "outcome": outcome.outcome,
        "changes": outcome.changes,
        "why_vi": why.vi,
        "why_en": why.en,
        "candidates": outcome.candidates,
        "geometry": drawn if drawn is not None else stated,
    }


def _state(outcome: str, drawn: bool) -> str:
    if outcome == "ambiguous":
        return "to_confirm"
    if outcome == "only_left":
        return "not_in_register"
    if outcome == "only_right":
        return "not_on_list" if drawn else "on_neither"
    return "on_both" if drawn else "without_map"


def _shape(frame: pd.DataFrame, rows: Sequence[int]) -> Any:
    """The geometries of some rows as one; None when there is none."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None
    found = [s for n in rows if (s := frame.geometry.iloc[n]) is not None and not s.is_empty]
    if len(found) < 2:
        return found[0] if found else None
    return shapely.union_all(found) if all(map(shapely.is_valid, found)) else shapely.GeometryCollection(found)


def _capital(frame: pd.DataFrame, rows: Sequence[int]) -> tuple[float, int]:
    """Least capital stated by some rows, and how many of them state none."""
    if "capital_min_vnd" not in frame:
        return math.nan, len(rows)
    least = [float(frame["capital_min_vnd"].iloc[n]) for n in rows]
    known = [v for v in least if not math.isnan(v)]
    return (math.fsum(known) if known else math.nan), len(least) - len(known)


def _strangers(assessment: Assessment) -> list[str]:
    """Boundaries without a project, as far as the reading of the register recorded them."""
    found: list[str] = []
    for item in assessment.inputs:
        drawn = item.get("boundaries")
        found += [str(name) for name in drawn.get("strangers", ())] if isinstance(drawn, Mapping) else []
    return found


def _stranger(name: str) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(_COLUMNS, "")
    why = Label(
        "tệp ranh giới có hình này nhưng danh sách xét không có dự án",
        "the boundaries have this shape, the register no such project",
    )
    blank |= {
        "state": "shape_without_project",
        "site_names": name,
        "on_map": True,
        "capital_vnd": math.nan,
        "capital_unstated": 0,
    }
    return blank | {"why_vi": why.vi, "why_en": why.en, "geometry": None}
