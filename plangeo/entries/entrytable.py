"""The entries of a finished assessment as the questions see them: one row per site, in the order of the register."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.geometry import as_crs, repair_layer, to_crs
from plangeo.lists.fieldcolumns import READERS_OWN
from plangeo.model import Assessment, Language
from plangeo.tables import SITES

Floats = NDArray[np.float64]
_PROBLEMS = re.compile(r"; (?=[a-z_]+: )")
_NOT_OF_SHAPE = frozenset({"no_geometry", "empty_geometry", "duplicate_id", "bad_accuracy"})
"""Problems of a row that do not say that its coordinates or its shape are wrong."""
_NOT_THE_LISTS = {c.name for c in SITES} | READERS_OWN | {"verdict", "reasons", "geometry"}


@dataclass(frozen=True)
class Entries:
    """The register of an assessment and what was found about each of its sites."""

    assessment: Assessment
    _read: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)
    _counted: dict[str, Floats] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The sites without geometry, numbered from 0."""
        sites = self.assessment.sites
        return pd.DataFrame(sites.drop(columns=sites.geometry.name)).reset_index(drop=True)

    @cached_property
    def shapes(self) -> NDArray[Any]:
        """The geometries as they were measured, in the metric CRS; None where a site has no place that can be used."""
        sites, _ = repair_layer(self.assessment.sites.reset_index(drop=True), "sites", "site_id")
        moved = sites if sites.crs is None or not self.assessment.crs else to_crs(sites, as_crs(self.assessment.crs))
        shapes = moved.geometry.to_numpy().copy()
        shapes[shapely.is_empty(shapes)] = None
        return np.asarray(shapes, dtype=object)

    @cached_property
    def geometry_faults(self) -> list[str]:
        """What is wrong with the coordinates or the shape of each site; empty where nothing is, or nothing was given."""
        parts = ([part for part in _PROBLEMS.split(text) if part] for text in self.texts("problem"))
        return ["; ".join(p for p in told if p.partition(":")[0] not in _NOT_OF_SHAPE) for told in parts]

    @cached_property
    def uses(self) -> list[str]:
        """The code of each site's use; empty where the rulebook knows none."""
        return [self.assessment.rulebook.find_use(text) or "" for text in self.texts("use")]

    @cached_property
    def own_columns(self) -> list[str]:
        """The columns of the file itself, by their headings."""
        return [str(name) for name in self.table.columns if name not in _NOT_THE_LISTS]

    def texts(self, name: str) -> list[str]:
        """Return a column as texts, blank where nothing stands or the column is missing."""
        if name not in self._read:
            values = self.table[name].tolist() if name in self.table else [None] * len(self.table)
            self._read[name] = ["" if v is None or (not isinstance(v, str) and pd.isna(v)) else str(v).strip() for v in values]
        return self._read[name]

    def numbers(self, name: str) -> Floats:
        """Return a column as numbers, NaN where none stands or the column is missing."""
        if name not in self._counted:
            told = self.table[name] if name in self.table else pd.Series(math.nan, index=self.table.index)
            self._counted[name] = pd.to_numeric(told, errors="coerce").to_numpy(dtype=float, na_value=math.nan)
        return self._counted[name]

    def heading_of(self, name: str) -> str:
        """Return the heading of the file's own column that a field was read from; empty when none says the same."""
        told = self.texts(name)
        return next((heading for heading in self.own_columns if any(told) and self.texts(heading) == told), "")

    @cached_property
    def file_rows(self) -> list[str]:
        """The row of the file of each site as the reader's program shows it; empty where the reader gave none."""
        return ["" if math.isnan(n) else f"{n:.0f}" for n in self.numbers("source_row")]

    def findings(self, check: str) -> Mapping[int, Mapping[Any, Any]]:
        """Return row of a site → the finding of the check ``check`` about it; empty when the check did not run."""
        found = self.assessment.findings
        mine = pd.DataFrame(found[found["check"] == check].drop(columns="geometry", errors="ignore"))
        place = {site_id: n for n, site_id in enumerate(self.texts("site_id"))}
        return {place[row["site_id"]]: row for row in mine.to_dict("records") if row["site_id"] in place}

    def ran(self, check: str) -> bool:
        """Return whether the check ``check`` ran."""
        return check not in {skipped.check for skipped in self.assessment.not_run}

    def called(self, row: int, language: Language) -> str:
        """Return how a remark names another site: its identifier and the row of the file."""
        told = self.texts("site_id")[row]
        return f"{told} ({'dòng' if language == 'vi' else 'row'} {self.file_rows[row]})" if self.file_rows[row] else told
