"""The author's notes to the stops of a briefing; without a file there is nothing to say."""

from __future__ import annotations

from collections.abc import Sequence

from plangeo.briefingnotes import SHEET, notes_sheet
from plangeo.model import Label
from plangeo.study import Sheet, Study, Subject


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the sheet of notes, a row for each row of the file; none without a file."""
    if SHEET not in subject.files:
        return []
    return [notes_sheet(subject.files[SHEET], subject.assessment.sites["site_id"].astype(str))]


STUDY = Study(
    code="briefing_notes",
    title=Label("Ghi chú trình bày cho các điểm dừng", "Notes to the stops of a briefing"),
    run=run,
    may_use=(SHEET,),
    order=90,
)
