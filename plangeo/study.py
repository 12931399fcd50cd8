"""What a study is: a question about the whole register or the whole plan, asked after every site has its verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from plangeo.errors import LayerError
from plangeo.model import Assessment, Label

if TYPE_CHECKING:
    import geopandas as gpd

Style = Literal["text", "code", "integer", "number", "area", "hectare", "share", "date", "verdict"]
"""How a column is shown: ``area`` one decimal, ``hectare`` two, ``share`` per cent of 0–1, ``verdict`` a verdict word."""


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet: its name in the frame, its headings, its width in characters and how it is shown."""

    field: str
    vi: str
    en: str
    width: float = 14
    style: Style = "text"


@dataclass(frozen=True)
class Sheet:
    """One table of a study: a sheet of report.xlsx and, when the frame has geometries, a layer of sites.gpkg and of the map.

    ``frame`` holds the columns named by ``columns`` (others are not written). A GeoDataFrame is in a metric CRS and
    never carries whole layers: only what the table speaks of.
    """

    code: str
    """Permanent name, e.g. ``expired_plans``; unique over all studies."""
    title: Label
    """Name of the sheet, at most 31 characters in each language, none of ``[]:*?/\\``."""
    columns: tuple[SheetColumn, ...]
    frame: pd.DataFrame
    empty: Label
    """Said instead of rows when there are none."""
    note: Label | None = None
    """What a reader must know to read the table: definitions, tolerance, what was left out and why."""

    def __post_init__(self) -> None:
        missing = [c.field for c in self.columns if c.field not in self.frame]
        if missing:
            raise ValueError(f"sheet {self.code!r}: no column {', '.join(missing)}")
        if len({c.field for c in self.columns}) < len(self.columns):
            raise ValueError(f"sheet {self.code!r}: a column stands twice")
        if any(len(text) > 31 or set(text) & set("[]:*?/\\") for text in (self.title.vi, self.title.en)):
            raise ValueError(f"sheet {self.code!r}: {self.title} cannot name a sheet of Excel")

    @property
    def shapes(self) -> gpd.GeoDataFrame | None:
        """The frame, when it has geometries."""
        return self.frame if hasattr(self.frame, "geometry") and self.frame.geometry.notna().any() else None


@dataclass(frozen=True)
class StudyFile:
    """A file of the officer beyond register and layers, e.g. the priority list: where it is and what it does not say itself."""

    path: Path
    profile: str = "vn"
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """Of ``sheet, header_row, crs, layer, columns, list_date`` those that were stated."""


@dataclass(frozen=True)
class Subject:
    """What a study sees: the finished assessment and the files it asked for."""

    assessment: Assessment
    files: Mapping[str, StudyFile] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """One question: ``run`` turns the subject into sheets; it changes no verdict and reads no clock."""

    code: str
    title: Label
    run: Callable[[Subject], Sequence[Sheet]]
    files: tuple[str, ...] = ()
    """Files without which the question cannot be asked; it is then listed as not asked."""
    may_use: tuple[str, ...] = ()
    """Files it takes into account when they are given."""
    layers: tuple[str, ...] = ()
    """Layers of the assessment without which it cannot be asked: ``zones``, ``districts`` …"""
    order: int = 50
    """Place of its sheets in the workbook."""


def sheet_of(assessment: Assessment, code: str) -> pd.DataFrame:
    """Return the table of the sheet ``code`` of a studied assessment.

    **Raises** LayerError when there is no such sheet, naming those there are.
    """
    found = {sheet.code: sheet.frame for sheet in assessment.sheets}
    if code not in found:
        raise LayerError(
            f"no sheet {code!r}; there are {', '.join(found) or 'none: call add_studies first'}", code="result_sheet_unknown"
        )
    return found[code]
