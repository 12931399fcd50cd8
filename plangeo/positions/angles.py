"""Angles as people type them: 21°51'00"N, 106 45 36, 106d45m36s, 106°45,6' Đ, 21.85; nothing is guessed.

Minutes and seconds above 59 make the text unreadable. Vietnamese letters: B = Bắc, Đ = Đông, T = Tây; N is the English
north, and Nam (south) is only read when written out, so a pair that mixes N with Đ or T is ambiguous.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from plangeo.text import NumberStyle, parse_number

Axis = Literal["lat", "lon"]

_LONGEST = 80
"""Letters of the longest angle; longer texts are none."""

_SIGNS = str.maketrans(
    dict.fromkeys("’′ʹ‘´`ʼ＇", "'") | dict.fromkeys("”″“ˮ〃„＂", '"') | dict.fromkeys("º˚∘ᵒ⁰", "°") | dict.fromkeys("−–—‐‑‒", "-")
)
_WORDS = (
    (re.compile(r"\s*\b(?:độ|do|deg(?:rees?)?)\b\.?", re.IGNORECASE), "°"),
    (re.compile(r"\s*\b(?:phút|phut|min(?:utes?)?)\b\.?", re.IGNORECASE), "'"),
    (re.compile(r"\s*\b(?:giây|giay|sec(?:onds?)?)\b\.?", re.IGNORECASE), '"'),
)
_LETTERS: dict[str, tuple[Axis, int]] = {
    "n": ("lat", 1),
    "b": ("lat", 1),
    "bắc": ("lat", 1),
    "bac": ("lat", 1),
    "north": ("lat", 1),
    "s": ("lat", -1),
    "nam": ("lat", -1),
    "south": ("lat", -1),
    "e": ("lon", 1),
    "đ": ("lon", 1),
    "đông": ("lon", 1),
    "dong": ("lon", 1),
    "east": ("lon", 1),
    "w": ("lon", -1),
    "t": ("lon", -1),
    "tây": ("lon", -1),
    "tay": ("lon", -1),
    "west": ("lon", -1),
}
HEMISPHERE = "|".join(sorted(_LETTERS, key=len, reverse=True))
"""All ways to write a hemisphere, for patterns that ignore case."""
_NUMBER = r"\d+(?:[.,]\d+)?"
_MARKED = re.compile(
    rf"(?P<d>{_NUMBER})\s*°\s*(?:(?P<m>{_NUMBER})\s*'?\s*(?:(?P<s>{_NUMBER})\s*(?:\"|'')?)?)?"
    rf"|(?P<dl>{_NUMBER})\s*d\s*(?:(?P<ml>{_NUMBER})\s*[m']\s*(?:(?P<sl>{_NUMBER})\s*(?:[s\"]|'')?)?)?"
    rf"|(?P<do>\d{{1,3}})\s*[o*]\s*(?P<mo>{_NUMBER})\s*'\s*(?:(?P<so>{_NUMBER})\s*(?:\"|'')?)?",
    re.IGNORECASE,
)
_BARE = re.compile(r"(?P<d>\d{1,3})(?P<sep>[\s:]\s*|-)(?P<m>\d{1,2})(?:(?P=sep)(?P<s>\d{1,2}(?:[.,]\d+)?))", re.IGNORECASE)
_SIDED = re.compile(
    rf"(?:(?P<before>{HEMISPHERE})\.?\s*[:=]?\s*)?(?P<angle>.*?)\s*(?:(?P<after>{HEMISPHERE})\.?)?", re.IGNORECASE | re.DOTALL
)


class Angle(NamedTuple):
    """An angle in degrees, its axis where a letter says it, and whether minutes were written."""

    degrees: float
    axis: Axis | None
    sexagesimal: bool
    letter: str = ""


def plain_signs(text: str) -> str:
    """Return ``text`` with one kind of degree, minute, second and minus sign, words turned into signs.

    >>> plain_signs("21º51’00” B, 106 độ 45 phút 36 giây")
    '21°51\\'00" B, 106° 45\\' 36"'
    """
    plain = unicodedata.normalize("NFC", text).translate(_SIGNS).replace("''", '"')
    for pattern, sign in _WORDS:
        plain = pattern.sub(sign, plain)
    return plain


def parse_angle(text: str, style: NumberStyle | None = None) -> Angle | None:
    """Return the angle ``text`` writes, None when it is none or can be read in two ways.

    ``style`` is what its column proves about decimals; a lone comma or point between digits is a decimal sign here,
    because no angle has groups of thousands.

    >>> parse_angle("106d45m36s").degrees, parse_angle("21°51'00\\"B").axis, parse_angle("106 45 36").degrees
    (106.76, 'lat', 106.76)
    >>> parse_angle("106°75'00\\""), parse_angle("21,85").degrees, parse_angle("12 ha")
    (None, 21.85, None)
    """
    plain = plain_signs(text[: _LONGEST + 1]).strip()
    if len(plain) > _LONGEST:
        return None
    whole = _magnitude(plain, style)  # first as it stands: the s of 106d45m36s means seconds, not south
    if whole[0] is not None:
        return None if whole[0] > 180 else Angle(whole[0], None, whole[1])
    sided = _SIDED.fullmatch(plain)
    if sided is None or (sided["before"] and sided["after"]):
        return None
    letter = (sided["before"] or sided["after"] or "").lower()
    axis, side = _LETTERS.get(letter, (None, 1))
    body = sided["angle"].strip()
    sign = -1 if body.startswith("-") else 1
    body = body.lstrip("+-").strip()
    if sign < 0 and letter:
        return None
    value, sexagesimal = _magnitude(body, style)
    return None if value is None or value > 180 else Angle(sign * side * value, axis, sexagesimal, letter)


def _magnitude(body: str, style: NumberStyle | None) -> tuple[float | None, bool]:
    marked = _MARKED.fullmatch(body)
    if marked:
        parts = next(
            p for p in (marked.group("d", "m", "s"), marked.group("dl", "ml", "sl"), marked.group("do", "mo", "so")) if p[0]
        )
        return _joined(parts), parts[1] is not None
    bare = _BARE.fullmatch(body)
    if bare:
        return _joined(bare.group("d", "m", "s")), True
    if re.fullmatch(r"\d{1,3}[.,]\d+", body):
        return float(body.replace(",", ".")), False
    value = parse_number(body, style)
    return (None if value is None or value < 0 else value), False


def _joined(parts: Sequence[str | None]) -> float | None:
    """Degrees, minutes, seconds → degrees; only the last one written may have decimals."""
    given = [p.replace(",", ".") for p in parts if p is not None]
    if any("." in p for p in given[:-1]) or any(float(p) >= 60 for p in given[1:]):
        return None
    numbers = [float(p) for p in given] + [0.0, 0.0]
    return round(numbers[0] + numbers[1] / 60 + numbers[2] / 3600, 13)


def write_dms(degrees: float, axis: Axis, seconds: int = 4) -> str:
    """Return degrees as 106°45'36.0000"E, seconds rounded to ``seconds`` decimals.

    >>> write_dms(106.76, "lon", 0), write_dms(-21.5, "lat", 1)
    ('106°45\\'36"E', '21°30\\'00.0"S')
    """
    scale = 10**seconds
    units = round(abs(degrees) * 3600 * scale)
    whole, rest = divmod(units, 3600 * scale)
    minutes, last = divmod(rest, 60 * scale)
    width = 2 if seconds == 0 else seconds + 3
    letter = {"lat": "NS", "lon": "EW"}[axis][degrees < 0]
    return f"{whole}°{minutes:02d}'{last / scale:0{width}.{seconds}f}\"{letter}"


def looks_sexagesimal(values: Sequence[str]) -> float:
    """Return the chance that decimals as written keep to 59 minutes and 59 seconds by accident; 1.0 when one does not.

    106.4536 may be 106°45'36". Each text is a decimal number with a point or comma; those with less than two decimals
    prove nothing.

    >>> looks_sexagesimal(["106.4536", "21.5100", "106.3012"]) < 0.05, looks_sexagesimal(["106.76", "21.85"])
    (True, 1.0)
    """
    chance = 1.0
    for text in dict.fromkeys(values):
        match = re.fullmatch(r"-?\d{1,3}[.,](\d{2,})", text.strip())
        if not match:
            continue
        minutes, seconds = match.group(1)[:2], match.group(1)[2:4]
        if int(minutes) > 59 or (seconds and int(seconds.ljust(2, "0")) > 59):
            return 1.0
        chance *= 0.6 if not seconds else 0.36
    return chance
