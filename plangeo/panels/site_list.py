"""The list of sites: search without tone marks, filter by verdict, click to go there."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="site_list",
    title=Label("Danh sách dự án", "List of projects"),
    order=20,
    words={
        "search": Label("Tìm theo tên, mã, loại, địa bàn", "Search name, id, kind, place"),
        "search_label": Label("Tìm dự án (không cần dấu)", "Search projects (tone marks are ignored)"),
        "all": Label("Tất cả", "All"),
        "filter": Label("Lọc theo kết luận", "Filter by verdict"),
        "found": Label("{n} / {all} dự án", "{n} of {all} projects"),
        "none": Label("Không có dự án nào khớp.", "No project matches."),
        "empty": Label("Danh mục không có dự án nào.", "The register holds no project."),
        "no_place": Label("không có vị trí trên bản đồ", "not on the map"),
        "more": Label("Hiện thêm", "Show more"),
    },
)
