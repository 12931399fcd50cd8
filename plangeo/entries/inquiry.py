"""All questions about the entries of a register, and their answers as two tables: what was found, and a mark per project and question."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plangeo.entries.duplicates import ask_duplicates
from plangeo.entries.entrytable import Entries
from plangeo.entries.funding import Funding, ask_funding
from plangeo.entries.limits import ask_limits
from plangeo.entries.naming import ask_names, ask_types
from plangeo.entries.periods import ask_capital, ask_phases
from plangeo.entries.ratios import Ratios, ask_ratios
from plangeo.entries.remarks import LEVELS, NOT_ASKED, QUESTIONS, Answer, Remark, marks
from plangeo.entries.siting import ask_locations
from plangeo.entries.sizes import ask_areas, doubted_areas
from plangeo.entries.sources import KINDS
from plangeo.model import Assessment, Label

LEAST_TOGETHER = 5
"""What is said of as many entries in the very same words, faults excepted, is told in one row that names them all."""
_NAMED_TOGETHER = 200


@dataclass(frozen=True)
class Inquiry:
    """The answers to all questions about the entries of one register."""

    entries: Entries
    answers: Sequence[Answer]
    """One for each of ``remarks.QUESTIONS``, in that order."""
    funding: Funding
    ratios: Ratios

    def found(self) -> pd.DataFrame:
        """Return one row per remark (ENTRY_COLUMNS of the study), the gravest first, then as in the register.

        What is said of ``LEAST_TOGETHER`` entries and more in the same words is one row; ``count`` says of how many.
        """
        levels, questions = list(LEVELS), list(QUESTIONS)
        told = sorted(_together(self.answers), key=lambda t: (levels.index(t[0].level), t[1][0], questions.index(t[0].question)))
        rows = [_row(remark, group, self.entries) for remark, group in told]
        columns = [
            *("site_id", "name", "source_row", "question", "question_vi", "level", "level_vi", "code", "count"),
            *("why_vi", "why_en", "found", "expected", "basis"),
        ]
        return pd.DataFrame(rows, columns=columns)

    def by_project(self) -> pd.DataFrame:
        """Return one row per project, in the order of the register: a mark per question, its sources and its capital per hectare."""
        table = self.entries.table
        columns: dict[str, object] = {
            "site_id": self.entries.texts("site_id"),
            "name": self.entries.texts("name"),
            "source_row": self.entries.numbers("source_row"),
        }
        columns |= {f"asked_{answer.question}": marks(answer) for answer in self.answers}
        columns["funding_kinds"] = ["; ".join(KINDS[kind].vi for kind in kinds) for kinds in self.funding.kinds]
        columns["bn_vnd_per_ha"] = self.ratios.vnd_per_ha / 1e9
        counts = np.zeros((len(LEVELS), len(table)), dtype=int)
        for answer in self.answers:
            for remark in answer.remarks:
                for row in (remark.row, *remark.also):
                    counts[list(LEVELS).index(remark.level), row] += 1
        columns |= {f"count_{level}": counts[n] for n, level in enumerate(LEVELS)}
        return pd.DataFrame(columns)

    def not_asked(self) -> list[Label]:
        """Return, for each question that was not asked of all entries, of how many it was not and why."""
        told = []
        for answer in self.answers:
            left = int((~answer.asked).sum())
            if not answer.why_not.vi or not left:
                continue
            title = QUESTIONS[answer.question]
            told.append(
                Label(
                    f"{title.vi}: {answer.why_not.vi} ({NOT_ASKED}: {left} dự án).",
                    f"{title.en}: {answer.why_not.en} ({NOT_ASKED}: {left} projects).",
                )
            )
        return told


def inquire(assessment: Assessment) -> Inquiry:
    """Ask everything of every entry of a finished assessment; rows in = rows out, and nothing about a verdict changes."""
    entries = Entries(assessment)
    areas = ask_areas(entries)
    doubted = doubted_areas(areas)
    funding, ratios = ask_funding(entries), ask_ratios(entries, doubted)
    answers = [
        ask_names(entries),
        ask_types(entries),
        ask_locations(entries),
        areas,
        ask_capital(entries),
        funding.answer,
        ask_phases(entries),
        ratios.answer,
        ask_limits(entries, doubted),
        ask_duplicates(entries),
    ]
    return Inquiry(entries, answers, funding, ratios)


def _together(answers: Sequence[Answer]) -> list[tuple[Remark, list[int]]]:
    """Every remark with the rows it speaks of: what many lack in the same words is one."""
    alike: dict[tuple[str, str], list[Remark]] = defaultdict(list)
    for answer in answers:
        for remark in answer.remarks:
            alike[remark.code, remark.said.vi].append(remark)
    told = []
    for remarks in alike.values():
        if len(remarks) >= LEAST_TOGETHER and remarks[0].level != "fault":
            told.append((dataclasses.replace(remarks[0], found="", expected=""), [r.row for r in remarks]))
        else:
            told += [(remark, [remark.row]) for remark in remarks]
    return told


def _row(remark: Remark, group: Sequence[int], entries: Entries) -> dict[str, object]:
    ids, names = entries.texts("site_id"), entries.texts("name")
    alone = len(group) == 1
    listed = ", ".join(ids[row] for row in group[:_NAMED_TOGETHER]) + (" …" if len(group) > _NAMED_TOGETHER else "")
    return {
        "site_id": ids[remark.row] if alone else f"{len(group)} dự án",
        "name": names[remark.row] if alone else listed,
        "source_row": float(entries.numbers("source_row")[remark.row]) if alone else math.nan,
        "question": remark.question,
        "question_vi": QUESTIONS[remark.question].vi,
        "level": remark.level,
        "level_vi": LEVELS[remark.level].vi,
        "code": remark.code,
        "count": len(group),
        "why_vi": remark.said.vi,
        "why_en": remark.said.en,
        "found": remark.found,
        "expected": remark.expected,
        "basis": remark.basis,
    }
