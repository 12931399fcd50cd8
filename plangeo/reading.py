"""What reading a file decided: one record per decision, so that an officer can check it and correct it.

A decision is told, never hidden: which row is the header, which column is which field, how numbers and letters were
read, which rows are no projects, in which CRS coordinates stand. Notes of a reader are sentences; decisions are rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Topic = Literal["sheet", "header", "column", "row", "total", "form", "number", "encoding", "place", "crs", "shape"]


@dataclass(frozen=True)
class Decision:
    """One thing the reader decided.

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


def to_plain(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reader said of a file (``attrs["plangeo"]``) as plain data, to be kept as JSON."""
    return {**about, "decisions": [asdict(d) for d in about["decisions"]]} if "decisions" in about else dict(about)


def from_plain(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``to_plain`` made plain as the reader said it."""
    return {**about, "decisions": [Decision(**d) for d in about["decisions"]]} if "decisions" in about else dict(about)
