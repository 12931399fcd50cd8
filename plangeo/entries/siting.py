"""The place of a project: is a unit stated, can it be found, is there a place on the map, and does it lie in that unit?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from plangeo.adminunits.namedunits import Finder, unit_finder
from plangeo.entries.entrytable import Entries
from plangeo.entries.remarks import Answer, Remark
from plangeo.model import Label
from plangeo.profiles import load_profile

_UNFOUND = {
    "unit_unknown": (
        "location.unit_unknown",
        Label("Không tìm thấy đơn vị hành chính “{}”", "No administrative unit “{}” was found"),
    ),
    "unit_ambiguous": (
        "location.unit_ambiguous",
        Label("Địa danh “{}” có thể chỉ nhiều đơn vị hành chính", "“{}” may mean several administrative units"),
    ),
}
_ABOUT_NAMES = frozenset(
    {"abolished_level", "ambiguous", "divided", "kind_differs", "name_elsewhere", "name_unknown", "near_name", "stale_name"}
)
"""Findings of the check ``district`` whose details name what may be meant."""


def ask_locations(entries: Entries) -> Answer:
    """Return what is missing, unresolved or contradictory in the places; names need the layer ``districts`` to be looked up."""
    find = _finder(entries)
    placed = ~shapely.is_missing(entries.shapes)
    told = entries.findings("district")
    declared, above = entries.texts("declared_district"), entries.texts("declared_parent")
    days, faulty = entries.texts("list_date"), entries.geometry_faults
    remarks: list[Remark] = []
    for row, unit in enumerate(declared):
        named = bool(unit or above[row])
        remarks += _of_place(row, named, bool(placed[row]), unit, faulty[row])
        if named and find is not None:
            remarks += _of_unit(
                row, ", ".join(t for t in (unit, above[row]) if t), find(unit, above[row], days[row]).problem, told
            )
        if named and placed[row] and row in told:
            remarks += _of_agreement(row, unit, told[row])
    looked_up = find is not None and entries.ran("district")
    why = Label(
        "Tên đơn vị hành chính chưa được đối chiếu vì không có lớp districts hoặc không chạy kiểm tra district",
        "Names of units were not looked up: the layer districts was not given, or the check district did not run",
    )
    return Answer("location", np.full(len(declared), looked_up), remarks, Label("", "") if looked_up else why)


def _of_place(row: int, named: bool, placed: bool, unit: str, faulty: str) -> list[Remark]:
    """Is there a unit, is there a place?"""
    if placed and faulty:
        said = Label(
            f"Ranh giới không dùng được, chỉ xét theo vị trí còn lại: {faulty[:160]}",
            f"The boundary cannot be used; only the place that is left is looked at: {faulty[:160]}",
        )
        return [Remark(row, "location.geometry_faulty", said, faulty.partition(":")[0], unit)]
    if faulty:
        said = Label(
            f"Tọa độ hoặc hình vẽ không dùng được: {faulty[:160]}", f"Coordinates or shape cannot be used: {faulty[:160]}"
        )
        return [Remark(row, "location.geometry_faulty", said, faulty.partition(":")[0], unit)]
    if not placed and not named:
        said = Label(
            "Không nêu đơn vị hành chính và chưa có vị trí trên bản đồ", "Neither an administrative unit nor a place on the map"
        )
        return [Remark(row, "location.none", said)]
    if not placed:
        said = Label("Chưa có vị trí trên bản đồ, chỉ biết địa danh", "No place on the map; only the named unit is known")
        return [Remark(row, "location.geometry_missing", said, unit)]
    if not named:
        said = Label("Có vị trí nhưng không nêu đơn vị hành chính", "A place on the map, but no administrative unit is stated")
        return [Remark(row, "location.unit_missing", said)]
    return []


def _of_unit(row: int, stated: str, problem: str, told: Mapping[int, Mapping[Any, Any]]) -> list[Remark]:
    """Does the stated unit exist, and only once? The finding of the check may name candidates."""
    if problem not in _UNFOUND:
        return []
    code, said = _UNFOUND[problem]
    finding = told.get(row, {})
    about_names = finding.get("reason") in _ABOUT_NAMES
    hints = [str(finding[slot]) if about_names else "" for slot in ("detail", "detail_en")]
    vi, en = (f": {hint}" if hint and hint != stated else "" for hint in hints)
    return [Remark(row, code, Label(said.vi.format(stated) + vi, said.en.format(stated) + en), stated)]


def _of_agreement(row: int, stated: str, finding: Mapping[Any, Any]) -> list[Remark]:
    """Does the place lie in the stated unit? Worked out by the check ``district``, told here with the other fields."""
    vi, en = str(finding["detail"]), str(finding["detail_en"])
    if finding["reason"] == "outside":
        said = Label(
            f"Vị trí không nằm trong đơn vị nào của bản đồ địa giới; danh mục nêu “{stated}”",
            f"The place lies in no unit of the boundary map; “{stated}” is declared",
        )
        return [Remark(row, "location.differs", said, "", stated)]
    if finding["reason"] == "differs":
        said = Label(f"Vị trí không nằm trong “{stated}”: {vi}", f"The place does not lie in “{stated}”: {en}")
        return [Remark(row, "location.differs", said, vi, stated)]
    if finding["reason"] == "split":
        said = Label(
            f"Nằm trên nhiều đơn vị, danh mục chỉ nêu “{stated}”: {vi}", f"Lies in several units, only “{stated}” is named: {en}"
        )
        return [Remark(row, "location.split", said, vi, stated)]
    return []


def _finder(entries: Entries) -> Finder | None:
    """The look-up of unit names on the boundary map; None without that layer."""
    layer = entries.assessment.layers.get("districts")
    if layer is None:
        return None
    profile = layer.attrs.get("plangeo", {}).get("profile")
    register = load_profile(profile).units if profile else None
    parents = layer["parent_name"].astype(str).tolist() if "parent_name" in layer else []
    ids, names = (layer[name].astype(str).tolist() for name in ("district_id", "district_name"))
    return unit_finder(ids, names, parents, register=register, on=entries.assessment.on)
