"""Tables of a country's coordinate systems and of the meridians its provinces use: data of a profile, with provenance."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One coordinate system offices write in."""

    epsg: int
    name: str
    datum: str
    width_deg: int | None
    """Width of its zones in degrees; None for coordinates in degrees."""
    central_meridian: float | None

    @property
    def shown(self) -> str:
        """Code and name, as messages write them."""
        return f"EPSG:{self.epsg} ({self.name})"


@dataclass(frozen=True)
class ProvinceMeridian:
    """The system a province's offices measure in."""

    province: str
    written: str
    """Its central meridian as people write it, e.g. 107°15'."""
    epsg: int


def read_systems(text: str) -> tuple[System, ...]:
    """Return the systems of a CSV with columns epsg, name, datum, width_deg, central_meridian; lines with # are provenance.

    **Raises** ValueError for a column that is missing or a number that is none.

    >>> read_systems("# source\\nepsg,name,datum,width_deg,central_meridian\\n4756,VN-2000,VN-2000,,\\n")[0].width_deg is None
    True
    """
    return tuple(
        System(
            int(row["epsg"]),
            row["name"],
            row["datum"],
            int(row["width_deg"]) if row["width_deg"] else None,
            float(row["central_meridian"]) if row["central_meridian"] else None,
        )
        for row in _rows(text, ("epsg", "name", "datum", "width_deg", "central_meridian"))
    )


def read_meridians(text: str) -> tuple[ProvinceMeridian, ...]:
    """Return the provinces of a CSV with columns province, central_meridian_dms, epsg. **Raises** ValueError as above."""
    wanted = ("province", "central_meridian_dms", "epsg")
    return tuple(ProvinceMeridian(row[wanted[0]], row[wanted[1]], int(row[wanted[2]])) for row in _rows(text, wanted))


def _rows(text: str, columns: Sequence[str]) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(io.StringIO("\n".join(lines)))
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"the columns {', '.join(missing)} are missing")
    return [{name: (row[name] or "").strip() for name in columns} for row in reader]
