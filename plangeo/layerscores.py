"""How good the plan layer is, in a line for each plan: said before the verdicts that rest on it, and kept in the manifest."""

from __future__ import annotations

from typing import Any

from plangeo.model import Assessment, Label, Language
from plangeo.text import format_number

STUDY, SHEET = "plan_quality", "plan_coverage"
_FIELDS = ("covered_share", "overlap_share", "known_share", "score", "faults", "slivers")

_SCORE = Label(
    "Lớp quy hoạch {plan}: điểm độ phủ {score} % (phủ {covered} %, chồng lấn {overlap} %, mã đúng {known} %); lỗi: {faults}, vụn số hóa: {slivers}",
    "Plan layer {plan}: coverage score {score} % (covered {covered} %, overlapping {overlap} %, known codes {known} %); faults: {faults}, "
    "slivers: {slivers}",
)
_NOT_EXAMINED = Label(
    "Lớp quy hoạch {plan}: chất lượng chưa kiểm tra (quy hoạch không còn hiệu lực)",
    "Plan layer {plan}: quality not examined (the plan has ended)",
)
_NOT_LOOKED_AT = Label("Chất lượng lớp quy hoạch: chưa kiểm tra, {why}", "Quality of the plan layer: not examined, {why}")


def layer_scores(assessment: Assessment) -> dict[str, Any] | None:
    """Return what the study of the plan layer found, as plain data; None when it was not asked.

    ``plans``: ``plan_id, examined`` and, where examined, shares 0 to 1 (``covered_share, overlap_share, known_share, score``;
    None where a share cannot be told) and counts (``faults, slivers``). ``not_examined``: why there are none, else None.
    """
    for skipped in assessment.studies_not_run:
        if skipped.check == STUDY:
            return {"plans": [], "not_examined": {"vi": skipped.why.vi, "en": skipped.why.en}}
    found = next((sheet.frame for sheet in assessment.sheets if sheet.code == SHEET), None)
    if found is None:
        return None
    plans = []
    for row in found.to_dict("records"):
        told: dict[str, Any] = {"plan_id": str(row["plan_id"]), "examined": bool(row["examined"])}
        if row["examined"]:
            told |= {name: float(row[name]) if row[name] == row[name] else None for name in _FIELDS}
            told |= {name: int(row[name]) for name in ("faults", "slivers")}
        plans.append(told)
    return {"plans": plans, "not_examined": None}


def score_lines(assessment: Assessment, language: Language) -> list[str]:
    """Return a line for every plan of the layer, or why nobody looked; nothing when the study was not asked.

    Shares are cut, never rounded up: 100 % is said of what is wholly so.
    """
    found = layer_scores(assessment)
    if found is None:
        return []
    if found["not_examined"]:
        return [_NOT_LOOKED_AT.text(language).format(why=found["not_examined"][language])]
    lines = []
    for plan in found["plans"]:
        if not plan["examined"]:
            lines.append(_NOT_EXAMINED.text(language).format(plan=plan["plan_id"]))
            continue
        names = {"covered": "covered_share", "overlap": "overlap_share", "known": "known_share", "score": "score"}
        shares = {word: _per_cent(plan[name], language, up=word == "overlap") for word, name in names.items()}
        counts = {name: plan[name] for name in ("faults", "slivers")}
        lines.append(_SCORE.text(language).format(plan=plan["plan_id"], **shares, **counts))
    return lines


def _per_cent(share: float | None, language: Language, *, up: bool) -> str:
    """A share in per cent with two decimals, never nicer than it is; a billionth is the rounding of coordinates."""
    if share is None:
        return "?"
    hundredths = share * 1e4
    cut = -((-hundredths + 1e-5) // 1) if up else (hundredths + 1e-5) // 1
    return format_number(max(0.0, cut) / 100, language, 2)
