"""From one flagged project to the next, by button, key or presenter, and an address of its own for every project."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="walk",
    title=Label("Lần lượt xem các dự án cần lưu ý", "Walk through the flagged projects"),
    order=35,
    words={
        "next": Label("Dự án cần lưu ý tiếp theo (phím Page Down)", "Next flagged project (Page Down)"),
        "previous": Label("Dự án cần lưu ý trước (phím Page Up)", "Previous flagged project (Page Up)"),
        "of": Label("{n} / {all} cần lưu ý", "{n} of {all} flagged"),
        "start": Label("Xem {all} dự án cần lưu ý", "Walk through {all} flagged"),
        "none": Label("Không có dự án cần lưu ý", "No project is flagged"),
    },
)
