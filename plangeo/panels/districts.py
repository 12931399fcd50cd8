"""Outlines and names of the administrative units."""

from __future__ import annotations

from typing import Any

from plangeo.model import Assessment, Label
from plangeo.panels import Panel, anchor, encode, on_the_globe, plain


def data(assessment: Assessment) -> list[dict[str, Any]]:
    """Return name, outline and label place of every unit that has an outline."""
    frame = assessment.layers.get("districts")
    if frame is None:
        return []
    shown = zip(frame["district_name"], on_the_globe(frame), strict=True)
    return [{"name": plain(name), "at": anchor(shape), "geometry": encode(shape)} for name, shape in shown if shape is not None]


PANEL = Panel(
    code="districts",
    title=Label("Ranh giới hành chính", "Administrative boundaries"),
    order=60,
    words={"layer": Label("Ranh giới hành chính", "Administrative boundaries")},
    data=data,
)
