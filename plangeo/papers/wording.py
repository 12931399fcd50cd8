"""The words of the papers in both languages; names in braces are filled in, never read as markup."""

from __future__ import annotations

from collections.abc import Mapping

from plangeo.model import Label, Language

WORDS: Mapping[str, Label] = {
    # of all papers
    "republic": Label("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM"),
    "motto": Label("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness"),
    "statement": Label(
        "Kết luận là đối chiếu kỹ thuật với quy hoạch; việc quyết định thuộc cơ quan có thẩm quyền. "
        "Phiếu này không thay thế trích lục, trích đo bản đồ địa chính.",
        "The conclusion is a technical comparison with the plan; the decision lies with the competent authority. "
        "This paper replaces no extract or survey of the cadastral map.",
    ),
    "undetermined": Label("không xác định", "not determined"),
    "not_stated": Label("không nêu", "not stated"),
    "governs": Label("có", "yes"),
    "governs_not": Label("không", "no"),
    "on_border": Label("trên ranh giới", "on a border"),
    "point": Label("(điểm)", "(a point)"),
    "outside_zones": Label("Ngoài mọi vùng quy hoạch", "Outside every zone of the plan"),
    "unnamed": Label("(không có tên)", "(no name)"),
    "in_memory": Label("trong bộ nhớ", "in memory"),
    "no_finding": Label("Không có phát hiện nào: không đủ căn cứ để kết luận.", "No finding: nothing to conclude from."),
    "nearest": Label("Đất phù hợp gần nhất: cách {away}, {zone}", "Nearest compatible ground: {away} away, {zone}"),
    # beside the verdict
    "decided": Label(
        "Quyết định của cán bộ (đặt cạnh, không thay kết luận của máy): {text}",
        "Officer's decision (beside the machine's conclusion, never instead of it): {text}",
    ),
    "beside": Label("Các bảng tổng thể nói về dự án này:", "What the studies say of this project:"),
    # the map
    "no_crs": Label(
        "Không có bản đồ: hệ tọa độ của danh mục chưa rõ nên không đặt được vị trí lên bản đồ.",
        "No map: the coordinate system of the register is not known, so the place cannot be drawn.",
    ),
    "no_place": Label(
        "Không có bản đồ: dự án chưa có vị trí (hoặc vị trí không đọc được).",
        "No map: the project has no place (or one that cannot be read).",
    ),
    "too_large": Label(
        "Không có bản đồ: dự án quá lớn, không vừa khung ở tỷ lệ 1:1.000.000.",
        "No map: the project is too large for the frame, even at 1:1.000.000.",
    ),
    "scale": Label("TỶ LỆ {scale}", "SCALE {scale}"),
    "magnified": Label(" (phóng to; bản đồ quy hoạch tỷ lệ {scale})", " (magnified; the plan is at {scale})"),
    "unknown_code": Label("(mã không có trong bộ quy tắc)", "(code not in the rulebook)"),
    "no_code": Label("(không có mã)", "(no code)"),
    "no_inset": Label("Không có lớp ranh giới cho sơ đồ vị trí", "No layer of boundaries for a locator map"),
    "legend": Label("CHÚ GIẢI", "LEGEND"),
    "more_classes": Label("… và {count} loại đất khác trong khung", "… and {count} more classes in the frame"),
    "no_zone": Label("Không có vùng quy hoạch nào trong khung", "No zone of a plan in the frame"),
    "the_site": Label("Vị trí dự án", "The project"),
    "disc": Label("Vòng tròn bằng diện tích kê khai", "Circle with the declared area"),
    "strip": Label("Dải chưa xác định (±{width} quanh ranh giới)", "Strip in doubt (±{width} about borders)"),
    "way": Label("Đến đất phù hợp gần nhất ({text})", "To the nearest compatible ground ({text})"),
    "unit_border": Label("Ranh giới đơn vị hành chính", "Administrative boundary"),
    "north": Label("B", "N"),
    "grid": Label("Lưới tọa độ (m): {crs}", "Grid (m): {crs}"),
    "ground_plans": Label("Nền: {plans}", "Ground: {plans}"),
    "no_plan": Label("không có quy hoạch nào trong khung", "no plan in the frame"),
    # the sheet
    "office": Label("CƠ QUAN: ……………………………", "AUTHORITY: ……………………………"),
    "number": Label("Số: ………/………", "No.: ………/………"),
    "sheet": Label("PHIẾU KIỂM TRA VỊ TRÍ DỰ ÁN", "SITE SHEET OF A PROJECT"),
    "id_line": Label("Mã: {id} · Loại: {use} · Địa điểm: {place}", "Id: {id} · Type: {use} · Place: {place}"),
    "no_use": Label("chưa rõ", "not known"),
    "declared": Label(" · Diện tích kê khai: {area}", " · Declared area: {area}"),
    "drawn": Label(" · Diện tích theo tọa độ: {area}", " · Drawn area: {area}"),
    "drawn_m": Label(" · Chiều dài theo tọa độ: {length}", " · Drawn length: {length}"),
    "conclusion": Label("KẾT LUẬN: {verdict} (tại ngày {day})", "CONCLUSION: {verdict} (on {day})"),
    "more_reasons": Label("… và {count} căn cứ khác", "… and {count} more reasons"),
    "flip": Label(
        "Ranh giới dịch bao nhiêu thì kết luận đổi (ε*): {flip}", "Shift of borders that changes the conclusion (ε*): {flip}"
    ),
    "tolerance": Label("Sai số của bản đồ và vị trí (t): {tolerance}", "Accuracy of map and place (t): {tolerance}"),
    "class_head": Label("Loại đất theo quy hoạch", "Class of the plan"),
    "length_head": Label("Dài (m)", "Length (m)"),
    "area_head": Label("Diện tích (ha)", "Area (ha)"),
    "share_head": Label("Tỷ lệ", "Share"),
    "governs_head": Label("Chi phối", "Governs"),
    "no_ground": Label("Không có vùng quy hoạch nào được đối chiếu", "No zone of a plan was compared"),
    "more_rows": Label("… và {count} dòng khác, xem report.xlsx", "… and {count} more rows, see report.xlsx"),
    "corners": Label("Bảng kê tọa độ (hệ tọa độ của danh mục)", "Corners (in the system of the register)"),
    "corner_head": Label("Điểm", "Point"),
    "north_head": Label("X - Bắc (m)", "X - north (m)"),
    "east_head": Label("Y - Đông (m)", "Y - east (m)"),
    "side_head": Label("Cạnh (m)", "Side (m)"),
    "plan_line": Label("Quy hoạch: {plan}.", "Plan: {plan}."),
    "sources": Label("Nguồn: {files}.", "Sources: {files}."),
    "made_by": Label("NGƯỜI LẬP", "PREPARED BY"),
    "checked_by": Label("NGƯỜI KIỂM TRA", "CHECKED BY"),
    "head_of_office": Label("THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF OFFICE"),
    "sign": Label("(ký, ghi rõ họ tên)", "(signature, full name)"),
    "cut": Label(
        " Đã rút gọn trên phiếu: {what}; toàn văn trong report.xlsx.", " Cut on this sheet: {what}; in full in report.xlsx."
    ),
    "cut_name": Label("tên dự án", "name of the project"),
    "cut_line": Label("dòng thông tin dự án", "line about the project"),
    "cut_problem": Label("vấn đề của dòng", "problem of the row"),
    "cut_scale": Label("tỷ lệ", "scale"),
    "cut_crs": Label("hệ tọa độ", "coordinate system"),
    "cut_plans": Label("tên quy hoạch nền", "names of plans"),
    "cut_legend": Label("chú giải", "legend"),
    "cut_reason": Label("căn cứ của kết luận", "reasons of the conclusion"),
    "cut_doubt": Label("độ chắc chắn", "certainty"),
    "cut_decided": Label("quyết định của cán bộ", "officer's decision"),
    "cut_beside": Label("các bảng tổng thể", "studies"),
    "cut_ground": Label("bảng căn cứ", "table of ground"),
    "cut_corners": Label("bảng tọa độ", "table of corners"),
    "cut_sources": Label("quy hoạch và nguồn", "plans and sources"),
    # the dossier
    "dossier": Label(
        "HỒ SƠ ĐỐI CHIẾU VỊ TRÍ DỰ ÁN VỚI QUY HOẠCH SỬ DỤNG ĐẤT", "DOSSIER: SITES OF PROJECTS AGAINST THE LAND-USE PLAN"
    ),
    "cover_line": Label("Tại ngày {day} · {count} dự án", "On {day} · {count} projects"),
    "summary": Label("1. Tổng hợp", "1. Summary"),
    "total": Label("Tổng cộng", "Total"),
    "verdict_head": Label("Kết luận", "Conclusion"),
    "count_head": Label("Số dự án", "Projects"),
    "declared_head": Label("Diện tích kê khai (ha)", "Declared area (ha)"),
    "undeclared_head": Label("Không có diện tích kê khai", "Without declared area"),
    "open_use": Label("(chưa rõ loại)", "(type not known)"),
    "more_uses": Label("… {count} loại khác", "… {count} more types"),
    "chart": Label("Kết luận theo loại dự án (số dự án)", "Conclusions by type of project (number of projects)"),
    "appendix": Label("Phụ lục I", "Appendix I"),
    "appendix_title": Label(
        "DANH MỤC DỰ ÁN VÀ KẾT QUẢ ĐỐI CHIẾU VỚI QUY HOẠCH", "LIST OF PROJECTS AND RESULTS OF THE COMPARISON WITH THE PLAN"
    ),
    "on_day": Label("(Tại ngày {day})", "(On {day})"),
    "n_head": Label("TT", "No."),
    "id_head": Label("Mã", "Id"),
    "name_head": Label("Tên dự án", "Project"),
    "place_head": Label("Địa điểm theo danh mục", "Place as listed"),
    "drawn_head": Label("Diện tích theo tọa độ (ha)", "Drawn area (ha)"),
    "classes_head": Label("Loại đất quy hoạch (mã: ha)", "Classes of the plan (code: ha)"),
    "reason_head": Label("Lý do", "Reason"),
    "projects": Label("{count} dự án", "{count} projects"),
    "left_out": Label(
        "Tổng không gồm {undeclared} dự án không có diện tích kê khai và {undrawn} dự án không có ranh giới dạng vùng.",
        "The totals leave out {undeclared} projects without a declared area and {undrawn} without a boundary.",
    ),
    "slips": Label(
        "Tổng không gồm {count} dự án có diện tích kê khai nghi nhầm đơn vị: {named}.",
        "The totals leave out {count} projects whose declared area is likely a slip of units: {named}.",
    ),
    "flagged": Label("2. Các dự án cần xem xét", "2. Projects to be looked at"),
    "flagged_line": Label(
        "{count} dự án không thuộc diện “{verdict}”, xếp theo mức độ.",
        "{count} projects are not “{verdict}”; the heaviest first.",
    ),
    "decided_others": Label(
        "Dự án “{verdict}” có quyết định của cán bộ (đặt cạnh, không thay kết luận của máy)",
        "“{verdict}” projects with an officer's decision (beside the machine's conclusion, never instead of it)",
    ),
    "conclusion_line": Label("Kết luận: {verdict}", "Conclusion: {verdict}"),
    "problem_line": Label("Vấn đề của dòng dữ liệu: {problem}", "Problem of the row: {problem}"),
    "not_to_scale": Label(
        "Sơ đồ vị trí, không in theo tỷ lệ đúng; vẽ cho {scale}", "Locator map, not printed at a true scale; drawn for {scale}"
    ),
    "see_sheet": Label("Sơ đồ: xem phiếu kiểm tra vị trí (plangeo sheet).", "Map: see the site sheet (plangeo sheet)."),
    "more_sections": Label(
        "… và {count} dự án khác, xem Phụ lục I và report.xlsx.", "… and {count} more projects, see Appendix I and report.xlsx."
    ),
    "doubt": Label(
        "ε* (ranh giới dịch bao nhiêu thì kết luận đổi): {flip}; t (sai số của bản đồ và vị trí): {tolerance}. {nearest}",
        "ε* (shift of borders that changes the conclusion): {flip}; t (accuracy of map and place): {tolerance}. {nearest}",
    ),
    "plan_head": Label("Quy hoạch", "Plan"),
    "class_short": Label("Loại đất", "Class"),
    "amount_head": Label("Diện tích/chiều dài", "Area or length"),
    "plans": Label("3. Các quy hoạch đã đối chiếu", "3. Plans compared with"),
    "plan_text_head": Label("Tên, quyết định, thời kỳ, tỷ lệ", "Title, decision, period, scale"),
    "authority_head": Label("Cơ quan", "Authority"),
    "status_head": Label("Trạng thái", "Status"),
    "accuracy_head": Label("Sai số", "Accuracy"),
    "in_force": Label("đang có hiệu lực", "in force"),
    "expired": Label("hết thời kỳ", "expired"),
    "superseded": Label("đã được thay thế", "replaced"),
    "pending": Label("chưa có hiệu lực", "not yet in force"),
    "revoked": Label("bị bãi bỏ", "revoked"),
    "unknown": Label("chưa rõ", "not known"),
    "studies": Label("4. Các bảng tổng thể", "4. Studies of the whole register and plan"),
    "not_asked": Label("Chưa thực hiện: {title} ({why}).", "Not done: {title} ({why})."),
    "rows": Label("{count} dòng", "{count} rows"),
    "columns": Label("{count} cột", "{count} columns"),
    "and": Label(" và ", " and "),
    "rest_of_table": Label("… còn {said} trong report.xlsx.", "… {said} more in report.xlsx."),
    "method": Label("5. Phương pháp và giới hạn", "5. Method and limits"),
    "method_compare": Label(
        "Mỗi dự án được cắt với các vùng của mọi quy hoạch trong hệ tọa độ phẳng nêu dưới đây; quy hoạch chi phối được xác định theo "
        "hiệu lực và thứ tự ưu tiên tại ngày đối chiếu; quy tắc của bộ quy tắc cho biết loại đất đó phù hợp hay không với loại dự án.",
        "Every project is cut with the zones of all plans in the plane system named below; which plan governs follows from what is in "
        "force, and which plan precedes, on the day of the comparison; the rulebook says whether the class suits the type of project.",
    ),
    "method_doubt": Label(
        "ε* là độ dịch chuyển nhỏ nhất của ranh giới làm kết luận thay đổi; t là độ dịch chuyển mà bản đồ và vị trí không loại trừ được "
        "(độ chính xác đã nêu, hoặc 0,5 mm trên bản đồ). Khi ε* không lớn hơn t, kết luận là “Chưa xác định được”.",
        "ε* is the smallest shift of borders that changes the conclusion; t is the shift that map and place cannot exclude (the stated "
        "accuracy, or 0.5 mm on the map). Where ε* is not greater than t, the conclusion is “Cannot be determined”.",
    ),
    "method_silence": Label(
        "Dữ liệu thiếu hoặc không đọc được không bao giờ được coi là phù hợp.",
        "Missing or unreadable data never count as compatible.",
    ),
    "method_beside": Label(
        "Quyết định của cán bộ và các bảng tổng thể được đặt cạnh kết luận của máy; không nội dung nào thay đổi kết luận đó.",
        "Officers' decisions and the studies stand beside the machine's conclusion; none of them changes it.",
    ),
    "run": Label("6. Thông tin lần chạy", "6. The run"),
    "run_line": Label(
        "Ngày áp dụng pháp luật: {day}. Mã băm kết luận: {digest}.", "Day of the law: {day}. Digest of the conclusions: {digest}."
    ),
    "role_head": Label("Vai trò", "Role"),
    "file_head": Label("Tệp", "File"),
    "rows_head": Label("Số dòng", "Rows"),
    "crs_head": Label("Hệ tọa độ", "System"),
    "software": Label("Phần mềm: {told}.", "Software: {told}."),
}


def say(word: str, language: Language, **slots: str) -> str:
    """Return the words of ``word`` with its slots filled.

    >>> say("scale", "en", scale="1:5.000")
    'SCALE 1:5.000'
    """
    return WORDS[word].text(language).format(**slots)
