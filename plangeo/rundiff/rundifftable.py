"""A comparison of runs in words for the screen, and as a table in a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from plangeo.errors import InputError
from plangeo.model import Label, Language, Verdict
from plangeo.rundiff.comparison import KINDS, RunDiff, count_changes

SHOWN = 40
"""Sites told on the screen; a file holds them all."""

_HEADINGS = {
    "site_id": "Mã",
    "name": "Tên dự án",
    "change": "Mã thay đổi",
    "change_vi": "Thay đổi",
    "verdict_before": "Kết luận trước",
    "verdict_after": "Kết luận sau",
    "reasons_gone": "Lý do không còn",
    "reasons_new": "Lý do mới",
    "proven": "Chứng minh được",
    "why_vi": "Nguyên nhân",
    "why_en": "Causes (English)",
    "cause": "Mã nguyên nhân",
    "cause_vi": "Nguyên nhân",
    "cause_en": "Cause (English)",
    "explains": "Giải thích cho phát hiện",
    "evidence_vi": "Chứng cứ",
    "evidence_en": "Evidence (English)",
    "what_vi": "Nội dung",
    "what_en": "What (English)",
    "before": "Trước",
    "after": "Sau",
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


def write_diff(diff: RunDiff, path: str | Path) -> Path:
    """Write the comparison: ``.xlsx`` with sheets of changes, causes and inputs, ``.csv`` with one row per changed site.

    **Raises** InputError for another suffix, or when the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".xlsx", ".csv"):
        raise InputError(
            f"{path.name}: the comparison is written as .xlsx or .csv, not {path.suffix or 'a file without a suffix'!r}"
        )
    if not path.parent.is_dir():
        raise InputError(f"the folder {path.parent} does not exist; make it first")
    try:
        if path.suffix.lower() == ".csv":
            _write_csv(diff.changes, path)
        else:
            _write_workbook(diff, path)
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise InputError(f"{path} cannot be written ({error}); is it open in Excel?") from error
    return path


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(frame.columns)
        writer.writerows([_plain(value) for value in row] for row in frame.itertuples(index=False, name=None))


def _plain(value: Any) -> Any:
    """A cell no spreadsheet takes for a formula."""
    return (
        f"'{value}" if isinstance(value, str) and value.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r")) else value
    )


def _write_workbook(diff: RunDiff, path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E7E6E6", "border": 1, "valign": "vcenter"})
        cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "border_color": "#BFBFBF"})
        sheets = (("Thay đổi", _worded(diff.changes)), ("Nguyên nhân", diff.causes), ("Đầu vào khác", diff.inputs))
        for title, frame in sheets:
            sheet = book.add_worksheet(title)
            for n, name in enumerate(frame.columns):
                sheet.set_column(n, n, 50 if name.startswith(("why", "evidence")) else 22)
                sheet.write_string(0, n, _HEADINGS[name], head)
                for row, value in enumerate(frame[name].tolist(), start=1):
                    _put(sheet, row, n, value, cell)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)


def _put(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if isinstance(value, bool):
        sheet.write_string(row, column, "có" if value else "không", style)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:32_000], style)


def _worded(changes: pd.DataFrame) -> pd.DataFrame:
    out = changes.copy()
    for name in ("verdict_before", "verdict_after"):
        out[name] = [f"{_verdict(word, 'vi')} ({word})" if word else "" for word in out[name]]
    return out
