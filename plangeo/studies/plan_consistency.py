"""Whether an upper and a lower plan say the same of the ground, and what rests on the ground where they do not."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from plangeo.model import Label
from plangeo.planlayers import planzones
from plangeo.planlayers.agreement import AGREEING, OUTCOMES, Agreement, read_stated
from plangeo.planlayers.faults import degrees
from plangeo.planlayers.planmatrix import CELLS, PIECES, PlanMatrix, lay_over, plan_pairs
from plangeo.planlayers.planzones import in_metres, refuse_huge, zones_by_plan
from plangeo.planlayers.siteground import metric_sites, projects_on
from plangeo.rulebook import LANGUAGES, Rulebook
from plangeo.study import Sheet, SheetColumn, Study, Subject
from plangeo.text import format_number

FILE = "agreeing_classes"

_MATRIX = (
    SheetColumn("upper_plan", "Quy hoạch cấp trên", "Upper plan", 18, "code"),
    SheetColumn("lower_plan", "Quy hoạch cấp dưới", "Lower plan", 18, "code"),
    SheetColumn("upper_code", "Mã cấp trên", "Upper class", 11, "code"),
    SheetColumn("upper_name", "Loại đất cấp trên", "Upper class name", 30),
    SheetColumn("lower_code", "Mã cấp dưới", "Lower class", 11, "code"),
    SheetColumn("lower_name", "Loại đất cấp dưới", "Lower class name", 30),
    SheetColumn("hectares", "Diện tích (ha)", "Area (ha)", 14, "hectare"),
    SheetColumn("share", "Tỷ lệ phần chung", "Share of common ground", 13, "share"),
    SheetColumn("outcome_vi", "Kết quả", "Outcome", 26),
    SheetColumn("beyond_ha", "Mâu thuẫn ngoài sai số (ha)", "Disagrees beyond accuracy (ha)", 18, "hectare"),
    SheetColumn("accuracy_ha", "Lệch trong sai số (ha)", "Border accuracy (ha)", 16, "hectare"),
)
_PIECES = (
    SheetColumn("rank", "Thứ tự", "Rank", 8, "integer"),
    SheetColumn("upper_plan", "Quy hoạch cấp trên", "Upper plan", 18, "code"),
    SheetColumn("lower_plan", "Quy hoạch cấp dưới", "Lower plan", 18, "code"),
    SheetColumn("says_upper", "Cấp trên quy hoạch là", "Upper plan says", 30),
    SheetColumn("says_lower", "Cấp dưới quy hoạch là", "Lower plan says", 30),
    SheetColumn("hectares", "Diện tích (ha)", "Area (ha)", 13, "hectare"),
    SheetColumn("projects", "Số dự án", "Projects", 10, "integer"),
    SheetColumn("capital_bn", "Vốn (tỷ đồng)", "Capital (bn VND)", 14, "number"),
    SheetColumn("without_capital", "Dự án chưa rõ vốn", "Projects without capital", 12, "integer"),
    SheetColumn("project_ids", "Dự án", "Project ids", 26, "code"),
    SheetColumn("governs_vi", "Quy hoạch được ưu tiên", "Governs", 34),
    SheetColumn("basis_vi", "Căn cứ ưu tiên", "Legal basis (vi)", 34),
    SheetColumn("basis_en", "Căn cứ ưu tiên (tiếng Anh)", "Legal basis", 34),
    SheetColumn("upper_zones", "Khoanh cấp trên", "Upper zones", 22, "code"),
    SheetColumn("lower_zones", "Khoanh cấp dưới", "Lower zones", 22, "code"),
    SheetColumn("north_m", "X (Bắc, m)", "North (m)", 14, "area"),
    SheetColumn("east_m", "Y (Đông, m)", "East (m)", 14, "area"),
    SheetColumn("degrees", "Vĩ độ, kinh độ (WGS 84)", "Latitude, longitude", 22, "code"),
)
_HOW = Label(
    "Hai loại đất phù hợp khi cùng mã, khi một loại thuộc nhóm của loại kia trong danh mục, khi là một phần của khoanh hỗn hợp, khi chỉ đổi "
    "tên gọi theo quy định, hoặc khi cán bộ nêu trong tệp agreeing_classes. Dải hẹp hơn sai số lớn hơn trong hai bản đồ (phần mà hình tròn "
    "đường kính bằng sai số không lọt vào toàn bộ vùng mâu thuẫn) là độ chính xác ranh giới, không phải mâu thuẫn. Khu chức năng (lớp phủ "
    "chồng) không so sánh.",
    "Two classes agree when they are the same, when one lies below the other in the list of classes, when one is part of a mixed zone, when a "
    "reform only renamed them, or when the file agreeing_classes says so. Strips thinner than the larger accuracy of the two maps (what a circle of "
    "that diameter cannot reach in all disagreeing ground) are border accuracy, no disagreement. Overlay classes are not compared.",
)
_RANKED = Label(
    "Xếp theo vốn, rồi số dự án, rồi diện tích. Vốn của một dự án tính trọn cho mỗi mảnh có phần của dự án (mức thấp nhất đã nêu), nên không cộng "
    "các dòng. Phần đất của quy hoạch không được ưu tiên vẫn giữ trong bảng.",
    "Ordered by capital, then projects, then area. The capital of a project counts whole on every piece that holds part of it (its least "
    "amount), so the rows must not be summed. What the overruled plan says is kept.",
)

_SUMS = Label(
    "{above} và {below}: phần chung {common} ha = phù hợp {agrees} + mâu thuẫn {beyond} + lệch trong sai số {accuracy} + không so sánh được "
    "{unknown} (sai số {metres} m); chỉ cấp trên có {upper} ha, chỉ cấp dưới có {lower} ha",
    "{above} and {below}: common ground {common} ha = agreeing {agrees} + disagreeing {beyond} + within accuracy {accuracy} + not compared "
    "{unknown} (accuracy {metres} m); only the upper plan {upper} ha, only the lower {lower} ha",
)
_TWICE = Label(
    "; {twice} ha tính hai lần vì khoanh của cùng một quy hoạch chồng nhau",
    "; {twice} ha count twice, where zones of one plan overlap",
)


def _run(subject: Subject) -> Sequence[Sheet]:
    done = subject.assessment
    refuse_huge(done.layers["zones"], planzones.MOST_COMPARED)
    file = subject.files.get(FILE)
    stated = read_stated(file.path, sheet=file.keywords.get("sheet")) if file else {}
    (zones,), _ = in_metres([done.layers["zones"]], done.crs)
    pairs, notes = plan_pairs(zones_by_plan(zones, done.rulebook))
    made = [lay_over(upper, lower, Agreement(done.rulebook, stated)) for upper, lower in pairs]
    placeless = int(done.sites.geometry.isna().sum())
    return (
        _matrix_sheet(made, done.rulebook, notes),
        _pieces_sheet(made, metric_sites(done), done.rulebook, placeless),
    )


def _matrix_sheet(made: Sequence[PlanMatrix], book: Rulebook, notes: Sequence[Label]) -> Sheet:
    cells = pd.concat([m.cells for m in made], ignore_index=True) if made else pd.DataFrame(columns=list(CELLS))
    names = {code: c.name.text("vi") for code, c in book.classes.items()}
    frame = cells.assign(
        upper_name=[names.get(c, "") for c in cells["upper_code"]],
        lower_name=[names.get(c, "") for c in cells["lower_code"]],
        hectares=cells["area_m2"] / 1e4,
        beyond_ha=cells["beyond_m2"] / 1e4,
        accuracy_ha=cells["accuracy_m2"] / 1e4,
        outcome_vi=[OUTCOMES[o].vi for o in cells["outcome"]],
    )
    told = [_told(m) for m in made] + list(notes)
    return Sheet(
        "plan_matrix",
        Label("Ma trận quy hoạch", "Plan matrix"),
        _MATRIX,
        frame,
        Label(
            "Không có hai quy hoạch khác cấp cùng hiệu lực trong ngày để so sánh.",
            "No two plans of different level are in force on the day.",
        ),
        Label(" ".join([*(t.vi + "." for t in told), _HOW.vi]), " ".join([*(t.en + "." for t in told), _HOW.en])),
    )


def _told(matrix: PlanMatrix) -> Label:
    """What the matrix sums up to, in one sentence."""
    sums = matrix.cells.groupby("outcome")["area_m2"].sum()
    twice = float(matrix.cells["area_m2"].sum()) - matrix.common_m2
    numbers = {
        "common": matrix.common_m2,
        "agrees": sum(float(sums.get(outcome, 0.0)) for outcome in AGREEING),
        "beyond": float(matrix.cells["beyond_m2"].sum()),
        "accuracy": float(matrix.cells["accuracy_m2"].sum()),
        "unknown": float(sums.get("unknown", 0.0)),
        "upper": matrix.upper_only_m2,
        "lower": matrix.lower_only_m2,
        "twice": twice,
    }
    vi, en = ({name: format_number(max(0.0, m2) / 1e4, language) for name, m2 in numbers.items()} for language in LANGUAGES)
    names = {"above": matrix.upper, "below": matrix.lower}
    more = _TWICE if twice > 100 else Label("", "")
    return Label(
        (_SUMS.vi + more.vi).format(**names, **vi, metres=format_number(matrix.tolerance_m, "vi", 1)),
        (_SUMS.en + more.en).format(**names, **en, metres=format_number(matrix.tolerance_m, "en", 1)),
    )


def _pieces_sheet(made: Sequence[PlanMatrix], sites: gpd.GeoDataFrame, book: Rulebook, placeless: int) -> Sheet:
    tables = [m.pieces for m in made]
    pieces = (
        pd.concat(tables, ignore_index=True)
        if tables
        else gpd.GeoDataFrame(columns=list(PIECES), geometry="geometry", crs=sites.crs)
    )
    pieces = pieces.join(projects_on(sites, pieces.geometry.to_numpy()))
    pieces = pieces.sort_values(
        ["capital_vnd", "projects", "area_m2", "upper_code", "lower_code"],
        ascending=[False, False, False, True, True],
        na_position="last",
        ignore_index=True,
    )

    def says(code: str) -> str:
        return f"{code} – {book.classes[code].name.text('vi')}" if code in book.classes else code or "(không có mã)"

    frame = pieces.assign(
        rank=range(1, len(pieces) + 1),
        says_upper=[says(c) for c in pieces["upper_code"]],
        says_lower=[says(c) for c in pieces["lower_code"]],
        hectares=pieces["area_m2"] / 1e4,
        capital_bn=pieces["capital_vnd"] / 1e9,
        governs_vi=[
            f"{g} (không áp dụng {o})" if g else "chưa có quy định"
            for g, o in zip(pieces["governs"], pieces["overruled"], strict=True)
        ],
        degrees=degrees(pieces),
    )
    more = Label(
        f" {placeless} dự án không có vị trí trên bản đồ nên không xét ở đây." if placeless else "",
        f" {placeless} projects have no place on the map and are not counted here." if placeless else "",
    )
    return Sheet(
        "plan_conflicts",
        Label("Quy hoạch mâu thuẫn", "Disagreeing plans"),
        _PIECES,
        frame,
        Label("Không có phần đất nào mâu thuẫn ngoài sai số.", "No ground disagrees beyond the accuracy."),
        Label(_RANKED.vi + more.vi, _RANKED.en + more.en),
    )


STUDY = Study(
    "plan_consistency",
    Label("Thống nhất giữa các cấp quy hoạch", "Consistency of plan levels"),
    _run,
    may_use=(FILE,),
    layers=("zones",),
    order=12,
)
