"""The demonstration rulebook: a proposed matrix of uses and classes, and dated conversion rules with their marks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

MATRIX = {
    "document": "Ma trận loại dự án và loại đất đề xuất cho bản minh họa, cán bộ cần xác nhận",
    "source": "matrix proposed for the demonstration, to be confirmed by officers",
    "verified": False,
}
COPY = "law text read in a public third-party copy, not the official gazette"
UNREAD = "general knowledge, to be checked before use"
LAW_2013 = {"document": "Luật Đất đai 45/2013/QH13", "article": "Điều 57, Điều 58", "source": UNREAD, "verified": False}
LAW_2024 = {"document": "Luật Đất đai 31/2024/QH15", "article": "Điều 116, Điều 121", "source": COPY, "verified": True}
COUNCIL = {"document": "Luật Đất đai 31/2024/QH15", "article": "Điều 121, Điều 122", "source": COPY, "verified": True}
COMMITTEE = {
    "document": "Nghị định 226/2025/NĐ-CP (sửa Nghị định 102/2024/NĐ-CP, Điều 44, Điều 50)",
    "source": COPY,
    "verified": True,
}
FORESTRY = {"document": "Luật Lâm nghiệp 2017", "article": "Điều 14 khoản 2", "source": UNREAD, "verified": False}
REPLANT = {"document": "Nghị định 102/2024/NĐ-CP", "article": "Điều 46", "source": COPY, "verified": True}

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
    "tourism": "TMD DTT DKV",
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
    use: str,
    zone: str,
    verdict: str,
    basis: dict[str, Any],
    note: tuple[str, str] | None = None,
    start: str = "",
    end: str = "",
    **more: Any,
) -> dict[str, Any]:
    rule: dict[str, Any] = {"use": use, "zone": zone, "verdict": verdict, "basis": dict(basis)}
    if start:
        rule["valid_from"] = _day(start)
    if end:
        rule["valid_to"] = _day(end)
    if note:
        rule["note"] = _label(*note)
    return rule | more


def rules() -> list[dict[str, Any]]:
    """Return the matrix, what is kept for others, and the dated rules of conversion."""
    out = []
    for use, zones in FITS.items():
        for zone in zones.split():
            more: dict[str, Any] = {}
            if (use, zone) == ("industrial_cluster", "SKN"):
                more = {
                    "conditions": [
                        {
                            "field": "declared_area_m2",
                            "op": "<=",
                            "value": 750000,
                            "note": _label(
                                "cụm công nghiệp không quá 75 ha (chưa kiểm chứng)", "cluster not above 75 ha (not verified)"
                            ),
                        }
                    ],
                    "otherwise": "unknown",
                }
            out.append(_rule(use, zone, "permitted", MATRIX, **more))
    ask = ("Gần phù hợp: cần đối chiếu thêm với cơ quan quản lý", "Near fit: ask the competent authority")
    lease = (
        "Chỉ dưới hình thức thuê môi trường rừng, giữ nguyên rừng",
        "Only under a forest-environment lease, the forest stays",
    )
    forest = (
        "Cần chấp thuận chuyển mục đích; từ 2 ha phải trồng rừng thay thế",
        "Needs approval of conversion; replacement forest from 2 ha",
    )
    for use, zones in NEAR.items():
        for zone in zones.split():
            note = ask if not zone.startswith("R") else lease if use == "tourism" else forest
            out.append(_rule(use, zone, "conditional", REPLANT if note is forest else MATRIX, note))
    for zone, kept in KEPT.items():
        out.append(_rule("*", zone, "not_permitted", MATRIX, kept))
    out += _conversion()
    return out


def _conversion() -> list[dict[str, Any]]:
    """Agricultural ground: a use the plan does not show there; public works may ask, by the procedure of the day."""
    out = []
    shown = (
        "Quy hoạch xác định là đất nông nghiệp; phải điều chỉnh quy hoạch trước",
        "The plan keeps this as agricultural land; the plan must change first",
    )
    for zone, note in (
        ("NNP", shown),
        ("LUA", ("Đất trồng lúa theo quy hoạch", "Rice land in the plan")),
        ("RPH", ("Đất rừng phòng hộ theo quy hoạch", "Protection forest in the plan")),
    ):
        out.append(_rule("*", zone, "not_permitted", LAW_2013, note, "2014-07-01", "2024-07-31"))
        out.append(_rule("*", zone, "not_permitted", LAW_2024, note, "2024-08-01"))
    core = (
        "Đất rừng đặc dụng: không chuyển sang mục đích khác, trừ dự án được luật nêu",
        "Special-use forest: not converted, except the cases named by law",
    )
    out.append(_rule("*", "RDD", "not_permitted", FORESTRY, core))
    prime = (
        "Từ 10 ha đất lúa hoặc 20 ha rừng: văn bản của Thủ tướng; dưới mức đó: nghị quyết HĐND tỉnh",
        "From 10 ha rice or 20 ha forest: Prime Minister; below: provincial People's Council",
    )
    council = ("Cần nghị quyết HĐND tỉnh chấp thuận chuyển mục đích", "Needs a resolution of the provincial People's Council")
    committee = (
        "Cần văn bản chấp thuận của UBND tỉnh; danh mục HĐND đã thông qua vẫn có giá trị",
        "Needs written approval of the provincial People's Committee; council lists stay valid",
    )
    for use in PUBLIC_WORKS:
        for zone in ("LUA", "RPH") if use in ("road", "reservoir") else ("LUA",):
            out.append(_rule(use, zone, "conditional", LAW_2013, prime, "2014-07-01", "2024-07-31"))
            out.append(_rule(use, zone, "conditional", COUNCIL, council, "2024-08-01", "2025-08-14"))
            out.append(_rule(use, zone, "conditional", COMMITTEE, committee, "2025-08-15"))
        permit = (
            "Cần cho phép chuyển mục đích; căn cứ kế hoạch sử dụng đất",
            "Needs permission to convert, on the land-use plan",
        )
        for zone in ("HNK", "CLN", "RSX", "NTS"):
            out.append(_rule(use, zone, "conditional", LAW_2013, permit, "2014-07-01", "2024-07-31"))
            out.append(_rule(use, zone, "conditional", LAW_2024, permit, "2024-08-01"))
    return out


def thresholds() -> list[dict[str, Any]]:
    """Return the encroachments too small to matter: all three bounds must hold for the total."""
    small = {
        "document": "Ngưỡng đề xuất cho bản minh họa",
        "source": "threshold proposed for the demonstration, to be confirmed by officers",
        "verified": False,
    }
    return [
        {"use": "*", "zone": "LUA", "area_m2": 1000, "share": 0.02, "width_m": 15, "basis": dict(small)},
        {"use": "*", "zone": "RSX", "area_m2": 2500, "share": 0.02, "width_m": 25, "basis": dict(small)},
        {"use": "*", "zone": "CLN", "area_m2": 2500, "share": 0.02, "width_m": 25, "basis": dict(small)},
    ]


def rulebook() -> dict[str, Any]:
    """Return the whole rulebook as plain data."""
    order = ["QHT-2021", "QHSDD-2021-DC1", "QHSDD-2021"]
    return {
        "name": _label("Quy tắc minh họa Lạng Sơn", "Illustrative rules, Lạng Sơn"),
        "profile": "vn",
        "illustrative": True,
        "source": "made for the demonstration; see the basis of each rule",
        "plans": plans(),
        "precedence": [
            {
                "order": order,
                "valid_from": _day("2019-01-01"),
                "valid_to": _day("2026-02-28"),
                "basis": {"document": "Luật Quy hoạch 2017", "article": "Điều 6", "source": UNREAD, "verified": False},
            },
            {
                "order": list(order),
                "valid_from": _day("2026-03-01"),
                "basis": {"document": "Luật Quy hoạch 2025", "source": COPY, "verified": True},
            },
        ],
        "uses": [{"code": c, "name": _label(vi, en), "synonyms": syn} for c, (vi, en, syn) in USES.items()],
        "rules": rules(),
        "thresholds": thresholds(),
    }


def write_rulebook(path: Path) -> None:
    """Write the rulebook as block YAML without anchors."""
    yaml = YAML()
    yaml.width = 140
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.representer.ignore_aliases = lambda data: True
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEAD)
        yaml.dump(rulebook(), file)
