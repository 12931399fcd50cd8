"""Files → canonical tables: the columns by the profile, a fingerprint of what was read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from plangeo.adminunits.placereport import report_places
from plangeo.arguments import take_layer
from plangeo.boundaries import join_boundaries
from plangeo.bounds import check_bounds
from plangeo.canonical import canonical_districts, canonical_register, canonical_sites, canonical_zones
from plangeo.columnchoice import find_columns
from plangeo.crsdoctor.crsreadings import datum_warnings
from plangeo.errors import InputError, TableError
from plangeo.features import canonical_features
from plangeo.inputs import Raw, Request, check_path
from plangeo.lists.fieldcolumns import READERS_OWN, column_decisions
from plangeo.lists.headers import parse_header_row
from plangeo.positions.coordinates import places
from plangeo.positions.cornerlists import CORNERS
from plangeo.positions.crsnotes import whose_word
from plangeo.profiles import PLACE, Profile, load_profile
from plangeo.rawfiles import fingerprint, format_of, read_raw
from plangeo.reading import Decision
from plangeo.text import fold


def read_sites(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    layer: str | None = None,
    sheet: str | None = None,
    crs: Any = None,
    columns: Mapping[str, str] | None = None,
    list_date: str | dt.date | None = None,
    boundaries: str | Path | LayerFile | gpd.GeoDataFrame | None = None,
    header_row: int | str | None = None,
    trusted: bool | None = None,
) -> gpd.GeoDataFrame:
    """Read a register of projects into a table of the SITES contract; rows in = rows out.

    ``path`` is a workbook, a text table or a vector file. ``layer`` and ``sheet`` choose one of several.
    ``crs`` states the CRS of a file that states none, and of coordinate columns. ``columns`` maps a column
    of the file to a canonical name and wins over the profile's synonyms. ``list_date`` is the day (or year) of the
    list, for rows that do not state it: places are named as on that day. ``boundaries`` are areas or lines by identifier, which
    take the place of the register's own: a vector file, a workbook of corner lists, or a frame (``boundaries.join_boundaries``).
    ``header_row`` states the header of a table (4, or "4-5"); ``sheet="*"`` reads all sheets of one form.
    ``trusted=False`` reads the file in a process of its own, which a crash, a hang or too much memory ends alone (SECURITY.md).
    The result keeps the file's own columns and carries ``attrs["plangeo"]`` (fingerprint, repairs, notes, decisions).

    **Raises** InputError, TableError, CrsError, ProfileError.
    """
    chosen = _profile(profile)
    asked = Request("sites", layer, sheet, crs, header_row=parse_header_row(header_row), trusted=trusted)
    raw, used, request = _read(path, chosen, asked, columns)
    stated = None if isinstance(raw.frame, gpd.GeoDataFrame) else crs
    frame = canonical_sites(
        raw.frame,
        chosen,
        columns=_columns(raw, chosen, columns, path),
        crs=stated,
        source=Path(path).name,
        list_date=list_date,
        sentences=raw.sentences,
    )
    if chosen.units is not None:
        frame.attrs["plangeo"].setdefault("decisions", []).extend(report_places(frame, chosen.units))
    frame = _finish(frame, raw, used, request, path)
    return frame if boundaries is None else join_boundaries(frame, _boundaries(boundaries, chosen))


def _boundaries(source: str | Path | LayerFile | gpd.GeoDataFrame, profile: Profile) -> gpd.GeoDataFrame:
    if isinstance(source, gpd.GeoDataFrame):
        return source
    if isinstance(source, LayerFile):
        named = dict(source.keywords)
        return read_sites(source.path, source.profile, **named | {"sheet": named.get("sheet") or named.get("layer")})
    return read_sites(source, profile)


def read_zones(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    layer: str | None = None,
    crs: Any = None,
    columns: Mapping[str, str] | None = None,
    plan_id: str | None = None,
    labels: str | None = None,
    trusted: bool | None = None,
) -> gpd.GeoDataFrame:
    """Read the zones of a plan into a table of the ZONES contract; ``plan_id`` names the plan where the file does not.

    Of a drawing (DXF, DGN) ``layer`` names the levels of the borders and ``labels`` those of the class labels, several with commas
    (``plangeo layers FILE`` lists them); lines are closed to shapes, and a shape is what the label inside it says.
    ``trusted`` as in ``read_sites``.

    **Raises** InputError, TableError, CrsError, ProfileError.
    """
    chosen = _profile(profile)
    if plan_id is not None and not isinstance(plan_id, str):
        raise InputError(
            f"plan_id={plan_id!r}: give the identifier of the plan as text, as the rulebook writes it.", code="argument_wrong"
        )
    if labels is not None and Path(path).suffix.lower() not in (".dxf", ".dgn", ".zip"):
        raise InputError(
            f"labels={labels!r}: only a drawing (DXF, DGN) has labels on levels; {Path(path).name} is none.",
            code="argument_wrong",
        )
    request = Request("zones", layer, None, crs, labels=labels, codes=frozenset(chosen.classes), trusted=trusted)
    raw, used, request = _read(path, chosen, request, columns)
    frame = canonical_zones(
        _with_geometry(raw, chosen, request, path), chosen, columns=columns, plan_id=plan_id, source=Path(path).name
    )
    return _finish(frame, raw, used, request, path)


def read_districts(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    layer: str | None = None,
    crs: Any = None,
    columns: Mapping[str, str] | None = None,
    trusted: bool | None = None,
) -> gpd.GeoDataFrame:
    """Read administrative units into a table of the DISTRICTS contract. ``trusted`` as in ``read_sites``.

    **Raises** InputError, TableError, CrsError, ProfileError.
    """
    chosen = _profile(profile)
    raw, used, request = _read(path, chosen, Request("districts", layer, None, crs, trusted=trusted), columns)
    frame = canonical_districts(_with_geometry(raw, chosen, request, path), chosen, columns=columns, source=Path(path).name)
    frame = _finish(frame, raw, used, request, path)
    frame.attrs["plangeo"]["profile"] = chosen.origin
    return frame


def read_register(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    header_row: int | str | None = None,
    trusted: bool | None = None,
) -> pd.DataFrame:
    """Read a list of projects without need of geometry into a plain table with canonical column names. ``trusted`` as in ``read_sites``.

    **Raises** InputError, TableError, ProfileError.
    """
    chosen = _profile(profile)
    asked = Request("register", None, sheet, None, header_row=parse_header_row(header_row), trusted=trusted)
    raw, used, request = _read(path, chosen, asked, columns)
    plain = pd.DataFrame(raw.frame.drop(columns="geometry")) if isinstance(raw.frame, gpd.GeoDataFrame) else raw.frame
    frame = canonical_register(plain, chosen, columns=_columns(raw, chosen, columns, path), source=Path(path).name)
    finished: pd.DataFrame = _finish(frame, raw, used, request, path)
    return finished


def _read_features(
    path: str | Path,
    profile: str | Path | Profile = "vn",
    *,
    layer: str | None = None,
    crs: Any = None,
    columns: Mapping[str, str] | None = None,
    trusted: bool | None = None,
) -> gpd.GeoDataFrame:
    chosen = _profile(profile)
    raw, used, request = _read(path, chosen, Request("features", layer, None, crs, trusted=trusted), columns)
    frame = canonical_features(_with_geometry(raw, chosen, request, path))
    found = check_bounds(frame.geometry.tolist(), frame.crs, chosen, Path(path).name, raw.notes)
    frame["problem"] = [known or new for known, new in zip(frame["problem"], found, strict=True)]
    frame.geometry = [None if new else shape for new, shape in zip(found, frame.geometry, strict=True)]
    return _finish(frame, raw, used, request, path)


@dataclass(frozen=True)
class LayerFile:
    """A layer in a file, and how it is to be read; ``assess`` opens it when, and as far as, it is needed."""

    path: str | Path
    profile: str | Path | Profile = "vn"
    keywords: Mapping[str, Any] = field(default_factory=dict)
    """As for the reader of its role: ``layer``, ``crs``, ``columns``, ``plan_id``, ``list_date``, ``labels``."""

    def read(self, role: str) -> gpd.GeoDataFrame:
        """Return the layer as a canonical table (``open_layer``)."""
        return open_layer(role, self.path, self.profile, **self.keywords)

    def files(self) -> list[Path]:
        """Return all files the layer is read from. **Raises** InputError when there is none, or of no known format."""
        found = check_path(self.path)
        return [found] if found.suffix.lower() == ".zip" else list(format_of(found).sidecars(found))

    def size(self) -> int:
        """Return the bytes of all its files."""
        return sum(file.stat().st_size for file in self.files())

    def options(self) -> dict[str, Any]:
        """Return, as plain data, everything beside the files that says how the layer is read."""
        file = isinstance(self.profile, str | Path) and Path(self.profile).suffix != ""
        profile = Path(self.profile).read_text("utf-8") if file else repr(self.profile)  # type: ignore[arg-type]
        return {"profile": profile, "keywords": {name: str(value) for name, value in sorted(self.keywords.items())}}


_READERS: Mapping[str, Callable[..., gpd.GeoDataFrame]] = {
    "zones": read_zones,
    "districts": read_districts,
    "present_use": read_zones,
}


def open_layer(
    role: str, source: str | Path | gpd.GeoDataFrame, profile: str | Path | Profile = "vn", **keywords: Any
) -> gpd.GeoDataFrame:
    """Return the layer ``role`` from a file, or a frame made canonical.

    ``zones`` and ``districts`` are read as such; any other name is a layer of features that a requirement of the
    rulebook speaks of. A frame already read by plangeo is returned as it is.
    **Raises** LayerError for what is neither frame nor path, and what the reader of the role raises.
    """
    take_layer(role, source)
    reader: Callable[..., gpd.GeoDataFrame] = _READERS.get(role, _read_features)
    if not isinstance(source, gpd.GeoDataFrame):
        return reader(source, profile, **keywords)
    if "plangeo" in source.attrs or (role not in _READERS and "feature_id" in source):
        return source
    if role not in _READERS:
        return canonical_features(source)
    chosen = _profile(profile)
    columns = keywords.get("columns")
    if role in ("zones", "present_use"):
        return canonical_zones(source, chosen, columns=columns, plan_id=keywords.get("plan_id"), source="frame")
    made = canonical_districts(source, chosen, columns=columns, source="frame")
    made.attrs["plangeo"]["profile"] = chosen.origin
    return made


def _profile(profile: str | Path | Profile) -> Profile:
    return profile if isinstance(profile, Profile) else load_profile(profile)


def _read(
    path: str | Path, profile: Profile, request: Request, columns: Mapping[str, str] | None
) -> tuple[Raw, list[Path], Request]:
    for name, given in (("layer", request.layer), ("sheet", request.sheet), ("labels", request.labels)):
        if given is not None and not isinstance(given, str):
            raise InputError(
                f"{name}={given!r}: give the name of the {name} as text; plangeo does not count them.", code="argument_wrong"
            )
    if columns is not None and not (isinstance(columns, Mapping) and all(isinstance(c, str) for p in columns.items() for c in p)):
        raise TableError(
            f"columns={columns!r}: give a dictionary of texts, column of the file → field, e.g. {{'MaDA': 'site_id'}}.",
            code="columns_given_wrong",
        )
    request = with_words(request, profile, columns)
    raw, files, _ = read_raw(path, request)
    if isinstance(raw.frame, gpd.GeoDataFrame) and raw.frame.crs is not None:
        west, south, east, north = raw.frame.total_bounds
        middle = np.array([(west + east) / 2]), np.array([(south + north) / 2])
        role = request.role if request.role in ("sites", *_READERS) else "LAYER"
        for said in datum_warnings(raw.frame.crs, *middle, profile, role):
            raw.notes.append(said)
            raw.decisions.append(Decision("crs", Path(path).name, said))
    # a column of the file called "problem" is the office's own text; ours says why a record could not be read
    raw.frame = raw.frame.rename(columns={"problem": "problem_raw"})
    raw.frame["problem"] = [raw.problems.get(position, "") for position in range(len(raw.frame))]
    return raw, files, request


def with_words(request: Request, profile: Profile, columns: Mapping[str, str] | None = None) -> Request:
    """Return a request with all that tells readers a header, a form or a code: the profile's words and the caller's."""
    table = "sites" if request.role == "register" else request.role
    stated = {fold(name): meant for name, meant in (columns or {}).items()}
    return replace(
        request,
        known=profile.header_words(table) | set(stated),
        fields=profile.header_fields(table) | stated,
        forms=profile.forms if table == "sites" else (),
        codes=frozenset(profile.classes),
        named=frozenset((columns or {}).values()),
    )


def _columns(raw: Raw, profile: Profile, columns: Mapping[str, str] | None, path: str | Path) -> dict[str, str]:
    """Return column → field of a register: what the user says, then what the form or a heading says; and record the columns.

    **Raises** TableError as ``find_columns`` does.
    """
    given = dict(columns or {})
    read = {c: f for c, f in raw.fields.items() if c in raw.frame and c not in given and f not in given.values()}
    raw.decisions += told_columns(raw.frame, profile, given, read, Path(path).name)
    raw.decisions += _told_personal(raw.frame, profile, given)
    return given | read


def _told_personal(frame: pd.DataFrame, profile: Profile, given: Mapping[str, str]) -> list[Decision]:
    """Name the columns of personal data: no map shows them, unless the user reads one as a field that maps show."""
    found = [str(c) for c in frame.columns if profile.is_personal(str(c))]
    kept = ", ".join(repr(c) for c in found if c not in given)
    told = [f"personal data by their headings, not in maps; sites.gpkg has them, so mind whom it goes to: {kept}"] if kept else []
    told += [
        f"{c!r} is personal data by its heading, and is shown as {given[c]} because the caller said so"
        for c in found
        if c in given
    ]
    return [Decision("column", "personal data", said) for said in told]


def told_columns(
    frame: pd.DataFrame, profile: Profile, given: Mapping[str, str], read: Mapping[str, str], name: str
) -> list[Decision]:
    """Return which column of a register is which field: as ``given`` by the user, as ``read`` off a form, or by name.

    **Raises** TableError as ``find_columns`` does.
    """
    found = find_columns(frame, "sites", profile, {**given, **read}, name, [])
    own = [str(c) for c in frame.columns if c not in (*READERS_OWN, getattr(frame, "_geometry_column_name", None))]
    samples = {c: _sample(frame[c]) for c in own}
    placed = isinstance(frame, gpd.GeoDataFrame) or any(
        all(f in found for f in way) for way in (("wkt",), ("longitude", "latitude"), ("north", "east"), ("coordinates",))
    )
    corners = CORNERS in frame  # corners of a project: nobody looks there for the other fields of a register
    words = {f: w for f, w in profile.synonyms.get("sites", {}).items() if f in found or not (corners or (placed and f in PLACE))}
    return column_decisions(found, own, words, given, read, samples, name)


def _sample(values: pd.Series) -> str:
    """The first value of a column that says something."""
    texts = (" ".join(str(v).split()) for v in values.head(50).tolist() if pd.api.types.is_scalar(v) and pd.notna(v))
    return next((t for t in texts if t), "")[:60]


def _with_geometry(raw: Raw, profile: Profile, request: Request, path: str | Path) -> gpd.GeoDataFrame:
    """Return a layer's frame; a table must have a column of WKT, read under the same limits as a register's."""
    if isinstance(raw.frame, gpd.GeoDataFrame):
        return raw.frame
    words = {fold(word) for word in profile.synonyms.get("sites", {}).get("wkt", ())} | {"wkt"}
    column = next((c for c in raw.frame.columns if fold(str(c)) in words), None)
    if column is None:
        raise InputError(
            f"{Path(path).name} has no geometry, and {request.role} are areas on a map. Pass a vector file (GeoPackage, shapefile, "
            "GeoJSON …), or a table with a column WKT.",
            code="places_missing",
        )
    found = places(raw.frame, {"wkt": column}, request.crs, profile, Path(path).name)
    frame = raw.frame.drop(columns=column)
    frame["problem"] = [f or t for f, t in zip(found.problems, frame["problem"], strict=True)]
    raw.notes.extend(found.notes)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(found.geometry, index=frame.index, crs=found.crs), crs=found.crs)


def _finish(frame: Any, raw: Raw, files: list[Path], request: Request, path: str | Path) -> Any:
    """Add what the reading knows to what the columns told: notes and the fingerprint."""
    if len(frame) != len(raw.frame):
        raise AssertionError(f"{Path(path).name}: {len(raw.frame)} rows became {len(frame)}; rows in = rows out is broken")
    known = dict(frame.attrs.get("plangeo", {}))
    decisions = list(known.get("decisions", []))
    crs = getattr(frame, "crs", None)
    frame.attrs["plangeo"] = {
        "fingerprint": {
            "role": request.role,
            "path": str(path),
            "name": Path(path).name,
            "layer": raw.layer,
            "sha256": fingerprint(files),
            "rows": len(frame),
            **({"counted": {part: dict(counts) for part, counts in raw.counted.items()}} if raw.counted else {}),
            "crs": "" if crs is None else (":".join(crs.to_authority() or ()) or crs.to_wkt()),
            **({} if crs is None else {"crs_by": whose_word(request.crs, raw.stated_crs, [*raw.decisions, *decisions])}),
        },
        "repairs": list(known.get("repairs", [])),
        "notes": [*raw.notes, *known.get("notes", [])],
        "decisions": [*raw.decisions, *decisions],
        # a frame may be called another CRS afterwards; these numbers tell (crsdoctor.crscheck)
        **({} if crs is None else {"extent": frame.total_bounds.tolist()}),
    }
    return frame
