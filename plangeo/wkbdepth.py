"""How deep shapes are nested in their binary form (WKB), found out before a geometry library reads it.

Such libraries read a shape within a shape by calling themselves, without a bound: some hundred thousand levels, in a file of 2 MB, end
the process. All of WKB's dialects are walked here without recursion: both byte orders, ISO and extended (EWKB) codes, with Z and M.
"""

from __future__ import annotations

import re
import struct
from itertools import islice

MOST_NESTING = 32
_HOLDERS = frozenset({4, 5, 6, 7, 9, 10, 11, 12, 15, 16})
"""Kinds whose members are shapes with a head of their own: multi shapes, collections, curves made of curves, surfaces."""
_LOW = rb"[\x04-\x07\x09-\x0c\x0f\x10\xec-\xef\xf1-\xf4\xf7\xf8\xd4-\xd7\xd9-\xdc\xdf\xe0\xbc-\xbf\xc1-\xc4\xc7\xc8]"
_HEAD = re.compile(rb"\x01" + _LOW + rb"[\x00\x03\x07\x0b]\x00[\x00\x20-\xe0]|\x00[\x00\x20-\xe0]\x00[\x00\x03\x07\x0b]" + _LOW)


def is_nested_too_deep(blob: bytes) -> bool:
    """Say whether shapes are nested deeper than ``MOST_NESTING``; False for what is cut short or no WKB, which libraries refuse.

    >>> head, point = struct.pack("<BII", 1, 7, 1), struct.pack("<BIdd", 1, 1, 0.0, 0.0)
    >>> is_nested_too_deep(head * 32 + point), is_nested_too_deep(head * 33 + point)
    (False, True)
    """
    if len(blob) < 9 * MOST_NESTING:
        return False
    code = int.from_bytes(blob[1:5], "little" if blob[0] == 1 else "big")
    if (code & 0x0FFFFFFF) % 1000 not in _HOLDERS:
        return False
    enough = next(islice(_HEAD.finditer(blob), MOST_NESTING, None), None)
    return enough is not None and _walk(blob)


def _walk(blob: bytes) -> bool:
    place, left = 0, [1]
    try:
        while left:
            if not left[-1]:
                left.pop()
                continue
            left[-1] -= 1
            order = "<" if blob[place] == 1 else ">"
            (code,) = struct.unpack_from(f"{order}I", blob, place + 1)
            place += 9 if code & 0x20000000 else 5
            thousands, kind = divmod(code & 0x0FFFFFFF, 1000)
            high = bool(code & 0x80000000) or thousands in (1, 3)
            measured = bool(code & 0x40000000) or thousands in (2, 3)
            width = 8 * (2 + high + measured)
            if kind == 1:
                place += width
                continue
            (count,) = struct.unpack_from(f"{order}I", blob, place)
            place += 4
            if kind in _HOLDERS:
                left.append(count)
                if len(left) - 1 > MOST_NESTING:
                    return True
            elif kind in (2, 8):
                place += width * count
            elif kind in (3, 17):
                for _ in range(count):
                    (corners,) = struct.unpack_from(f"{order}I", blob, place)
                    place += 4 + width * corners
            else:
                return False
    except (struct.error, IndexError):
        return False
    return False
