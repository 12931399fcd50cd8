"""Class codes in the words of maps and tables: mixed zones (ODT+CLN), codes inside label text, codes taken for others.

A code is read by stated patterns only, and only when the list of classes knows it; what fits no pattern stays as written and
ends as UNKNOWN. A colour never tells a code: the official palette gives 22 classes one colour.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from plangeo.errors import InputError
from plangeo.model import ZoneClass
from plangeo.profiles import Profile
from plangeo.reading import Decision
from plangeo.text import clean, fold, normalise_code

MIXED = "+"
"""Joins the classes of a mixed zone in a canonical code."""
_SHOWN = 5
_LONGEST = 200
"""A text beyond this many characters is prose, not a label."""
_JOINT = re.compile(r"\s*[+/,;&–-]\s*|\s+và\s+")
_CODE = r"[A-ZĐ]{2,5}"
_CODES = rf"(?P<codes>{_CODE}(?:(?:\s*[+/,;&–-]\s*|\s+và\s+){_CODE})*)"
_NUMBER = r"\d[\d.,]*"
_PAIR = rf"{_NUMBER}(?:\s*[/\s]\s*{_NUMBER})?"
_UNIT = r"(?:\s*(?:m2|m²|ha))?"
_GAP = r"(?:\s+|\s*[:=/(]\s*|\s+-\s+|(?=\d+[/.,]\d))"
_PATTERNS = (
    re.compile(rf"{_CODES}{_GAP}{_PAIR}{_UNIT}\)?"),
    re.compile(rf"{_PAIR}{_UNIT}{_GAP}{_CODES}\)?"),
    re.compile(rf"{_NUMBER}{_GAP}{_CODES}{_GAP}{_NUMBER}{_UNIT}\)?"),
)
# "ODT1", "ODT-1" and "ODT 1" are classes of their own in many plans: numbers of a label have three digits, decimals or a unit.
_MEASURED = re.compile(r"\d{3}|\d[.,/]\s?\d|\d\s*(?:m2|m²|ha)\b|\d\s+\D+\d")
PATTERNS = "“ODT 350”, “ODT: 1.234,5 m²”, “ODT 123/456.7”, “123/456.7 ODT”, “123 ODT 456.7”"
"""The forms of a label from which a code is taken, as people write them; the code in capitals."""

Way = Literal["code", "mixed", "label", ""]


@dataclass(frozen=True)
class CodeReading:
    """What one text says: ``code`` (parts of a mixed zone joined by +), and ``way`` it was found; "" = no known code."""

    code: str
    way: Way


def read_code(text: str, known: Collection[str]) -> CodeReading:
    """Return the class code a text writes.

    Parameters: ``text`` a cell or the text of a map label; ``known`` the codes of the profile. A text that holds no known code comes back
    normalised, with the way "".

    >>> known = {"ODT", "CLN", "LUC", "HNK"}
    >>> [read_code(t, known).code for t in ("odt", "ODT+CLN", "LUC, HNK", "123/456.7 ODT", "LUC 1.234,5")]
    ['ODT', 'ODT+CLN', 'LUC+HNK', 'ODT', 'LUC']
    >>> read_code("1L654/119.3", known), read_code("Trường học ODT", known).way
    (CodeReading(code='1L654/119.3', way=''), '')
    """
    plain, _ = normalise_code(text)
    if plain in known:
        return CodeReading(plain, "code")
    if len(plain) > _LONGEST:
        return CodeReading(plain, "")
    if mixed := _known_parts(_JOINT.split(clean(text)), known):
        return CodeReading(mixed, "mixed" if MIXED in mixed else "code")
    label = clean(text.replace("\\P", "\n"))
    for pattern in _PATTERNS if _MEASURED.search(label) else ():
        if (found := pattern.fullmatch(label)) and (code := _known_parts(_JOINT.split(found["codes"]), known)):
            return CodeReading(code, "label")
    return CodeReading(plain, "")


def split_codes(code: str) -> tuple[str, ...]:
    """Return the classes of a mixed code, in the order written, each once; of a plain code itself.

    >>> split_codes("ODT+CLN"), split_codes("ONT/CLN"), split_codes("LUC")
    (('ODT', 'CLN'), ('ONT', 'CLN'), ('LUC',))
    """
    return tuple(dict.fromkeys(part for part in _JOINT.split(code) if part))


def _known_parts(parts: Sequence[str], known: Collection[str]) -> str:
    """The parts joined to one canonical code; empty unless every one of them is a known code."""
    codes = [normalise_code(part)[0] for part in parts]
    return MIXED.join(dict.fromkeys(codes)) if codes and all(code in known for code in codes) else ""


def read_codes(texts: Iterable[str], known: Collection[str], where: str) -> tuple[list[str], list[Decision]]:
    """Return the code of every text and what was decided on the way; ``where`` names file and column.

    Without ``known`` codes (a profile without classes) texts are only normalised.
    """
    given = list(texts)
    made = {
        text: read_code(text, known) if known else CodeReading(normalise_code(text)[0], "code") for text in dict.fromkeys(given)
    }
    codes = [made[text].code for text in given]
    if not known:
        return codes, []
    counts = Counter(given)
    decisions = [
        *_told(where, counts, made, "mixed", "write several classes; each must consent, the most restrictive governs"),
        *_told(where, counts, made, "label", f"bear a label text from which the class code was taken (forms read: {PATTERNS})"),
        *_unknown(where, counts, made, known),
    ]
    return codes, decisions


def _told(where: str, counts: Mapping[str, int], made: Mapping[str, CodeReading], way: Way, said: str) -> list[Decision]:
    found = [t for t in made if made[t].way == way]
    if not found:
        return []
    sample = ", ".join(f"{_short(t)} → {made[t].code}" for t in found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    return [Decision("column", where, f"{sum(counts[t] for t in found)} zone(s) {said}", sample)]


def _unknown(where: str, counts: Mapping[str, int], made: Mapping[str, CodeReading], known: Collection[str]) -> list[Decision]:
    found = [t for t in made if made[t].way == "" and made[t].code]
    blank = sum(counts[t] for t in made if not made[t].code)
    told = []
    if blank:
        told.append(Decision("column", where, f"{blank} zone(s) have no class code; what lies on them cannot be determined"))
    if found:
        found.sort(key=lambda t: (-counts[t], t))
        sample = ", ".join(f"{_short(t)} ({counts[t]}){_near(made[t].code, known)}" for t in found[:_SHOWN])
        told.append(
            Decision(
                "column",
                where,
                f"{sum(counts[t] for t in found)} zone(s) have a code that the profile does not know; unless the rulebook "
                "defines it, what lies on them cannot be determined",
                sample + (f" … and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""),
            )
        )
    return told


def _near(code: str, known: Collection[str]) -> str:
    """Known codes that look alike, as a question; a suggestion is never applied."""
    near = difflib.get_close_matches(code, sorted(known), n=6, cutoff=0.6) if len(code) <= 8 else []
    return f" did you mean {', '.join(near)}?" if near else ""


def _short(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 42 else f"{shown[:40]}…'"


def describe_old_codes(codes: Iterable[str], classes: Mapping[str, ZoneClass], where: str) -> list[Decision]:
    """Return a decision for every code met that today's list of codes does not hold, with what it has become."""
    counts = _count_parts(codes)
    hinted = [c for c in counts if c in classes and classes[c].hint.en and not classes[c].overlay]
    return [
        Decision(
            "column", where, f"{counts[c]} zone(s): {classes[c].hint.en}; kept as written, the rulebook must speak of {c} itself"
        )
        for c in sorted(hinted)
    ]


def _count_parts(codes: Iterable[str]) -> Counter[str]:
    """How often each class is met, alone or in a mixture."""
    counts: Counter[str] = Counter()
    for code, count in Counter(codes).items():
        for part in split_codes(code):
            counts[part] += count
    return counts


def read_zone_codes(texts: Iterable[str], profile: Profile, where: str) -> tuple[list[str], list[Decision]]:
    """Return the class codes of a plan's zones and everything decided or doubtful about them (``read_codes``)."""
    codes, decisions = read_codes(texts, profile.classes, where)
    told = [*decisions, *describe_old_codes(codes, profile.classes, where), *_confused(codes, profile, where, "zone(s) have")]
    return codes, told


def find_confused_cells(table: pd.DataFrame, profile: Profile, where: str) -> list[Decision]:
    """Return a decision for every text column of a register with a code that people write for something else.

    A cell counts when it is nothing but codes (KCN; KCN, SKK); nothing is changed.
    """
    told, confused = [], profile.landuse.confused
    for column in table.columns if confused else ():
        cells = table[column]
        if isinstance(cells, pd.Series) and not pd.api.types.is_numeric_dtype(cells) and str(cells.dtype) != "geometry":
            texts = [c for c in cells if isinstance(c, str) and len(c) <= _LONGEST and any(k in c.upper() for k in confused)]
            told += _confused((normalise_code(c)[0] for c in texts), profile, f"{where}, column {str(column)!r}", "cell(s) say")
    return told


def _confused(codes: Iterable[str], profile: Profile, where: str, said: str) -> list[Decision]:
    counts = _count_parts(codes)
    return [
        Decision(
            "column",
            where,
            f"{counts[code]} {said} {code}: {known.note.en}{_mark(known.verified)}. Did you mean {known.meant}? "
            "Nothing was changed",
            code,
        )
        for code, known in profile.landuse.confused.items()
        if counts[code]
    ]


def describe_code(code: str, profile: Profile) -> list[str]:
    """Return what the profile knows of a class code, a line each: names, place in every list of codes, successors, colour, traps.

    **Raises** InputError for a code it does not know, with those that look alike.
    """
    plain, _ = normalise_code(code)
    known, land = profile.classes.get(plain), profile.landuse
    if known is None:
        raise InputError(
            f"the profile {profile.name!r} knows no class code {code!r}.{_near(plain, profile.classes).replace(' did', ' Did')}",
            code="class_unknown",
        )
    source = land.provenance.get(plain)
    lines = [f"{plain}: {known.name.vi} / {known.name.en}{_mark(source is None or source.verified)}"]
    if known.overlay:
        lines.append("  functional area: lies over other classes and is never added to them")
    for scheme in land.schemes_of(plain):
        place = land.hierarchy[scheme][plain]
        above = {"": "at the top", "(overlay)": "functional area"}.get(place.parent, f"under {place.parent}")
        lines.append(f"  {scheme} ({land.schemes[scheme].purpose}): {above}{_mark(place.parent_verified)}; {place.source}")
    if known.hint.en:
        lines.append(f"  {known.hint.en}")
    before = [s for s in land.successors if s.new == plain and s.old != plain]
    lines += [
        f"  in {s.to_scheme} it holds what was {s.old}{', by case' if s.how == 'by_case' else ''}{_mark(s.verified)}"
        for s in before
    ]
    lines += [f"  may be {r.code} since {r.valid_from}: {r.note.en} ({r.basis.cite('en')})" for r in known.relabelled]
    if plain in land.confused:
        lines.append(f"  {land.confused[plain].note.en}{_mark(land.confused[plain].verified)}")
    if known.colour:
        shared = len(classes_of_colour(known.colour, profile.classes))
        sure = _mark(source is None or source.colour_verified)
        lines.append(f"  colour {known.colour}{sure}, borne by {shared} class(es): a colour names no class")
    if source is not None:
        lines.append(f"  source: {source.regulation}{f'; {source.note}' if source.note else ''}")
    return lines


def _mark(verified: bool) -> str:
    return "" if verified else " (not verified)"


def classes_of_colour(colour: str, classes: Mapping[str, ZoneClass]) -> tuple[str, ...]:
    """Return the codes whose colour in the profile is ``colour`` (#RRGGBB), sorted: candidates, never an answer.

    >>> from plangeo.profiles import load_profile
    >>> classes = load_profile("vn").classes
    >>> classes_of_colour("#ffd0ff", classes), len(classes_of_colour("#FFAAA0", classes))
    (('ONT',), 22)
    """
    wanted = fold(colour)
    return tuple(sorted(code for code, z in classes.items() if z.colour and fold(z.colour) == wanted))
