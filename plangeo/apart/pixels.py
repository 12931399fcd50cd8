"""Asking the child for rasters: what they are, and the cells of windows of them; no raster library is at work in this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from plangeo.apart.child import ask, not_whole
from plangeo.grids.cellreading import Cells, Layout


def describe_raster_apart(path: Path, kind: str, unit: str | None, crs: str | None, band: int | None) -> Mapping[str, Any]:
    """Return what ``rasters.raster_to_json`` says of a raster, found out in the child.

    **Raises** what ``read_raster`` raises, and InputError for a crash, a hang, or memory beyond the limit.
    """
    found: Mapping[str, Any] = ask("raster", path, kind=kind, unit=unit, crs=crs, band=band)["raster"]
    return found


def read_cells_apart(path: Path, layout: Layout, window: Sequence[int]) -> Cells:
    """Return the cells of a window (top, bottom, left, right), read in the child. **Raises** InputError as ``describe_raster_apart``."""
    blocks: list[bytes] = []
    answer = ask("cells", path, blocks.append, layout=asdict(layout), window=list(map(int, window)))
    top, bottom, left, right = window
    shape = (bottom - top, right - left)
    try:
        if len(blocks) != 1 + layout.masked:
            raise ValueError(f"{len(blocks)} blocks of cells")
        raw = np.frombuffer(blocks[0], np.dtype(layout.dtype)).reshape(shape)
        mask = np.frombuffer(blocks[1], np.uint8).reshape(shape) if layout.masked else None
        unwritten = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in answer["unwritten"])
    except (LookupError, TypeError, ValueError) as fault:
        raise not_whole(path.name, fault) from fault
    return Cells(raw, mask, unwritten)
