"""One YAML per country or scheme: names of columns, class codes and colours, the metric CRS.

A profile holds facts with their provenance, no rules; what is allowed stands in a rulebook.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from plangeo.adminunits.unitregister import KindOfUnit, UnitRegister, Words, read_units
from plangeo.errors import ProfileError
from plangeo.lists.forms import Form, forms_from_data
from plangeo.model import Label, ZoneClass
from plangeo.positions.systems import ProvinceMeridian, System, read_meridians, read_systems
from plangeo.profiles.landuse import LandUse, read_landuse, read_provenance
from plangeo.reconciling.namewords import NameWords, read_name_words
from plangeo.tables import DERIVED, SITES
from plangeo.text import clean, fold
from plangeo.yamlfile import YamlFault, read_yaml

Text = Annotated[str, StringConstraints(strict=True, max_length=300)]
MOST_BYTES = 2_000_000
"""Size bound of a profile and of its class table."""
PLACE = ("north", "east", "longitude", "latitude", "wkt", "coordinates")
"""Fields that say where a row lies; they become its geometry."""
_FIELDS = {
    "sites": {c.name for c in SITES if c.name not in {"geometry", "problem", "repaired", "source_row", *DERIVED}} | set(PLACE),
    "zones": {"zone_id", "zone_code", "plan_id", "valid_from", "valid_to"},
    "districts": {"district_id", "district_name", "parent_name"},
    "quota": {"class", "from_class", "unit", "period_from", "period_to", "hectares", "total", "ignored"},
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
    units: UnitRegister | None = None
    """The administrative units with their days; None when the profile brings none."""
    origin: str = ""
    """The name or path it was loaded by."""
    crs_readings: tuple[str, ...] = ()
    """EPSG codes of the systems a list of coordinates may stand in, the most usual first."""
    easting_prefixes: tuple[int, ...] = ()
    """Zone numbers that may stand before an easting, as millions of metres."""
    landuse: LandUse = field(default_factory=LandUse)
    """Lists of codes by regulation, successors of codes, codes that are taken for others."""
    systems: tuple[System, ...] = ()
    """Coordinate systems that sentences of a sheet may name."""
    meridians: tuple[ProvinceMeridian, ...] = ()
    """What each province measures in: for suggestions only."""
    forms: tuple[Form, ...] = ()
    """Kinds of lists known by name."""
    names: NameWords = field(default_factory=NameWords)
    """Words in names of projects: abbreviations, fillers, words before the number of a part."""
    personal: tuple[str, ...] = ()
    """Words in headings of columns that hold personal data."""

    def header_words(self, table: str) -> frozenset[str]:
        """Return the folded column names a header row of ``table`` may hold."""
        return frozenset(fold(word) for words in self.synonyms.get(table, {}).values() for word in words)

    def is_personal(self, heading: str) -> bool:
        """Say whether a column holds personal data, by the words of its heading.

        >>> [load_profile("vn").is_personal(text) for text in ("SĐT chủ hộ", "Dia_chi thuong tru", "Chủ đầu tư")]
        [True, True, False]
        """
        words = f" {' '.join(_words(heading))} "
        return any(f" {' '.join(_words(said))} " in words for said in self.personal)

    def header_fields(self, table: str) -> dict[str, str]:
        """Return folded column name → canonical field; a name of several fields is the first one's."""
        fields: dict[str, str] = {}
        for name, words in self.synonyms.get(table, {}).items():
            for word in (name, *words):
                fields.setdefault(fold(word), name)
        return fields


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text).replace("_", " "))


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vi: Text
    en: Text


class _Level(BaseModel):
    model_config = ConfigDict(extra="forbid")
    vi: Text
    en: Text
    kinds: dict[Text, list[Text]]


class _Units(BaseModel):
    model_config = ConfigDict(extra="forbid")
    table: Text
    links: Text
    provenance: Text
    levels: list[_Level]
    below: list[Text] = []
    filler: list[Text] = []
    several: list[Text] = []
    beside: list[Text] = []
    former: list[Text] = []
    present: list[Text] = []


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: _Title
    provenance: Text
    metric_crs: Text | None = None
    bounds_lonlat: tuple[float, float, float, float] | None = None
    north_range: tuple[float, float] | None = None
    east_range: tuple[float, float] | None = None
    classes: Text | None = None
    units: _Units | None = None
    crs_readings: list[Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")]] = []
    easting_prefixes: list[Annotated[int, Field(ge=1, le=99)]] = []
    landuse: dict[str, Text] = {}
    systems: Text | None = None
    meridians: Text | None = None
    forms: Text | None = None
    name_words: Text | None = None
    personal: list[Text] = []
    synonyms: dict[str, dict[str, list[Text]]]


def load_profile(name: str | Path = "vn") -> Profile:
    """Return the profile called ``name``, or the one written in the YAML file at that path.

    One that comes with plangeo is read once in a process, a file of the user's own each time.
    **Raises** ProfileError when there is none, or the file is malformed.

    >>> load_profile("vn").classes["LUC"].parent
    'LUA'
    """
    known = sorted(p.name.removesuffix(".yaml") for p in resources.files(__name__).iterdir() if p.name.endswith(".yaml"))
    if str(name) in known:
        return _packaged(str(name))
    path = Path(str(name))
    if path.suffix not in (".yaml", ".yml"):
        raise ProfileError(
            f"There is no profile {str(name)!r}. Known: {', '.join(known)}; or give the path of a YAML file of your own."
        )
    return _read_profile(name, packaged=False)


@cache
def _packaged(name: str) -> Profile:
    return _read_profile(name, packaged=True)


def _read_profile(name: str | Path, *, packaged: bool) -> Profile:
    folder, path = resources.files(__name__), Path(str(name))
    try:
        text = (folder / f"{name}.yaml").read_text("utf-8") if packaged else _bounded(path)
        form = _Form.model_validate(read_yaml(text).data)

        def beside(file: str) -> str:
            return (folder / file).read_text("utf-8") if packaged else _bounded(path.parent / file)

        table = "" if form.classes is None else beside(form.classes)
        classes = {} if form.classes is None else _classes(table, form.classes)
        landuse = replace(read_landuse(form.landuse, beside, classes), provenance=read_provenance(table))
        units = None if form.units is None else _register(form.units, beside(form.units.table), beside(form.units.links))
        tables = [_table(name, path.parent, packaged) for name in (form.systems, form.meridians)]
        systems, meridians = read_systems(tables[0]), read_meridians(tables[1])
        names = NameWords() if form.name_words is None else read_name_words(beside(form.name_words))
    except ValidationError as fault:
        faults = [f"- {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in fault.errors()]
        raise ProfileError(
            "\n".join([f"The profile {str(name)!r} cannot be used:", *faults]), code="profile_malformed"
        ) from fault
    except (OSError, ValueError, YamlFault, csv.Error) as fault:
        raise ProfileError(f"The profile {str(name)!r} cannot be used: {fault}", code="profile_malformed") from fault
    _check(form, str(name))
    forms = _forms(form, folder if packaged else path.parent, packaged, str(name))
    return Profile(
        name=path.stem,
        title=Label(form.title.vi, form.title.en),
        synonyms={t: {f: tuple(words) for f, words in fields.items()} for t, fields in form.synonyms.items()},
        metric_crs=form.metric_crs,
        classes=landuse.enrich(classes),
        landuse=landuse,
        bounds_lonlat=form.bounds_lonlat,
        north_range=form.north_range,
        east_range=form.east_range,
        provenance=form.provenance,
        units=units,
        origin=str(name),
        crs_readings=tuple(form.crs_readings),
        easting_prefixes=tuple(form.easting_prefixes),
        systems=systems,
        meridians=meridians,
        forms=forms,
        names=names,
        personal=tuple(form.personal),
    )


def _register(form: _Units, table: str, links: str) -> UnitRegister:
    return _read_register(form.model_dump_json(), table, links)


@lru_cache(maxsize=4)
def _read_register(written: str, table: str, links: str) -> UnitRegister:
    """The administrative units of a profile, read once; kinds and words are compared in lower case."""
    form = _Units.model_validate_json(written)
    kinds = {
        clean(word).casefold(): KindOfUnit(clean(kind).casefold(), level)
        for level, entry in enumerate(form.levels)
        for kind, short in entry.kinds.items()
        for word in (kind, *short)
    }
    lists = (form.below, form.filler, form.several, form.beside, form.former, form.present)
    said = (tuple(clean(word).casefold() for word in words) for words in lists)
    return read_units(table, links, levels=[Label(e.vi, e.en) for e in form.levels], kinds=kinds, words=Words(*said))


def _table(name: str | None, beside: Path, packaged: bool) -> str:
    """The text of a table a profile names: beside its own file, else one that comes with plangeo; no table is an empty one."""
    if name is None:
        return "epsg,name,datum,width_deg,central_meridian,province,central_meridian_dms\n"
    ours = resources.files(__name__) / name
    if packaged or (ours.is_file() and not (beside / name).exists()):
        return ours.read_text("utf-8")
    return _bounded(beside / name)


def _forms(form: _Form, folder: Any, packaged: bool, name: str) -> tuple[Form, ...]:
    """The lists known by name, from the YAML the profile names."""
    if form.forms is None:
        return ()
    try:
        text = (folder / form.forms).read_text("utf-8") if packaged else _bounded(folder / form.forms)
        return forms_from_data(read_yaml(text).data, frozenset(_FIELDS["sites"]))
    except (OSError, UnicodeDecodeError, YamlFault, ValueError) as fault:  # pydantic's faults are ValueErrors
        raise ProfileError(f"The profile {name!r} cannot be used: {form.forms}: {fault}", code="profile_malformed") from fault


def _bounded(path: Path) -> str:
    """The text of a file of the user's own. **Raises** OSError for what is no file, ProfileError above the size bound."""
    if path.exists() and not path.is_file():
        raise ProfileError(
            f"{path.name} is not a file. A profile is a YAML file, its class table a CSV file beside it.",
            code="profile_malformed",
        )
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ProfileError(
            f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB; a profile holds names, not data.", code="profile_malformed"
        )
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
    for name_of, bounds in (("north_range", form.north_range), ("east_range", form.east_range)):
        if bounds and not bounds[0] < bounds[1]:
            faults.append(f"{name_of}: write the lower bound first, in metres")
    if faults:
        raise ProfileError("\n- ".join([f"The profile {name!r} cannot be used:", *faults]), code="profile_malformed")


def _classes(table: str, name: str) -> dict[str, ZoneClass]:
    """Classes of a CSV with columns code, parent, name_vi, name_en, colour_hex; the parents form a tree."""
    reader = csv.DictReader(io.StringIO(table))
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise ProfileError(
            f"{name}: the columns {', '.join(missing)} are missing; a class table has {', '.join(_COLUMNS)}.",
            code="profile_malformed",
        )
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
        raise ProfileError("\n- ".join([f"{name} is no table of classes:", *faults[:20]]), code="profile_malformed")
    return classes


def _returns(code: str, classes: Mapping[str, ZoneClass]) -> bool:
    """True when walking up from ``code`` never ends; a rule would be looked up for ever."""
    seen: set[str] = set()
    above: str | None = code
    while above is not None and above in classes and above not in seen:
        seen.add(above)
        above = classes[above].parent
    return above in seen
