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

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from plangeo.errors import ProfileError
from plangeo.model import Label, ZoneClass
from plangeo.tables import DERIVED, SITES
from plangeo.text import fold
from plangeo.yamlfile import YamlFault, read_yaml

Text = Annotated[str, StringConstraints(strict=True, max_length=300)]
MOST_BYTES = 2_000_000
"""Size bound of a profile and of its class table."""
PLACE = ("north", "east", "longitude", "latitude", "wkt")
"""Fields that say where a row lies; they become its geometry."""
_FIELDS = {
    "sites": {c.name for c in SITES if c.name not in {"geometry", "problem", "repaired", "source_row", *DERIVED}} | set(PLACE),
    "zones": {"zone_id", "zone_code", "plan_id"},
    "districts": {"district_id", "district_name"},
}
_COLUMNS = ("code", "parent", "name_vi", "name_en", "colour_hex")
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
    crs_readings: tuple[str, ...] = ()
    """EPSG codes of the systems a list of coordinates may stand in, the most usual first."""
    easting_prefixes: tuple[int, ...] = ()
    """Zone numbers that may stand before an easting, as millions of metres."""

    def header_words(self, table: str) -> frozenset[str]:
        """Return the folded column names a header row of ``table`` may hold."""
        return frozenset(fold(word) for words in self.synonyms.get(table, {}).values() for word in words)


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
    crs_readings: list[Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")]] = []
    easting_prefixes: list[Annotated[int, Field(ge=1, le=99)]] = []
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
        text = (folder / f"{name}.yaml").read_text("utf-8") if packaged else _bounded(path)
        form = _Form.model_validate(read_yaml(text).data)
        if form.classes is None:
            classes: dict[str, ZoneClass] = {}
        elif packaged:
            classes = _classes((folder / form.classes).read_text("utf-8"), form.classes)
        else:
            classes = _classes(_bounded(path.parent / form.classes), form.classes)
    except ValidationError as fault:
        faults = [f"- {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in fault.errors()]
        raise ProfileError("\n".join([f"The profile {str(name)!r} cannot be used:", *faults])) from fault
    except (OSError, UnicodeDecodeError, YamlFault, csv.Error) as fault:
        raise ProfileError(f"The profile {str(name)!r} cannot be used: {fault}") from fault
    _check(form, str(name))
    return Profile(
        name=path.stem,
        title=Label(form.title.vi, form.title.en),
        synonyms={t: {f: tuple(words) for f, words in fields.items()} for t, fields in form.synonyms.items()},
        metric_crs=form.metric_crs,
        classes=classes,
        bounds_lonlat=form.bounds_lonlat,
        north_range=form.north_range,
        east_range=form.east_range,
        provenance=form.provenance,
        crs_readings=tuple(form.crs_readings),
        easting_prefixes=tuple(form.easting_prefixes),
    )


def _bounded(path: Path) -> str:
    """The text of a file of the user's own. **Raises** OSError for what is no file, ProfileError above the size bound."""
    if path.exists() and not path.is_file():
        raise ProfileError(f"{path.name} is not a file. A profile is a YAML file, its class table a CSV file beside it.")
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ProfileError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; a profile holds names, not data.")
    return content.decode("utf-8-sig")


def _check(form: _Form, name: str) -> None:
    """Refuse what would be read past in silence: tables and fields nobody asks for, ranges upside down."""
    faults = [f"synonyms.{t}: no such table; there are {', '.join(_FIELDS)}" for t in form.synonyms if t not in _FIELDS]
    for table, fields in form.synonyms.items():
        known = _FIELDS.get(table, set(fields))
        faults += [f"synonyms.{table}.{f}: no such field; there are {', '.join(sorted(known))}" for f in fields if f not in known]
    box = form.bounds_lonlat
    if box and not (-180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90):
        faults.append("bounds_lonlat: write west, south, east, north in degrees")
    for field, bounds in (("north_range", form.north_range), ("east_range", form.east_range)):
        if bounds and not bounds[0] < bounds[1]:
            faults.append(f"{field}: write the lower bound first, in metres")
    if faults:
        raise ProfileError("\n- ".join([f"The profile {name!r} cannot be used:", *faults]))


def _classes(table: str, name: str) -> dict[str, ZoneClass]:
    """Classes of a CSV with columns code, parent, name_vi, name_en, colour_hex; the parents form a tree."""
    reader = csv.DictReader(io.StringIO(table))
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise ProfileError(f"{name}: the columns {', '.join(missing)} are missing; a class table has {', '.join(_COLUMNS)}.")
    classes: dict[str, ZoneClass] = {}
    faults: list[str] = []
    for row in reader:
        code, parent = ((row[c] or "").strip() for c in ("code", "parent"))
        if not code or code in classes:
            faults.append(f"line {reader.line_num}: " + (f"the code {code!r} stands here again" if code else "the code is empty"))
        classes[code] = ZoneClass(
            code,
            Label(row["name_vi"] or "", row["name_en"] or ""),
            None if parent in ("", OVERLAY) else parent,
            row["colour_hex"] or None,
            overlay=parent == OVERLAY,
        )
    for code, entry in classes.items():
        if entry.parent is not None and entry.parent not in classes:
            faults.append(f"{code}: its parent {entry.parent!r} is not in the table")
        elif _returns(code, classes):
            faults.append(f"{code}: its parents lead back to itself")
    if faults:
        raise ProfileError("\n- ".join([f"{name} is no table of classes:", *faults[:20]]))
    return classes


def _returns(code: str, classes: Mapping[str, ZoneClass]) -> bool:
    """True when walking up from ``code`` never ends; a rule would be looked up for ever."""
    seen: set[str] = set()
    above: str | None = code
    while above is not None and above in classes and above not in seen:
        seen.add(above)
        above = classes[above].parent
    return above in seen
