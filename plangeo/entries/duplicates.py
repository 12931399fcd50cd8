"""Entries that may be one project: the same code, the same name, the same shape.

Names are compared without tone marks, case, punctuation and double spaces, and must then be equal; numbers stay apart ("… 1" and "… 2").
Names that are only similar are a matter for reconciling lists. Near shapes stand in the study of projects against projects.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely

from plangeo.entries.entrytable import Entries
from plangeo.entries.remarks import Answer, Remark
from plangeo.model import Label
from plangeo.text import fold

SAME_PLACE_M = 500.0
"""Two entries of one name no farther apart than this are told as at one place."""
_AGAIN = re.compile(r"duplicate_id: the identifier '(.*)' stands here again")
_SIGNS = re.compile(r"[\W_]+")


def name_key(name: str) -> str:
    """Return a name for comparing.

    >>> name_key("Khu đô thị  mới “Cổng Nam”") == name_key("KHU ĐÔ THỊ MỚI CỔNG NAM"), name_key("CCN 1") == name_key("CCN 2")
    (True, False)
    """
    return _SIGNS.sub(" ", fold(name)).strip()


def ask_duplicates(entries: Entries) -> Answer:
    """Return the groups of entries that share a code, a name or a shape; one remark for each entry but the first of a group."""
    remarks = [
        _again(entries, group, row, "duplicate.code", Label("Trùng mã với {}", "The same code as {}"))
        for group in _groups(_codes(entries))
        for row in group[1:]
    ]
    same_shape = {tuple(group) for group in _groups(_shape_keys(entries))}
    remarks += [
        _again(entries, group, row, "duplicate.geometry", Label("Hình vẽ trùng hoàn toàn với {}", "The very same shape as {}"))
        for group in sorted(same_shape)
        for row in group[1:]
    ]
    for group in _groups([name_key(name) for name in entries.texts("name")]):
        remarks += _of_names(entries, group)
    return Answer("duplicate", np.ones(len(entries.table), dtype=bool), sorted(remarks, key=lambda r: r.row))


def _groups(keys: Sequence[object]) -> list[list[int]]:
    """Rows that share a key, in their order; blank keys and keys of one row are left out."""
    found: dict[object, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key:
            found[key].append(row)
    return [rows for rows in found.values() if len(rows) > 1]


def _codes(entries: Entries) -> list[str]:
    """The code each entry bore before identifiers were made unique."""
    ids = entries.texts("site_id")
    again = [_AGAIN.search(problem) for problem in entries.texts("problem")]
    return [match.group(1) if match else site_id for match, site_id in zip(again, ids, strict=True)]


def _shape_keys(entries: Entries) -> list[bytes]:
    """The shapes as bytes, the same for the same shape however its rings begin and turn; millimetres."""
    shapes = entries.shapes
    present = ~shapely.is_missing(shapes)
    keys = [b""] * len(shapes)
    plain = shapely.normalize(shapely.transform(shapely.force_2d(shapes[present]), lambda corners: np.round(corners, 3)))
    for row, key in zip(np.flatnonzero(present).tolist(), shapely.to_wkb(plain).tolist(), strict=True):
        keys[row] = key
    return keys


def _of_names(entries: Entries, group: Sequence[int]) -> list[Remark]:
    """Each entry of a name against the first one at its place; where there is none, against the first of the name."""
    near = _nearest_before(entries, group)
    remarks = []
    for row in group[1:]:
        if row in near:
            words = Label("Trùng tên và cùng địa điểm với {}", "The same name and the same place as {}")
            remarks.append(_again(entries, (near[row], row), row, "duplicate.name_place", words))
        else:
            words = Label("Trùng tên với {}, ở địa điểm khác", "The same name as {}, in another place")
            remarks.append(_again(entries, group[:1], row, "duplicate.name", words))
    return remarks


def _nearest_before(entries: Entries, group: Sequence[int]) -> dict[int, int]:
    """Row → the first earlier row at its place: near on the map, or, where one of the two has no place, in the unit of the same name."""
    members = np.asarray(group)
    shapes = entries.shapes[members]
    tree = shapely.STRtree(shapes)
    found: dict[int, int] = {}
    placed = ~shapely.is_missing(shapes)
    at, other = tree.query(shapes[placed], predicate="dwithin", distance=SAME_PLACE_M)
    for one, two in zip(members[placed][at].tolist(), members[other].tolist(), strict=True):
        if two < one:
            found[one] = min(two, found.get(one, two))
    units = [fold(entries.texts("declared_district")[row]) for row in group]
    first: dict[tuple[str, bool], int] = {}
    for row, unit, has_place in zip(group, units, placed.tolist(), strict=True):
        met = [first[unit, place] for place in (True, False) if (unit, place) in first and not (place and has_place)]
        if unit and met and row not in found:
            found[row] = min(met)
        first.setdefault((unit, has_place), row)
    return found


def _again(entries: Entries, group: Sequence[int], row: int, code: str, words: Label) -> Remark:
    other = group[0]
    said = Label(words.vi.format(entries.called(other, "vi")), words.en.format(entries.called(other, "en")))
    names = entries.texts("name")
    return Remark(row, code, said, names[row], names[other], also=(other,))
