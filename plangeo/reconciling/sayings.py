"""What is said of a group of entries: the reason in Vietnamese and English, and the evidence by name."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.reconciling.matching import Group
from plangeo.reconciling.rules import WHY

GROUP_WHY = {
    "confirmed": Label("cán bộ đã xác nhận", "confirmed by an officer"),
    "parts_add_up": Label(
        "cùng tên; diện tích hoặc vốn của các phần cộng lại bằng toàn dự án",
        "same name; areas or capital of the parts add up to the whole",
    ),
    "parts_in_doubt": Label(
        "cùng tên, chia thành nhiều phần, nhưng diện tích và vốn không cộng lại bằng toàn dự án hoặc thiếu số liệu",
        "same name in several parts, but areas and capital do not add up to the whole, or are missing",
    ),
    "several_alike": Label(
        "nhiều mục giống nhau như nhau: không thể chọn một", "several entries fit equally well: none can be chosen"
    ),
    "partner_taken": Label(
        "mục giống nhất của danh mục kia đã thuộc một dự án khác",
        "the nearest entries of the other list belong to other projects",
    ),
    "not_there": Label("không có mục tương ứng trong danh mục kia", "the other list has nothing like it"),
}
"""Reason of a group → sentence; those of pairs stand in ``rules.WHY``."""


EVIDENCE = {
    "code": Label("mã", "code"),
    "name": Label("tên", "name"),
    "near_name": Label("tên gần giống", "nearly the name"),
    "place": Label("địa điểm", "place"),
    "geometry": Label("tọa độ", "geometry"),
    "area": Label("diện tích", "area"),
    "capital": Label("tổng vốn", "capital"),
    "area_sum": Label("tổng diện tích", "sum of areas"),
    "capital_sum": Label("tổng vốn các phần", "sum of capital"),
    "officer": Label("cán bộ xác nhận", "officer"),
}
"""What speaks for a group, in the order it is told."""


def explain_group(group: Group) -> Label:
    """Return why the entries are in one group."""
    why = GROUP_WHY.get(group.reason) or WHY[group.reason]
    if group.kind == "ambiguous":
        return Label(f"cần xác nhận: {why.vi}", f"to be confirmed: {why.en}")
    return why


def used_evidence(group: Group) -> str:
    """Return the evidence that speaks for the group, e.g. ``code, name, place``."""
    if group.kind in ("only_left", "only_right"):
        return ""
    if group.reason == "confirmed":
        return "officer"
    named = {word for pair in group.pairs for word in pair.told.split(", ") if word}
    if group.division is not None and group.reason == "parts_add_up":
        named = named - {"near_name"} | {"name"}
        named |= {f"{field}_sum" for field in ("area", "capital") if getattr(group.division, field) == "agree"}
    return ", ".join(word for word in EVIDENCE if word in named)
