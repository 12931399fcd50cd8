"""What the made-up register lists: invented projects, the class of ground each is meant to lie on, the trouble each carries."""

from __future__ import annotations

from dataclasses import dataclass

NOTICE = (
    "Dữ liệu minh họa / illustrative: tên, vị trí dự án và vùng quy hoạch do chương trình đặt ra, không phải quy hoạch được duyệt"
)
HEADER = (
    "STT",
    "Mã",
    "Tên dự án",
    "Loại dự án",
    "Địa điểm (xã/phường)",
    "Diện tích (ha)",
    "Tổng mức đầu tư (tỷ đồng)",
    "Nguồn vốn",
    "Phân kỳ",
    "Tọa độ X (m)",
    "Tọa độ Y (m)",
    "Ghi chú",
    "Ngày chấp thuận",
)
KINDS = {
    "industrial_park": "Khu công nghiệp",
    "industrial_cluster": "Cụm công nghiệp",
    "logistics": "Logistics, thương mại biên giới",
    "road": "Đường bộ",
    "housing": "Khu đô thị, khu dân cư",
    "tourism": "Du lịch",
    "energy": "Năng lượng",
    "school": "Giáo dục",
    "health": "Y tế",
    "reservoir": "Hồ chứa, thủy lợi",
    "waste": "Xử lý chất thải",
    "mining": "Khai thác khoáng sản, vật liệu xây dựng",
}
GROUPS = (
    ("CÔNG NGHIỆP", ("industrial_park", "industrial_cluster")),
    ("THƯƠNG MẠI, DU LỊCH", ("logistics", "tourism")),
    ("GIAO THÔNG", ("road",)),
    ("ĐÔ THỊ, DÂN CƯ", ("housing",)),
    ("NĂNG LƯỢNG, KHOÁNG SẢN", ("energy", "mining")),
    ("GIÁO DỤC, Y TẾ", ("school", "health")),
    ("THỦY LỢI, MÔI TRƯỜNG", ("reservoir", "waste")),
    ("KHÁC", ("",)),
)


@dataclass(frozen=True)
class Spec:
    """One project before it has a place: ``coarse`` and ``fine`` are the classes its ground must have."""

    use: str
    name: str
    area_ha: float | None
    capital: object
    coarse: str
    fine: str = ""
    funding: str = "Vốn doanh nghiệp"
    phase: str = "2021-2030"
    drawn: bool = False
    edge_m: float | None = None
    """Distance to the border of the coarse zone, where the site is meant to stand on the edge."""
    trouble: str = ""
    note: str = ""
    kind: str = ""
    length_m: float | None = None


S = Spec
ROAD = {"funding": "Ngân sách nhà nước", "drawn": True, "area_ha": None}
SPECS: tuple[Spec, ...] = (
    S(
        "industrial_park",
        "Khu công nghiệp Suối Biếc",
        540.5,
        6120,
        "SKK",
        "SKK",
        drawn=True,
        trouble="straddle",
        note="Nằm trên hai xã",
    ),
    S("industrial_park", "Khu công nghiệp Đồi Hạc", 162, 1850, "SKK", "SKK", drawn=True),
    S("industrial_park", "Khu công nghiệp Bản Mây giai đoạn 1", 248.76, 2940, "SKK", "SKK"),
    S("industrial_park", "Khu công nghiệp Thung Sim", 118.4, None, "LUA", "LUC", phase="2026-2030", drawn=True),
    S("industrial_park", "Khu công nghiệp Cầu Đá Trắng", 96.2, 1120, "SKK", "SKK", trouble="comma"),
    S("industrial_cluster", "Cụm công nghiệp Đồng Mận 1", 56.76, 610, "SKN", "SKN", phase="2021-2025", drawn=True),
    S("industrial_cluster", "Cụm công nghiệp Đồng Mận 2", 38.5, 425, "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Khe Trầm", 8.5, 92, "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Gốc Đa", 45, "khoảng 500", "SKN", "SKN"),
    S("industrial_cluster", "Cụm công nghiệp Suối Lạnh", 24.9, 270, "SKN", "SKN", trouble="m2"),
    S("industrial_cluster", "Cụm công nghiệp Núi Voi Nằm", 36, 380, "RPH", "RPH", drawn=True),
    S("industrial_cluster", "Cụm công nghiệp Bãi Dâu", 12.4, 140, "SKN", "SKN", edge_m=18),
    S("industrial_cluster", "Cụm công nghiệp Vườn Hồi", 20.5, 226, "CQP", "CQP"),
    S("industrial_cluster", "Cụm công nghiệp Sân Gió", 18.2, 205, "SKN", "SKN", trouble="swap"),
    S("logistics", "Trung tâm logistics Bến Sương", 42.7, 980, "TMD", "TMD", drawn=True),
    S("logistics", "Kho ngoại quan Cầu Mây", 12.3, 310, "TMD", "TMD"),
    S("logistics", "Bãi trung chuyển hàng hóa Đồi Cọ", 18, 420, "TMD", "TMD", phase="2021-2025"),
    S("logistics", "Khu thương mại biên giới Cổng Trời Xanh", 26.4, "2.000-2.400", "RSX", "RSX", phase="2026-2030", drawn=True),
    S("logistics", "Chợ đầu mối nông sản Bãi Bồi", 9.6, 185, "TMD", "TMD", edge_m=26),
    S("tourism", "Khu du lịch sinh thái Thác Nàng Mây", 118, 1320, "TMD", "TMD", drawn=True),
    S("tourism", "Khu nghỉ dưỡng Đồi Sương Sớm", 60.2, 735, "TMD", "TMD"),
    S("tourism", "Sân gôn và khách sạn Hồ Lam", 92.5, 1150, "TMD", "TMD"),
    S("tourism", "Khu du lịch đỉnh Mây Trắng", 46, 880, "RDD", "RDD", drawn=True, note="Khảo sát 320 ha, chiếm đất 46 ha"),
    S("tourism", "Điểm du lịch rừng Hồi Cổ Thụ", 34.8, 260, "RPH", "RPH", drawn=True),
    S("tourism", "Khu cắm trại Suối Thông", 15.5, 74, "RSX", "RSX", drawn=True),
    S(
        "road",
        "Đường nối Khu công nghiệp Suối Biếc với đường trục",
        capital=520,
        coarse="DGT",
        length_m=7200,
        phase="2021-2025",
        **ROAD,
    ),
    S("road", "Đường liên xã Bản Mây - Khe Trầm", capital=340, coarse="LUA,RSX", length_m=9600, **ROAD),
    S("road", "Đường tỉnh Đồi Hạc - Gốc Đa", capital=610, coarse="LUA,RSX,CLN", length_m=13500, **ROAD),
    S(
        "road",
        "Đường tuần tra và dân sinh Cổng Trời Xanh",
        capital=280,
        coarse="RPH,RSX",
        length_m=8200,
        phase="2026-2030",
        **ROAD,
    ),
    S("road", "Đường du lịch lên đỉnh Mây Trắng", capital=190, coarse="RDD", length_m=5200, phase="2026-2030", **ROAD),
    S(
        "road",
        "Cải tạo đường trục đoạn Cầu Đá Trắng - Bến Sương",
        capital=1000,
        coarse="DGT",
        length_m=5200,
        phase="2021-2025",
        **ROAD,
    ),
    S("housing", "Khu đô thị mới Bờ Lau", 91.73, 2894, "ODT", "ODT", drawn=True),
    S("housing", "Khu đô thị sinh thái Ven Suối", 37.71, 412, "ODT", "ODT", trouble="comma"),
    S("housing", "Khu đô thị mới Cánh Diều", 36.99, None, "ODT", "ODT", note="Gồm 3 khu: 3,88; 9,5; 23,59 ha"),
    S("housing", "Khu dân cư Gò Mận 3", 24, 879, "ONT", "ONT", drawn=True),
    S("housing", "Khu dân cư Xóm Bưởi", 11.62, 253, "ONT", "ONT", trouble="nfd"),
    S("housing", "Khu tái định cư Nà Thông", 14.2, 128, "ONT", "ONT", funding="Ngân sách nhà nước", phase="2021-2025"),
    S("housing", "Khu đô thị mới Ruộng Bậc", 28.6, 930, "LUA", "LUC", drawn=True),
    S("housing", "Khu dân cư Đồi Chè Xanh", 16.4, 340, "RSX", "RSX"),
    S("housing", "Khu nhà ở xã hội Hoa Gạo", 4.8, 410, "ONT", "ONT", edge_m=22),
    S("housing", "Khu dân cư Bến Đò Cũ", 6.4, 96, "", trouble="no_coordinates", note="Chưa có tọa độ"),
    S("housing", "Khu đô thị mới Cổng Nam", 22.5, 760, "LUA", "LUC", drawn=True),
    S("housing", "Khu phố chợ Đầm Sen", 5.1, 143, "ODT", "ODT", trouble="wrong_commune"),
    S(
        "energy",
        "Nhà máy điện gió Đồi Cao 1",
        41,
        6451,
        "DNL",
        "DNL",
        drawn=True,
        note="Diện tích khảo sát 1.450 ha, chiếm đất 41 ha; 165 MW",
    ),
    S("energy", "Nhà máy điện gió Đồi Cao 2", 33.5, "3.200-4.000", "DNL", "DNL", phase="2026-2030", note="khoảng 100 MW"),
    S("energy", "Trạm biến áp 220 kV Thung Sim", 6.2, 480, "DNL", "DNL", phase="2021-2025"),
    S("energy", "Nhà máy điện sinh khối Gốc Thông", 11, 1089, "DNL", "DNL"),
    S(
        "energy",
        "Nhà máy điện gió Sống Trâu",
        63,
        "3.500-4.500",
        "RSX",
        "RSX",
        phase="2026-2030",
        drawn=True,
        note="Diện tích khảo sát 3.800 ha, chiếm đất 63 ha",
    ),
    S("energy", "Nhà máy điện mặt trời Đồi Gianh", 28.4, 640, "RSX", "RSX", phase="2026-2030", drawn=True),
    S("energy", "Nhà máy điện gió Vách Đá", 44.7, 2900, "RDD", "RDD", phase="2026-2030"),
    S("energy", "Nhà máy điện gió Ngoài Ranh", 35, 3100, "", phase="2026-2030", trouble="outside"),
    S("mining", "Mỏ đá vôi Hang Dơi", 25, 145, "SKS", "SKS"),
    S("mining", "Mỏ đất sét Gò Son", 18.6, 82, "SKS", "SKS", phase="2021-2025"),
    S("mining", "Mỏ đá vôi Lũng Trăng", 31, 210, "RDD", "RDD", drawn=True),
    S("mining", "Mỏ cát sỏi Bãi Vàng", 14.3, 55, "RSX", "RSX", drawn=True, trouble="bow_tie"),
    S("school", "Trường trung học phổ thông Nắng Mai", 4.5, 165, "DGD", "DGD", funding="Ngân sách nhà nước", phase="2021-2025"),
    S("school", "Trường cao đẳng nghề Cầu Vồng", 9.8, 390, "DGD", "DGD", funding="Ngân sách nhà nước"),
    S("school", "Trường phổ thông nội trú Bản Mây", 3.4, 120, "ONT", "ONT", funding="Ngân sách nhà nước", drawn=True),
    S("school", "Trung tâm đào tạo nghề Sân Gió", 2.6, 88, "SKN", "SKN", funding="Ngân sách nhà nước"),
    S("health", "Bệnh viện đa khoa khu vực Cây Gạo", 6.2, 720, "DYT", "DYT", funding="ODA", phase="2026-2030"),
    S("health", "Trung tâm y tế Suối Biếc", 2.1, 84, "DYT", "DYT", funding="Ngân sách nhà nước", trouble="duplicate"),
    S("health", "Viện dưỡng lão Vườn Hồng", 3.2, 95, "ODT", "ODT", drawn=True),
    S("reservoir", "Hồ chứa nước Thung Xanh", 96.5, 860, "DTL", "DTL", funding="Ngân sách nhà nước", drawn=True),
    S("reservoir", "Hồ chứa nước Khe Trầm", 48, 395, "DTL", "DTL", funding="Ngân sách nhà nước", phase="2026-2030"),
    S("reservoir", "Đập dâng Suối Ngà", 22.7, 174, "LUA", "LUK,LUC", funding="Ngân sách nhà nước", drawn=True),
    S("waste", "Khu xử lý chất thải rắn Đồi Khuất", 12.5, 310, "DRA", "DRA", funding="PPP"),
    S("waste", "Khu xử lý chất thải Khe Vắng", 9.4, 205, "DRA", "DRA", trouble="blank_id"),
    S("waste", "Bãi chôn lấp Gò Dài", 15.2, 118, "LUA", "LUC,LUK,HNK"),
    S("", "Trạm quan sát thiên văn Đỉnh Sao", 3.6, 68, "RSX", "RSX", kind="Trạm thiên văn", funding="Ngân sách nhà nước"),
    S(
        "housing",
        '=HYPERLINK("http://x","y")',
        4.2,
        40,
        "ONT",
        "ONT",
        trouble="hostile",
        note="Dòng thử nghiệm an toàn (test row)",
    ),
    S(
        "tourism",
        "<img src=x onerror=alert(1)> {{7*7}}",
        6.6,
        45,
        "TMD",
        "TMD",
        trouble="hostile",
        note="Dòng thử nghiệm an toàn (test row)",
    ),
    S("school", "Trường tiểu học Hoa Mơ", 2.4, 46, "DGD", "DGD", funding="Ngân sách nhà nước", trouble="soft_hyphen"),
)
