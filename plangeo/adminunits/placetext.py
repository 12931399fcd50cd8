"""The written place of a list taken apart: which names it mentions, of which kind, and which one lies in which.

"xã A và xã B (huyện C), xã D (huyện E)", "các xã: A, B – huyện C", "huyện C: A, B", "A, B, C". Nothing is looked up
beyond what is needed to part the words; what a name means is the work of ``plangeo.adminunits.places``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from plangeo.adminunits.placenames import Key, name_key
from plangeo.adminunits.placewords import CODE, Grammar, bearers, grammar_of, is_below, is_marked, is_name, kind_of
from plangeo.adminunits.unitregister import UnitRegister
from plangeo.text import clean, fold

MOST_CHARACTERS = 2_000
"""A longer text is no place; the rest of it is not read."""

_PARTS = re.compile(r"([,;\n|/+&:()\[\]])|\s*([–—])\s*|\s(-)\s|\s(và|and|&)\s", re.IGNORECASE)
_AND = ("và", "and")
_COUNTED = re.compile(r"\d{1,2}\s+(?=\D)")


@dataclass
class Said:
    """One name of a text."""

    said: str
    """As written, with its kind."""
    name: str
    kind: str
    """Kind of unit as the register writes it; empty when none is stated."""
    levels: frozenset[int]
    """Levels it may be of: that of its kind, else those of all units of the name; empty for an unknown name."""
    code: str = ""
    when: str = ""
    """``former`` or ``present`` where the text says that the name is an old or a new one."""
    again: bool = False
    """True when it says the place before once more: "xã Phú Xá (nay là xã Đồng Đăng)"."""
    above: list[Said] = field(default_factory=list)
    """What the text says it lies in."""
    holds: bool = False
    """True when it stands only for where other names lie."""
    may_only_hold: bool = False
    """True when nobody can say whether it is a place of its own or only where others lie ("Hồng Phong, Cao Lộc")."""
    head: bool = False

    @property
    def key(self) -> Key:
        return name_key(self.name)


def take_apart(text: str, register: UnitRegister) -> list[Said]:
    """Return the names of ``text`` that are places of their own, each with those it lies in.

    >>> from plangeo.profiles import load_profile
    >>> units = load_profile("vn").units
    >>> [(s.said, [a.said for a in s.above]) for s in take_apart("xã Phú Xá và xã Hồng Phong (huyện Cao Lộc)", units)]
    [('xã Phú Xá', ['huyện Cao Lộc']), ('xã Hồng Phong', ['huyện Cao Lộc'])]
    """
    found = _names(list(_pieces(clean(text[:MOST_CHARACTERS]), register)), register)
    _attach(found, register)
    return [said for said in found if isinstance(said, Said) and not said.holds]


def _pieces(text: str, register: UnitRegister) -> Iterator[str]:
    """Yield pieces of text and the signs between them, longest known names kept whole."""
    parts = [part for part in _PARTS.split(text) if part is not None and part.strip()]
    n = 0
    while n < len(parts):
        # a name of the register may itself have a dash in it
        if n + 2 < len(parts) and parts[n + 1].strip() in "-–—" and bearers(name_key("".join(parts[n : n + 3])), register):
            yield "".join(parts[n : n + 3]).strip()
            n += 3
            continue
        yield from (sign for part in _at_hyphens(parts[n].strip(), register) for sign in _at_kinds(part, register))
        n += 1


def _at_hyphens(piece: str, register: UnitRegister) -> Iterator[str]:
    """Part "Hữu Lũng-Chi Lăng" when each of the two is a name and the whole is none."""
    halves = [kind_of(half.strip(), register)[1] for half in piece.split("-")]
    if len(halves) > 1 and not is_name(kind_of(piece, register)[1], register) and all(is_name(h, register) for h in halves):
        yield from (half.strip() for half in piece.split("-"))
    else:
        yield piece


def _at_kinds(piece: str, register: UnitRegister) -> Iterator[str]:
    """Part "xã Hồng Phong huyện Cao Lộc" before the second kind; without marks only where the kind is no syllable of names."""
    if len(piece) == 1 or is_name(piece, register):
        yield piece
        return
    grammar = grammar_of(register)
    kinds = grammar.inside if is_marked(piece) else grammar.inside_plain
    at = [m.start() for m in kinds.finditer(piece) if not _ends_with_kind(piece[: m.start()], grammar)]
    for start, stop in zip([0, *at], [*at, len(piece)], strict=True):
        if piece[start:stop].strip():
            yield piece[start:stop].strip()


def _ends_with_kind(before: str, grammar: Grammar) -> bool:
    """True where the words before belong to the kind behind: "các xã", "tại thị trấn", "06187 phường", "nay là xã"."""
    return fold(before).rstrip(".") in grammar.before or before.strip().isdigit() or not before.strip()


def _names(pieces: Sequence[str], register: UnitRegister) -> list[Said | str]:
    """Turn pieces into names; signs that part or join groups stay as text."""
    found: list[Said | str] = []
    running = ""
    beside = False
    passed = False  # the piece before was a hamlet, a street: "Khu kinh tế Đồng Đăng - Lạng Sơn" is one name of that sort
    for at, piece in enumerate(pieces):
        if piece.casefold() in _AND:
            continue
        if len(piece) == 1 and not piece.isalnum():
            found.append(piece)
            passed = passed and piece in "-–—"
            continue
        shut, (piece, beside) = beside, _before_neighbour(piece, register)
        if shut or not piece:  # "giáp xã Ba Sơn" is a neighbour, not the place
            continue
        mark = _time_word(piece, register)
        last = next((s for s in reversed(found) if isinstance(s, Said)), None)
        if mark and not mark[1]:
            if last is not None:
                last.when = mark[0]
            continue
        again = mark is not None and last is not None
        piece, when = (mark[1], mark[0]) if mark else _former_at_end(piece, register)
        piece, plural = _without_filler(piece, register)
        if not piece:
            continue
        kind, name, word = kind_of(piece, register)
        if kind and not name:
            if last is not None and at and pieces[at - 1] == "(" and not last.kind:  # "Chi Lăng (TT)"
                last.kind, last.levels = kind, frozenset({register.kinds[word].level})
            else:
                running = kind
            continue
        if not kind and (passed or is_below(piece, register)):
            passed = True
            continue
        passed = False
        if kind:
            running = kind if plural else ""
        elif running and register.kinds[running].level == register.leaf and _higher_only(name, register):
            running = ""  # "các xã A, B, Cao Lộc" of a name that only a district bears
        one = _said(piece, name, kind or running, when, register)
        one.again = again
        found.append(one)
    return found


def _before_neighbour(piece: str, register: UnitRegister) -> tuple[str, bool]:
    """Return the piece without what lies beside the place ("giáp Ba Sơn"), and whether that neighbour is the next piece."""
    if is_name(piece, register):
        return piece, False
    match = grammar_of(register).beside.search(piece if is_marked(piece) or len(fold(piece)) != len(piece) else fold(piece))
    if match is None:
        return piece, False
    return piece[: match.start()].strip(), not piece[match.end() :].strip()


def _said(piece: str, name: str, kind: str, when: str, register: UnitRegister) -> Said:
    code = ""
    match = CODE.fullmatch(name)
    if match and (match[1] in register.codes or not match[2]):
        code, rest = match[1], match[2] or ""
        if rest:
            inner, name, _ = kind_of(rest, register)
            kind = inner or kind
        else:
            name = ""
    if kind:
        levels = frozenset({register.kinds[kind].level})
    else:
        levels = frozenset(unit.level for unit in bearers(name_key(name), register)) if name else frozenset()
    return Said(piece, name, kind, levels, code, when)


def _time_word(piece: str, register: UnitRegister) -> tuple[str, str] | None:
    """Return former or present, and what follows: "nay là xã Đồng Đăng" → ("present", "xã Đồng Đăng")."""
    lower = piece.casefold()
    for when, words in (("former", register.words.former), ("present", register.words.present)):
        for word in sorted(words, key=len, reverse=True):
            if lower == word or lower.startswith(f"{word} "):
                return when, piece[len(word) :].strip()
    return None


def _former_at_end(piece: str, register: UnitRegister) -> tuple[str, str]:
    """Return the piece without "cũ" at its end, and which time it said."""
    for when, words in (("former", register.words.former), ("present", register.words.present)):
        for word in words:
            rest = piece[: -len(word) - 1]
            if piece.casefold().endswith(f" {word}") and not is_name(kind_of(piece, register)[1], register) and rest.strip():
                return rest.strip(), when
    return piece, ""


def _without_filler(piece: str, register: UnitRegister) -> tuple[str, bool]:
    """Return the piece without words that say nothing of the place, and whether they spoke of several ones."""
    plural = False
    fillers = grammar_of(register).fillers
    while not is_name(piece, register):
        counted = _COUNTED.match(piece)
        lower = piece.casefold()
        word = next((w for w in fillers if lower.startswith(f"{w} ") or lower == w), None)
        behind = next((w for w in fillers if lower.endswith(f" {w}")), None)
        if behind is not None and word is None:
            piece = piece[: -len(behind)].strip()
        elif counted and kind_of(piece[counted.end() :], register)[0]:
            piece, plural = piece[counted.end() :].strip(), True
        elif word is not None:
            piece, plural = piece[len(word) :].strip(), plural or word in register.words.several
        else:
            break
    return piece, plural


def _higher_only(name: str, register: UnitRegister) -> bool:
    levels = {unit.level for unit in bearers(name_key(name), register)}
    return bool(levels) and max(levels) < register.leaf


def _attach(found: Sequence[Said | str], register: UnitRegister) -> None:
    """Say which name lies in which: after it, in brackets behind it, or before it with a colon or brackets."""
    said = [s for s in found if isinstance(s, Said)]
    starts = _group_starts(found)
    for at, item in enumerate(found):
        if isinstance(item, Said) and _is_higher(item, register) and at + 1 < len(found) and found[at + 1] in (":", "("):
            follow = next((f for f in found[at + 2 :] if isinstance(f, Said) or f == ")"), None)
            item.head = isinstance(follow, Said) and _deeper(follow, item)
    head: Said | None = None
    opened = 0
    for at, item in enumerate(found):
        if not isinstance(item, Said):
            opened += (item == "(") - (item == ")")
            head = None if item == ";" or (item == ")" and opened <= 0) else head
            continue
        if _is_higher(item, register):
            if head is not None and not _deeper(item, head):
                head = None
            before = [s for s in found[starts[at] : at] if isinstance(s, Said)]
            open_ones = [s for s in before if _deeper(s, item) and not _bound(s, item)]
            if not item.head or open_ones:
                _bind(open_ones, item)
            head = item if item.head else head
        elif head is not None:
            _bind([item], head)
    _attach_to_heads(said, register)
    for item in said:
        others = [s for s in said if s is not item and not s.holds]
        item.may_only_hold = not item.kind and not item.holds and any(_could_hold(item, other, register) for other in others)


def _could_hold(item: Said, other: Said, register: UnitRegister) -> bool:
    """True when some unit of the one name lies in some unit of the other: "Hồng Phong, Cao Lộc".

    A name nobody knows may lie anywhere: "xã Quang Lang, Chi Lăng" need not be two communes.
    """
    higher = {u.key for u in bearers(item.key, register) if u.level < register.leaf}
    if not higher or other.key == item.key:
        return False
    known = [u for u in bearers(other.key, register) if not other.kind or u.kind == other.kind]
    return not known or any(higher & register.places_above(u) for u in known)


def _attach_to_heads(said: Sequence[Said], register: UnitRegister) -> None:
    """A higher name that holds nothing yet and stands before others: "TP Lạng Sơn, P. Vĩnh Trại"."""
    for at, item in enumerate(said):
        if not _is_higher(item, register) or item.holds or not item.kind:
            continue
        follow = []
        for other in said[at + 1 :]:
            if _is_higher(other, register) and not _deeper(other, item):
                break
            if _deeper(other, item) and not _bound(other, item) and _could_hold(item, other, register):
                follow.append(other)
        _bind(follow, item)


def _group_starts(found: Sequence[Said | str]) -> list[int]:
    """For each item, where its group begins: a semicolon parts groups where commas part names."""
    starts, start = [], 0
    for at, item in enumerate(found):
        if item == ";" and "," in found:
            start = at + 1
        starts.append(start)
    return starts


def _is_higher(item: Said, register: UnitRegister) -> bool:
    return bool(item.levels) and max(item.levels) < register.leaf


def _deeper(item: Said, than: Said) -> bool:
    return not item.levels or max(item.levels) > max(than.levels)


def _bound(item: Said, above: Said) -> bool:
    return any(a.levels & above.levels for a in item.above)


def _bind(items: Iterable[Said], above: Said) -> None:
    for item in items:
        item.above.append(above)
        above.holds = True
