"""The demonstration rulebook: a proposed matrix of uses and classes, and dated conversion rules with their marks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

COPY = "law text read in a public third-party copy, not the official gazette"
UNREAD = "general knowledge, to be checked before use"
PROPOSED = "proposed for the demonstration, to be confirmed by officers"


def _basis(document: str, article: str, source: str, verified: bool) -> dict[str, Any]:
    return {"document": document, **({"article": article} if article else {}), "source": source, "verified": verified}


BASES = {
    "matrix": _basis(
        "Ma trận loại dự án và loại đất đề xuất cho bản minh họa, cán bộ cần xác nhận", "", f"matrix {PROPOSED}", False
    ),
    "small": _basis("Ngưỡng đề xuất cho bản minh họa, cán bộ cần xác nhận", "", f"threshold {PROPOSED}", False),
    "land-2013": _basis("Luật Đất đai 45/2013/QH13", "Điều 57, Điều 58", UNREAD, False),
    "land-2024": _basis("Luật Đất đai 31/2024/QH15", "Điều 116, Điều 121", COPY, True),
    "land-2024-council": _basis("Luật Đất đai 31/2024/QH15", "Điều 121, Điều 122", COPY, True),
    "decree-226-2025": _basis(
        "Nghị định 226/2025/NĐ-CP (sửa đổi Nghị định 102/2024/NĐ-CP)",
        "sửa Điều 44, Điều 50 của Nghị định 102/2024/NĐ-CP",
        COPY,
        True,
    ),
    "decree-102-2024": _basis("Nghị định 102/2024/NĐ-CP", "Điều 46", COPY, True),
    "forestry-2017": _basis("Luật Lâm nghiệp 2017", "Điều 14 khoản 2", UNREAD, False),
    "planning-2017": _basis("Luật Quy hoạch 2017", "Điều 6", UNREAD, False),
    "sports": _basis("Quy định minh họa về đất thể dục, thể thao", "", "made up to show a rule that changes on a day", False),
    "decree-32-2024": _basis("Nghị định 32/2024/NĐ-CP", "", UNREAD, False),
    "planning-2025": _basis("Luật Quy hoạch 2025", "", COPY, True),
    "decree-151-2025": _basis("Nghị định 151/2025/NĐ-CP", "", COPY, True),
    "resolution-254-2025": _basis("Nghị quyết 254/2025/QH15", "", "seen by its title only, text not read", False),
    "decree-49-2026": _basis("Nghị định 49/2026/NĐ-CP", "Điều 14, Điều 18", COPY, True),
}

USES: dict[str, tuple[str, str, list[str]]] = {
    "industrial_park": ("Khu công nghiệp", "Industrial park", ["KCN", "khu chế xuất"]),
    "industrial_cluster": ("Cụm công nghiệp", "Industrial cluster", ["CCN"]),
    "logistics": (
        "Logistics, thương mại biên giới",
        "Logistics and border trade",
        ["logistics", "kho bãi", "cửa khẩu", "thương mại"],
    ),
    "road": ("Đường bộ", "Road", ["đường giao thông", "cao tốc", "giao thông"]),
    "housing": ("Khu đô thị, khu dân cư", "Housing and new urban area", ["khu đô thị", "khu dân cư", "nhà ở", "tái định cư"]),
    "tourism": ("Du lịch", "Tourism", ["khu du lịch", "sân gôn", "cáp treo"]),
    "energy": ("Năng lượng", "Energy", ["điện gió", "nhiệt điện", "điện mặt trời", "lưới điện"]),
    "school": ("Giáo dục", "School", ["trường học", "đào tạo"]),
    "health": ("Y tế", "Health", ["bệnh viện", "trạm y tế"]),
    "reservoir": ("Hồ chứa, thủy lợi", "Reservoir and irrigation", ["hồ chứa", "thủy lợi"]),
    "waste": ("Xử lý chất thải", "Waste treatment", ["bãi rác", "xử lý rác"]),
    "mining": ("Khai thác khoáng sản, vật liệu xây dựng", "Mining and building material", ["khai thác khoáng sản", "mỏ"]),
}
FITS = {
    "industrial_park": "SKK",
    "industrial_cluster": "SKN",
    "logistics": "TMD DGT",
    "road": "DGT",
    "housing": "ODT ONT",
    "tourism": "TMD DKV",
    "energy": "DNL",
    "school": "DGD",
    "health": "DYT",
    "reservoir": "DTL MNC",
    "waste": "DRA",
    "mining": "SKS SKX",
}
NEAR = {
    "industrial_park": "SKC SKN",
    "industrial_cluster": "SKC SKK",
    "logistics": "SKC SKK",
    "road": "DTL SON",
    "housing": "TMD DKV",
    "tourism": "RPH RSX",
    "energy": "RSX",
    "school": "ODT ONT TSC",
    "health": "ODT ONT TSC",
    "reservoir": "SON",
    "mining": "RSX SKC",
}
PUBLIC_WORKS = ("road", "reservoir", "school", "health")
KEPT = {
    "CQP": ("Đất quốc phòng: phải có ý kiến cơ quan quân sự", "Defence land: the military authority must be asked"),
    "CAN": ("Đất an ninh", "Public security land"),
    "DDD": ("Đất di tích, danh lam", "Relic or scenic land"),
    "NTD": ("Đất nghĩa trang", "Cemetery land"),
    "SON": ("Sông, suối", "River or stream"),
}
HEAD = """\
# Quy tắc MINH HỌA cho bản trình diễn / ILLUSTRATIVE rules for the demonstration.
# Officers decide. Every rule says where it comes from and whether somebody read it there (verified: true/false).
# The rules of uses and classes are a proposal; decision numbers of the plans are made up ("số minh họa").
# Legal texts were read in public third-party copies, not in the official gazette.
"""


def _label(vi: str, en: str) -> dict[str, str]:
    return {"vi": vi, "en": en}


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def plans() -> list[dict[str, Any]]:
    """Return the three plan versions; made-up decisions."""
    common = {"theme": "land_use", "illustrative": True, "source": "made up for the demonstration"}
    return [
        {
            "plan_id": "QHT-2021",
            "level": "province",
            "rank": 1,
            "scale": 100000,
            "title": _label("Quy hoạch tỉnh minh họa thời kỳ 2021-2030", "Illustrative provincial plan 2021-2030"),
            "decision": "01/QĐ-MH (số minh họa)",
            "authority": "Cơ quan minh họa",
            "valid_from": _day("2024-04-01"),
            "valid_to": _day("2030-12-31"),
            **common,
        },
        {
            "plan_id": "QHSDD-2021",
            "level": "district",
            "rank": 2,
            "scale": 25000,
            "title": _label("Quy hoạch sử dụng đất minh họa thời kỳ 2021-2030", "Illustrative land-use plan 2021-2030"),
            "decision": "02/QĐ-MH (số minh họa)",
            "authority": "Cơ quan minh họa",
            "valid_from": _day("2021-12-15"),
            "valid_to": _day("2025-01-14"),
            "successor": "QHSDD-2021-DC1",
            **common,
        },
        {
            "plan_id": "QHSDD-2021-DC1",
            "level": "district",
            "rank": 2,
            "scale": 25000,
            "title": _label("Quy hoạch sử dụng đất minh họa, điều chỉnh lần 1", "Illustrative land-use plan, first amendment"),
            "decision": "03/QĐ-MH (số minh họa)",
            "authority": "Cơ quan minh họa",
            "valid_from": _day("2025-01-15"),
            "valid_to": _day("2030-12-31"),
            **common,
        },
    ]


def _rule(
    use: str | list[str],
    zone: str | list[str],
    verdict: str,
    basis: str,
    note: tuple[str, str] | None = None,
    start: str = "",
    end: str = "",
    **more: Any,
) -> dict[str, Any]:
    rule: dict[str, Any] = {"use": use, "zone": zone, "verdict": verdict, "basis": basis}
    if start:
        rule["from"] = _day(start)
    if end:
        rule["to"] = _day(end)
    if note:
        rule["note"] = _label(*note)
    return rule | more


CEILING = {
    "conditions": [
        {
            "field": "declared_area_m2",
            "op": "<=",
            "value": 750000,
            "note": {"vi": "cụm công nghiệp không quá 75 ha (chưa kiểm chứng)", "en": "cluster not above 75 ha (not verified)"},
        }
    ],
    "otherwise": "unknown",
}
ASK = ("Gần phù hợp: cần đối chiếu thêm với cơ quan quản lý", "Near fit: ask the competent authority")
LEASE = ("Chỉ dưới hình thức thuê môi trường rừng, giữ nguyên rừng", "Only under a forest-environment lease, the forest stays")
FOREST = (
    "Cần cho phép chuyển mục đích sử dụng rừng; từ 2 ha phải có phương án trồng rừng thay thế",
    "Needs permission to convert forest land; from 2 ha a plan for replacement forest",
)


def rules() -> list[dict[str, Any]]:
    """Return the matrix, what is kept for others, and the dated rules of conversion."""
    out = []
    for use, zones in FITS.items():
        out.append(_rule(use, zones.split(), "permitted", "matrix", **(CEILING if use == "industrial_cluster" else {})))
    for use, zones in NEAR.items():
        built = [z for z in zones.split() if not z.startswith("R")]
        forest = [z for z in zones.split() if z.startswith("R")]
        if built:
            out.append(_rule(use, built, "conditional", "matrix", ASK))
        if forest and use == "tourism":
            out.append(_rule(use, forest, "conditional", "matrix", LEASE))
        elif forest:
            out.append(_rule(use, forest, "conditional", "decree-102-2024", FOREST, "2024-08-01"))
    for zone, kept in KEPT.items():
        out.append(_rule("*", zone, "not_permitted", "matrix", kept))
    return out + _sports_ground() + _conversion()


def _sports_ground() -> list[dict[str, Any]]:
    """A made-up change of rules: from 1 April 2025 sports ground is for schools and no more for tourism."""
    ends, starts = "2025-03-31", "2025-04-01"
    return [
        _rule("tourism", "DTT", "permitted", "sports", end=ends),
        _rule("tourism", "DTT", "not_permitted", "sports", start=starts),
        _rule("school", "DTT", "not_permitted", "sports", end=ends),
        _rule("school", "DTT", "permitted", "sports", start=starts),
    ]


def ceilings() -> list[dict[str, Any]]:
    """Return the bounds of what a register may declare."""
    return [
        {
            "use": "industrial_cluster",
            "field": "declared_area_m2",
            "op": "<=",
            "value": 75,
            "unit": "ha",
            "basis": "decree-32-2024",
            "note": _label("cụm công nghiệp không quá 75 ha (chưa kiểm chứng)", "cluster not above 75 ha (not verified)"),
        }
    ]


def _conversion() -> list[dict[str, Any]]:
    """Agricultural ground: a use the plan does not show there; public works may ask, by the procedure of the day."""
    shown = (
        "Quy hoạch xác định là đất nông nghiệp; phải điều chỉnh quy hoạch trước khi chuyển mục đích",
        "The plan keeps this as agricultural land; the plan must change before the land is converted",
    )
    core = (
        "Đất rừng đặc dụng: không chuyển sang mục đích khác, trừ dự án được luật nêu",
        "Special-use forest: not converted, except the cases named by law",
    )
    prime = (
        "Từ 10 ha đất lúa hoặc 20 ha rừng: văn bản của Thủ tướng; dưới mức đó: nghị quyết HĐND tỉnh",
        "From 10 ha of rice land or 20 ha of forest: Prime Minister; below: provincial People's Council",
    )
    council = ("Cần nghị quyết HĐND tỉnh chấp thuận chuyển mục đích", "Needs a resolution of the provincial People's Council")
    committee = (
        "Cần văn bản chấp thuận của UBND tỉnh; danh mục HĐND đã thông qua vẫn có giá trị",
        "Needs written approval of the provincial People's Committee; lists the council passed stay valid",
    )
    permit = (
        "Cần cho phép chuyển mục đích, căn cứ kế hoạch sử dụng đất",
        "Needs permission to convert, on the basis of the land-use plan",
    )
    out = [
        _rule("*", ["NNP", "LUA", "RPH"], "not_permitted", "land-2013", shown, "2014-07-01", "2024-07-31"),
        _rule("*", ["NNP", "LUA", "RPH"], "not_permitted", "land-2024", shown, "2024-08-01"),
        _rule("*", "RDD", "not_permitted", "forestry-2017", core),
    ]
    for uses, zones in ((list(PUBLIC_WORKS), "LUA"), (["road", "reservoir"], "RPH")):
        out.append(_rule(uses, zones, "conditional", "land-2013", prime, "2014-07-01", "2024-07-31"))
        out.append(_rule(uses, zones, "conditional", "land-2024-council", council, "2024-08-01", "2025-08-14"))
        out.append(_rule(uses, zones, "conditional", "decree-226-2025", committee, "2025-08-15"))
    other = ["HNK", "CLN", "RSX", "NTS"]
    out.append(_rule(list(PUBLIC_WORKS), other, "conditional", "land-2013", permit, "2014-07-01", "2024-07-31"))
    out.append(_rule(list(PUBLIC_WORKS), other, "conditional", "land-2024", permit, "2024-08-01"))
    return out


def thresholds() -> list[dict[str, Any]]:
    """Return the encroachments too small to matter: all three bounds must hold for the total."""
    return [
        {"use": "*", "zone": "LUA", "area_m2": 1000, "share": 0.02, "width_m": 15, "basis": "small"},
        {"use": "*", "zone": ["RSX", "CLN", "HNK"], "area_m2": 2500, "share": 0.02, "width_m": 25, "basis": "small"},
    ]


def triggers() -> list[dict[str, Any]]:
    """Return what is needed from an area on; one total over all classes of an entry."""
    return [
        {
            "code": "prime-minister-rice",
            "zone": "LUA",
            "area_ha": 10,
            "from": _day("2014-07-01"),
            "to": _day("2024-07-31"),
            "needs": _label(
                "cần văn bản chấp thuận của Thủ tướng (dưới mức này: nghị quyết HĐND tỉnh)",
                "the Prime Minister's written consent (below: a resolution of the provincial People's Council)",
            ),
            "basis": "land-2013",
        },
        {
            "code": "prime-minister-forest",
            "zone": ["RPH", "RDD"],
            "area_ha": 20,
            "from": _day("2014-07-01"),
            "to": _day("2024-07-31"),
            "needs": _label(
                "cần văn bản chấp thuận của Thủ tướng (dưới mức này: nghị quyết HĐND tỉnh)",
                "the Prime Minister's written consent (below: a resolution of the provincial People's Council)",
            ),
            "basis": "land-2013",
        },
        {
            "code": "two-hectares",
            "zone": ["LUA", "RPH", "RDD", "RSX"],
            "area_ha": 2,
            "from": _day("2024-08-01"),
            "needs": _label(
                "cần phương án trồng rừng thay thế hoặc nộp tiền (đất rừng), phương án tầng đất mặt (đất chuyên trồng lúa), "
                "đánh giá tác động môi trường",
                "a plan for replacement forest or payment (forest), a topsoil plan (wet-rice land), an environmental impact assessment",
            ),
            "basis": "decree-102-2024",
        },
    ]


def regimes() -> list[dict[str, Any]]:
    """Return which law of conversion holds since when, and who clears rice land and forest."""
    council = _label("nghị quyết HĐND tỉnh, trừ dự án do Quốc hội, Thủ tướng hoặc HĐND tỉnh quyết định chủ trương",
                     "a resolution of the provincial People's Council, except projects decided by the National Assembly, the Prime Minister or that council")  # fmt: skip
    committee = _label("văn bản chấp thuận của UBND tỉnh; danh mục HĐND đã thông qua vẫn có giá trị",
                       "written approval of the provincial People's Committee; lists the council passed stay valid")  # fmt: skip
    prime = _label("LUA từ 10 ha, RPH/RDD từ 20 ha: Thủ tướng; dưới mức đó: nghị quyết HĐND tỉnh",
                   "LUA from 10 ha, RPH/RDD from 20 ha: Prime Minister; below: a resolution of the provincial People's Council")  # fmt: skip
    rows: list[tuple[str, str, str, str, dict[str, str], str, str]] = [
        ("land-2013", "2014-07-01", "2024-07-31", "land-2013", prime, "Luật Đất đai 2013", "Land Law 2013"),
        ("land-2024", "2024-08-01", "", "land-2024-council", council, "Luật Đất đai 2024", "Land Law 2024"),
        ("powers-2025", "2025-07-01", "", "decree-151-2025", _label("việc của cấp huyện chuyển cho cấp tỉnh, cấp xã", "powers of districts moved to province and commune"),
         "Bỏ cấp huyện", "Districts abolished"),
        ("approval-2025", "2025-08-15", "", "decree-226-2025", committee, "Thủ tục chấp thuận chuyển mục đích sửa đổi", "Procedure of approval amended"),
        ("resolution-254", "2026-01-01", "", "resolution-254-2025", _label("chưa đọc văn bản", "text not read"), "Nghị quyết 254/2025/QH15", "Resolution 254/2025/QH15"),
        ("decree-49", "2026-01-31", "", "decree-49-2026", _label("mẫu thủ tục; thẩm quyền đến trước 01/3/2027", "forms of procedure; powers until before 1 March 2027"),
         "Nghị định 49/2026/NĐ-CP", "Decree 49/2026"),
        ("planning-2025", "2026-03-01", "", "planning-2025", _label("thứ bậc quy hoạch theo Luật Quy hoạch 2025", "hierarchy of plans under the Planning Law 2025"),
         "Luật Quy hoạch 2025", "Planning Law 2025"),
    ]  # fmt: skip
    return [
        {"code": code, "title": _label(vi, en), "clears": clears, "basis": basis, "from": _day(start)}
        | ({"to": _day(end)} if end else {})
        for code, start, end, basis, clears, vi, en in rows
    ]


def rulebook() -> dict[str, Any]:
    """Return the whole rulebook as plain data."""
    order = ["QHT-2021", "QHSDD-2021-DC1", "QHSDD-2021"]
    return {
        "rulebook": {
            "name": _label("Quy tắc minh họa Lạng Sơn", "Illustrative rules, Lạng Sơn"),
            "profile": "vn",
            "illustrative": True,
            "source": "made for the demonstration; see the basis of each rule",
        },
        "plans": plans(),
        "precedence": [
            {"order": order, "from": _day("2019-01-01"), "to": _day("2026-02-28"), "basis": "planning-2017"},
            {"order": order, "from": _day("2026-03-01"), "basis": "planning-2025"},
        ],
        "bases": BASES,
        "uses": [{"code": c, "name": _label(vi, en), "synonyms": syn} for c, (vi, en, syn) in USES.items()],
        "rules": rules(),
        "thresholds": thresholds(),
        "ceilings": ceilings(),
        "triggers": triggers(),
        "regimes": regimes(),
    }


def write_rulebook(path: Path) -> None:
    """Write the rulebook as block YAML without anchors."""
    yaml = YAML()
    yaml.width = 140
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda data: True
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEAD)
        yaml.dump(rulebook(), file)
