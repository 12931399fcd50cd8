"""The shown projects as a table and as charts, to read without the map, to take along as CSV or GeoJSON."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="overview",
    title=Label("Bảng và biểu đồ", "Table and charts"),
    order=40,
    words={
        "open": Label("Bảng, biểu đồ", "Table, charts"),
        "close": Label("Đóng (Esc)", "Close (Esc)"),
        "charts": Label("Biểu đồ", "Charts"),
        "table": Label("Bảng dự án", "Table of projects"),
        "csv": Label("Tải bảng (CSV)", "Save table (CSV)"),
        "geojson": Label("Tải vị trí (GeoJSON)", "Save places (GeoJSON)"),
        "id": Label("Mã", "Id"),
        "name": Label("Tên dự án", "Name"),
        "use": Label("Loại dự án", "Kind"),
        "unit": Label("Đơn vị hành chính", "Unit"),
        "area_ha": Label("Diện tích đăng ký (ha)", "Declared area (ha)"),
        "capital_min": Label("Vốn từ (tỷ đồng)", "Capital from (bn VND)"),
        "capital_max": Label("Vốn đến (tỷ đồng)", "Capital to (bn VND)"),
        "phase": Label("Giai đoạn", "Phase"),
        "verdict": Label("Kết luận", "Verdict"),
        "longitude": Label("Kinh độ WGS 84", "Longitude WGS 84"),
        "latitude": Label("Vĩ độ WGS 84", "Latitude WGS 84"),
        "by_unit": Label("Số dự án theo đơn vị hành chính và kết luận", "Projects by unit and verdict"),
        "by_phase": Label("Số dự án theo giai đoạn và kết luận", "Projects by phase and verdict"),
        "none": Label("chưa nêu", "not stated"),
        "others": Label("{n} đơn vị khác", "{n} other units"),
        "twice": Label(
            "Dự án nằm trên nhiều đơn vị được tính ở từng đơn vị.", "A project that lies in several units counts in each of them."
        ),
    },
)
