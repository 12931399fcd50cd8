"""Ugly rulebooks: nothing is permitted that the file does not permit, and no stricter file permits more."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plangeo.assessment import assess
from plangeo.model import Assessment, Verdict
from plangeo.rulebook import Rulebook, rulebook_from_text
from tests.effort import examples
from tests.uglyrules import (
    DAY,
    Book,
    Referee,
    Sheet,
    rulebooks,
    sheets,
    text_of,
)

ORDER = {v.label: v for v in Verdict}
storeys = st.sampled_from([None, 0, 1, 13])


def judged(sheet: Sheet, book: Rulebook | str, **columns: Any) -> Assessment:
    law = rulebook_from_text(book) if isinstance(book, str) else book
    return assess(sheet.site_frame(**columns), law, on=DAY, zones=sheet.zone_frame())


def verdicts(sheet: Sheet, book: Rulebook | str, **columns: Any) -> list[str]:
    return list(judged(sheet, book, **columns).sites["verdict"])


@examples(15)
@given(sheets(), rulebooks(), storeys)
def test_nothing_is_permitted_that_the_file_does_not_permit(sheet: Sheet, book: Book, floors: float | None) -> None:
    """And what every zone under a site permits plainly is permitted: the referee is no excuse for silence."""
    referee, columns = Referee(book), {} if floors is None else {"storeys": floors}
    found = judged(sheet, text_of(book), **columns)
    assert found.sites["site_id"].tolist() == [f"S{n}" for n in range(len(sheet.sites))]
    for n, verdict in enumerate(found.sites["verdict"]):
        squares = sheet.squares(n)
        if verdict == "permitted":
            assert referee.could_permit(squares, columns), (n, found.sites["reasons"][n])
        elif referee.plainly_permits(squares):
            raise AssertionError((n, found.sites["reasons"][n]))
