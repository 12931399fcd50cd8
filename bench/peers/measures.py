"""What every peer hands in: one row per (site, zone) with its area in m², its length in m, or 1 for a point inside."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FLOOR = 1e-6  # m² or m; two shapes that share less than this only touch


def write_measures(path: str, site_id: Any, zone_id: Any, measure: Any) -> None:
    """Write the measures as Parquet."""
    pq.write_table(pa.table({"site_id": pa.array(site_id), "zone_id": pa.array(zone_id), "measure": pa.array(measure)}), path)


def tell_phases(**seconds: float) -> None:
    """Print how long the parts of the job took, for the runner to pick up."""
    print("phases " + json.dumps({name: round(value, 3) for name, value in seconds.items()}), flush=True)
