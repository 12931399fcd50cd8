"""Raw frame + profile → canonical table: columns found by name, every row kept, every doubt a problem or a note."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.coordinates import check_bounds, places
from plangeo.errors import TableError
from plangeo.geometry import repair_layer
from plangeo.profiles import Profile
from plangeo.tables import DISTRICTS, SITES, ZONES, Column
from plangeo.text import clean, fold, normalise_code, number_style, parse_area, parse_number

_PLACE = ("north", "east", "longitude", "latitude", "wkt")
_SHOWN = 5


def canonical_sites(
    raw: pd.DataFrame, profile: Profile, *, columns: Mapping[str, str] | None = None, crs: Any = None, source: str = ""
) -> gpd.GeoDataFrame:
    """Return a register as a table of the SITES contract, in the CRS of the file or of ``crs``.

    Parameters: ``raw`` a table of text cells or a GeoDataFrame; ``columns`` raw column → canonical field, winning
    over the profile's synonyms; ``source`` names the file in messages.
    Returns: rows in = rows out, own columns kept, notes and repairs in ``attrs["plangeo"]``.
    **Raises** TableError for columns that do not exist, CrsError for coordinates without CRS.
    """
    notes: list[str] = []
    found = find_columns(raw, "sites", profile, columns, source, notes)
    out = _own_columns(raw, SITES)
    _fill_texts(out, raw, found, SITES, _row_ids(raw))
    problems = _unique_ids(out, "site_id", source, notes)
    if "declared_area_m2" in found:
        out["declared_area_m2"] = _areas(raw[found["declared_area_m2"]], source, notes)
    out["accuracy_m"] = _accuracies(raw, found)
    if isinstance(raw, gpd.GeoDataFrame):
        geometry, faults, reference = list(raw.geometry), [""] * len(raw), raw.crs
    else:
        got = places(raw, found, crs, profile, source)
        geometry, faults, reference = got.geometry, got.problems, got.crs
        notes += got.notes
    out["problem"] = [_joined(a, b, c) for a, b, c in zip(_told(raw), problems, faults, strict=True)]
    return _gated(out, geometry, reference, "sites", profile, source, notes)


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
            f"{_listed(raw.columns)}. Name it: columns={{'<column>': 'zone_code'}}, or on the command line "
            '--map "zones:<column>=zone_code".'
        )
    out = _own_columns(raw, ZONES)
    _fill_texts(out, raw, found, ZONES, _row_ids(raw))
    _unique_ids(out, "zone_id", source, notes)
    codes = [normalise_code(c) for c in out["zone_code"]]
    out["zone_code"] = [code for code, _ in codes]
    changed = Counter(note for _, note in codes if note)
    notes += [f"{source}: class code {note} in {count} zone(s)" for note, count in changed.most_common(_SHOWN)]
    if plan_id is not None:
        out["plan_id"] = clean(plan_id)
    out["problem"] = _told(raw)
    frame = _gated(out, list(raw.geometry), raw.crs, "zones", profile, source, notes)
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
            f"{source}: no column holds the names of the districts. The columns are {_listed(raw.columns)}. Name it: "
            "columns={'<column>': 'district_name'}, or on the command line --map \"districts:<column>=district_name\"."
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
    if "declared_area_m2" in found:
        out["declared_area_m2"] = _areas(raw[found["declared_area_m2"]], source, notes)
    out["accuracy_m"] = _accuracies(raw, found)
    out["problem"] = [_joined(a, b) for a, b in zip(_told(raw), problems, strict=True)]
    out["repaired"] = ""
    out.attrs["plangeo"] = {"notes": notes, "repairs": []}
    return out


def find_columns(
    raw: pd.DataFrame, table: str, profile: Profile, columns: Mapping[str, str] | None, source: str, notes: list[str]
) -> dict[str, str]:
    """Return canonical field → raw column: by ``columns``, else by the profile's synonyms, nearest first.

    A name that only begins like a synonym never matches. **Raises** TableError for names that do not exist.
    """
    synonyms = profile.synonyms.get(table, {})
    present = [str(c) for c in raw.columns if c != getattr(raw, "_geometry_column_name", None)]
    faults = []
    chosen: dict[str, str] = {}
    for name, field in (columns or {}).items():
        if name not in present:
            faults.append(f"there is no column {name!r}; the file has {_listed(present)}")
        if field not in synonyms:
            faults.append(f"plangeo knows no field {field!r} of {table}; it knows {_listed(synonyms)}")
        chosen[field] = name
    if faults:
        raise TableError(f"{source}: the given columns do not fit:\n- " + "\n- ".join(faults))
    folded: dict[str, list[str]] = {}
    for name in present:
        folded.setdefault(fold(name), []).append(name)
    for field, words in synonyms.items():
        if field in chosen:
            continue
        for word in (field, *words):
            hits = [n for n in folded.get(fold(word), []) if n not in chosen.values()]
            if len(hits) > 1:
                raise TableError(
                    f"{source}: the columns {_listed(hits)} could all be {field}; name one: columns={{{hits[0]!r}: {field!r}}}."
                )
            if hits:
                chosen[field] = hits[0]
                break
    if chosen:
        notes.append(f"{source}: " + ", ".join(f"{field} ← {name!r}" for field, name in chosen.items() if field != name))
    return chosen


def _own_columns(raw: pd.DataFrame, contract: Iterable[Column]) -> pd.DataFrame:
    """The file's own columns; one that bears a canonical name is kept beside as ``<name>_raw``."""
    plain = pd.DataFrame(raw.drop(columns=raw.geometry.name)) if isinstance(raw, gpd.GeoDataFrame) else raw.copy()
    taken = {c.name for c in contract} - {"source_row", "problem"}
    plain = plain.drop(columns=[c for c in ("problem",) if c in plain])
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
    rows = raw["source_row"] if "source_row" in raw else pd.Series(range(1, len(raw) + 1))
    return [f"row-{int(n)}" for n in rows]


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


def _areas(cells: pd.Series, source: str, notes: list[str]) -> list[float]:
    header = fold(str(cells.name)).replace("²", "2")
    unit = "m2" if re.search(r"\bm2\b|_m2", header) else "km2" if "km2" in header else "ha"
    texts = [_text(v) for v in cells]
    style = number_style([re.sub(r"[^\d.,\s-]", "", fold(t).replace("m2", "").replace("²", "")) for t in texts])
    decimal = style if style in ("comma", "point") else None
    areas = [parse_area(t, unit, decimal) if t else None for t in texts]
    unread = [t for t, a in zip(texts, areas, strict=True) if t and a is None]
    if unread:
        notes.append(
            f"{source}: {len(unread)} area(s) in column {str(cells.name)!r} could not be read without guessing: {_listed(unread)}"
        )
    return [float("nan") if a is None else a for a in areas]


def _accuracies(raw: pd.DataFrame, found: Mapping[str, str]) -> list[float]:
    if "accuracy_m" not in found:
        return [float("nan")] * len(raw)
    values = [parse_number(_text(v)) for v in raw[found["accuracy_m"]]]
    return [float("nan") if v is None or v < 0 else v for v in values]


def _told(raw: pd.DataFrame) -> list[str]:
    return [_text(v) for v in raw["problem"]] if "problem" in raw else [""] * len(raw)


def _joined(*parts: str) -> str:
    return "; ".join(p for p in parts if p)


def _listed(names: Iterable[Any]) -> str:
    shown = [repr(str(n)) for n in names]
    return ", ".join(shown[:40]) + (" …" if len(shown) > 40 else "")


def _about(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["plangeo"]
    return about


def _gated(
    out: pd.DataFrame, geometry: list[Any], crs: Any, layer: str, profile: Profile, source: str, notes: list[str]
) -> gpd.GeoDataFrame:
    """Attach the geometry, refuse impossible coordinates, pass the validity gate, keep notes and ledger."""
    check_bounds(geometry, crs, profile, source)
    frame = gpd.GeoDataFrame(out, geometry=gpd.GeoSeries(geometry, index=out.index, crs=crs), crs=crs)
    frame, ledger = repair_layer(frame, layer, {"sites": "site_id", "zones": "zone_id", "districts": "district_id"}[layer])
    frame.attrs["plangeo"] = {"notes": notes, "repairs": ledger}
    return frame
