"""How good the plan layer is: what must be known before any verdict on it is believed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from plangeo.law.planstatus import TITLES
from plangeo.model import Label
from plangeo.planlayers import planzones
from plangeo.planlayers.faults import KINDS, degrees
from plangeo.planlayers.layerquality import LayerQuality, check_plan_layer
from plangeo.planlayers.planzones import in_metres, refuse_huge, zones_by_plan
from plangeo.planlayers.publishedareas import OUTCOMES, compare_areas, read_published
from plangeo.planlayers.unitcover import SPOKEN_OF
from plangeo.study import Sheet, SheetColumn, Study, Subject

FILE = "class_areas"

_COVERAGE = (
    SheetColumn("plan_id", "Quy hoạch", "Plan", 18, "code"),
    SheetColumn("title", "Tên quy hoạch", "Title", 44),
    SheetColumn("status_vi", "Tình trạng", "Status", 18),
    SheetColumn("examined_vi", "Có kiểm tra", "Examined", 12),
    SheetColumn("score", "Điểm độ phủ", "Coverage score", 13, "share"),
    SheetColumn("covered_share", "Phần đã phủ", "Covered", 12, "share"),
    SheetColumn("overlap_share", "Phần chồng lấn", "Overlapping", 13, "share"),
    SheetColumn("known_share", "Phần có mã đúng", "Known codes", 14, "share"),
    SheetColumn("faults", "Số lỗi", "Faults", 10, "integer"),
    SheetColumn("slivers", "Số vụn số hóa", "Slivers", 12, "integer"),
    SheetColumn("zones", "Số khoanh", "Zones", 11, "integer"),
    SheetColumn("zones_ha", "Tổng diện tích khoanh (ha)", "Area of zones (ha)", 18, "hectare"),
    SheetColumn("covered_ha", "Diện tích đã phủ (ha)", "Covered (ha)", 16, "hectare"),
    SheetColumn("frame_ha", "Diện tích phải phủ (ha)", "To be covered (ha)", 16, "hectare"),
    SheetColumn("units", "Số đơn vị hành chính", "Units", 12, "integer"),
    SheetColumn("tolerance_m", "Sai số bản đồ (m)", "Map accuracy (m)", 12, "number"),
)
_FAULTS = (
    SheetColumn("severity_vi", "Mức độ", "Severity", 14),
    SheetColumn("kind_vi", "Loại lỗi", "Fault", 30),
    SheetColumn("plan_id", "Quy hoạch", "Plan", 18, "code"),
    SheetColumn("zones", "Khoanh liên quan", "Zones", 26, "code"),
    SheetColumn("codes", "Mã loại đất", "Classes", 14, "code"),
    SheetColumn("units", "Đơn vị hành chính", "Unit", 20),
    SheetColumn("area_m2", "Diện tích (m²)", "Area (m²)", 14, "area"),
    SheetColumn("width_m", "Bề rộng (m)", "Width (m)", 11, "area"),
    SheetColumn("tolerance_m", "Sai số bản đồ (m)", "Map accuracy (m)", 11, "number"),
    SheetColumn("north_m", "X (Bắc, m)", "North (m)", 14, "area"),
    SheetColumn("east_m", "Y (Đông, m)", "East (m)", 14, "area"),
    SheetColumn("degrees", "Vĩ độ, kinh độ (WGS 84)", "Latitude, longitude", 22, "code"),
    SheetColumn("why_vi", "Giải thích", "Why (vi)", 60),
    SheetColumn("why_en", "Giải thích (tiếng Anh)", "Why", 60),
    SheetColumn("kind", "Mã lỗi", "Code", 14, "code"),
)
_AREAS = (
    SheetColumn("outcome_vi", "Kết quả", "Outcome", 20),
    SheetColumn("plan_id", "Quy hoạch", "Plan", 18, "code"),
    SheetColumn("unit", "Đơn vị", "Unit", 20),
    SheetColumn("code", "Mã loại đất", "Class", 11, "code"),
    SheetColumn("name_vi", "Loại đất", "Class name", 34),
    SheetColumn("published_ha", "Công bố (ha)", "Published (ha)", 14, "hectare"),
    SheetColumn("computed_ha", "Tính trên bản đồ (ha)", "Computed (ha)", 14, "hectare"),
    SheetColumn("difference_ha", "Chênh lệch (ha)", "Difference (ha)", 14, "hectare"),
    SheetColumn("difference_share", "Chênh lệch (%)", "Difference", 12, "share"),
    SheetColumn("tolerance_ha", "Sai số (ha)", "Tolerance (ha)", 12, "hectare"),
    SheetColumn("why_vi", "Giải thích", "Why (vi)", 44),
    SheetColumn("why_en", "Giải thích (tiếng Anh)", "Why", 44),
)

COVERAGE_NOTE = Label(
    "Điểm độ phủ = phần đã phủ × (1 − phần chồng lấn) × phần có mã đúng. Phần đã phủ = diện tích được ít nhất một khoanh phủ ÷ diện "
    f"tích các đơn vị hành chính mà quy hoạch phủ từ {SPOKEN_OF:.0%} trở lên (không có lớp ranh giới: ÷ diện tích trong đường bao ngoài "
    "của các khoanh, nên không thấy được phần thiếu ở rìa). Phần chồng lấn = đất nằm dưới nhiều khoanh ÷ đất đã phủ. Phần có mã đúng = "
    "diện tích khoanh có mã trong danh mục ÷ tổng diện tích khoanh. Khu chức năng (lớp phủ chồng) và khoanh chưa hoặc hết hiệu lực trong "
    "ngày không tính. Quy hoạch đã hết hiệu lực, bị thay thế hoặc bãi bỏ không kiểm tra.",
    "Coverage score = covered share × (1 − overlapping share) × share of known codes. Covered share = ground under at least one zone ÷ "
    f"ground of the units of which the plan covers {SPOKEN_OF:.0%} or more (without boundaries: ÷ ground within the outline of the zones, so that "
    "what is missing at the edge is not seen). Overlapping share = ground under several zones ÷ ground covered. Share of known codes = "
    "area of zones whose code the rulebook knows ÷ area of all zones. Overlay classes and zones not in force on the day do not count. Plans "
    "that have expired, were replaced or revoked are not examined.",
)
FAULTS_NOTE = Label(
    "Diện tích, bề rộng và tọa độ tính bằng mét trong hệ tọa độ phẳng của lần đối chiếu; bề rộng là đường kính hình tròn lớn nhất nằm lọt "
    "trong phần lỗi (với vụn số hóa và dải hẹp dưới 0,5 m: bề rộng trung bình = 2 × diện tích ÷ chu vi). Lỗi hẹp hơn sai số bản đồ (0,5 mm trên giấy theo tỷ lệ) ghi là vụn số hóa và đếm riêng. Khoanh của hai quy hoạch chồng "
    "lên nhau là bình thường; khoanh không bao giờ cùng hiệu lực thì không xét chồng lấn. Khe hẹp dưới 1 cm là làm tròn tọa độ, không ghi.",
    "Areas, widths and coordinates are in metres of the CRS of the run; the width is the diameter of the widest circle inside the fault (of slivers "
    "and threads under 0.5 m the mean width, 2 × area ÷ perimeter). "
    "Faults thinner than the map's accuracy (0.5 mm on paper) are slivers and counted apart. Zones of two plans may lie on each other; "
    "zones that are never in force together are no overlap. Slits under 1 cm are the rounding of coordinates and not listed.",
)
AREAS_NOTE = Label(
    "Một loại đất tính cả các loại cấp dưới của nó; đất vẽ hai lần tính một lần. Sai số = √Σ(sai số bản đồ × chu vi từng mảnh)² + 0,005 ha "
    "làm tròn. Dòng không nêu quy hoạch được so với mọi quy hoạch đã kiểm tra.",
    "A class counts with those below it; ground drawn twice counts once. Tolerance = √Σ(map accuracy × perimeter of each patch)² + 0.005 ha "
    "of rounding. A line that names no plan is held against every examined plan.",
)


def _run(subject: Subject) -> Sequence[Sheet]:
    done = subject.assessment
    refuse_huge(done.layers["zones"], planzones.MOST_VERTICES)
    quality = check_plan_layer(done.layers["zones"], done.rulebook, done.layers.get("districts"), crs=done.crs)
    sheets = list(quality_sheets(quality))
    if FILE in subject.files:
        sheets.append(_areas(subject))
    return sheets


def quality_sheets(quality: LayerQuality) -> tuple[Sheet, Sheet]:
    """Return the coverage of every plan and the faults as sheets."""
    coverage = quality.coverage.assign(
        status_vi=[TITLES[s].vi if s in TITLES else s for s in quality.coverage["status"]],
        examined_vi=["có" if e else "không" for e in quality.coverage["examined"]],
    )
    faults = quality.faults.assign(
        severity_vi=["vụn số hóa" if s else "lỗi" for s in quality.faults["sliver"]],
        kind_vi=[KINDS[k].vi for k in quality.faults["kind"]],
        degrees=degrees(quality.faults),
    )
    return (
        Sheet(
            "plan_coverage",
            Label("Độ phủ quy hoạch", "Plan coverage"),
            _COVERAGE,
            coverage,
            Label("Lớp quy hoạch không có khoanh nào.", "The plan layer has no zone."),
            Label(
                " ".join([COVERAGE_NOTE.vi, *(n.vi + "." for n in quality.notes)]),
                " ".join([COVERAGE_NOTE.en, *(n.en + "." for n in quality.notes)]),
            ),
        ),
        Sheet(
            "plan_quality",
            Label("Chất lượng lớp quy hoạch", "Quality of the plan layer"),
            _FAULTS,
            faults,
            Label("Không phát hiện lỗi trong lớp quy hoạch.", "No fault was found in the plan layer."),
            FAULTS_NOTE,
        ),
    )


def _areas(subject: Subject) -> Sheet:
    done, file = subject.assessment, subject.files[FILE]
    lines = read_published(file.path, sheet=file.keywords.get("sheet"))
    units = done.layers.get("districts")
    metric, _ = in_metres([done.layers["zones"]] if units is None else [done.layers["zones"], units], done.crs)
    plans = [p for p in zones_by_plan(metric[0], done.rulebook) if p.status == "in_force"]
    table = compare_areas(lines, plans, done.rulebook, metric[1] if units is not None else None)
    names = [done.rulebook.classes[c].name.text("vi") if c in done.rulebook.classes else "" for c in table["code"]]
    frame: pd.DataFrame = table.assign(outcome_vi=[OUTCOMES[o].vi for o in table["outcome"]], name_vi=names)
    return Sheet(
        "published_areas",
        Label("Diện tích so với công bố", "Areas against published"),
        _AREAS,
        frame,
        Label("Bảng công bố không có dòng nào.", "The published table has no line."),
        AREAS_NOTE,
    )


STUDY = Study(
    "plan_quality",
    Label("Chất lượng lớp quy hoạch", "Quality of the plan layer"),
    _run,
    may_use=(FILE,),
    layers=("zones",),
    order=10,
)
