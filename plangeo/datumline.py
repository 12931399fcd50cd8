"""The datum line of every report: in which system the sites stand, by which operation they are moved, and who checked it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plangeo.model import Assessment, Label, Language

LANGUAGES: tuple[Language, ...] = ("vi", "en")

_SITES = Label("Hệ tọa độ của dự án: {crs}", "Coordinate system of the sites: {crs}")
_TO_WGS = Label("chuyển sang WGS 84 bằng “{operation}”", "to WGS 84 by “{operation}”")
_SAME = Label("cùng mốc WGS 84, không phải chuyển mốc", "already on WGS 84, no datum operation")
_ACCURACY = Label("độ chính xác {m} m", "accuracy {m} m")
_NO_ACCURACY = Label("không nêu độ chính xác", "accuracy not stated")
_SHIFT = Label("bỏ qua mốc thì mọi vị trí lệch {m} m", "ignoring the datum would put everything {m} m off")
_LAYER = Label("Lớp {role}: {crs}, chuyển bằng “{operation}”", "Layer {role}: {crs}, converted by “{operation}”")
_CHECKED = Label(
    "Đối chiếu hệ tọa độ: {agree}/{declared} dự án nằm trong đơn vị hành chính kê khai; cách này không thấy được độ lệch nhỏ (mốc, hệ số k).",
    "The system was checked: {agree} of {declared} sites lie in the administrative unit they declare; that does not show small shifts "
    "(datum, scale factor).",
)
_DOUBT = Label(
    "CẢNH BÁO: hệ tọa độ có thể sai: theo {stated} chỉ {agree}/{declared} dự án nằm trong đơn vị kê khai, theo {better} là {agree_better}.",
    "WARNING: the system may be wrong: as {stated}, only {agree} of {declared} sites lie in their declared unit, as {better} {agree_better} do.",
)
_LEAN = Label(
    "Các dự án gần ranh giới: {against} hợp với {better}, {favour} hợp với {stated} (hai hệ lệch nhau {apart_m} m); cần một điểm khống chế để kết luận.",
    "Sites beside borders: {against} speak for {better}, {favour} for {stated} (the two differ by {apart_m} m); a control point would decide.",
)
_RELABELLED = Label(
    "LƯU Ý: lớp {role} được đọc theo {read_in}, sau đó được gán là {called} mà tọa độ không đổi; nếu không cố ý thì mọi vị trí của lớp này đều sai.",
    "NOTE: the layer {role} was read in {read_in} and called {called} afterwards, its coordinates unchanged; unless that was meant, every place of it is wrong.",
)
_LOST = Label(
    "CẢNH BÁO: lớp {role} có lưới của {lost} nhưng mất mốc (như tệp MapInfo); nếu dữ liệu là VN-2000 thì mọi vị trí lệch {lost_m} m.",
    "WARNING: the layer {role} has the grid of {lost} but lost its datum (as MapInfo files do); if the data are VN-2000, all lies {lost_m} m off.",
)
_UNCHECKED = Label(
    "Hệ tọa độ chưa được đối chiếu: không có bản đồ địa giới, hoặc danh mục không nêu xã có trên bản đồ; sai kinh tuyến trục hay mốc sẽ không bị phát hiện.",
    "The system was not checked: no boundary map, or the register names no unit of it; a wrong central meridian or datum would go "
    "unnoticed.",
)


def datum_lines(assessment: Assessment, language: Language) -> list[str]:
    """Return the lines of a report: systems and operations with their accuracy, then whether places were checked."""
    lines = [line for line in (datum_line(assessment, language),) if line]
    for done in assessment.crs_operations:
        if done.get("role") not in ("sites", "datum", None) and done.get("datum"):
            lines.append(
                f"{_filled(_LAYER, language, role=done['role'], crs=done['from'], operation=_named(done))}{_accuracy(done, language)}."
            )
    lines += [_filled(_LOST, language, **done) for done in assessment.crs_operations if done.get("lost")]
    lines += [_filled(_RELABELLED, language, **done) for done in assessment.crs_operations if done.get("read_in")]
    if lines:
        lines.append(_checked(assessment.crs_check, language))
        if "apart_m" in assessment.crs_check:
            lines.append(_filled(_LEAN, language, **assessment.crs_check))
    return lines


def datum_line(assessment: Assessment, language: Language) -> str:
    """Return the one line on the sites: system, operation to WGS 84, accuracy; empty when no site has a place."""
    done = next((op for op in assessment.crs_operations if op.get("role") == "datum"), None)
    if done is None:
        return ""
    said = _filled(_SITES, language, crs=done["from"])
    if done["operation"] == "none" or not done.get("code"):
        return f"{said}; {_SAME.text(language)}."
    shift = assessment.crs_check.get("datum_shift_m")
    more = "" if not shift else f"; {_filled(_SHIFT, language, m=f'{shift:.0f}')}"
    return f"{said}; {_filled(_TO_WGS, language, operation=_named(done))}{_accuracy(done, language)}{more}."


def _named(done: Mapping[str, Any]) -> str:
    return str(done.get("datum") or done["operation"])


def _accuracy(done: Mapping[str, Any], language: Language) -> str:
    metres = done.get("accuracy_m")
    said = _NO_ACCURACY.text(language) if metres is None else _filled(_ACCURACY, language, m=f"{metres:g}")
    code = f", {done['code']}" if done.get("code") else ""
    return f", {said}{code}"


def _checked(check: Mapping[str, Any], language: Language) -> str:
    if not check.get("declared"):
        return _UNCHECKED.text(language)
    return _filled(_DOUBT if check.get("doubt") else _CHECKED, language, **check)


def _filled(label: Label, language: Language, **values: Any) -> str:
    """Fill the named places of a sentence; values are data and are never read as a template."""
    text = label.text(language)
    for part in [p.partition("}")[0] for p in text.split("{")[1:]]:
        head, _, tail = text.partition("{" + part + "}")
        text = head + str(values[part]).replace("{", "(").replace("}", ")") + tail
    return text
