"""How the verdict of one day stands to that of another: kept, lost, gained, or in doubt."""

from __future__ import annotations

from collections.abc import Mapping

from plangeo.model import Label, Verdict

STANDINGS: Mapping[str, Label] = {
    "same": Label("không đổi", "the same"),
    "lost": Label("phù hợp khi trước, nay chưa phù hợp", "compatible then, not now"),
    "lost_doubtful": Label("phù hợp khi trước, nay chưa xác định được", "compatible then, cannot be determined now"),
    "gained": Label("chưa phù hợp khi trước, nay phù hợp", "not compatible then, compatible now"),
    "gained_known": Label("chưa xác định được khi trước, nay phù hợp", "could not be determined then, compatible now"),
    "conditions": Label("vẫn phù hợp, điều kiện khác", "still compatible, on other conditions"),
    "other": Label("chưa phù hợp hoặc chưa xác định được cả hai ngày", "not compatible or not determinable on both days"),
    "no_date": Label("không rõ ngày phê duyệt", "the day of approval is not known"),
    "open": Label("ngày phê duyệt chưa đủ rõ: luật thay đổi trong khoảng đó", "the date of approval spans a change of the law"),
}
"""How a verdict then stands to the one now; compatible = with or without conditions."""


def standing_of(before: str, after: str) -> str:
    """Return how one verdict stands to the other, a key of STANDINGS.

    >>> standing_of("permitted", "not_permitted"), standing_of("unknown", "conditional"), standing_of("permitted", "permitted")
    ('lost', 'gained_known', 'same')
    """
    was, now = Verdict.parse(before), Verdict.parse(after)
    if was is now:
        return "same"
    fine = [v <= Verdict.CONDITIONAL for v in (was, now)]
    if all(fine):
        return "conditions"
    if fine[0]:
        return "lost" if now is Verdict.NOT_PERMITTED else "lost_doubtful"
    if fine[1]:
        return "gained" if was is Verdict.NOT_PERMITTED else "gained_known"
    return "other"
