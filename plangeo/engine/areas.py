"""Areas on the ellipsoid, for many shapes at once.

A small shape has the area of its plane figure divided by the areal scale of the projection there (to 1e-7); a larger one
gets the mean of that scale from its second moments; very large ones, and shapes in degrees, are summed as geodesic polygons.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from plangeo.geometry import as_crs, densified, is_metric_unit, polygonal

Floats = NDArray[np.float64]

# Up to here the areal scale at the middle serves: it differs by less than 1e-8 within a kilometre.
_SMALL_M = 1_000.0
# Up to here the scale is a quadratic function of place to better than 1e-9.
_MEDIUM_M = 50_000.0
_STEP_M = 5_000.0


def ellipsoidal_area(geometry: gpd.GeoSeries) -> pd.Series:
    """Return the area on the ellipsoid in m², index kept; 0 for lines, points and missing shapes.

    Sources: areal scale of the projection, ``proj_factors`` of PROJ; beyond 50 km geodesic polygons, C. F. F. Karney,
    "Algorithms for geodesics" (2013), with edges densified to 250 m in their own CRS first, so that a straight edge of the
    plane is followed and not replaced by a geodesic.

    >>> square = gpd.GeoSeries([shapely.box(500_000, 2_400_000, 501_000, 2_401_000)], crs="EPSG:9210")
    >>> round(float(ellipsoidal_area(square).iloc[0]), 1)  # the scale on the central meridian of TM-3 is 0.9999
    1000200.0
    """
    crs = as_crs(geometry.crs)
    shapes = geometry.to_numpy()
    areas = np.zeros(len(shapes))
    areal = np.flatnonzero(shapely.area(shapes) > 0)
    if len(areal) and is_metric_unit(crs) and _factors_hold(shapes[areal[0]], crs):
        bounds = shapely.bounds(shapes[areal])
        extent = (bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0.0)
        scale = _mean_scale(shapes[areal], extent, crs)
        areas[areal] = shapely.area(shapes[areal]) / scale
        areal = areal[(extent > _MEDIUM_M) | ~np.isfinite(scale)]
    areas[areal] = _geodesic(geometry.iloc[areal], crs)
    return pd.Series(areas, index=geometry.index, dtype=float)


def _factors_hold(shape: Any, crs: pyproj.CRS) -> bool:
    """True where PROJ's areal scale is that of the ellipsoid; on web Mercator it is that of a sphere."""
    middle = shapely.get_coordinates(shapely.centroid(shape))
    square = np.asarray(shapely.buffer(shapely.points(middle), 100.0, cap_style="square"))
    geodesic = _geodesic(gpd.GeoSeries(square, crs=crs), crs)[0]
    scaled = float(square[0].area / _scale(pyproj.Proj(crs), middle)[0])
    return abs(scaled / geodesic - 1) < 1e-6


def _mean_scale(shapes: NDArray[Any], extent: Floats, crs: pyproj.CRS) -> Floats:
    """The factor by which the projection enlarges each shape."""
    projection = pyproj.Proj(crs)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    scale = _scale(projection, middle)
    wide = np.flatnonzero((extent > _SMALL_M) & (extent <= _MEDIUM_M))
    if len(wide):
        xx, xy, yy = _second_moments(shapes[wide], middle[wide])
        at = {(i, j): 1 / _scale(projection, middle[wide] + _STEP_M * np.array([i, j])) for i in (-1, 0, 1) for j in (-1, 0, 1)}
        by_x = at[1, 0] - 2 * at[0, 0] + at[-1, 0]
        by_y = at[0, 1] - 2 * at[0, 0] + at[0, -1]
        by_both = (at[1, 1] - at[1, -1] - at[-1, 1] + at[-1, -1]) / 4
        scale[wide] = 1 / (at[0, 0] + (by_x * xx / 2 + by_both * xy + by_y * yy / 2) / _STEP_M**2)
    return scale


def _scale(projection: pyproj.Proj, places: Floats) -> Floats:
    lon, lat = projection(places[:, 0], places[:, 1], inverse=True)
    return np.asarray(projection.get_factors(lon, lat).areal_scale, dtype=float).reshape(len(places))


def _second_moments(shapes: NDArray[Any], middle: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean of x², xy and y² over each shape, from its middle (Green's theorem, edge by edge)."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy = xy - middle[owner[part[ring]]]
    follows = ring[1:] == ring[:-1]
    a, b, site = xy[:-1][follows], xy[1:][follows], owner[part[ring[1:]]][follows]
    cross = a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]
    area = np.bincount(site, cross / 2, len(shapes))

    def moment(i: int, j: int) -> Floats:
        mixed = 2 * a[:, i] * a[:, j] + a[:, i] * b[:, j] + b[:, i] * a[:, j] + 2 * b[:, i] * b[:, j]
        return np.asarray(np.bincount(site, cross * mixed / 24, len(shapes)) / area)

    return moment(0, 0), moment(0, 1), moment(1, 1)


def _geodesic(geometry: gpd.GeoSeries, crs: pyproj.CRS) -> list[float]:
    if not len(geometry):
        return []
    geod = crs.get_geod() or pyproj.Geod(ellps="WGS84")
    geographic = crs if crs.is_geographic else crs.geodetic_crs
    dense = gpd.GeoSeries(densified(geometry, crs), index=geometry.index, crs=crs)
    degrees = dense if crs.is_geographic else dense.to_crs(geographic)
    return [_geodesic_polygons(g, geod) for g in degrees]


def _geodesic_polygons(geometry: Any, geod: pyproj.Geod) -> float:
    parts = shapely.get_parts(polygonal(geometry))
    return float(sum(abs(geod.geometry_area_perimeter(shapely.orient_polygons(part))[0]) for part in parts))
