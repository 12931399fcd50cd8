"""The list of sites: search without tone marks, filter, sort, sums of what is shown, click to go there."""

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
        "narrow": Label("Lọc thêm, sắp xếp", "Narrow and sort"),
        "use": Label("Mọi loại dự án", "Every kind"),
        "unit": Label("Mọi đơn vị hành chính", "Every unit"),
        "check": Label("Mọi lý do", "Every reason"),
        "phase": Label("Mọi giai đoạn", "Every phase"),
        "sort": Label("Sắp xếp", "Sort"),
        "by_list": Label("Theo thứ tự danh mục", "In the order of the list"),
        "by_verdict": Label("Kết luận cần lưu ý trước", "Worst verdict first"),
        "by_name": Label("Theo tên", "By name"),
        "by_area": Label("Diện tích lớn trước", "Largest area first"),
        "by_capital": Label("Vốn lớn trước", "Largest capital first"),
        "more": Label("Hiện thêm", "Show more"),
    },
)
