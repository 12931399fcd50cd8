"""Legend: switches of the layers, signs of the verdicts, classes of the zones in view."""

from __future__ import annotations

from plangeo.model import Label
from plangeo.panels import Panel

PANEL = Panel(
    code="legend",
    title=Label("Chú giải", "Legend"),
    order=80,
    words={
        "layers": Label("Lớp bản đồ", "Map layers"),
        "verdicts": Label("Kết luận", "Verdicts"),
        "classes": Label("Loại đất quy hoạch", "Planned land classes"),
        "classes_view": Label("Loại đất trong khung nhìn", "Land classes in view"),
        "none_in_view": Label("Không có loại đất nào trong khung nhìn.", "No land class in view."),
        "all": Label("Hiện cả {n} loại đất", "Show all {n} classes"),
        "only_view": Label("Chỉ loại đất trong khung nhìn", "Only classes in view"),
        "opacity": Label("Độ đậm", "Opacity"),
        "no_zones": Label("Không có vùng quy hoạch nào đang hiển thị.", "No plan zones are shown."),
        "foreign": Label("không có trong bộ quy tắc", "not in the rulebook"),
        "hatch": Label("gạch chéo xám: loại đất không có màu quy định", "grey hatch: class without a colour"),
    },
)
