"""Two versions of one plan: where the class changed, where a border only moved within the accuracy, what is new or gone."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from plangeo.model import Label
from plangeo.planlayers.faults import with_place
from plangeo.planlayers.planzones import PlanZones
from plangeo.planlayers.sharedground import joined, shape_array, shared_ground, united
from plangeo.planlayers.siteground import sites_on
from plangeo.planlayers.widths import drawn, is_wider, polygons_of, wide_part
from plangeo.tables import ZONES

KINDS: Mapping[str, Label] = {
    "class_change": Label("Đổi loại đất", "Class changed"),
    "new_area": Label("Phần mới đưa vào quy hoạch", "New area"),
    "removed_area": Label("Phần đưa ra khỏi quy hoạch", "Area taken out"),
    "boundary_shift": Label("Ranh giới xê dịch trong sai số", "Border moved within the accuracy"),
    "attribute_change": Label("Chỉ đổi mã khoanh hoặc thuộc tính", "Only identifier or attributes changed"),
}
"""Permanent code of a difference → what it is called, in the order of the report."""

CHANGES = (
    *("old_plan", "new_plan", "kind", "from_code", "to_code", "pieces", "area_m2", "tolerance_m", "detail"),
    *("east_m", "north_m", "longitude", "latitude", "geometry"),
)
"""Columns of ``VersionDifference.changes``: area in m²; codes are empty on ground outside a version."""

TOUCHED = ("site", "kind", "from_code", "to_code", "area_m2", "length_m", "beyond_accuracy")
"""Columns of ``touched_sites``; ``site`` is the place of the site."""

_Pair = tuple[str, str]


@dataclass(frozen=True)
class VersionDifference:
    """What one version of a plan says otherwise than the one before."""

    old: str
    new: str
    tolerance_m: float
    """Strips thinner than this are a border that moved within the accuracy: the larger tolerance of the two versions, 0 where
    neither states one."""
    changes: gpd.GeoDataFrame


def compare_versions(old: PlanZones, new: PlanZones, *, attributes: bool = False) -> VersionDifference:
    """Return the differences of two versions of a plan in one metric CRS; none when they say the same of all ground.

    The ground of a class is joined first, so that cuts, order and doubles do not count. All changed ground is taken
    together; what a circle as wide as the tolerance can reach in it is a change (one row per connected polygon and pair of
    classes), the rest a border within the accuracy (one row per pair of classes). Zones of overlay classes are compared
    class by class, apart from the ground below them.

    Parameters: ``attributes`` compares identifiers and other columns of zones that are drawn alike, too; two plans of one
    layer must differ in them.
    """
    known = [t for t in (old.tolerance_m, new.tolerance_m) if not math.isnan(t)]
    tolerance = max(known, default=0.0)
    before, after = (_Drawn(p.shapes[p.areal], p.codes[p.areal]) for p in (old, new))
    rows = _rows(_changed(before, after), tolerance)
    over = [p.overlay & ~(shapely.is_missing(p.shapes) | shapely.is_empty(p.shapes)) for p in (old, new)]
    for code in sorted({*old.codes[over[0]], *new.codes[over[1]]}):
        own = [m & (p.codes == code) for p, m in zip((old, new), over, strict=True)]
        layers = (_Drawn(p.shapes[m], p.codes[m]) for p, m in zip((old, new), own, strict=True))
        rows += _rows(_changed(*layers), tolerance)
    if attributes:
        rows += _attribute_rows(old, new)
    order = list(KINDS)
    rows.sort(
        key=lambda r: (order.index(r["kind"]), -r["area_m2"], r["from_code"], r["to_code"], r["detail"], r["geometry"].bounds)
    )
    names = [c for c in CHANGES if c not in ("old_plan", "new_plan", "tolerance_m", "east_m", "north_m", "longitude", "latitude")]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), geometry="geometry", crs=new.zones.crs)
    frame = with_place(frame.assign(old_plan=old.plan_id, new_plan=new.plan_id, tolerance_m=tolerance))
    return VersionDifference(old.plan_id, new.plan_id, tolerance, frame[list(CHANGES)])


def touched_sites(sites: gpd.GeoDataFrame, difference: VersionDifference) -> pd.DataFrame:
    """Return the sites that lie on ground of which the versions say different things (TOUCHED), beyond the accuracy first.

    A site lies there beyond the accuracy when its part of the changed ground is wider than the tolerance, or is most of the
    site; lines and points when they lie on ground that changed beyond the accuracy. Touching is not lying on it.
    """
    changes = difference.changes[difference.changes["kind"] != "attribute_change"].reset_index(drop=True)
    met = sites_on(sites, changes.geometry.to_numpy())
    whole = shapely.area(sites.geometry.to_numpy())
    dimensions = shapely.get_dimensions(sites.geometry.to_numpy())
    rows = []
    by_site = met.groupby("site")
    for at in sorted(set(met["site"].astype(int).tolist())):
        found = by_site.get_group(at)
        wide = changes["kind"].to_numpy()[found["ground"].to_numpy(dtype=int)] != "boundary_shift"
        beyond = bool(wide.any())
        if beyond and dimensions[at] == 2:
            parts, _ = polygons_of([shapely.union_all(found["geometry"].to_numpy()[wide])])
            most = math.fsum(shapely.area(parts)) >= whole[at] / 2
            beyond = most or bool(is_wider(parts, difference.tolerance_m).any())
        keys = changes.loc[found["ground"].astype(int), ["kind", "from_code", "to_code"]].reset_index(drop=True)
        table = keys.assign(area_m2=found["area_m2"].to_numpy(), length_m=found["length_m"].to_numpy())
        for key, group in table.groupby(["kind", "from_code", "to_code"]):
            sums = (math.fsum(group["area_m2"]), math.fsum(group["length_m"]))
            rows.append((at, *key, *sums, beyond and key[0] != "boundary_shift"))
    frame = pd.DataFrame(rows, columns=list(TOUCHED))
    return frame.sort_values(["beyond_accuracy", "area_m2", "site"], ascending=[False, False, True], ignore_index=True)


def _changed(old: _Drawn, new: _Drawn) -> dict[_Pair, NDArray[Any]]:
    """(class before, class after) → the connected polygons on which that is so; "" outside a version.

    What both versions draw alike says the same in both, so only the rest is overlaid.
    """
    gone, come = _without(old, new), _without(new, old)
    pieces: dict[_Pair, list[Any]] = defaultdict(list)
    for before, after in ((gone, new), (old, come)):
        met = shared_ground(before.shapes, after.shapes)
        for a, b, shape in zip(before.codes[met.one], after.codes[met.other], met.shapes, strict=True):
            if a != b:
                pieces[a, b].append(shape)
    for only, other, outward in ((gone, new, True), (come, old, False)):
        for code, shape in zip(only.codes, only.shapes, strict=True):
            rest = shapely.difference(shape, united(other.near([shape])).ground)
            pieces[(code, "") if outward else ("", code)].append(rest)
    found = {pair: joined(shape_array(shapes)) for pair, shapes in pieces.items()}
    return {pair: shapes for pair, shapes in sorted(found.items()) if len(shapes)}


class _Drawn:
    """Polygons of one version with their classes."""

    def __init__(self, shapes: NDArray[Any], codes: NDArray[Any]) -> None:
        self.shapes, self.codes = shapes, codes

    @cached_property
    def keys(self) -> list[tuple[bytes, str]]:
        """Drawing and class of every polygon."""
        return list(zip(drawn(self.shapes), self.codes.tolist(), strict=True))

    @cached_property
    def _tree(self) -> Any:
        return shapely.STRtree(self.shapes)

    def near(self, shapes: Any, code: str | None = None) -> NDArray[Any]:
        """The polygons (of a class) that meet any of ``shapes``."""
        hits = np.unique(self._tree.query(shapes, predicate="intersects")[1])
        return np.asarray(self.shapes[hits if code is None else hits[self.codes[hits] == code]])


def _without(one: _Drawn, other: _Drawn) -> _Drawn:
    """The connected ground of every class of ``one`` that does not bear the class in ``other``."""
    alike = set(other.keys)
    differs = np.array([key not in alike for key in one.keys], dtype=bool)
    shapes, codes = [np.empty(0, dtype=object)], [np.empty(0, dtype=object)]
    for code in sorted(set(one.codes[differs])):
        own = one.shapes[differs & (one.codes == code)]
        left = joined(shape_array([shapely.difference(united(own).ground, united(other.near(own, code)).ground)]))
        shapes.append(left)
        codes.append(np.full(len(left), code, dtype=object))
    return _Drawn(np.concatenate(shapes), np.concatenate(codes))


def _rows(changed: Mapping[_Pair, NDArray[Any]], tolerance: float) -> list[dict[str, Any]]:
    if not changed:
        return []
    core = wide_part(shapely.union_all(np.concatenate(list(changed.values()))), tolerance)
    cores, _ = polygons_of([core])
    rows = []
    for (a, b), shapes in changed.items():
        kind = "class_change" if a and b else "new_area" if b else "removed_area"
        met = shared_ground(shapes, cores)
        wide = joined(met.shapes) if len(met.shapes) else met.shapes
        rows += [_row(kind, a, b, shape, 1) for shape in wide]
        rest = joined(shape_array([shapely.difference(shapely.union_all(shapes), core)]))
        if len(rest):
            rows.append(_row("boundary_shift", a, b, shapely.union_all(rest), len(rest)))
    return rows


def _row(kind: str, before: str, after: str, shape: Any, pieces: int, detail: str = "") -> dict[str, Any]:
    area = float(shapely.area(shape))
    named = {"kind": kind, "from_code": before, "to_code": after, "detail": detail}
    return named | {"pieces": pieces, "area_m2": area, "geometry": shape}


def _attribute_rows(old: PlanZones, new: PlanZones) -> list[dict[str, Any]]:
    """Zones drawn alike with the same class, whose identifier or other columns differ."""
    own = {c.name for c in ZONES} | {"source_row", "zone_id_raw", "zone_code_raw", "plan_id_raw", "geometry"}
    columns = ["zone_id", *(c for c in new.zones.columns if c in old.zones.columns and c not in own)]
    before: dict[tuple[bytes, str], list[int]] = defaultdict(list)
    for n, key in _keys(old):
        before[key].append(n)
    rows = []
    for n, key in _keys(new):
        if not before[key]:
            continue
        m = before[key].pop(0)
        texts = [(name, _text(old.zones[name].iloc[m]), _text(new.zones[name].iloc[n])) for name in columns]
        told = [f"{name}: {was} → {now}" for name, was, now in texts if was != now]
        if told:
            rows.append(_row("attribute_change", old.codes[m], new.codes[n], new.shapes[n], 1, "; ".join(told)))
    return rows


def _keys(plan: PlanZones) -> Iterable[tuple[int, tuple[bytes, str]]]:
    placed = np.flatnonzero(~shapely.is_missing(plan.shapes)).tolist()
    keys = drawn(plan.shapes[placed])
    order = sorted(range(len(placed)), key=lambda i: str(plan.ids[placed[i]]))
    return [(placed[i], (keys[i], plan.codes[placed[i]])) for i in order]


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)
