"""Sentences that state a coordinate system: "VN-2000, kinh tuyến trục 107°15', múi chiếu 3°" → the systems it can mean.

A sentence is the best evidence there is, so it is used and told; where it leaves two systems, or contradicts another
sentence or the user, nothing is chosen. The systems are a table of the profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyproj

from plangeo.errors import CrsError
from plangeo.geometry import as_crs
from plangeo.positions.systems import ProvinceMeridian, System
from plangeo.profiles import Profile
from plangeo.reading import Decision, Sentence
from plangeo.text import fold

Kind = Literal["metres", "degrees"]

_MOST_SENTENCES, _MOST_LETTERS, _MOST_CELLS = 400, 400, 4
# Cheap look before a text is folded: most cells of a sheet say nothing of coordinates.
_HINT = re.compile(r"kinh tuy|kt|vn|wgs|utm|h[nàa]|epsg|m[úu]i|zone|meridian|tm-?3", re.IGNORECASE)
# A cell with coordinates speaks of its own row only.
_PLACE = re.compile(
    r"\d{6}|\d[.,]\d{3}[.,]\d{3}|\d[.,]\d+\D+\d+[.,]\d|\d\s*[°d]\s*\d+\s*['′’m].*\d\s*[°d]\s*\d+\s*['′’m]", re.DOTALL
)
_DATUMS = {
    "VN-2000": r"vn\s?[-_]?\s?(2000|2k)\b",
    "WGS 84": r"wgs\s?[-_]?\s?(19)?84\b",
    "HN-72": r"\bhn\s?[-_]?\s?(19)?72\b|\bha ?noi\s?[-_]?\s?(19)?72\b",
}
_EPSG = re.compile(r"\bepsg\s?:?\s?(\d{4,5})\b")
_UTM = re.compile(r"\butm\b")
_ZONE = re.compile(r"\b(?:zone|mui|vung|utm)(?:\s+chieu)?(?:\s+(?:zone|so))?\s?[-:]?\s?(4[6-9]|5[0-2])\s?n?\b")
_WIDTH = re.compile(r"\b(?:mui|zone)(?:\s+chieu)?(?:\s+(?:la|rong))?\s?:?\s?0?([36])(?![\d.,])\b|\btm\s?-?(3)\b")
_MERIDIAN = re.compile(
    r"\b(?:kinh tuyen(?:\s+(?:truc|trung uong|trung tam|giua))?|k\.?t\.?t\.?(?:[tuw]\.?)*|kttu?w?|kt truc|central meridian|meridian|cm)"
    r"\s*(?:la|so|=|:)?\s*"
    r"(?P<deg>1\d\d)(?:0\s?(?P<lost>[0-5]\d)\s?'"
    r"|(?:\s?(?:°|o|do|d))?(?P<mark>[\s.,-]?)(?P<rest>\d\d|(?<=[.,])\d)(?!\d|\s?(?:°|o\b|do\b))|(?P<odd>\d))?"
)
# "107015'" is 107°15' whose raised degree sign became a plain 0
_ABBREVIATED = re.compile(r"(?:k\.?t\.?t\.?(?![a-z.])|cm\b)")
_ZONES_OF = re.compile(r"\b[36]\s?(?:°|do\b)")


@dataclass(frozen=True)
class Claim:
    """What one sentence says: the codes of the systems it can mean; none when no system fits it."""

    sentence: Sentence
    codes: frozenset[int]

    @property
    def shown(self) -> str:
        """Place and words, as messages quote them."""
        return f"{self.sentence.where}: {self.sentence.text[:160]!r}"


@dataclass(frozen=True)
class Settled:
    """The CRS of coordinates, None when nothing decides it; why, and what would."""

    crs: pyproj.CRS | None
    decisions: tuple[Decision, ...] = ()
    hint: str = ""


def sheet_sentences(rows: Iterable[tuple[int, Sequence[str]]]) -> list[Sentence]:
    """Return titles and notes of a sheet: cells with words in rows of at most four cells.

    ``rows`` are (number in the file, cells). At most 400 are kept, cut to 400 letters.

    >>> sheet_sentences([(4, ["", "(Hệ tọa độ VN-2000, KTT 107°15')", ""]), (5, ["1", "2", "3", "4", "5"])])
    [Sentence(where='row 4', text="(Hệ tọa độ VN-2000, KTT 107°15')", sheet='')]
    """
    found: list[Sentence] = []
    for number, cells in rows:
        told = [c for c in cells if c]
        if not told or len(told) > _MOST_CELLS:
            continue
        for text in dict.fromkeys(told):
            if len(text) >= 4 and any(c.isalpha() for c in text) and not _PLACE.search(text[:_MOST_LETTERS]):
                found.append(Sentence(f"row {number}", text[:_MOST_LETTERS]))
        if len(found) >= _MOST_SENTENCES:
            break
    return found[:_MOST_SENTENCES]


def claims_of(sentences: Iterable[Sentence], profile: Profile) -> list[Claim]:
    """Return what the sentences say of the coordinate system, without those that say nothing."""
    claims = []
    told = list(sentences)
    for i, sentence in enumerate(told):
        if _HINT.search(sentence.text):
            near = [
                other.text for other in told[max(0, i - 1) : i + 2] if other is not sentence and other.sheet == sentence.sheet
            ]
            codes = systems_named(sentence.text, profile.systems, " / ".join(near))
            if codes is not None:
                claims.append(Claim(sentence, codes))
    return claims


def check_sheets(sentences: Sequence[Sentence], profile: Profile, source: str) -> None:
    """Hold against each other what several sheets say, for coordinates whose system the user did not state.

    **Raises** CrsError when they do not all say the same: a sheet that says nothing would follow the one that speaks.
    """
    common = [s for s in sentences if not s.sheet]
    said: dict[str, frozenset[int] | None] = {}
    for sheet in dict.fromkeys(s.sheet for s in sentences if s.sheet):
        claims = claims_of([*(s for s in sentences if s.sheet == sheet), *common], profile)
        said[sheet] = frozenset.intersection(*(c.codes for c in claims)) if claims else None
    if len(set(said.values())) > 1:
        shown = "".join(f"\n- sheet {n!r}: {'says nothing' if c is None else _listed(c, profile)}" for n, c in said.items())
        raise CrsError(
            f"{source}: the sheets do not all state the same coordinate system, and a wrong one moves every project of a sheet by up to "
            f"hundreds of kilometres:{shown}\nWrite the system above each table, read the sheets one by one with sheet=, or state crs= if it "
            "holds for all of them.",
            code="crs_statements_contradict",
        )


def systems_named(text: str, systems: Sequence[System], beside: str = "") -> frozenset[int] | None:
    """Return the EPSG codes of all ``systems`` the text can mean; None when it speaks of none.

    A bare "KTT 107" is the name of a housing estate (khu tập thể) as well: it counts with minutes, a degree sign, a datum or a width
    of zones, here or in the texts ``beside`` it.

    >>> from plangeo.profiles import load_profile
    >>> known = load_profile("vn").systems
    >>> [sorted(systems_named(t, known)) for t in ("VN2000 KTT 107 15", "Hệ VN-2000, múi 6°", "UTM zone 48N")]
    [[9215], [3405, 3406], [3405, 32648]]
    """
    plain = _folded(text)
    codes = {int(code) for code in _EPSG.findall(plain)}
    if codes:
        return frozenset(codes)
    datums = {name for name, words in _DATUMS.items() if re.search(words, plain)}
    widths = {int(a or b) for a, b in _WIDTH.findall(plain)}
    matches = list(_MERIDIAN.finditer(plain))
    if not (datums or widths or _ZONES_OF.search(plain)):
        near = _speaks_of_systems(_folded(beside))
        matches = [match for match in matches if _sure(match, plain[match.end() :].strip(" ).,;:"), near)]
    meridians = [_meridians(match) for match in matches]
    zones = {int(n) for n in _ZONE.findall(plain)} if _UTM.search(plain) or datums else set()
    utm = bool(_UTM.search(plain)) or bool(zones)
    if not (datums or widths or meridians or utm):
        return None
    wanted = set().union(*meridians) | {6.0 * zone - 183.0 for zone in zones}
    kept = [s for s in systems if not datums or s.datum in datums]
    if widths or meridians or utm:  # a sentence of zones and meridians speaks of metres
        kept = [s for s in kept if s.width_deg is not None]
    kept = [s for s in kept if not widths or s.width_deg in widths]
    kept = [s for s in kept if not utm or (s.width_deg == 6 and s.datum != "HN-72")]
    kept = [s for s in kept if not (meridians or zones) or (s.central_meridian is not None and _near(s.central_meridian, wanted))]
    return frozenset(s.epsg for s in kept)


def _folded(text: str) -> str:
    return fold(text).replace("′", "'").replace("º", "°").replace("˚", "°").replace("’", "'")


def _speaks_of_systems(plain: str) -> bool:
    """Say whether a text names a datum or a width of zones and leaves the meridian to its neighbour."""
    said = _WIDTH.search(plain) or any(re.search(words, plain) for words in _DATUMS.values())
    return bool(said) and not _MERIDIAN.search(plain)


def _sure(match: re.Match[str], rest: str, near: bool) -> bool:
    """Say whether a meridian is one without datum and width in its own sentence; ``rest`` is what follows it."""
    return not _ABBREVIATED.match(match[0]) or bool(match["rest"] or match["lost"]) or rest.startswith("°") or (near and not rest)


def _meridians(match: re.Match[str]) -> set[float]:
    """The meridians a number can mean: 107.15 is 107°15' or 107.15°; the table of systems says which exists."""
    degrees, rest = int(match["deg"]), match["rest"] or match["lost"] or ""
    if match["odd"]:
        return set()
    if not rest:
        return {float(degrees)}
    found = {float(f"{degrees}.{rest}")} if re.search(r"[.,]", match["mark"] or "") else set()
    if int(rest) < 60:
        found.add(degrees + int(rest) / 60)
    return found


def _near(value: float, wanted: Iterable[float]) -> bool:
    return any(abs(value - w) < 1e-6 for w in wanted)


def settle_written(claims: Sequence[Claim], stated: Any, kind: Kind | None, profile: Profile, source: str) -> Settled:
    """Return the CRS of coordinates of ``kind`` from what the sheet and the user say; the sheet decides, the user confirms.

    **Raises** CrsError when sentences contradict one another, or what the user stated, or fit no known system.
    """
    told = [c for c in claims if speaks_of(c, kind, profile)]
    if not told:
        return Settled(as_crs(stated) if stated is not None else None, hint=_other_kind(claims, kind))
    for claim in told:
        if not claim.codes:
            raise CrsError(
                f"{source}, {claim.shown}: no coordinate system in use here fits this sentence. A wrong one moves every project: correct "
                "the sentence in the file.",
                code="crs_statements_contradict",
            )
    common = narrowed_to(told[0], kind, profile)
    for claim in told[1:]:
        narrowed = common & narrowed_to(claim, kind, profile)
        if not narrowed:
            raise CrsError(
                f"{source}: two sentences of the sheet contradict each other about the coordinate system, which would move projects by "
                f"up to hundreds of kilometres:\n- {told[0].shown}\n- {claim.shown}\nCorrect the file, or split it into one sheet for each system.",
                code="crs_statements_contradict",
            )
        common = narrowed
    if stated is not None:
        return _confirmed(told, common, as_crs(stated), source)
    if len(common) > 1:
        return Settled(None, hint=f"{told[0].shown} leaves {_listed(common, profile)}: say which. ")
    crs = as_crs(f"EPSG:{next(iter(common))}")
    system = crs.to_string()
    said = f"coordinates are read in {system} ({crs.name}), because the sheet says so; state --crs sites={system} (in Python crs={system!r}) to have this checked"
    first = {claim.sentence.sheet: claim for claim in reversed(told)}  # the first of every sheet
    where = "; ".join(claim.sentence.where for claim in reversed(first.values()))
    return Settled(crs, (Decision("crs", f"{source}, {where}", said, told[0].sentence.text[:160], 0.99),))


def whose_word(caller: Any, file: Any, decisions: Iterable[Decision]) -> str:
    """Return why a layer is read in its CRS, as the end of a sentence: who said so.

    Parameters: ``caller`` what the user stated, ``file`` what the file itself states, each None where nothing; ``decisions`` of the
    reader, which quote the sentence of a sheet.

    >>> whose_word("EPSG:9215", "EPSG:9215", []), whose_word("EPSG:9215", "EPSG:3405", [])
    ('stated by the user, as in the file', 'stated by the user; the file says EPSG:3405')
    >>> whose_word(None, "EPSG:9215", []), whose_word(None, None, [])
    ('the file says so', 'the format or its numbers leave no other')
    """
    if caller is not None and file is not None:
        agree = as_crs(caller).equals(as_crs(file), ignore_axis_order=True)
        return "stated by the user, as in the file" if agree else f"stated by the user; the file says {_short(file)}"
    said = next((d for d in decisions if d.topic == "crs" and d.confidence is not None), None)
    if caller is not None:
        return "stated by the user"
    if file is not None:
        return "the file says so"
    return "the format or its numbers leave no other" if said is None else f"{said.where}: {(said.sample or said.said)[:100]!r}"


def _short(crs: Any) -> str:
    found = as_crs(crs)
    return ":".join(found.to_authority() or ()) or found.name


def suggestion(sentences: Iterable[Sentence], profile: Profile) -> str:
    """Return a sentence on the meridian of a province the texts name, or ""; for messages only, it decides nothing.

    >>> from plangeo.profiles import load_profile
    >>> suggestion([Sentence("row 1", "UBND tỉnh Lạng Sơn")], load_profile("vn"))[:55]
    "'tỉnh Lạng Sơn' stands in row 1; its projects are usual"
    """
    for sentence in sentences:
        plain = f" {fold(sentence.text)} "
        for province in profile.meridians:
            hit = re.search(rf"\b(tinh|thanh pho|tp\.?)\s+{re.escape(_bare(province))}\b", plain)
            if hit:
                word = "tỉnh" if hit.group(1) == "tinh" else "thành phố"
                name = province.province.removeprefix("TP ")
                return (
                    f"'{word} {name}' stands in {sentence.where}; its projects are usually written in VN-2000 with the central meridian "
                    f"{province.written}, EPSG:{province.epsg}. "
                )
    return ""


def _bare(province: ProvinceMeridian) -> str:
    return fold(province.province).removeprefix("tp ")


def speaks_of(claim: Claim, kind: Kind | None, profile: Profile) -> bool:
    """Return whether a claim says something of coordinates of ``kind``: a sentence of zones says nothing of degrees."""
    return not claim.codes or bool(narrowed_to(claim, kind, profile))


def narrowed_to(claim: Claim, kind: Kind | None, profile: Profile) -> frozenset[int]:
    """Return the systems of a claim in which coordinates of ``kind`` can stand."""
    if kind is None:
        return claim.codes
    return frozenset(code for code in claim.codes if _is_degrees(code, profile) == (kind == "degrees"))


def _is_degrees(code: int, profile: Profile) -> bool:
    known = next((s for s in profile.systems if s.epsg == code), None)
    return known.width_deg is None if known is not None else bool(as_crs(f"EPSG:{code}").is_geographic)


def _other_kind(claims: Sequence[Claim], kind: Kind | None) -> str:
    if not claims or kind is None:
        return ""
    other = "metres" if kind == "degrees" else "degrees"
    return f"{claims[0].shown} speaks of coordinates in {other}. "


def _confirmed(told: Sequence[Claim], common: frozenset[int], stated: pyproj.CRS, source: str) -> Settled:
    if any(as_crs(f"EPSG:{code}").equals(stated, ignore_axis_order=True) for code in common):
        said = f"the sheet agrees with the stated {stated.to_string()}"
        return Settled(stated, (Decision("crs", f"{source}, {told[0].sentence.where}", said, told[0].sentence.text[:160]),))
    names = " or ".join(f"EPSG:{code} ({as_crs(f'EPSG:{code}').name})" for code in sorted(common)[:4])
    raise CrsError(
        f"{source}: the sheet and crs= contradict each other, and one of them would move every project. The sheet says {names} "
        f"({told[0].shown}); crs= says {stated.to_string()[:60]} ({stated.name}). Leave crs= out to follow the sheet, or correct the sentence in the file.",
        code="crs_statements_contradict",
    )


def _listed(codes: Iterable[int], profile: Profile) -> str:
    names = {s.epsg: s.shown for s in profile.systems}
    found = [names.get(code, f"EPSG:{code}") for code in sorted(codes)]
    return " or ".join(found[:6]) + (" …" if len(found) > 6 else "")
