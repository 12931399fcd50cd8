"""Do two tools give the same measures? Asked before any time is printed: a fast wrong answer is worth nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FLOOR = 1e-6  # m² or m: pairs that share less only touch
LARGE = 1_000.0
RELATIVE, ABSOLUTE = 1e-9, 1e-6


@dataclass(frozen=True)
class Agreement:
    """How one tool's measures compare with the reference's."""

    pairs: int
    missing: int
    extra: int
    differing: int
    worst: str

    @property
    def holds(self) -> bool:
        """True when pairs and measures are the same."""
        return not (self.missing or self.extra or self.differing)

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return asdict(self) | {"holds": self.holds}


def read_measures(path: Path) -> pd.Series:
    """Return the measures above the floor by (site, zone). A pair named twice is a fault of the tool."""
    table = pd.read_parquet(path)
    measures = table[table["measure"] > FLOOR].set_index(["site_id", "zone_id"])["measure"]
    if measures.index.has_duplicates:
        raise ValueError(f"{path.name}: {int(measures.index.duplicated().sum())} pairs are named twice")
    return measures


def compare(measures: pd.Series, reference: pd.Series) -> Agreement:
    """Compare two sets of measures: 1e-9 relative above 1,000 m² (m), 1e-6 m² (m) below."""
    both = pd.DataFrame({"own": measures, "reference": reference})
    gap = (both["own"].fillna(0.0) - both["reference"].fillna(0.0)).abs()
    size = both[["own", "reference"]].max(axis=1)
    allowed = np.where(size > LARGE, RELATIVE * size, ABSOLUTE)
    shared = both.notna().all(axis=1)
    wrong = ~shared | (gap > allowed)
    worst = ""
    if wrong.any():
        site, zone = (gap / allowed).where(wrong).idxmax()
        own, other = ("none" if np.isnan(v) else f"{v:.9g}" for v in both.loc[(site, zone), ["own", "reference"]])
        worst = f"{site} in {zone}: {own}, reference {other}"
    return Agreement(
        pairs=len(measures),
        missing=int(both["own"].isna().sum()),
        extra=int(both["reference"].isna().sum()),
        differing=int((wrong & shared).sum()),
        worst=worst,
    )
