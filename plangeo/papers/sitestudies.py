"""What stands beside the verdict of a site: the officer's decisions, and what the studies say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plangeo.explanation import one_line
from plangeo.model import Assessment, Label, Language
from plangeo.overrides.decisions import decisions_beside
from plangeo.papers.lettering import plain_text


@dataclass(frozen=True)
class Beside:
    """Texts of one site on one line each: the officer's decisions, the latest first, and remarks of the studies."""

    decisions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Saying:
    """How the sheet of a study speaks of a site: columns with identifiers, and words over the cells of the row."""

    ids: tuple[str, ...]
    words: Label
    only: tuple[str, tuple[str, ...]] | None = None
    """A column, and the values with which the row is worth a remark."""
    least: tuple[str, float] | None = None
    """A column, and the number above which the row is worth a remark."""


_WHY = Label("{why_vi}", "{why_en}")
_SAYINGS: Mapping[str, _Saying] = {
    "double_allocation": _Saying(("site_a", "site_b"), Label("{ids}: {why_vi}", "{ids}: {why_en}")),
    "entry_findings": _Saying(("site_id",), _WHY, only=("level", ("fault", "doubt", "missing"))),
    "priority_list": _Saying(("site_ids",), _WHY, only=("state", ("to_confirm", "without_map"))),
    "changed_sites": _Saying(("site_id",), Label("{from_says} → {to_says} ({new_plan})", "{from_says} → {to_says} ({new_plan})")),
    "expired_plan_sites": _Saying(
        ("site_id",),
        Label(
            "{plan_id} đã hết hiệu lực và chưa có quy hoạch thay thế", "{plan_id} is no longer in force and nothing replaces it"
        ),
        least=("bare_share", 0.0),
    ),
    "quota": _Saying(
        ("breaks_site",),
        Label(
            "{unit_name}, {code}: chỉ tiêu bị vượt (hoặc có thể bị vượt) từ dự án này. {why_vi}",
            "{unit_name}, {code}: with this project the quota is (or may be) exceeded. {why_en}",
        ),
    ),
    "outside_quota": _Saying(("site_id",), _WHY),
    "worklist": _Saying(("site_id",), Label("thứ {rank}", "number {rank}"), only=("verdict", ("not_permitted", "unknown"))),
    "blocking_zones": _Saying(
        ("site_ids",), Label("vùng {zone_id} ({zone_code}), {plan_id}", "zone {zone_id} ({zone_code}), {plan_id}")
    ),
    "not_by_amendment": _Saying(("site_id",), _WHY),
    "surveys": _Saying(("site_id",), _WHY),
}
"""Code of a study's sheet → how it speaks of a site; in this order on paper. Other sheets speak of no single site."""

STUDIES = (
    *("officer_decisions", "double_allocation", "entries", "priority_list"),
    *("plan_versions", "expired_plans", "quota", "triage"),
)
"""Codes of the studies that make those sheets."""


class SiteStudies:
    """Looks up what stands beside the verdict of a site; the sheets are read once."""

    def __init__(self, assessment: Assessment, language: Language) -> None:
        self._decisions = {
            i: tuple(plain_text(line) for line in told.text(language).split("\n"))
            for i, told in decisions_beside(assessment).items()
        }
        self._remarks = _remarks_of(assessment, language)

    def beside(self, site_id: str) -> Beside:
        """Return decisions and remarks of a site."""
        return Beside(self._decisions.get(site_id, ()), tuple(self._remarks.get(site_id, ())))


def _remarks_of(assessment: Assessment, language: Language) -> dict[str, list[str]]:
    sheets = {sheet.code: sheet for sheet in assessment.sheets}
    known = set(assessment.sites["site_id"].astype(str))
    out: dict[str, list[str]] = defaultdict(list)
    for code, saying in _SAYINGS.items():
        if code not in sheets:
            continue
        title = sheets[code].title.text(language)
        for row in sheets[code].frame.drop(columns="geometry", errors="ignore").to_dict("records"):
            if not _worth(row, saying):
                continue
            cells = _Cells({str(name): _cell(value) for name, value in row.items()})
            cells["ids"] = " – ".join(cells[column] for column in saying.ids if cells[column])
            text = plain_text(f"{title}: {saying.words.text(language).format_map(cells)}")
            for site_id in dict.fromkeys(i for column in saying.ids for i in _ids(row.get(column), known)):
                if text not in out[site_id]:
                    out[site_id].append(text)
    return out


def _worth(row: Mapping[Any, Any], saying: _Saying) -> bool:
    if saying.only is not None and str(row.get(saying.only[0])) not in saying.only[1]:
        return False
    if saying.least is None:
        return True
    value = row.get(saying.least[0])
    return isinstance(value, int | float) and value > saying.least[1]


def _ids(cell: Any, known: set[str]) -> list[str]:
    """The identifiers in a cell: one, or several joined by "; " or ", "; an identifier with a comma is itself."""
    text = one_line(cell)
    if text in known:
        return [text]
    return [part for part in text.replace(";", ",").replace(", ", ",").split(",") if part in known]


def _cell(value: Any) -> str:
    text = one_line(value)
    return text[:-2] if isinstance(value, float) and text.endswith(".0") else text


class _Cells(dict[str, str]):
    """Cells of a row; a column the sheet lacks is an empty one."""

    def __missing__(self, key: str) -> str:
        return ""
