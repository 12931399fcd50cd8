"""What the page does not say: the verdict is a comparison, some checks did not run, and where its coordinates come from."""

from __future__ import annotations

from typing import Any

from plangeo.checks import CHECKS
from plangeo.datumline import datum_lines
from plangeo.model import Assessment, Label
from plangeo.panels import Panel


def data(assessment: Assessment) -> dict[str, Any]:
    """Return ``not_run``, title and cause of every check that did not run, ``datum``, the lines on coordinate systems, and
    ``doubt``, whether these should stand open."""
    skipped = [{"title": _title(s.check), "why": [s.why.vi, s.why.en]} for s in assessment.not_run]
    lines = zip(datum_lines(assessment, "vi"), datum_lines(assessment, "en"), strict=True)
    doubt = bool(assessment.crs_check.get("doubt")) or any(op.get("lost") for op in assessment.crs_operations)
    return {"not_run": skipped, "datum": [list(both) for both in lines], "doubt": doubt}


def _title(code: str) -> list[str]:
    title = CHECKS[code].title if code in CHECKS else Label(code, code)
    return [title.vi, title.en]


PANEL = Panel(
    code="limits",
    title=Label("Giới hạn của kết luận", "Limits of the verdicts"),
    order=90,
    words={
        "statement": Label(
            "Kết luận là đối chiếu kỹ thuật với quy hoạch; việc quyết định thuộc cơ quan có thẩm quyền.",
            "Verdicts are a technical comparison with the plan; officers of the competent authority decide.",
        ),
        "datum": Label("Hệ tọa độ và độ chính xác", "Coordinate systems and accuracy"),
        "not_run": Label("Phép kiểm tra chưa thực hiện", "Checks not run"),
        "all_run": Label("Mọi phép kiểm tra đều đã thực hiện.", "Every check was run."),
    },
    data=data,
)
