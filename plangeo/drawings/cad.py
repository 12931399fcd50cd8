"""Drawings (DXF, DGN) as layers of a plan: levels surveyed, borders and labels chosen, zones built from both.

A drawing has levels, lines and texts, no records. Which level holds the borders and which the labels is said by the user; it is
taken for granted only where the drawing leaves no choice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo.drawings.designfile import TYPES
from plangeo.drawings.labels import Label, join_labels, place_label
from plangeo.drawings.linework import LOOSE_M, SNAP_M, close_lines, loose_ends, nearest_gaps, spots
from plangeo.errors import InputError
from plangeo.inputs import Raw, Request
from plangeo.landcodes import read_code, split_codes
from plangeo.reading import Decision
from plangeo.vectors import read_layer, read_styles

_SHOWN_LEVELS = 40
_BYTES = "ISO-8859-1"
_NEAR_M = 10.0
"""An end of a line that misses another by more than this many metres was hardly meant to meet it."""
_COLOUR = re.compile(r"[(,](?:c|fc):(#[0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?(?=[,)])")
_HIDDEN = re.compile(r"[(,](?:c|fc):#[0-9a-fA-F]{6}00(?=[,)])")
LOCAL = 'LOCAL_CS["drawing",UNIT["metre",1]]'
"""Stands for the CRS of a drawing that is only looked at."""


@dataclass(frozen=True)
class Drawing:
    """The elements of a drawing, one entry each."""

    raw: Raw
    levels: tuple[str, ...]
    kinds: tuple[str, ...]
    """text, point, line, closed line, area, or none (no geometry)."""
    texts: tuple[str, ...]
    styles: tuple[str, ...]
    types: tuple[str, ...]
    """What the format calls the element."""
    ending: str = ""
    """What is wrong with the end of the file; empty when nothing."""


@dataclass(frozen=True)
class Level:
    """What lies on one level (DGN) or layer (DXF)."""

    name: str
    kinds: Counter[str]
    types: Counter[str]
    colours: Counter[str]
    hidden: int
    samples: tuple[str, ...]

    def __str__(self) -> str:
        many = {
            "text": "text(s)",
            "point": "point(s)",
            "line": "open line(s)",
            "closed line": "closed line(s)",
            "area": "area(s)",
        }
        told = ", ".join(f"{n:,} {many[kind]}" for kind, n in self.kinds.most_common() if kind in many) or "nothing drawn"
        sample = f", e.g. {', '.join(map(repr, self.samples[:3]))}" if self.samples else ""
        return f"level {self.name}: {told}{sample}{f' ({self.hidden:,} hidden)' if self.hidden else ''}"


def read_drawing(
    path: Path, request: Request, *, driver: str, styles: str, declared: str | None = None, where: str | None = None
) -> Drawing:
    """Read every element of a drawing's model.

    Parameters: ``styles``, the constant query for their styles; ``declared`` and ``where`` as in ``vectors.read_layer``.

    **Raises** InputError for an unreadable or empty drawing, CrsError without a CRS.
    """
    every = replace(request, layer=None)
    raw = read_layer(path, every, driver=driver, encoding=_BYTES, declared=declared, carries_crs=False, where=where)
    frame = raw.frame
    found = read_styles(path, styles, _BYTES)
    told = found if len(found) == len(frame) else [""] * len(frame)
    if "PaperSpace" in frame:
        model = ~(pd.to_numeric(frame["PaperSpace"], errors="coerce").fillna(0).astype(float) == 1).to_numpy(dtype=bool)
        if not model.all():
            raw.notes.append(f"{int((~model).sum())} element(s) of the paper layout (frames, titles) were left aside")
            raw = _kept(raw, model)
            frame, told = raw.frame, [s for s, kept in zip(told, model, strict=True) if kept]
    texts = [str(t) if isinstance(t, str) else "" for t in frame["Text"]] if "Text" in frame else [""] * len(frame)
    shapes = frame.geometry.to_numpy()
    kinds = tuple(_kind(g, t) for g, t in zip(shapes, texts, strict=True))
    column = "Level" if "Level" in frame else "Layer"
    levels = tuple("" if pd.isna(v) else str(v) for v in frame[column])
    return Drawing(raw, levels, kinds, tuple(texts), tuple(told), tuple(_types(frame, kinds)))


def survey_levels(drawing: Drawing) -> list[Level]:
    """Return what lies on each level, in the order of their names (numbers as numbers)."""
    rows: dict[str, list[int]] = {}
    for n, name in enumerate(drawing.levels):
        rows.setdefault(name, []).append(n)

    def summed(name: str) -> Level:
        mine = rows[name]
        colours = Counter(c[1].lower() for n in mine if (c := _COLOUR.search(drawing.styles[n])))
        texts = dict.fromkeys(drawing.texts[n] for n in mine if drawing.kinds[n] == "text")
        kinds, types = (Counter(v[n] for n in mine) for v in (drawing.kinds, drawing.types))
        hidden = sum(bool(_HIDDEN.search(drawing.styles[n])) for n in mine)
        return Level(name, kinds, types, colours, hidden, tuple(t[:40] for t in list(texts)[:5]))

    return [summed(name) for name in sorted(rows, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))]


def rows_of(drawing: Drawing, request: Request, path: Path) -> Raw:
    """Return a drawing as rows: the zones of a plan (``zones_of``), else the elements of the chosen levels (``layer_of``).

    **Raises** InputError as these do; it tells as well when the file ends early, which may be the reason.
    """
    if drawing.ending:
        drawing.raw.notes.append(drawing.ending)
    try:
        made = zones_of(drawing, request, path) if request.role == "zones" else layer_of(drawing, request, path)
    except InputError as fault:
        if not drawing.ending:
            raise
        raise InputError(f"{fault}\nThe reason may be that {drawing.ending}.", code="drawing_unreadable") from fault
    return replace(made, counted=drawing.raw.counted)


def layer_of(drawing: Drawing, request: Request, path: Path) -> Raw:
    """Return the elements of a drawing as the rows of a register or layer: those of ``request.layer``, closed lines as areas."""
    raw, levels = drawing.raw, survey_levels(drawing)
    chosen = np.ones(len(drawing.levels), dtype=bool)
    if request.layer is not None:
        names = _named(request.layer, levels, path, "layer")
        chosen = np.isin(np.array(drawing.levels, dtype=object), names)
    closed = chosen & np.array([k == "closed line" for k in drawing.kinds], dtype=bool)
    if closed.any():
        raw.frame = _as_areas(raw.frame, closed)
        said = f"{int(closed.sum())} closed line(s) are read as the areas they enclose"
        raw.decisions.append(Decision("shape", path.name, said))
    return raw if chosen.all() else _kept(raw, chosen)


def zones_of(drawing: Drawing, request: Request, path: Path) -> Raw:
    """Return the zones of a plan that is a drawing: closed shapes with the labels inside them.

    ``request.layer`` names the levels of the borders, ``request.labels`` those of the labels (several with commas). Where the
    user has named a column of class codes, the closed shapes are taken as drawn, each with its own attributes.
    **Raises** InputError when a level is not there, or the drawing leaves a choice that nobody made.
    """
    levels = survey_levels(drawing)
    as_coded = "zone_code" in request.named
    borders = _border_levels(request.layer, levels, path, every=as_coded)
    on_border = np.isin(np.array(drawing.levels, dtype=object), borders)
    kinds = np.array(drawing.kinds, dtype=object)
    label_levels = [] if as_coded else _label_levels(request, drawing, levels, path)
    opened, closed, areas = (on_border & (kinds == kind) for kind in ("line", "closed line", "area"))
    if not (opened | closed | areas).any():
        raise InputError(
            f"{path.name}: no lines and no areas lie on {_names(borders)}. It has:\n{_listed(levels)}", code="drawing_unreadable"
        )
    if hidden := sum(bool(_HIDDEN.search(s)) for s, here in zip(drawing.styles, on_border, strict=True) if here):
        said = f"{hidden} element(s) of {_names(borders)} are hidden in the drawing, and were read as the others"
        drawing.raw.decisions.append(Decision("shape", path.name, said))
    where = f"{path.name}, borders on {_names(borders)}" + (f", labels on {_names(label_levels)}" if label_levels else "")
    if as_coded or not opened.any():
        return _as_drawn(drawing, opened | closed | areas if as_coded else closed | areas, label_levels, request, where)
    return _from_lines(drawing, opened | closed | areas, label_levels, request, where)


def _as_drawn(drawing: Drawing, rows: Any, label_levels: Sequence[str], request: Request, where: str) -> Raw:
    """Closed shapes as they are, a row each; one that lies in another is not cut out of it."""
    raw = drawing.raw
    closed = rows & np.array([k == "closed line" for k in drawing.kinds], dtype=bool)
    raw.frame = _as_areas(raw.frame, closed)
    raw = _kept(raw, rows)
    if closed.any():
        raw.decisions.append(Decision("shape", where, f"{int(closed.sum())} closed line(s) are read as the areas they enclose"))
    shapes = raw.frame.geometry.to_numpy()
    inner, outer = shapely.STRtree(shapes).query(shapes, predicate="within")
    nested = len(set(inner[inner != outer].tolist()))
    if nested:
        said = (
            f"{nested} shape(s) lie wholly inside another; nothing is cut out, so there both classes count and the more restrictive governs. "
            "Islands are cut out where the borders are drawn as open lines"
        )
        raw.decisions.append(Decision("shape", where, said))
    return raw if "zone_code" in request.named else _labelled(raw, shapes, drawing, label_levels, request, where)


def _from_lines(drawing: Drawing, rows: Any, label_levels: Sequence[str], request: Request, where: str) -> Raw:
    """The faces that the lines enclose, a row each."""
    lines = [shapely.boundary(g) if shapely.get_dimensions(g) == 2 else g for g in drawing.raw.frame.geometry.to_numpy()[rows]]
    unit = _metres(drawing.raw.frame.crs)
    found = close_lines(lines, SNAP_M / unit)
    if not found.polygons:
        raise InputError(
            f"{where}: the {len(lines)} line(s) enclose nothing; ends meet nowhere within {SNAP_M:g} m, e.g. at {spots(found.dangles)}. "
            "Choose another level with layer=, or close the borders in the drawing.",
            code="drawing_unreadable",
        )
    shapes = np.array(found.polygons, dtype=object)
    frame = gpd.GeoDataFrame(
        {"source_row": np.arange(1, len(shapes) + 1, dtype=float)}, geometry=gpd.GeoSeries(shapes, crs=drawing.raw.frame.crs)
    )
    raw = Raw(frame, drawing.raw.layer, list(drawing.raw.notes), {}, list(drawing.raw.decisions))
    said = f"{len(lines)} line(s) of the drawing enclose {len(shapes)} shape(s), islands cut out; rows are counted from the lower left"
    joined = f"; {found.joined} end(s) that missed another line by up to {SNAP_M:g} m were joined to it" if found.joined else ""
    raw.decisions.append(Decision("shape", where, said + joined))
    if found.dangles:
        raw.decisions.append(Decision("shape", where, _dangling(found.dangles, found.polygons, unit), spots(found.dangles)))
    if found.cuts:
        raw.decisions.append(
            Decision("shape", where, f"{len(found.cuts)} line(s) join two borders and separate nothing", spots(found.cuts))
        )
    raw = _labelled(raw, shapes, drawing, label_levels, request, where)
    for row, length in enumerate(found.open_m):
        if length * unit > LOOSE_M:
            told = f"open_border: {length * unit:.2f} m of lines end inside the shape, so it may be several"
            told += f"; its label {label!r} was not used" if (label := raw.frame["zone_code"].iloc[row]) else ""
            raw.problems[row] = f"{raw.problems[row]}; {told}" if row in raw.problems else told
    for row in raw.problems:
        raw.frame.loc[row, "zone_code"] = ""
    return raw


def _dangling(dangles: Sequence[Any], faces: Sequence[Any], unit: float) -> str:
    """Say how much is loose, and how far the first ends are from closing."""
    long = [d for d in dangles if d.length * unit > LOOSE_M]  # what overshoots by a little has met its line
    ends = loose_ends(np.array(long, dtype=object))[:20] if long else []
    gaps = nearest_gaps(ends, np.array([*dangles, *(shapely.boundary(f) for f in faces)], dtype=object), _NEAR_M / unit)
    near = f"; the nearest of them misses another line by {min(gaps) * unit:.2f} m" if gaps else ""
    total = sum(d.length for d in dangles) * unit
    return f"{len(dangles)} line(s), {total:.2f} m in all, end loose and enclose nothing{near}"


def _metres(crs: Any) -> float:
    """Metres in one unit of the drawing; along a degree of latitude where its unit is degrees."""
    return 111_000.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)


def _labelled(raw: Raw, shapes: Any, drawing: Drawing, label_levels: Sequence[str], request: Request, where: str) -> Raw:
    """Add the columns zone_code (label as written) and texts (all texts inside)."""
    labels = _labels(drawing, label_levels)

    def code_of(text: str) -> str:
        if not request.codes:
            return text
        found = read_code(text, request.codes)
        return found.code if found.way and _in_capitals(text, found.code) else ""

    joined = join_labels(shapes, labels, code_of, where)
    frame = raw.frame.rename(columns={c: f"{c}_raw" for c in ("zone_code", "texts") if c in raw.frame})
    # a name that would later be read as a class is no label; what is no class at all stays, so that it is told
    written = [t if not (found := read_code(t, request.codes)).way or _in_capitals(t, found.code) else "" for t in joined.texts]
    raw.frame = frame.assign(zone_code=written, texts=list(joined.others))
    raw.problems |= {
        row: f"{raw.problems[row]}; {told}" if row in raw.problems else told for row, told in joined.problems.items()
    }
    raw.decisions += joined.decisions
    return raw


def _in_capitals(text: str, code: str) -> bool:
    """Among the texts of a drawing, "Tin" is a name and TIN a class."""
    return all(part in text for part in split_codes(code))


def _labels(drawing: Drawing, names: Collection[str]) -> list[Label]:
    geometry = drawing.raw.frame.geometry.to_numpy()
    rows = [n for n, level in enumerate(drawing.levels) if level in names and drawing.kinds[n] == "text"]
    return [place_label(drawing.texts[n], geometry[n], drawing.styles[n]) for n in rows]


def _border_levels(asked: str | None, levels: Sequence[Level], path: Path, *, every: bool) -> list[str]:
    """The levels named; else the only one with lines or areas; ``every`` such level where each element says its own class."""
    if asked is not None:
        return _named(asked, levels, path, "layer")
    drawn = [v.name for v in levels if v.kinds["line"] + v.kinds["closed line"] + v.kinds["area"]]
    if len(drawn) == 1 or (drawn and every):
        return drawn
    why = (
        "no level holds lines or areas"
        if not drawn
        else f"{len(drawn)} levels hold lines or areas, and plangeo does not guess which are the borders"
    )
    raise InputError(
        f"{path.name}: {why}.{_how('layer', 'zones', '--layer-name', drawn)} It has:\n{_listed(levels)}", code="part_not_chosen"
    )


def _label_levels(request: Request, drawing: Drawing, levels: Sequence[Level], path: Path) -> list[str]:
    """The levels named, else the only one whose texts hold class codes (without known codes: the only one with texts)."""
    if request.labels is not None:
        return _named(request.labels, levels, path, "labels")
    texts = [v.name for v in levels if v.kinds["text"]]
    coded = Counter(
        level
        for level, kind, text in zip(drawing.levels, drawing.kinds, drawing.texts, strict=True)
        if kind == "text" and request.codes and read_code(text, request.codes).way
    )
    if len(texts) == 1 or len(coded) == 1:
        chosen = next(iter(coded), texts[0])
        if len(texts) > 1:
            said = (
                f"the labels are taken from level {chosen!r}, the only one whose texts hold class codes; labels= chooses another"
            )
            drawing.raw.decisions.append(Decision("shape", path.name, said))
        return [chosen]
    if not texts:
        raise InputError(
            f"{path.name}: the drawing has no texts, so nothing says which class its shapes are. Where the level says it: "
            'columns={"Layer": "zone_code"}, on the command line --map "zones:Layer=zone_code" (DGN: Level). '
            f"It has:\n{_listed(levels)}",
            code="drawing_unreadable",
        )
    likely = sorted(texts, key=lambda name: -coded[name])
    raise InputError(
        f"{path.name}: {len(texts)} levels hold texts, and plangeo does not guess which are the class labels."
        f"{_how('labels', 'zones', '--labels', likely)} It has:\n{_listed(levels)}",
        code="part_not_chosen",
    )


def _how(keyword: str, role: str, option: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    return f' Name it: {keyword}="{names[0]}" (on the command line {option} {role}={names[0]}; several with commas).'


def _named(asked: str, levels: Sequence[Level], path: Path, keyword: str) -> list[str]:
    """The levels that ``asked`` names, exactly or else without regard to case."""
    known = {v.name: v.name for v in levels} | {v.name.casefold(): v.name for v in levels}
    # a name may itself hold a comma
    wanted = [asked] if asked in known else [n.strip() for n in asked.split(",") if n.strip()]
    missing = [n for n in wanted if n not in known and n.casefold() not in known]
    if missing or not wanted:
        raise InputError(
            f"{path.name}: {keyword}={asked!r}: there is no level {_names(missing)}. It has:\n{_listed(levels)}",
            code="part_unknown",
        )
    return list(dict.fromkeys(known.get(n) or known[n.casefold()] for n in wanted))


def _listed(levels: Sequence[Level]) -> str:
    more = f"\n- … and {len(levels) - _SHOWN_LEVELS} more; `plangeo layers` lists them all" if len(levels) > _SHOWN_LEVELS else ""
    return "\n".join(f"- {v}" for v in levels[:_SHOWN_LEVELS]) + more


def _names(names: Sequence[str]) -> str:
    return ", ".join(repr(n) for n in names)


def _kind(shape: Any, text: str) -> str:
    if shape is None or shape.is_empty:
        return "none"
    dimension = shapely.get_dimensions(shape)
    if dimension == 0:
        return "text" if text else "point"
    if dimension == 2:
        return "area"
    closed = shape.geom_type == "LineString" and shape.is_closed and len(shape.coords) > 3
    return "closed line" if closed else "line"


def _types(frame: pd.DataFrame, kinds: Sequence[str]) -> list[str]:
    """What the format calls each element: the DGN type, the last DXF subclass, else the kind."""
    if "Type" in frame:
        return [TYPES.get(int(v), f"type {v}") for v in frame["Type"]]
    if "SubClasses" not in frame:
        return list(kinds)
    names = [str(v).rpartition(":")[2].removeprefix("AcDb").lower() if isinstance(v, str) else "" for v in frame["SubClasses"]]
    return [name or kind for name, kind in zip(names, kinds, strict=True)]


def _as_areas(frame: pd.DataFrame, rows: Any) -> gpd.GeoDataFrame:
    if not rows.any():
        return gpd.GeoDataFrame(frame)
    shapes = frame.geometry.to_numpy().copy()
    shapes[rows] = shapely.polygons(shapely.linearrings([shapely.get_coordinates(g) for g in shapes[rows]]))
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _kept(raw: Raw, rows: Any) -> Raw:
    """The rows chosen; their numbers in the file stay in source_row."""
    positions = np.flatnonzero(rows).tolist()
    problems = {new: raw.problems[old] for new, old in enumerate(positions) if old in raw.problems}
    return replace(raw, frame=raw.frame.iloc[positions].reset_index(drop=True), problems=problems)
