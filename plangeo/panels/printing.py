"""The page on paper: map, legend and notice first, then the card of the chosen project, or the table of those shown."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="printing",
    title=Label("In ra giấy", "Print"),
    order=45,
    words={
        "print": Label("In", "Print"),
        "what": Label(
            "In bản đồ với phiếu đang mở, hoặc với bảng (A4, A3)", "Print the map with the open card, or with the table (A4, A3)"
        ),
    },
)
