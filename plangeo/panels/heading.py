"""Title, as-of date, language switch."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="heading",
    title=Label("Tiêu đề", "Heading"),
    order=10,
    words={
        "on": Label("Xét tại ngày", "As of"),
        "switch": Label("English", "Tiếng Việt"),
        "switch_label": Label("Chuyển sang tiếng Anh", "Switch to Vietnamese"),
        "show": Label("Mở danh sách", "Show the list"),
        "hide": Label("Thu gọn danh sách", "Fold the list"),
        "list": Label("Danh sách", "List"),
        "sites": Label("dự án", "projects"),
    },
)
