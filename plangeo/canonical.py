"""Raw frame + profile → canonical table: columns found by name, every row kept, every doubt a problem or a note."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.adminunits.placereport import date_list
from plangeo.amounts.declared import DECLARED, Declared, read_declared
from plangeo.amounts.declaredareas import settle_by_drawing
from plangeo.amounts.quantities import cell_text
from plangeo.bounds import check_bounds
from plangeo.columnchoice import choose_place, find_columns, listed_names
from plangeo.errors import CrsError, TableError
from plangeo.geometry import as_crs, repair_layer
from plangeo.landcodes import find_confused_cells, read_zone_codes
from plangeo.law.stages import DAYS, read_stage_days, stage_faults
from plangeo.positions.coordinates import places
from plangeo.positions.cornerlists import CORNERS, has_corners
from plangeo.profiles import Profile
from plangeo.reading import Decision, Sentence
from plangeo.tables import DISTRICTS, SITES, ZONES, Column
from plangeo.text import clean, fold, normalise_code, number_style, parse_number

_SHOWN = 5


@dataclass(frozen=True)
class Survey:
    """What only a look at all rows of a register tells; one entry per row."""

    ids: list[str]
    problems: list[str]
    """Of identifiers and of accuracies that cannot be read."""
    declared: Declared
    accuracies: list[float]
    absurd: list[str]
    """Problems of coordinates that cannot be what the CRS says."""
    notes: list[str]

    def rows(self, start: int, stop: int) -> Survey:
        """Return what it says of some rows; the notes speak of all."""
        kept, declared = slice(start, stop), self.declared.rows(start, stop)
        return Survey(self.ids[kept], self.problems[kept], declared, self.accuracies[kept], self.absurd[kept], self.notes)


SURVEYED = ("site_id", *DECLARED, "accuracy_m")
"""Fields whose columns a survey looks at."""


def survey_sites(
    raw: gpd.GeoDataFrame,
    found: Mapping[str, str],
    profile: Profile,
    *,
    crs: Any = None,
    source: str = "",
    notes: Sequence[str] = (),
) -> Survey:
    """Look at all rows of a register, so that its parts can be made canonical one by one.

    Parameters: ``raw`` with the columns of SURVEYED that ``found`` (``find_columns``) names, ``source_row``, and as geometry
    anything with the bounds of the true one; ``crs`` stated by the user. **Raises** what ``canonical_sites`` raises.
    """
    told = list(notes)
    out = pd.DataFrame({"site_id": [_text(v) for v in raw[found["site_id"]]] if "site_id" in found else _row_ids(raw)})
    if "source_row" in raw:
        out["source_row"] = raw["source_row"].to_numpy()
    problems = _unique_ids(out, "site_id", source, told)
    declared = read_declared(raw, found, _row_numbers(raw), source, told)
    absurd = check_bounds(list(raw.geometry), _stated(raw.crs, crs, source), profile, source, told)
    accuracies, unread = _accuracies(raw, found)
    problems = [_joined(a, b) for a, b in zip(problems, unread, strict=True)]
    return Survey(out["site_id"].tolist(), problems, declared, accuracies, absurd, told)


def canonical_sites(
    raw: pd.DataFrame,
    profile: Profile,
    *,
    columns: Mapping[str, str] | None = None,
    crs: Any = None,
    source: str = "",
    survey: Survey | None = None,
    list_date: str | dt.date | None = None,
    sentences: Sequence[Sentence] = (),
) -> gpd.GeoDataFrame:
    """Return a register as a table of the SITES contract, in the CRS of the file or of ``crs``.

    Parameters: ``raw`` a table of text cells or a GeoDataFrame; ``columns`` raw column → canonical field, winning
    over the profile's synonyms; ``source`` names the file in messages; ``survey`` of these rows, where ``raw`` is a part of
    a register (with geometry); ``list_date`` the day or year of the list, where no column of its rows states one;
    a register (with geometry); ``sentences`` titles and notes beside the table, which may state its CRS.
    Returns: rows in = rows out, own columns kept, notes and repairs in ``attrs["plangeo"]``.
    **Raises** TableError for columns that do not exist, CrsError for coordinates without CRS.
    """
    notes: list[str] = []
    decisions: list[Decision] = []
    found = find_columns(raw, "sites", profile, columns, source, notes)
    out = _own_columns(raw, SITES)
    _fill_texts(out, raw, found, SITES, _row_ids(raw))
    date_list(out, list_date)
    if survey is not None:
        out["site_id"], problems = survey.ids, survey.problems
        declared, out["accuracy_m"] = survey.declared, survey.accuracies
    else:
        problems = _unique_ids(out, "site_id", source, notes)
        out["accuracy_m"], unread = _accuracies(raw, found)
        problems = [_joined(a, b) for a, b in zip(problems, unread, strict=True)]
        declared = read_declared(raw, found, _row_numbers(raw), source, notes)
    declared.fill(out)
    if isinstance(raw, gpd.GeoDataFrame):
        geometry, faults, reference = list(raw.geometry), [""] * len(raw), _stated(raw.crs, crs, source)
    else:
        got = places(raw, choose_place(raw, found, source, notes), crs, profile, source, sentences)
        geometry, reference, decisions = got.geometry, got.crs, got.decisions
        faults = _known_by_commune(got.problems, out)
        notes += got.notes
    out["problem"] = [_joined(a, b, c) for a, b, c in zip(_told(raw), problems, faults, strict=True)]
    frame = _gated(out, geometry, reference, "sites", profile, source, notes, survey.absurd if survey else None)
    settled = settle_by_drawing(frame, f"{source}, column {found.get('declared_area_m2', '')!r}", compare=survey is None)
    # a part of a register would say again what its other parts say
    confused = find_confused_cells(raw, profile, source) if survey is None else []
    _about(frame)["decisions"] = [*decisions, *declared.decisions, *settled, *confused]
    return frame


def _known_by_commune(problems: Sequence[str], out: pd.DataFrame) -> list[str]:
    """Rows without any place say so with the unit the register names; the prefix stays ``no_geometry:``."""
    if "declared_district" not in out:
        return list(problems)
    units = [str(unit).replace(";", ",") for unit in out["declared_district"]]
    return [
        f"{p}, the place is known by the commune only ({u})" if p.startswith("no_geometry:") and u else p
        for p, u in zip(problems, units, strict=True)
    ]


def canonical_zones(
    raw: gpd.GeoDataFrame,
    profile: Profile,
    *,
    columns: Mapping[str, str] | None = None,
    plan_id: str | None = None,
    source: str = "",
) -> gpd.GeoDataFrame:
    """Return the zones of a plan as a table of the ZONES contract; ``plan_id`` names the plan of the whole file.

    **Raises** TableError when no column holds the class codes, or a named column does not exist.
    """
    notes: list[str] = []
    found = find_columns(raw, "zones", profile, columns, source, notes)
    if "zone_code" not in found:
        raise TableError(
            f"{source}: no column holds the class code of the zones; without it no rule can be found. The columns are "
            f"{listed_names(raw.columns)}. Name it: columns={{'<column>': 'zone_code'}}, or on the command line "
            '--map "zones:<column>=zone_code".',
            code="column_missing",
        )
    out = _own_columns(raw, ZONES)
    _fill_texts(out, raw, found, ZONES, _row_ids(raw))
    _unique_ids(out, "zone_id", source, notes)
    written = [normalise_code(c) for c in out["zone_code"]]
    out["zone_code"], decisions = read_zone_codes(out["zone_code"], profile, f"{source}, column {found['zone_code']!r}")
    changed = Counter(note for (plain, note), code in zip(written, out["zone_code"], strict=True) if note and plain == code)
    notes += [f"{source}: class code {note} in {count} zone(s)" for note, count in changed.most_common(_SHOWN)]
    if plan_id is not None:
        out["plan_id"] = clean(plan_id)
    out["problem"] = _told(raw)
    for field in (name for name in DAYS if name in found):
        where = f"{source}, column {found[field]!r}"
        out[field], told = read_stage_days(out[field].tolist(), last=field == "valid_to", where=where)
        decisions += told
    faults = stage_faults(out)
    out["problem"] = [_joined(a, b) for a, b in zip(out["problem"], faults, strict=True)]
    if undated := [zone for zone, fault in zip(out["zone_id"], faults, strict=True) if fault]:
        notes.append(
            f"{source}: the days of {len(undated)} zone(s) cannot be read ({listed_names(undated[:_SHOWN])}); they count as zones of an "
            "unknown class until their dates are mended"
        )
    frame = _gated(out, list(raw.geometry), raw.crs, "zones", profile, source, notes)
    _about(frame).setdefault("decisions", []).extend(decisions)
    repeated = frame.geometry.notna() & pd.DataFrame(
        {"g": frame.geometry.to_wkb(), "c": frame["zone_code"], "p": frame["plan_id"]}
    ).duplicated(keep="first")
    if repeated.any():
        _about(frame)["notes"].append(
            f"{source}: {int(repeated.sum())} zone(s) are drawn twice with the same class; they count once"
        )
    return frame


def canonical_districts(
    raw: gpd.GeoDataFrame, profile: Profile, *, columns: Mapping[str, str] | None = None, source: str = ""
) -> gpd.GeoDataFrame:
    """Return administrative units as a table of the DISTRICTS contract. **Raises** TableError without a name column."""
    notes: list[str] = []
    found = find_columns(raw, "districts", profile, columns, source, notes)
    if "district_name" not in found:
        raise TableError(
            f"{source}: no column holds the names of the districts. The columns are {listed_names(raw.columns)}. Name it: "
            "columns={'<column>': 'district_name'}, or on the command line --map \"districts:<column>=district_name\".",
            code="column_missing",
        )
    out = _own_columns(raw, DISTRICTS)
    _fill_texts(out, raw, found, DISTRICTS, _row_ids(raw))
    _unique_ids(out, "district_id", source, notes)
    out["problem"] = _told(raw)
    return _gated(out, list(raw.geometry), raw.crs, "districts", profile, source, notes)


def canonical_register(
    raw: pd.DataFrame, profile: Profile, *, columns: Mapping[str, str] | None = None, source: str = ""
) -> pd.DataFrame:
    """Return a list of projects with canonical columns and no geometry; a place is not asked for."""
    notes: list[str] = []
    found = find_columns(raw, "sites", profile, columns, source, notes)
    wanted = tuple(c for c in SITES if c.dtype != "geometry")
    out = _own_columns(raw, wanted)
    _fill_texts(out, raw, found, wanted, _row_ids(raw))
    problems = _unique_ids(out, "site_id", source, notes)
    declared = read_declared(raw, found, _row_numbers(raw), source, notes)
    declared.fill(out)
    out["accuracy_m"], unread = _accuracies(raw, found)
    out["problem"] = [_joined(a, b, c) for a, b, c in zip(_told(raw), problems, unread, strict=True)]
    out["repaired"] = ""
    out.attrs["plangeo"] = {"notes": notes, "repairs": [], "decisions": declared.decisions}
    return out


def _stated(own: Any, crs: Any, source: str) -> Any:
    """The CRS of a frame with geometry: its own, else the stated one. **Raises** CrsError when the two differ."""
    if crs is None or own is None:
        return own if crs is None else as_crs(crs)
    if not as_crs(own).equals(as_crs(crs), ignore_axis_order=True):
        raise CrsError(
            f"{source}: the file says {as_crs(own).name}, crs= says {as_crs(crs).name}; one of them would move every project. "
            "Leave crs= out, or correct the file.",
            code="crs_statements_contradict",
        )
    return own


def _own_columns(raw: pd.DataFrame, contract: Iterable[Column]) -> pd.DataFrame:
    """The file's own columns; one that bears a canonical name is kept beside as ``<name>_raw``."""
    plain = pd.DataFrame(raw.drop(columns=raw.geometry.name)) if isinstance(raw, gpd.GeoDataFrame) else raw.copy()
    taken = {c.name for c in contract} - {"source_row", "problem"}
    plain = plain.drop(columns=[c for c in ("problem", *([CORNERS] if has_corners(raw) else [])) if c in plain])
    if "source_row" in plain:
        plain["source_row"] = [float(n) for n in _row_numbers(raw)]
    return plain.rename(columns={c: f"{c}_raw" for c in plain.columns if c in taken})


def _fill_texts(
    out: pd.DataFrame, raw: pd.DataFrame, found: Mapping[str, str], contract: Iterable[Column], ids: list[str]
) -> None:
    identifier = next(c.name for c in contract if c.unique)
    for column in contract:
        if column.dtype != "str" or column.name in ("problem", "repaired"):
            continue
        if column.name in found:
            out[column.name] = [_text(v) for v in raw[found[column.name]]]
        elif column.required:
            out[column.name] = ids if column.name == identifier else ""
    out["repaired"] = ""


def _text(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def _row_ids(raw: pd.DataFrame) -> list[str]:
    return [f"row-{n}" for n in _row_numbers(raw)]


def _row_numbers(raw: pd.DataFrame) -> list[int]:
    """The rows of the file; where the reader gave none, the position counted from 1."""
    counted = range(1, len(raw) + 1)
    if "source_row" not in raw:
        return list(counted)
    told = pd.to_numeric(raw["source_row"], errors="coerce")
    return [int(n) if np.isfinite(n) else i for n, i in zip(told, counted, strict=True)]


def _unique_ids(out: pd.DataFrame, column: str, source: str, notes: list[str]) -> list[str]:
    """Make identifiers unique in place; return the problem of each row whose identifier was met before."""
    seen: Counter[str] = Counter()
    taken = set(out[column])
    ids, problems = [], []
    blanks = 0
    for given, row_id in zip(out[column], _row_ids(out), strict=True):
        blanks += not given
        name = given or row_id
        seen[name] += 1
        number, unique = seen[name], name
        while number > 1 and (unique == name or unique in taken):
            unique, number = f"{name}#{number}", number + 1
        taken.add(unique)
        ids.append(unique)
        problems.append(f"duplicate_id: the identifier {name!r} stands here again, kept as {unique!r}" if unique != name else "")
    out[column] = ids
    repeated = sum(bool(p) for p in problems)
    if blanks:
        notes.append(f"{source}: {blanks} row(s) have no {column}; their row number stands in")
    if repeated:
        notes.append(f"{source}: {repeated} row(s) repeat a {column} and were numbered #2, #3 …")
    return problems


def _accuracies(raw: pd.DataFrame, found: Mapping[str, str]) -> tuple[list[float], list[str]]:
    """Stated accuracies in metres, NaN where none is stated, and the problem of each row whose cell cannot be read."""
    if "accuracy_m" not in found:
        return [float("nan")] * len(raw), [""] * len(raw)
    cells = raw[found["accuracy_m"]]
    parts = [_ACCURACY.fullmatch(fold(cell_text(v))) for v in cells]
    style = "point" if pd.api.types.is_numeric_dtype(cells) else number_style(m["number"] for m in parts if m)
    decimal = style if style in ("comma", "point") else None
    values = [parse_number(m["number"], decimal) if m else None for m in parts]
    metres = [v * _METRES[m["unit"] or "m"] if m and v is not None else float("nan") for v, m in zip(values, parts, strict=True)]
    texts = [cell_text(v).strip() for v in cells]
    problems = [
        f"bad_accuracy: {text[:40].replace(';', ',')!r} in column {found['accuracy_m']!r} is not an accuracy in metres; write a number, e.g. 5"
        if text.strip("-–—.… ") and value is None
        else ""
        for text, value in zip(texts, values, strict=True)
    ]
    return metres, problems


_ACCURACY = re.compile(r"(?:\+/-|\+-|±|~|≈)?\s*(?P<number>\d[\d.,\s]*?)\s*(?P<unit>m|met|cm|mm|km)?")
_METRES = {"m": 1.0, "met": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0}


def _told(raw: pd.DataFrame) -> list[str]:
    return [_text(v) for v in raw["problem"]] if "problem" in raw else [""] * len(raw)


def _joined(*parts: str) -> str:
    return "; ".join(p for p in parts if p)


def _about(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["plangeo"]
    return about


def _gated(
    out: pd.DataFrame,
    geometry: list[Any],
    crs: Any,
    layer: str,
    profile: Profile,
    source: str,
    notes: list[str],
    absurd: list[str] | None = None,
) -> gpd.GeoDataFrame:
    """Attach the geometry, refuse impossible coordinates, pass the validity gate, keep notes and ledger."""
    absurd = check_bounds(geometry, crs, profile, source, notes) if absurd is None else absurd
    geometry = [None if fault else g for g, fault in zip(geometry, absurd, strict=True)]
    out["problem"] = [_joined(told, fault) for told, fault in zip(out["problem"], absurd, strict=True)]
    frame = gpd.GeoDataFrame(out, geometry=gpd.GeoSeries(geometry, index=out.index, crs=crs), crs=crs)
    frame, ledger = repair_layer(frame, layer, {"sites": "site_id", "zones": "zone_id", "districts": "district_id"}[layer])
    frame.attrs["plangeo"] = {"notes": notes, "repairs": ledger}
    return frame
