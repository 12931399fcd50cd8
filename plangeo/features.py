"""Features that must be kept clear of (relics, reservoirs, the border): any vector file, any kind of geometry."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from plangeo.text import clean, fold

_NAMES = ("name", "ten", "ten goi", "ten doi tuong", "title", "label")


def canonical_features(raw: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return features as a table of the FEATURES contract; rows in = rows out, own columns kept.

    ``feature_id`` is the row number of the file; ``name`` the first column that says name or tên.

    >>> import shapely
    >>> raw = gpd.GeoDataFrame({"Tên": ["Chùa Tiên"]}, geometry=[shapely.Point(0, 0)], crs="EPSG:9215")
    >>> canonical_features(raw)[["feature_id", "name"]].iloc[0].tolist()
    ['1', 'Chùa Tiên']
    """
    named = next((c for c in raw.columns if fold(str(c)) in _NAMES), None)
    names = [""] * len(raw) if named is None else [clean("" if pd.isna(v) else str(v)) for v in raw[named]]
    out = raw.rename(columns={c: f"{c}_raw" for c in ("feature_id", "name", "repaired") if c in raw})
    out["feature_id"] = [str(n) for n in range(1, len(raw) + 1)]
    out["name"] = names
    out["problem"] = raw["problem"].fillna("").astype(str) if "problem" in raw else ""
    out["repaired"] = ""
    return out
