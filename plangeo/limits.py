"""How much of a file is read, and how long reading it may take: bounds against files that would fill memory, disk or the day.

The bounds in force are those of ``PLANGEO_LIMITS`` (``PLANGEO_LIMITS="rows=2000000, seconds=900"``) and, before them, those of the
section ``limits:`` of a project file; every message about a bound names it, so that whoever trusts the file knows what to raise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from plangeo.errors import InputError

VARIABLE = "PLANGEO_LIMITS"
_MOST = 10**15


@dataclass(frozen=True)
class Limits:
    """Bounds on one file; sizes in MB are of 10⁶ bytes."""

    file_mb: int = 16_000
    """Bytes of a file together with the files that belong to it."""
    rows: int = 10_000_000
    vertices: int = 200_000_000
    """Of all shapes of a layer together."""
    cells: int = 30_000_000
    """Rows × columns of a sheet."""
    pixels: int = 1_000_000_000_000
    """Rows × columns of a raster; it is read window by window, so this bounds time rather than memory."""
    archive_entries: int = 5_000
    archive_mb: int = 4_000
    """What an archive may unpack to."""
    archive_ratio: int = 100
    """Unpacked to packed size, for archives that unpack to more than 100 MB."""
    xml_depth: int = 200
    """Elements within one another."""
    seconds: int = 600
    """Time to read one file apart (``plangeo.apart``)."""
    memory_mb: int = 8_000
    """Memory that reading one file apart may take, where the system can bound it."""


def raise_hint(name: str) -> str:
    """Say how the bound ``name`` is raised, for the end of a message.

    >>> raise_hint("rows")
    'If you trust the file, raise the limit: limits: {rows: …} in the project file, or PLANGEO_LIMITS="rows=…".'
    """
    return f'If you trust the file, raise the limit: limits: {{{name}: …}} in the project file, or {VARIABLE}="{name}=…".'


def with_limits(limits: Limits, changes: Mapping[str, Any], where: str) -> Limits:
    """Return ``limits`` with ``changes``. **Raises** InputError for an unknown name and for what is no whole number above 0."""
    known = [f.name for f in fields(Limits)]
    for name, value in changes.items():
        if name not in known:
            raise InputError(f"{where}: there is no limit called {name!r}; known: {', '.join(known)}.", code="limits_malformed")
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
            raise InputError(
                f"{where}: the limit {name!r} is {value!r}; write a whole number from 1 on, without separators.",
                code="limits_malformed",
            )
    return replace(limits, **changes)


def limits_from(text: str) -> Limits:
    """Return the limits that ``text`` changes. **Raises** InputError as ``with_limits``.

    >>> limits_from("rows=5, seconds=60").rows
    5
    """
    changes: dict[str, Any] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (part.strip() for part in item.partition("="))
        changes[name] = int(value) if value.isascii() and value.isdigit() else value
    return with_limits(Limits(), changes, VARIABLE)


_stated: list[Limits] = []


def limits_now() -> Limits:
    """Return the limits in force. **Raises** InputError when ``PLANGEO_LIMITS`` is malformed."""
    return _stated[-1] if _stated else limits_from(os.environ.get(VARIABLE, ""))


@contextmanager
def limited(changes: Mapping[str, Any] | Limits | None, where: str = "limits") -> Iterator[Limits]:
    """Read under other limits within the block; in every thread of the process. **Raises** InputError as ``with_limits``."""
    found = changes if isinstance(changes, Limits) else with_limits(limits_now(), changes or {}, where)
    _stated.append(found)
    try:
        yield found
    finally:
        _stated.remove(found)


def require_size(files: list[Path]) -> None:
    """**Raises** InputError when ``files``, read as one, are larger than ``file_mb``."""
    most = limits_now().file_mb
    size = sum(file.stat().st_size for file in files if file.is_file())
    if size > most * 1_000_000:
        raise InputError(
            f"{files[0].name} has {size / 1e6:,.0f} MB, and at most {most:,} MB are read (limit file_mb). {raise_hint('file_mb')}",
            code="file_too_large",
        )


def require_extent(name: str, rows: int, vertices: int) -> None:
    """**Raises** InputError when a table has more rows, or its shapes more vertices, than are read."""
    now = limits_now()
    for limit, found, most in (("rows", rows, now.rows), ("vertices", vertices, now.vertices)):
        if found > most:
            raise InputError(
                f"{name} has {found:,} {limit}, and at most {most:,} are read (limit {limit}). Split it. {raise_hint(limit)}",
                code="file_too_large",
            )
