"""Larger or smaller letters and high contrast, for a wall, a bright room or weak eyes."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="view",
    title=Label("Cỡ chữ và độ tương phản", "Size of letters and contrast"),
    order=15,
    words={
        "smaller": Label("Chữ nhỏ hơn", "Smaller letters"),
        "usual": Label("Cỡ chữ thường", "Usual letters"),
        "larger": Label("Chữ lớn hơn", "Larger letters"),
        "contrast": Label("Tương phản cao", "High contrast"),
    },
)
