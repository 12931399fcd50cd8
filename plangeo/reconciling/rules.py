"""The rules by which two entries may be one project: what is sure enough to join them, what only an officer can say.

Names that clearly disagree are never joined, whatever else agrees; nor are names with other numbers. A name that differs by a
letter or by marks needs evidence that does not come from names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plangeo.model import Label
from plangeo.reconciling.entries import Entry
from plangeo.reconciling.evidence import Evidence, weigh

Grade = Literal["sure", "doubtful"]
MARGIN = 5.0
"""Two candidates whose scores differ by less than this cannot be told apart."""
_DISTINCTIVE_WORDS = 4
"""A name of fewer words ("Trường mầm non") says too little to stand alone."""

WHY = {
    "code_and_name": Label("cùng mã và cùng tên", "same code and same name"),
    "code_and_near_name": Label(
        "cùng mã, tên gần giống và có thông tin khác trùng khớp", "same code, nearly the same name, and other facts agree"
    ),
    "name_and_facts": Label("cùng tên và có thông tin khác trùng khớp", "same name, and other facts agree"),
    "name_alone": Label("cùng tên, không có thông tin nào trái ngược", "same name, and nothing speaks against it"),
    "near_name_and_facts": Label(
        "tên gần giống; vị trí, diện tích hoặc vốn trùng khớp", "nearly the same name; place, area or capital agree"
    ),
    "code_other_name": Label("cùng mã nhưng tên khác hẳn", "same code, but clearly another name"),
    "code_near_name": Label(
        "cùng mã, tên gần giống, không có thông tin khác để khẳng định",
        "same code, nearly the same name, and nothing else to settle it",
    ),
    "name_against_facts": Label(
        "cùng tên nhưng vị trí trái ngược hoặc tên quá chung",
        "same name, but the places contradict each other or the name is too general",
    ),
    "near_name": Label(
        "tên khác một chữ hoặc khác dấu: có thể là hai dự án",
        "the names differ by a letter or by marks: they may be two projects",
    ),
    "longer_name": Label("một tên có thêm từ: có thể là hai dự án", "one name has more words: they may be two projects"),
    "part_or_whole": Label(
        "tên giống nhau nhưng chỉ một bên ghi số hoặc giai đoạn", "same name, but only one side states a number or a stage"
    ),
    "ground_other_name": Label("cùng vị trí và quy mô nhưng tên khác", "same ground and size, but another name"),
}
"""Reason of a pair → sentence."""

_NAME_POINTS = {"same": 46, "marks_left_out": 44, "reordered": 38, "other_marks": 37, "slip": 37, "extended": 32, "distinct": 0}
_SAME_SPOT_M = 5.0
"""Two lists that write the same coordinates copied them from one another."""


@dataclass(frozen=True)
class Pair:
    """Two entries that may be one project."""

    left: int
    """Row of the left list."""
    right: int
    grade: Grade
    reason: str
    score: float
    """0 to 100: the weight of all that agrees, less what disagrees."""
    evidence: Evidence | None = None
    """None for a part of a whole that was not compared by itself."""

    @property
    def why(self) -> Label:
        """The reason as a sentence."""
        return WHY[self.reason]

    @property
    def told(self) -> str:
        """The evidence that speaks for the pair, by name: ``code, name, place, geometry, area, capital``."""
        e = self.evidence
        if e is None:
            return "name"
        name = "name" if e.one_name else "near_name" if e.words != "distinct" and e.numbers != "different" else ""
        agreeing = {"code": e.code, "place": e.place, "geometry": e.near, "area": e.area, "capital": e.capital}
        words = [word for word, agreement in agreeing.items() if agreement == "agree"]
        return ", ".join(
            [*words[:1], name, *words[1:]] if name and words[:1] == ["code"] else [*([name] if name else []), *words]
        )


def judge(left: Entry, right: Entry) -> Pair | None:
    """Return what the rules say of two entries; None when nothing speaks for their being one project."""
    evidence = weigh(left, right)
    said = _sure(left, right, evidence)
    grade: Grade = "sure"
    if said is None:
        said, grade = _doubtful(evidence), "doubtful"
    if said is None:
        return None
    return Pair(left.row, right.row, grade, said, _score(evidence), evidence)


def _sure(left: Entry, right: Entry, e: Evidence) -> str | None:
    """The rule that joins two entries, if there is one."""
    by_place = e.place == "agree" or e.near == "agree"
    by_size = e.area == "agree" or e.capital == "agree"
    both_sizes = e.area == "agree" and e.capital == "agree"
    apart = (e.place == "differ" and e.near != "agree") or (e.near == "differ" and e.place != "agree")
    torn = e.place == "differ" and e.near == "differ" and not both_sizes
    if e.code == "agree":
        if e.one_name and not torn:
            return "code_and_name"
        if e.near_name and not apart and (by_place or by_size):
            return "code_and_near_name"
        if e.words == "extended" and e.numbers == "equal" and not apart and (by_size or e.near == "agree"):
            return "code_and_near_name"
        return None
    if apart:
        return None
    if e.one_name:
        if e.near == "differ" and not by_size:
            return None
        general = min(len(left.name.plain), len(right.name.plain)) < _DISTINCTIVE_WORDS
        if by_place or both_sizes:  # two housing areas of one commune may both be called just that
            return None if general and not by_size and "differ" in (e.area, e.capital) else "name_and_facts"
        at_odds = e.area == "differ" and e.capital == "differ"
        two_places = bool(left.place and right.place)  # and nobody can say whether they are one
        return None if general or at_odds or two_places or e.use == "differ" else "name_alone"
    strong = (e.near == "agree" and by_size) or (e.place == "agree" and both_sizes)
    return "near_name_and_facts" if e.near_name and e.use != "differ" and strong else None


def _doubtful(e: Evidence) -> str | None:
    """What makes two entries worth an officer's look though no rule joins them."""
    if e.code == "agree":
        if e.words == "distinct" or e.numbers == "different":
            return "code_other_name"
        return "part_or_whole" if e.numbers == "one_sided" else ("name_against_facts" if e.one_name else "code_near_name")
    apart = e.place == "differ" and e.near != "agree"
    support = sum(x == "agree" for x in (e.area, e.capital)) + (e.near == "agree")
    if e.one_name:
        return "name_against_facts"
    if e.near_name:
        return "near_name" if support and not apart and e.near != "differ" else None
    if e.numbers == "one_sided" and e.words in ("same", "marks_left_out"):
        return "part_or_whole" if not apart and (support or e.place == "agree") else None
    if e.words == "extended" and e.numbers == "equal":
        return "longer_name" if not apart and support >= (1 if e.place == "agree" else 2) else None
    if e.words == "distinct" and e.numbers == "equal" and e.same_ground and e.use != "differ":
        return "ground_other_name" if e.area == "agree" and e.capital != "differ" else None
    return None


def _score(e: Evidence) -> float:
    """The points of all that agrees, 100 in all; area, capital or the very same spot decide between two candidates, each alone."""
    points = float(_NAME_POINTS[e.words])
    if e.numbers == "one_sided":
        points = min(points, 28.0)
    elif e.numbers == "different":
        points = 0.0
    points += 18.0 * (e.code == "agree")
    points += {"agree": 9.0, "differ": -15.0, "unknown": 0.0}[e.place]
    points += {"agree": 8.0, "differ": -10.0, "unknown": 0.0}[e.near] + 6.0 * (e.distance_m <= _SAME_SPOT_M)
    points += 5.5 * (e.area == "agree") + 5.5 * (e.capital == "agree") + 1.0 * (e.use == "agree") + 1.0 * (e.phase == "agree")
    return max(0.0, points)
