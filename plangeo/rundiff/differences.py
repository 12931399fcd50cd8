"""What differs between two runs as wholes: date, law, layers, coordinates, checks, program; each as a row an officer reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plangeo.model import Label
from plangeo.rundiff.recordedrun import RecordedRun

_OWN_ROLES = ("sites", "zones", "districts")
_NOT_MATTER = frozenset({"python", "folium", "xlsxwriter"})
"""Programs that decide nothing."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same in two runs."""

    cause: str
    """Code of the cause it can be, see ``plangeo.rundiff.causetables.CAUSES``."""
    what: Label
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """What differs between two runs; ``same_layer`` None where nobody recorded it."""

    rows: tuple[Difference, ...]
    rulebook: bool
    """The rulebook's file is another one."""
    on: bool
    zones: bool | None
    """True: the zones are other ones; None: not known."""
    districts: bool | None
    others: Mapping[str, bool | None]
    """The same of every other layer, by role."""
    register: bool | None
    coordinates: bool
    """The working CRS, or how something was brought into it."""
    checks: frozenset[str]
    """Codes that ran in one run only."""
    doubt: bool
    """The register's coordinate system is doubted in one run only."""
    programs: str
    """``name old → new`` of the programs that differ; empty when none does."""


def find_differences(before: RecordedRun, after: RecordedRun) -> Differences:
    """Return what differs between two runs as wholes, whether or not it touches a site."""
    old, new = before.manifest, after.manifest
    rows: list[Difference] = []

    def told(cause: str, vi: str, en: str, left: Any, right: Any) -> bool:
        if left == right:
            return False
        rows.append(Difference(cause, Label(vi, en), _text(left), _text(right)))
        return True

    on = told("date", "Ngày xét", "As-of date", old["on"], new["on"])
    books = old["rulebook"].get("sha256", ""), new["rulebook"].get("sha256", "")
    rulebook = told("rule", "Bộ quy tắc (sha256)", "Rulebook (sha256)", *books)
    _tell_plans(rows, before.law.get("plans", {}), after.law.get("plans", {}))
    roles = sorted({*before.digests, *after.digests} - set(_OWN_ROLES))
    layers = {role: _tell_layer(rows, role, before, after) for role in (*_OWN_ROLES, *roles)}
    coordinates = told("crs", "Hệ tọa độ tính toán", "Working CRS", before.crs, after.crs)
    for role in ("sites", "zones", "districts", "datum"):
        coordinates |= told("crs", f"Phép chuyển ({role})", f"Operation ({role})", _operation(old, role), _operation(new, role))
    doubts = [str((m["crs"].get("check") or {}).get("doubt") or "") for m in (old, new)]
    doubt = told("register", "Nghi ngờ hệ tọa độ danh mục", "Doubt about the register's CRS", *doubts)
    ran = [frozenset(m["checks"]["run"]) for m in (old, new)]
    told("checks", "Nội dung đã kiểm tra", "Checks run", sorted(ran[0] - ran[1]), sorted(ran[1] - ran[0]))
    programs = _programs(old.get("versions", {}), new.get("versions", {}))
    for name, left, right in programs:
        told("software", f"Phần mềm {name}", f"Program {name}", left, right)
    return Differences(
        tuple(rows),
        rulebook,
        on,
        layers["zones"],
        layers["districts"],
        {role: layers[role] for role in roles},
        layers["sites"],
        coordinates,
        ran[0] ^ ran[1],
        doubt,
        ", ".join(f"{name} {left} → {right}" for name, left, right in programs),
    )


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tell_plans(rows: list[Difference], old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if not old or not new:
        return
    for plan_id in sorted({*old, *new}):
        left, right = old.get(plan_id), new.get(plan_id)
        if left != right:
            named = Label(f"Quy hoạch {plan_id}", f"Plan {plan_id}")
            rows.append(Difference("plan", named, describe_state(left), describe_state(right)))


def describe_state(plan: Mapping[str, Any] | None) -> str:
    """Return status, days and tolerance of a recorded plan in a few words; "—" when the rulebook did not hold it."""
    if plan is None or not plan.get("known"):
        return "—"
    tolerance = plan.get("tolerance_m")
    text = f"{plan['status']} ({plan['from'] or '…'}–{plan['to'] or '…'})"
    return text if tolerance is None else f"{text}, ±{tolerance:g} m"


def _tell_layer(rows: list[Difference], role: str, before: RecordedRun, after: RecordedRun) -> bool | None:
    """Whether a layer is another one; None where nothing was recorded of it on one side."""
    there = [role in run.digests or any(i.get("role") == role for i in run.manifest.get("inputs", ())) for run in (before, after)]
    old, new = before.digests.get(role, ("", "")), after.digests.get(role, ("", ""))
    differs: bool | None = None
    if there[0] != there[1]:
        differs = True
    elif not any(there):
        differs = None if role in _OWN_ROLES else False
    elif old[1] and new[1]:
        differs = old[1] != new[1]
    elif old[0] and new[0]:
        differs = old[0] != new[0]
    if differs:
        cause = {"sites": "register", "zones": "zone", "districts": "districts"}.get(role, "layer")
        named = (
            Label(f"Lớp {role} (sha256)", f"Layer {role} (sha256)") if role != "sites" else Label("Danh mục (sha256)", "Register")
        )
        shown = [(pair[0] or pair[1])[:12] or "—" for pair in (old, new)]
        if shown[0] == shown[1]:
            shown = [pair[1][:12] or "—" for pair in (old, new)]
        rows.append(Difference(cause, named, *shown))
    return differs


def _operation(manifest: Mapping[str, Any], role: str) -> str:
    found = [op for op in manifest["crs"].get("operations", ()) if op.get("role") == role]
    return "; ".join(f"{op.get('from')} → {op.get('to')}: {op.get('operation')}" for op in found)


def _programs(old: Mapping[str, str], new: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
    names = sorted({*old, *new} - _NOT_MATTER, key=lambda name: (name != "plangeo", name))
    return [(n, old.get(n, "—"), new.get(n, "—")) for n in names if old.get(n) != new.get(n)]
