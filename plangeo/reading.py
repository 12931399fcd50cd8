"""What reading a file decided: one record per decision, so that an officer can check it and correct it.

A decision is told, never hidden: which row is the header, which column is which field, how numbers and letters were
read, which rows are no projects, in which CRS coordinates stand. Notes of a reader are sentences; decisions are rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Topic = Literal["sheet", "header", "column", "row", "total", "form", "number", "encoding", "place", "crs", "shape"]


class Decision(NamedTuple):
    """One thing the reader decided; a tuple, so that it passes through JSON and the metadata of files.

    >>> str(Decision("header", "sheet 'Biểu 10', rows 4-5", "the header; 8 of 9 columns are known"))
    "sheet 'Biểu 10', rows 4-5: the header; 8 of 9 columns are known"
    """

    topic: Topic
    where: str
    """File part: sheet, row, column, as the reader's program shows them."""
    said: str
    """What was decided and why, as a sentence; with the way to correct it where one may have to."""
    sample: str = ""
    """A value as written and as read, where that shows the decision."""
    confidence: float | None = None
    """0 to 1 where the decision was weighed; None where it follows from a rule."""

    def __str__(self) -> str:
        told = f"{self.where}: {self.said}"
        return f"{told} [{self.sample}]" if self.sample else told


class Sentence(NamedTuple):
    """A text that stands beside the table: a title, a note; the best evidence of what the numbers mean."""

    where: str
    text: str
    sheet: str = ""
    """The sheet it stands on where several are read at once; one without text says that the sheet is among them."""


def decisions_of(about: Mapping[str, Any]) -> list[Decision]:
    """Return the decisions in ``attrs["plangeo"]`` of a frame or in an input of an assessment, also of one kept in a file in between."""
    return [Decision(**item) if isinstance(item, Mapping) else Decision(*item) for item in about.get("decisions", ())]


def decision_rows(about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the same as plain data by name, for manifests and tables."""
    return [item._asdict() for item in decisions_of(about)]
