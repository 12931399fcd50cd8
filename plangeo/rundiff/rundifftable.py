"""A comparison of runs in words for the screen, and as a table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from plangeo.model import Label, Language, Verdict
from plangeo.rundiff.comparison import KINDS, RunDiff, count_changes
from plangeo.sheetfile import write_tables
from plangeo.study import Sheet, SheetColumn

SHOWN = 40
"""Sites told on the screen; a file holds them all."""

_HEADINGS = {
    "site_id": Label("Mã dự án", "Site"),
    "name": Label("Tên dự án", "Name"),
    "change": Label("Mã thay đổi", "Change"),
    "change_vi": Label("Thay đổi", "Change (Vietnamese)"),
    "verdict_before": Label("Kết luận trước", "Verdict before"),
    "verdict_after": Label("Kết luận sau", "Verdict after"),
    "reasons_gone": Label("Lý do không còn", "Reasons gone"),
    "reasons_new": Label("Lý do mới", "New reasons"),
    "proven": Label("Chứng minh được", "Proven"),
    "why_vi": Label("Nguyên nhân", "Causes (Vietnamese)"),
    "why_en": Label("Nguyên nhân (tiếng Anh)", "Causes"),
    "cause": Label("Mã nguyên nhân", "Cause code"),
    "cause_vi": Label("Nguyên nhân", "Cause (Vietnamese)"),
    "cause_en": Label("Nguyên nhân (tiếng Anh)", "Cause"),
    "explains": Label("Giải thích cho phát hiện", "Explains the finding"),
    "evidence_vi": Label("Chứng cứ", "Evidence (Vietnamese)"),
    "evidence_en": Label("Chứng cứ (tiếng Anh)", "Evidence"),
    "what_vi": Label("Nội dung", "What (Vietnamese)"),
    "what_en": Label("Nội dung (tiếng Anh)", "What"),
    "before": Label("Trước", "Before"),
    "after": Label("Sau", "After"),
}


def describe_diff(diff: RunDiff, language: Language = "vi") -> str:
    """Return the comparison as text: what differs between the runs, counts, and each changed site with its causes."""
    say = _Words(language)
    lines = [f"{diff.names[0]} ({diff.on[0]}, {diff.sites[0]}) → {diff.names[1]} ({diff.on[1]}, {diff.sites[1]})"]
    if diff.inputs.empty:
        lines.append(
            say("Đầu vào, quy tắc, phần mềm: không ghi nhận khác biệt nào.", "Inputs, law, programs: no recorded difference.")
        )
    else:
        lines.append(say("Khác nhau giữa hai lần chạy:", "What differs between the runs:"))
        lines += [f"  - {row[f'what_{language}']}: {row['before']} → {row['after']}" for row in diff.inputs.to_dict("records")]
    lines += [f"  ({label.text(language)})" for label in diff.not_compared]
    if diff.same:
        return "\n".join([*lines, say("Không dự án nào thay đổi.", "No site changed.")])
    lines.append(say(f"{len(diff.changes)} dự án thay đổi:", f"{len(diff.changes)} sites changed:"))
    for row in count_changes(diff).to_dict("records"):
        arrow = " → ".join(_verdict(row[name], language) for name in ("verdict_before", "verdict_after") if row[name])
        lines.append(f"  {row['sites']:>6}  {KINDS[row['change']].text(language)}: {arrow}")
    for row in diff.changes.head(SHOWN).to_dict("records"):
        arrow = " → ".join(_verdict(row[name], language) for name in ("verdict_before", "verdict_after") if row[name])
        lines.append(f"{row['site_id']} · {' '.join(str(row['name']).split())}: {KINDS[row['change']].text(language)}: {arrow}")
        lines += [f"  - {line}" for line in str(row[f"why_{language}"]).split("\n")]
    if len(diff.changes) > SHOWN:
        more = len(diff.changes) - SHOWN
        lines.append(say(f"… còn {more} dự án: --out FILE.xlsx ghi tất cả", f"… {more} more: --out FILE.xlsx holds them all"))
    return "\n".join(lines)


class _Words:
    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, vi: str, en: str) -> str:
        return Label(vi, en).text(self._language)


def _verdict(word: Any, language: Language) -> str:
    return Verdict.parse(str(word)).wording.text(language)


def write_diff(diff: RunDiff, path: str | Path, language: Language = "vi") -> Path:
    """Write the comparison: ``.xlsx`` with sheets of changes, causes and inputs, ``.csv`` with one row per changed site.

    **Raises** InputError for another suffix, or when the file cannot be written.
    """
    write_tables(diff_sheets(diff), path, chosen="changes", language=language)
    return Path(path)


def diff_sheets(diff: RunDiff) -> list[Sheet]:
    """Return the changes, their causes and what differs between the runs as tables for people."""
    return [
        _sheet("changes", Label("Thay đổi", "Changes"), _worded(diff.changes)),
        _sheet("causes", Label("Nguyên nhân", "Causes"), diff.causes),
        _sheet("inputs", Label("Đầu vào khác", "Inputs that differ"), diff.inputs),
    ]


def _sheet(code: str, title: Label, frame: pd.DataFrame) -> Sheet:
    columns = tuple(
        SheetColumn(name, _HEADINGS[name].vi, _HEADINGS[name].en, 50 if name.startswith(("why", "evidence")) else 22)
        for name in map(str, frame.columns)
    )
    return Sheet(code, title, columns, frame, Label("Không có khác biệt.", "Nothing differs."))


def _worded(changes: pd.DataFrame) -> pd.DataFrame:
    out = changes.copy()
    for name in ("verdict_before", "verdict_after"):
        out[name] = [f"{_verdict(word, 'vi')} ({word})" if word else "" for word in out[name]]
    return out
