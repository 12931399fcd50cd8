"""The base map, when the user names one: the only part of the page that asks something of a server."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="basemap",
    title=Label("Bản đồ nền", "Base map"),
    order=45,
    words={
        "from": Label(
            "tải từ {host}: máy chủ này biết vùng đang xem", "loaded from {host}: that server learns which area is viewed"
        ),
        "unreached": Label("không tải được từ {host}", "cannot be loaded from {host}"),
    },
)
