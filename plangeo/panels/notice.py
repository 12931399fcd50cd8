"""The bar that says zones and positions are illustrative; it cannot be closed."""

from __future__ import annotations

from plangeo.model import ILLUSTRATIVE, Assessment, Label
from plangeo.panels import Panel


def data(assessment: Assessment) -> dict[str, bool]:
    """Return whether the notice is due."""
    return {"illustrative": assessment.illustrative}


PANEL = Panel(
    code="notice",
    title=Label("Lưu ý", "Notice"),
    order=0,
    words={"illustrative": ILLUSTRATIVE},
    data=data,
)
