"""What changed between two versions of a plan, and which projects lie on ground that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import pandas as pd

from plangeo.model import Assessment, Label
from plangeo.planlayers import planzones
from plangeo.planlayers.faults import degrees
from plangeo.planlayers.planzones import PlanZones, in_metres, refuse_huge, zones_by_plan
from plangeo.planlayers.siteground import metric_sites
from plangeo.planlayers.versions import CHANGES, KINDS, TOUCHED, VersionDifference, compare_versions, touched_sites
from plangeo.rulebook import Rulebook
from plangeo.sources import read_zones
from plangeo.study import Sheet, SheetColumn, Study, StudyFile, Subject

FILE = "previous_zones"

_CHANGES = (
    SheetColumn("kind_vi", "Thay đổi", "Change", 30),
    SheetColumn("old_plan", "Bản trước", "Version before", 18, "code"),
    SheetColumn("new_plan", "Bản sau", "Version after", 18, "code"),
    SheetColumn("from_says", "Loại đất trước", "Class before", 32),
    SheetColumn("to_says", "Loại đất sau", "Class after", 32),
    SheetColumn("hectares", "Diện tích (ha)", "Area (ha)", 13, "hectare"),
    SheetColumn("pieces", "Số mảnh", "Pieces", 9, "integer"),
    SheetColumn("tolerance_m", "Sai số bản đồ (m)", "Map accuracy (m)", 12, "number"),
    SheetColumn("north_m", "X (Bắc, m)", "North (m)", 14, "area"),
    SheetColumn("east_m", "Y (Đông, m)", "East (m)", 14, "area"),
    SheetColumn("degrees", "Vĩ độ, kinh độ (WGS 84)", "Latitude, longitude", 22, "code"),
    SheetColumn("detail", "Chi tiết", "Detail", 40),
)
_SITES = (
    SheetColumn("site_id", "Mã dự án", "Project", 14, "code"),
    SheetColumn("name", "Tên dự án", "Name", 40),
    SheetColumn("degree_vi", "Mức độ", "Degree", 22),
    SheetColumn("kind_vi", "Thay đổi", "Change", 30),
    SheetColumn("from_says", "Loại đất trước", "Class before", 32),
    SheetColumn("to_says", "Loại đất sau", "Class after", 32),
    SheetColumn("area_m2", "Diện tích dự án trên đó (m²)", "Area of the project there (m²)", 18, "area"),
    SheetColumn("rule_before", "Quy tắc với loại đất trước", "Rule on the class before", 26),
    SheetColumn("rule_after", "Quy tắc với loại đất sau", "Rule on the class after", 26),
    SheetColumn("verdict", "Kết luận hiện nay", "Verdict now", 20, "verdict"),
    SheetColumn("old_plan", "Bản trước", "Version before", 18, "code"),
    SheetColumn("new_plan", "Bản sau", "Version after", 18, "code"),
)
_HOW = Label(
    "Đất của mỗi loại được gộp trước khi so sánh, nên cách cắt khoanh và thứ tự không ảnh hưởng. Phần thay đổi mà hình tròn đường kính bằng sai "
    "số không lọt vào là ranh giới xê dịch trong sai số, gộp một dòng cho mỗi cặp loại đất.",
    "The ground of a class is joined before it is compared, so that cuts and order do not count. What a circle as wide as the accuracy cannot "
    "reach in the changed ground is a border that moved within the accuracy, one row per pair of classes.",
)
_SITES_HOW = Label(
    "Ngoài sai số: phần dự án trên đất thay đổi rộng hơn sai số hoặc chiếm từ một nửa dự án. Quy tắc là điều bộ quy tắc của ngày đối chiếu nói về "
    "loại dự án trên loại đất đó, chưa xét điều kiện, ngưỡng và các lớp khác; không phải kết luận.",
    "Beyond the accuracy: the part of the project on changed ground is wider than the accuracy, or at least half of the project. The rule is what the "
    "rulebook of the day says to the use on that class, without conditions, thresholds and other layers; it is no verdict.",
)


def _run(subject: Subject) -> Sequence[Sheet]:
    done = subject.assessment
    refuse_huge(done.layers["zones"], planzones.MOST_COMPARED)
    (zones,), _ = in_metres([done.layers["zones"]], done.crs)
    plans = zones_by_plan(zones, done.rulebook)
    file = subject.files.get(FILE)
    notes: list[Label] = []
    if file is not None:
        before = _previous(file, done, plans, notes)
        pairs = _matched(before, plans, notes)
    else:
        pairs = _successions(plans)
    found = [compare_versions(old, new, attributes=file is not None) for old, new in pairs]
    if file is None:
        notes.append(
            Label(
                "Mã khoanh và thuộc tính không so sánh, vì hai bản cùng nằm trong một lớp",
                "Identifiers and attributes are not compared, because both versions stand in one layer",
            )
        )
    notes += [
        Label(f"{old.plan_id} và {new.plan_id}: không biết tỷ lệ, nên không tách được ranh giới xê dịch trong sai số",
              f"{old.plan_id} and {new.plan_id} state no scale, so no border can be said to have moved within the accuracy")
        for old, new in pairs
        if not max((t for t in (old.tolerance_m, new.tolerance_m) if t == t), default=0.0) > 0
    ]  # fmt: skip
    return _changes_sheet(found, done, notes), _sites_sheet(found, done)


def _previous(file: StudyFile, done: Assessment, plans: Sequence[PlanZones], notes: list[Label]) -> list[PlanZones]:
    """The plans of the file of earlier zones; zones that name no plan belong to the only plan in force, if there is one."""
    words = ("layer", "crs", "columns", "plan_id", "labels")
    frame = read_zones(file.path, file.profile, **{k: v for k, v in file.keywords.items() if k in words})
    blank = frame["plan_id"].astype(str).str.strip() == ""
    if blank.any():
        live = [p.plan_id for p in plans if p.status == "in_force"]
        if len(live) == 1:
            frame["plan_id"] = frame["plan_id"].mask(blank, live[0])
        else:
            count = int(blank.sum())
            notes.append(
                Label(
                    f"{count} khoanh của bản trước không nêu quy hoạch, nên không so sánh được (thêm cột plan_id)",
                    f"{count} zones of the earlier version do not name their plan and were not compared (add a column plan_id)",
                )
            )
            frame = frame[~blank]
    if not len(frame):
        return []
    (metric,), _ = in_metres([frame], done.crs)
    return zones_by_plan(metric, done.rulebook)


def _matched(before: Sequence[PlanZones], after: Sequence[PlanZones], notes: list[Label]) -> list[tuple[PlanZones, PlanZones]]:
    """Pair earlier plans with the same plan, else with its successor."""
    now = {p.plan_id: p for p in after}
    pairs = []
    for old in before:
        heir = old.plan.successor if old.plan else None
        new = now.get(old.plan_id) or now.get(heir or "")
        if new is not None:
            pairs.append((old, new))
        else:
            notes.append(
                Label(
                    f"Bản trước có quy hoạch {old.plan_id} mà lớp hiện nay không có, cũng không có quy hoạch thay thế nó",
                    f"The earlier version has the plan {old.plan_id}, which the layer of today has not, nor its successor",
                )
            )
    return pairs


def _successions(plans: Sequence[PlanZones]) -> list[tuple[PlanZones, PlanZones]]:
    """Plans of the layer and their successors in it."""
    known = {p.plan_id: p for p in plans}
    return [(p, known[p.plan.successor]) for p in plans if p.plan and p.plan.successor in known and p.plan.successor != p.plan_id]


def _changes_sheet(found: Sequence[VersionDifference], done: Assessment, notes: Sequence[Label]) -> Sheet:
    tables = [f.changes for f in found if len(f.changes)]
    changes = (
        pd.concat(tables, ignore_index=True)
        if tables
        else gpd.GeoDataFrame(pd.DataFrame(columns=list(CHANGES)), geometry="geometry", crs=done.crs)
    )
    says = _namer(done.rulebook)
    frame = changes.assign(
        kind_vi=[KINDS[k].vi for k in changes["kind"]],
        from_says=[says(c) for c in changes["from_code"]],
        to_says=[says(c) for c in changes["to_code"]],
        hectares=changes["area_m2"] / 1e4,
        degrees=degrees(changes),
    )
    nothing = Label(
        "Không có thay đổi nào giữa hai bản."
        if found
        else "Không có hai bản nào của một quy hoạch để so sánh: thêm --with previous_zones=TỆP.",
        "The versions say the same."
        if found
        else "There are no two versions of a plan to compare: add --with previous_zones=FILE.",
    )
    return Sheet(
        "plan_changes",
        Label("Thay đổi quy hoạch", "Plan changes"),
        _CHANGES,
        frame,
        nothing,
        Label(" ".join([_HOW.vi, *(n.vi + "." for n in notes)]), " ".join([_HOW.en, *(n.en + "." for n in notes)])),
    )


def _sites_sheet(found: Sequence[VersionDifference], done: Assessment) -> Sheet:
    sites, book, says = metric_sites(done), done.rulebook, _namer(done.rulebook)
    tables = [touched_sites(sites, f).assign(old_plan=f.old, new_plan=f.new) for f in found]
    tables = [t for t in tables if len(t)]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*TOUCHED, "old_plan", "new_plan"])
    at = table["site"].astype(int).to_numpy()
    uses = [book.find_use(str(u)) or "" for u in done.sites["use"].to_numpy()[at]]
    frame = table.assign(
        site_id=done.sites["site_id"].to_numpy()[at],
        name=done.sites["name"].to_numpy()[at],
        verdict=done.sites["verdict"].to_numpy()[at],
        degree_vi=["ngoài sai số" if b else "trong sai số bản đồ" for b in table["beyond_accuracy"]],
        kind_vi=[KINDS[k].vi for k in table["kind"]],
        from_says=[says(c) for c in table["from_code"]],
        to_says=[says(c) for c in table["to_code"]],
        rule_before=[_rule(book, use, c) for use, c in zip(uses, table["from_code"], strict=True)],
        rule_after=[_rule(book, use, c) for use, c in zip(uses, table["to_code"], strict=True)],
    )
    placeless = int(done.sites.geometry.isna().sum())
    more = Label(
        f" {placeless} dự án không có vị trí trên bản đồ nên không xét ở đây." if placeless else "",
        f" {placeless} projects have no place on the map and are not looked at here." if placeless else "",
    )
    return Sheet(
        "changed_sites",
        Label("Dự án trên đất thay đổi", "Projects on changed ground"),
        _SITES,
        frame,
        Label("Không có dự án nào nằm trên phần đất thay đổi.", "No project lies on changed ground."),
        Label(_SITES_HOW.vi + more.vi, _SITES_HOW.en + more.en),
    )


def _rule(book: Rulebook, use: str, code: str) -> str:
    """What the rulebook says to a use on a class, before conditions."""
    if not code:
        return "không có quy hoạch"
    rule = book.look_up(use, code) if use else None
    if rule is None:
        return "chưa có quy tắc"
    return rule.verdict.wording.vi + (" (có điều kiện kèm theo)" if rule.conditions else "")


def _namer(book: Rulebook) -> Callable[[str], str]:
    def says(code: str) -> str:
        if not code:
            return "ngoài quy hoạch"
        return f"{code} – {book.classes[code].name.text('vi')}" if code in book.classes else code

    return says


STUDY = Study(
    "plan_versions",
    Label("Thay đổi giữa hai bản quy hoạch", "Changes between versions of a plan"),
    _run,
    may_use=(FILE,),
    layers=("zones",),
    order=14,
)
