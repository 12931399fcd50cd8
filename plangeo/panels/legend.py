"""Legend: switches of the layers, signs of the verdicts, classes of the zones shown."""

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
        "no_zones": Label("Không có vùng quy hoạch nào đang hiển thị.", "No plan zones are shown."),
        "foreign": Label("không có trong bộ quy tắc", "not in the rulebook"),
        "hatch": Label("gạch chéo xám: loại đất không có màu quy định", "grey hatch: class without a colour"),
    },
)
