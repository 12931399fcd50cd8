"""One YAML per country or scheme: names of columns, class codes and colours, the metric CRS.

A profile holds facts with their provenance, no rules; what is allowed stands in a rulebook.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from plangeo.errors import ProfileError
from plangeo.model import Label, ZoneClass
from plangeo.text import fold
from plangeo.yamlfile import YamlFault, read_yaml

Text = Annotated[str, StringConstraints(strict=True, max_length=300)]
OVERLAY = "(overlay)"
"""The parent of functional areas, which lie over other classes and are never added to them."""


@dataclass(frozen=True)
class Profile:
    """How the offices of one country write their tables."""

    name: str
    title: Label
    synonyms: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Table (sites, zones, districts) → canonical field → column names, nearest first."""
    metric_crs: str | None
    classes: Mapping[str, ZoneClass]
    bounds_lonlat: tuple[float, float, float, float] | None
    """West, south, east, north in degrees; used to name swapped axes, never to move anything."""
    north_range: tuple[float, float] | None
    """Where northings of the metric CRS lie, metres."""
    east_range: tuple[float, float] | None
    provenance: str

    def header_words(self, table: str) -> frozenset[str]:
        """Return the folded column names a header row of ``table`` may hold."""
        return frozenset(fold(word) for words in self.synonyms[table].values() for word in words)


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vi: Text
    en: Text


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: _Title
    provenance: Text
    metric_crs: Text | None = None
    bounds_lonlat: tuple[float, float, float, float] | None = None
    north_range: tuple[float, float] | None = None
    east_range: tuple[float, float] | None = None
    classes: Text | None = None
    synonyms: dict[str, dict[str, list[Text]]]


def load_profile(name: str | Path = "vn") -> Profile:
    """Return the profile called ``name``, or the one written in the YAML file at that path.

    **Raises** ProfileError when there is none, or the file is malformed.

    >>> load_profile("vn").classes["LUC"].parent
    'LUA'
    """
    folder = resources.files(__name__)
    known = sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))
    packaged = str(name) in known
    path = Path(str(name))
    if not packaged and path.suffix not in (".yaml", ".yml"):
        raise ProfileError(
            f"There is no profile {str(name)!r}. Known: {', '.join(known)}; or give the path of a YAML file of your own."
        )
    try:
        text = (folder / f"{name}.yaml").read_text("utf-8") if packaged else path.read_text("utf-8")
        form = _Form.model_validate(read_yaml(text).data)
        table = None if form.classes is None else (folder if packaged else path.parent).joinpath(form.classes).read_text("utf-8")
    except (OSError, UnicodeDecodeError, YamlFault, ValidationError) as fault:
        raise ProfileError(f"The profile {str(name)!r} cannot be used: {fault}") from fault
    return Profile(
        name=path.stem,
        title=Label(form.title.vi, form.title.en),
        synonyms={t: {f: tuple(words) for f, words in fields.items()} for t, fields in form.synonyms.items()},
        metric_crs=form.metric_crs,
        classes={} if table is None else _classes(table),
        bounds_lonlat=form.bounds_lonlat,
        north_range=form.north_range,
        east_range=form.east_range,
        provenance=form.provenance,
    )


def _classes(table: str) -> dict[str, ZoneClass]:
    """Classes of a CSV with columns code, parent, name_vi, name_en, colour_hex."""
    rows = list(csv.DictReader(io.StringIO(table)))
    return {
        r["code"]: ZoneClass(
            r["code"],
            Label(r["name_vi"], r["name_en"]),
            None if r["parent"] in ("", OVERLAY) else r["parent"],
            r["colour_hex"] or None,
            overlay=r["parent"] == OVERLAY,
        )
        for r in rows
    }
