"""Every code in one list: findings of the checks, problems of rows, faults of use; looked up, printed, made a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from plangeo.catalogue.phrases import entries_of
from plangeo.checks import CHECKS
from plangeo.model import Label, Language

Family = Literal["finding", "problem", "note", "fault"]
FAMILIES: Mapping[Family, Label] = {
    "finding": Label("Phát hiện: điều một phép kiểm tra nói về một dự án", "Findings: what a check says of a site"),
    "problem": Label(
        "Vấn đề của dòng: dòng được giữ, dự án là “chưa xác định”", "Problems of rows: the row is kept, the site is unknown"
    ),
    "note": Label("Ghi chú và cảnh báo: việc vẫn tiếp tục", "Notes and warnings: the work goes on"),
    "fault": Label("Lỗi: lệnh dừng lại với mã thoát 2", "Faults: the command stops with exit code 2"),
}


@dataclass(frozen=True)
class Entry:
    """One permanent code: the sentence it goes with (slots in braces), what that means, what to do."""

    code: str
    family: Family
    level: str
    """Of findings the verdicts it may bring, mildest first, with slashes; ``unknown`` of problems, ``note`` or
    ``warning`` of notes, ``error`` of faults."""
    says: Label
    means: Label
    do: Label


@cache
def catalogue() -> Mapping[str, Entry]:
    """Return code → entry, findings first, each family in alphabetical order.

    **Raises** LookupError when a finding has no text: a code nobody explained must not be shipped.

    >>> catalogue()["robustness.within_map_accuracy"].level
    'unknown'
    """
    return {
        entry.code: entry
        for family in (_findings, _problems, _notes, _faults)
        for entry in sorted(family(), key=lambda e: e.code)
    }


def find_entries(code: str) -> list[Entry]:
    """Return the entries of a code; of a bare reason those of every check that has it.

    >>> [entry.code for entry in find_entries("uncovered")]
    ['coverage.uncovered']
    """
    wanted = code.strip().lower()
    return [e for e in catalogue().values() if e.code == wanted or (e.family == "finding" and e.code.partition(".")[2] == wanted)]


def describe(entry: Entry, language: Language) -> list[str]:
    """Return the lines that tell of one code."""
    means, do = {"vi": ("Nghĩa là", "Cần làm"), "en": ("It means", "What to do")}[language]
    return [
        f"{entry.code}  [{entry.family}: {entry.level}]",
        f"  {entry.says.text(language)}",
        f"  {means}: {entry.means.text(language)}",
        f"  {do}: {entry.do.text(language)}",
    ]


def page() -> str:
    """Return the whole catalogue as a page of Markdown, both languages beside one another."""
    lines = ["# Codes of plangeo / Các mã của plangeo", "", "Made by `plangeo codes --page`; do not edit by hand.", ""]
    for family, title in FAMILIES.items():
        lines += [f"## {title.en}", "", f"*{title.vi}*", ""]
        for entry in (e for e in catalogue().values() if e.family == family):
            lines += [f"### `{entry.code}`", "", f"Level: {entry.level}", ""]
            for language in ("en", "vi"):
                told = [getattr(entry, part).text(language) for part in ("says", "means", "do")]
                lines.append(f"- {' · '.join(' '.join(text.split()) for text in told)}")
            lines.append("")
    return "\n".join(lines)


def _findings() -> Iterator[Entry]:
    written = entries_of("findings")
    for check, asked in CHECKS.items():
        for reason, sentence in asked.reasons.items():
            code = f"{check}.{reason}"
            told = written.get(code) or written.get(reason)
            if told is None:
                raise LookupError(f"plangeo/catalogue/findings.yaml says nothing of {code}")
            level = "/".join(told["verdicts"])
            yield Entry(code, "finding", level, Label(sentence.vi, sentence.en), told["means"], told["do"])


def _problems() -> Iterator[Entry]:
    for code, told in entries_of("problems").items():
        says = Label(told["says"].vi[:1].upper() + told["says"].vi[1:] + ".", told["says"].en)
        yield Entry(code, "problem", "unknown", says, told["means"], told["do"])


def _notes() -> Iterator[Entry]:
    for code, told in entries_of("notes").items():
        yield Entry(code, "note", "note" if code.startswith("read.") else "warning", told["says"], told["means"], told["do"])


def _faults() -> Iterator[Entry]:
    for code, told in entries_of("faults").items():
        yield Entry(code, "fault", "error", told["says"], told["means"], told["do"])
