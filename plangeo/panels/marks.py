"""The sites on the map: their shape, and a mark whose form, sign and colour all tell the verdict."""

from __future__ import annotations

from typing import Any

from plangeo.model import Assessment, Label
from plangeo.panels import Panel, encode, on_the_globe


def data(assessment: Assessment) -> list[dict[str, Any] | None]:
    """Return one encoded geometry per site in the order of the register; None where there is no place."""
    return [encode(geometry) for geometry in on_the_globe(assessment.sites)]


PANEL = Panel(code="marks", title=Label("Vị trí dự án", "Project sites"), order=70, data=data)
