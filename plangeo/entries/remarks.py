"""What may be remarked on an entry of a register: questions, levels and codes. Codes are for ever; a changed meaning gets a new one.

==============================  ========  ===========================================================================
code                            level     meaning
==============================  ========  ===========================================================================
name.missing                    missing   the entry has no name
name.too_short                  doubt     fewer than three letters
name.generic                    doubt     words for a kind of project only, nothing that tells it from others
type.missing                    missing   no kind of project is stated
type.unknown                    doubt     a kind of project the rulebook does not know; the nearest are named
location.none                   missing   neither an administrative unit nor a place on the map
location.unit_missing           missing   a place on the map, but no administrative unit is stated
location.geometry_missing       missing   an administrative unit is stated, but there is no place on the map
location.geometry_faulty        fault     coordinates or a shape that cannot be used
location.unit_unknown           doubt     no administrative unit of the stated name was found
location.unit_ambiguous         doubt     the stated name may mean several units
location.differs                fault     the place on the map does not lie in the stated unit
location.split                  note      the place lies in several units, of which the register names only some
area.missing                    missing   no area is stated (not asked of lines)
area.zero                       doubt     an area of zero
area.unreadable                 doubt     an area is written that cannot be read without guessing
area.uncertain                  doubt     an area read by its drawing alone, or in a unit of unverified size
area.unit_slip                  doubt     a power of ten away from the drawing or from the rest of the column
area.differs                    doubt     the drawn area is another
area.range                      note      a range, a bound or an approximation, not one area
area.parts_differ               fault     the stated parts do not add up to the stated area
area.parts_rounding             note      they do not, and rounding of the single numbers could explain it
area.parts_exceed               fault     the land classes listed add up to more than the stated area
area.part_unread                doubt     the area of a land class that cannot be read
area.row_check                  fault     a sum the form itself prescribes does not hold in the row
capital.missing                 missing   no capital is stated
capital.unreadable              doubt     a capital is written that cannot be read, often for want of a unit
capital.zero                    doubt     a capital of zero
capital.range                   note      a range, a bound or an approximation
capital.foreign                 note      stated in a foreign currency only; never converted
funding.missing                 missing   no source of the money is stated
funding.unknown_word            doubt     a source that no word list knows
funding.level_not_stated        note      the state budget, without saying whether central or local
funding.unread_amount           doubt     an amount of a source that cannot be read
funding.differs                 fault     the amounts of the sources do not add up to the capital, or their shares to 100 %
funding.rounding                note      they do not, and rounding of the single numbers could explain it
funding.exceeds                 fault     the amounts of some of the sources are more than the capital already
funding.partly_stated           note      only some of the sources have an amount, so their sum proves nothing
phase.missing                   missing   no phase is stated
phase.unreadable                doubt     a phase that states no years
phase.outside                   fault     begins after every plan it could rest on has ended
phase.partly_outside            doubt     ends after every plan it could rest on has ended
phase.before                    doubt     ended before any plan it could rest on began
phase.open                      note      without a last year
ratio.outlier                   doubt     capital per hectare far from that of other projects of the use
ratio.unit_slip                 doubt     capital per hectare a power of ten away from the other projects
limit.broken                    fault     above a ceiling or below a floor of the rulebook whose basis is verified
limit.broken_unverified         doubt     the same, where nobody has verified the basis
limit.uncertain                 doubt     the stated range lies on both sides of a ceiling or floor
duplicate.code                  fault     another entry bears the same code
duplicate.name_place            doubt     another entry bears the same name and lies at the same place or in the same unit
duplicate.name                  note      another entry bears the same name, in another place
duplicate.geometry              doubt     another entry has the very same shape
==============================  ========  ===========================================================================

``fault``: the entry contradicts itself, the map or the law; ``doubt``: an officer has to look; ``note``: worth knowing;
``missing``: not stated. What was not asked, and why, is said apart and is never shown as in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from plangeo.model import Label

_SAID_NOTHING = Label("", "")
Level = Literal["fault", "doubt", "missing", "note"]

LEVELS: Mapping[Level, Label] = {
    "fault": Label("Sai", "fault"),
    "doubt": Label("Nghi vấn", "doubt"),
    "missing": Label("Thiếu", "missing"),
    "note": Label("Lưu ý", "note"),
}
"""The levels, the gravest first."""

MARKS: Mapping[Level, str] = {"fault": "✕", "doubt": "!", "missing": "○", "note": "i"}
IN_ORDER, NOT_ASKED = "✓", "–"

QUESTIONS: Mapping[str, Label] = {
    "name": Label("Tên", "Name"),
    "type": Label("Loại dự án", "Type"),
    "location": Label("Địa điểm", "Location"),
    "area": Label("Diện tích", "Area"),
    "capital": Label("Tổng vốn", "Capital"),
    "funding": Label("Nguồn vốn", "Funding"),
    "phase": Label("Phân kỳ", "Phase"),
    "ratio": Label("Suất đầu tư", "Capital per ha"),
    "limit": Label("Giới hạn theo quy định", "Legal limits"),
    "duplicate": Label("Trùng lặp", "Duplicates"),
}
"""The questions in the order of the sheet; the part of a code before the dot."""


def _codes() -> Mapping[str, Level]:
    """The table above, read, so that there is one list of codes only."""
    rows = (line.split() for line in (__doc__ or "").splitlines() if "." in line.partition(" ")[0])
    found = {row[0]: row[1] for row in rows if len(row) > 2}
    return {code: level for code, level in found.items() if level in LEVELS}  # type: ignore[misc]


CODES: Mapping[str, Level] = _codes()
"""Code → level."""


@dataclass(frozen=True)
class Remark:
    """One thing found in one entry."""

    row: int
    """Position of the site."""
    code: str
    said: Label
    found: str = ""
    """What stands there, as written or measured."""
    expected: str = ""
    """What it was held against."""
    basis: str = ""
    also: tuple[int, ...] = ()
    """Other sites it concerns as much; they bear the mark, too."""

    @property
    def level(self) -> Level:
        """The level of its code."""
        return CODES[self.code]

    @property
    def question(self) -> str:
        """The question it answers."""
        return self.code.partition(".")[0]


@dataclass(frozen=True)
class Answer:
    """What one question found in all entries."""

    question: str
    asked: NDArray[np.bool_]
    """Of each site: whether the question could be asked."""
    remarks: Sequence[Remark] = ()
    why_not: Label = _SAID_NOTHING
    """Why it was not asked of some, or of all; empty when it was."""


def marks(answer: Answer) -> list[str]:
    """Return the mark of each site: that of its gravest remark, else in order or not asked."""
    order = list(LEVELS)
    worst: dict[int, Level] = {}
    for remark in answer.remarks:
        for row in (remark.row, *remark.also):
            if row not in worst or order.index(remark.level) < order.index(worst[row]):
                worst[row] = remark.level
    return [
        MARKS[worst[row]] if row in worst else IN_ORDER if asked else NOT_ASKED for row, asked in enumerate(answer.asked.tolist())
    ]
