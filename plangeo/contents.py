"""What a file holds, before anything is made of it: layers, sheets, kinds of geometry, counts, CRS; of a drawing levels, colours, texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd

from plangeo.apart import is_apart
from plangeo.apart.asking import describe_apart
from plangeo.drawings.cad import LOCAL, Drawing, Level, survey_levels
from plangeo.errors import CrsError, SeveralLayers
from plangeo.formats import dgn, dxf, raster, spreadsheet
from plangeo.inputs import Request, check_path
from plangeo.landcodes import classes_of_colour, read_codes
from plangeo.model import ZoneClass
from plangeo.profiles import Profile
from plangeo.rawfiles import read_raw
from plangeo.sources import with_words

_DRAWINGS = {".dxf": dxf.read_elements, ".dgn": dgn.read_elements}
_COLOURS = 4


def describe_file(path: str | Path, profile: Profile) -> list[str]:
    """Return lines that say what ``path`` holds; nothing is decided and nothing kept.

    **Raises** InputError for a file that cannot be read.
    """
    found = check_path(path)
    if is_apart(None):
        return describe_apart(found, profile.origin or profile.name)
    if found.suffix.lower() in _DRAWINGS:
        drawing = _DRAWINGS[found.suffix.lower()](found, Request("zones", crs=LOCAL))
        return _describe_drawing(found.name, drawing, profile)
    if found.suffix.lower() in (".tif", ".tiff"):
        return [f"{found.name}: {raster.describe(found)}"]
    if found.suffix.lower() in spreadsheet.FORMAT.suffixes:
        sheets = spreadsheet.describe_sheets(found, with_words(Request("register"), profile))
        return [f"{found.name}: {len(sheets)} sheet(s)", *(f"- sheet {name!r}: {about}" for name, about in sheets.items())]
    try:
        return _describe_table(found, None)
    except SeveralLayers as fault:
        if not fault.names:  # inside an archive
            raise
        each = [line for name in fault.names for line in _describe_table(found, name)]
        return [f"{found.name}: {len(fault.names)} layers", *each]


def _describe_table(path: Path, layer: str | None) -> list[str]:
    """Lines on one table or layer, read as for a run, so that a hostile file passes the same gate."""
    try:
        raw, _, _ = read_raw(path, Request("register", layer))
        stated = True
    except CrsError:
        raw, _, _ = read_raw(path, Request("register", layer, crs=LOCAL))
        stated = False
    frame = raw.frame
    columns = ", ".join(repr(str(c)) for c in frame.columns if c not in ("source_row", "geometry"))
    name = f"layer {raw.layer!r}" if raw.layer else "a table"
    lines = [f"{path.name}: {name}, {len(frame):,} row(s); columns {columns or 'none'}"]
    if isinstance(frame, gpd.GeoDataFrame):
        kinds = ", ".join(
            f"{n:,} {kind}" for kind, n in frame.geometry.geom_type.fillna("without geometry").value_counts().items()
        )
        crs = (":".join(frame.crs.to_authority() or ()) or frame.crs.name) if stated and frame.crs is not None else "not stated"
        lines.append(f"  {kinds}; CRS {crs}")
    return lines + [f"  {note}" for note in raw.notes] + [f"  {decision}" for decision in raw.decisions]


def _describe_drawing(name: str, drawing: Drawing, profile: Profile) -> list[str]:
    levels = survey_levels(drawing)
    bounds = drawing.raw.frame.total_bounds
    lines = [f"{name}: {len(drawing.levels):,} element(s) on {len(levels)} level(s); no CRS inside, state it with --crs"]
    lines.append(f"  extent {bounds[0]:.2f} {bounds[1]:.2f} to {bounds[2]:.2f} {bounds[3]:.2f} in units of the drawing")
    for level in levels:
        lines.append(f"- {level}")
        lines += [f"    {line}" for line in _details(level, drawing, profile)]
    return lines + [f"  {note}" for note in (*drawing.raw.notes, drawing.ending) if note]


def _details(level: Level, drawing: Drawing, profile: Profile) -> Iterable[str]:
    yield "elements: " + ", ".join(f"{n:,} {kind}" for kind, n in level.types.most_common())
    if level.colours:
        shown = [f"{c} ({n:,}){_candidates(c, profile.classes)}" for c, n in level.colours.most_common(_COLOURS)]
        more = f" … and {len(level.colours) - _COLOURS} more" if len(level.colours) > _COLOURS else ""
        yield "colours: " + ", ".join(shown) + more
    if level.kinds["text"] and profile.classes:
        mine = [
            t
            for t, at, kind in zip(drawing.texts, drawing.levels, drawing.kinds, strict=True)
            if at == level.name and kind == "text"
        ]
        codes, _ = read_codes(mine, profile.classes, level.name)
        known = sum(all(part in profile.classes for part in code.split("+")) for code in codes if code)
        yield f"texts: {known:,} of {len(mine):,} hold a class code"


def _candidates(colour: str, classes: Mapping[str, ZoneClass]) -> str:
    """Classes that share the colour, as a remark: a colour names no class."""
    found = classes_of_colour(colour, classes)
    if not found:
        return ""
    if len(found) > 3:
        return f" shared by {len(found)} classes"
    return f" like {', '.join(found)}; a colour names no class"
