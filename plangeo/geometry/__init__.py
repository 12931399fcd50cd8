"""Coordinate systems, conversions that never ignore a datum, the validity gate with its ledger, and parts of shapes."""

from plangeo.geometry.boxes import box_text, quarantined_boxes
from plangeo.geometry.conversion import densified, transformation
from plangeo.geometry.crs import as_crs, is_metric_unit, on_earth
from plangeo.geometry.gate import repair_layer
from plangeo.geometry.reprojection import to_crs
from plangeo.geometry.shapes import CURVED, WIDTH_TOLERANCE_M, linear, polygonal, widest_circle
from plangeo.geometry.workingcrs import is_metric, working_crs

__all__ = [
    "CURVED",
    "WIDTH_TOLERANCE_M",
    "as_crs",
    "box_text",
    "densified",
    "is_metric",
    "is_metric_unit",
    "linear",
    "on_earth",
    "polygonal",
    "quarantined_boxes",
    "repair_layer",
    "to_crs",
    "transformation",
    "widest_circle",
    "working_crs",
]
