"""Every entry of two lists into exactly one group: joined, divided, in doubt, or alone; whatever the order of the rows.

Joined are pairs that are the best of each other by a margin, the surest first; what cannot be told apart stays together, in doubt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from plangeo.reconciling.confirmation import Confirmed
from plangeo.reconciling.entries import Entry
from plangeo.reconciling.rules import MARGIN, Pair
from plangeo.reconciling.splits import Division, divide, find_divisions

GroupKind = Literal["pair", "split", "merged", "only_left", "only_right", "ambiguous"]


@dataclass(frozen=True)
class Group:
    """Rows of both lists that belong together, or may."""

    kind: GroupKind
    left: tuple[int, ...]
    right: tuple[int, ...]
    reason: str
    score: float
    pairs: tuple[Pair, ...] = ()
    """The pair that was joined, or all that are in doubt; of an entry alone the nearest ones that were given to others."""
    division: Division | None = None
    confirmed: tuple[Confirmed, ...] = ()


@dataclass
class _Board:
    """What is still free."""

    left: set[int]
    right: set[int]
    pairs: list[Pair]
    groups: list[Group] = field(default_factory=list)

    def take(self, group: Group) -> None:
        self.groups.append(group)
        self.left -= set(group.left)
        self.right -= set(group.right)

    def free(self, grade: str | None = None) -> list[Pair]:
        return [p for p in self.pairs if p.left in self.left and p.right in self.right and grade in (None, p.grade)]


def match(left: Sequence[Entry], right: Sequence[Entry], pairs: Iterable[Pair], confirmed: Sequence[Confirmed]) -> list[Group]:
    """Return the groups; every row of either list is in exactly one of them.

    An officer's word comes first, then divisions that add up, then sure pairs by mutual preference; the rest is in doubt or alone.
    """
    banned = {(c.left, c.right) for c in confirmed if not c.same}
    board = _Board(set(range(len(left))), set(range(len(right))), [p for p in pairs if (p.left, p.right) not in banned])
    for group in _by_word(left, right, [c for c in confirmed if c.same]):
        board.take(group)
    open_ones = _divide(board, left, right, banned)
    _join(board)
    _leave_in_doubt(board, open_ones)
    _leave_alone(board, "only_left")
    _leave_alone(board, "only_right")
    return board.groups


def _by_word(left: Sequence[Entry], right: Sequence[Entry], same: Sequence[Confirmed]) -> list[Group]:
    """The groups an officer confirmed: one with one, one with several, or several with one."""
    groups = []
    for lefts, rights in _components((c.left, c.right) for c in same):
        own = tuple(c for c in same if c.left in lefts)
        made = None
        if len(rights) > 1:
            made = divide(left[lefts[0]], [right[n] for n in rights], "left")
        elif len(lefts) > 1:
            made = divide(right[rights[0]], [left[n] for n in lefts], "right")
        kind: GroupKind = "split" if len(rights) > 1 else "merged" if len(lefts) > 1 else "pair"
        groups.append(Group(kind, lefts, rights, "confirmed", 100.0, division=made, confirmed=own))
    return groups


def _components(links: Iterable[tuple[int, int]]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Rows that hang together by links (left, right), as sorted rows of each side; in the order of the left rows."""
    around: dict[tuple[str, int], set[tuple[str, int]]] = defaultdict(set)
    for a, b in links:
        around["left", a].add(("right", b))
        around["right", b].add(("left", a))
    seen: set[tuple[str, int]] = set()
    found = []
    for start in sorted(around):
        if start in seen:
            continue
        reached, pending = {start}, [start]
        while pending:
            new = around[pending.pop()] - reached
            reached |= new
            pending += new
        seen |= reached
        found.append(tuple(tuple(sorted(n for side, n in reached if side == wanted)) for wanted in ("left", "right")))
    return found  # type: ignore[return-value]


def _divide(board: _Board, left: Sequence[Entry], right: Sequence[Entry], banned: set[tuple[int, int]]) -> list[Group]:
    """Take the divisions that add up; return those in doubt."""
    mine, theirs = [left[n] for n in sorted(board.left)], [right[n] for n in sorted(board.right)]
    splits, open_splits = find_divisions(mine, theirs, "left", banned)
    merges, open_merges = find_divisions(theirs, mine, "right", {(b, a) for a, b in banned})
    for d in splits:
        board.take(Group("split", (d.whole,), d.parts, "parts_add_up", 100.0, _of(board, (d.whole,), d.parts), d))
    for d in merges:
        board.take(Group("merged", d.parts, (d.whole,), "parts_add_up", 100.0, _of(board, d.parts, (d.whole,)), d))
    return [
        *(Group("ambiguous", (d.whole,), d.parts, "parts_in_doubt", 0.0, division=d) for d in open_splits),
        *(Group("ambiguous", d.parts, (d.whole,), "parts_in_doubt", 0.0, division=d) for d in open_merges),
    ]


def _of(board: _Board, left: Iterable[int], right: Iterable[int]) -> tuple[Pair, ...]:
    mine, theirs = set(left), set(right)
    return tuple(p for p in board.pairs if p.left in mine and p.right in theirs)


def _join(board: _Board) -> None:
    """Join pairs that are the best of both sides by the margin, until there are none; all of a round at once."""
    while True:
        free = board.free("sure")
        scores: dict[tuple[str, int], list[float]] = defaultdict(list)
        for p in free:
            scores["left", p.left].append(p.score)
            scores["right", p.right].append(p.score)
        won = [p for p in free if _wins(p.score, scores["left", p.left]) and _wins(p.score, scores["right", p.right])]
        if not won:
            return
        for p in won:
            board.take(Group("pair", (p.left,), (p.right,), p.reason, p.score, (p,)))


def _wins(score: float, all_scores: Sequence[float]) -> bool:
    return sum(s > score - MARGIN for s in all_scores) == 1


def _leave_in_doubt(board: _Board, open_ones: Sequence[Group]) -> None:
    """What is left and hangs together by pairs in doubt, or by sure ones that cannot be told apart."""
    pairs = board.free()
    best: dict[tuple[str, int], float] = defaultdict(float)
    for p in pairs:
        for end in (("left", p.left), ("right", p.right)):
            best[end] = max(best[end], p.score)
    kept = [p for p in pairs if p.score > min(best["left", p.left], best["right", p.right]) - MARGIN or p.grade == "sure"]
    divided = [
        (a, b)
        for g in open_ones
        for a in g.left
        for b in g.right
        if board.left.issuperset(g.left) and board.right.issuperset(g.right)
    ]
    links = [*((p.left, p.right) for p in kept), *divided]
    for lefts, rights in _components(links):
        own = tuple(p for p in kept if p.left in set(lefts))
        sure = [p for p in own if p.grade == "sure"]
        division = next((g for g in open_ones if set(g.left) <= set(lefts) and set(g.right) <= set(rights)), None)
        if division is not None:
            reason = "parts_in_doubt"
        elif sure:
            reason = "several_alike"
        else:
            reason = max(own, key=lambda p: (p.score, p.reason)).reason
        score = max((p.score for p in own), default=0.0)
        made = Group("ambiguous", lefts, rights, reason, score, own)
        board.take(replace(made, division=division.division) if division is not None else made)


def _leave_alone(board: _Board, kind: Literal["only_left", "only_right"]) -> None:
    """Entries without a partner, each with the nearest ones that belong to others."""
    near: dict[int, list[Pair]] = defaultdict(list)
    for p in board.pairs:
        near[p.left if kind == "only_left" else p.right].append(p)
    for row in sorted(board.left if kind == "only_left" else board.right):
        found = tuple(sorted(near[row], key=lambda p: (-p.score, p.left, p.right))[:5])
        reason = "partner_taken" if found else "not_there"
        left, right = ((row,), ()) if kind == "only_left" else ((), (row,))
        board.take(Group(kind, left, right, reason, found[0].score if found else 0.0, found))
