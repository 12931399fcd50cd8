"""Reading and writing the words of an office: folded names, local numbers, areas, codes and dates.

Nothing here guesses: what is ambiguous comes back as None, with the evidence for the caller to state.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Container, Iterable
from typing import Literal

import numpy as np

from plangeo.model import Language

NumberStyle = Literal["comma", "point"]
"""Which sign separates the decimals: ``comma`` as in 1.234,5 or ``point`` as in 1,234.5."""

STYLES: tuple[NumberStyle, NumberStyle] = ("comma", "point")


class ExactNumber(str):
    """The text of a cell that held a number and no text: read exactly, and no evidence of how people write theirs."""

    __slots__ = ()


# Letters that look like đ: U+00D0/U+00F0 (eth) and U+0189/U+0256 (African d) come out of old conversions.
_D_LIKE = str.maketrans(dict.fromkeys("đĐðÐƉɖ", "d"))
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_BRACKETS = re.compile(r"[(\[].*?[)\]]")
_SPACE = re.compile(r"\s+")
_AREA_UNITS = {"ha": 10_000.0, "hecta": 10_000.0, "hectares": 10_000.0, "m2": 1.0, "km2": 1_000_000.0}
_AREA = re.compile(rf"([-+]?[\d.,\s]+?)\s*({'|'.join(_AREA_UNITS)})?")
_NUMBER = re.compile(r"[-+]?(\d[\d.,]*|[.,]\d+)([eE][-+]?\d+)?")
# Spaces and apostrophes stand between groups of three digits only: "10 20" is two numbers, not 1020.
_SPACED = re.compile(r"[-+]?\d{1,3}([\s']\d{3})+([.,]\d*)?")


def fold(text: str) -> str:
    """Return ``text`` for comparing: no tone marks, no case, one kind of dash and space; never for display.

    >>> fold("  Phường  ĐÔNG KINH "), fold("Xã Hoà An") == fold("xã Hòa An")
    ('phuong dong kinh', True)
    """
    plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).translate(_D_LIKE)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", letters).translate(_DASHES)).strip().casefold()


def clean(text: str) -> str:
    """Return ``text`` for keeping: NFC, without invisible characters, spaces collapsed; words unchanged."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def without_brackets(text: str) -> str:
    """Return ``text`` with a space for everything in round or square brackets, e.g. for the unit in a heading."""
    return _BRACKETS.sub(" ", text)


def is_known(text: str, known: Container[str]) -> bool:
    """Say whether a heading is one of the ``known`` folded words, with or without its unit in brackets."""
    return fold(text) in known or fold(without_brackets(text)) in known


def unique_names(names: Iterable[str]) -> list[str]:
    """Return ``names`` with repeats told apart.

    >>> unique_names(["x", "y", "x"])
    ['x', 'y', 'x (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def number_style(
    values: Iterable[str], plausible: tuple[float, float] | None = None
) -> NumberStyle | Literal["ambiguous"] | None:
    """Decide how a column writes its decimals; None when no cell has a separator.

    A lone ``1.234`` is ambiguous. ``plausible`` (lowest, highest) decides when one style puts most cells in the
    range and the other none. Cells that are no numbers ("chưa đo.", "12.03.2024") prove nothing, nor do ``ExactNumber``.

    >>> number_style(["1.234,5", "12"]), number_style(["1.234"]), number_style(["449158.033"], (3e5, 6e5))
    ('comma', 'ambiguous', 'point')
    """
    cells = [c for v in values if not isinstance(v, ExactNumber) and re.search(r"[.,]", c := _digits(v))]
    if not cells:
        return None
    votes = {style for c in cells if (style := _vote(c)) is not None and parse_number(c, style) is not None}
    if len(votes) == 1:
        return votes.pop()
    if not votes and plausible:
        commas, points = (sum(_in_range(parse_number(c, s), plausible) for c in cells) for s in STYLES)
        if 0 in (commas, points) and 2 * max(commas, points) > len(cells):
            return "comma" if commas else "point"
    return "ambiguous"


def _vote(cell: str) -> NumberStyle | None:
    """What one cell proves by itself: both signs present, or a separator not followed by groups of three."""
    dots, commas = cell.count("."), cell.count(",")
    if dots and commas:
        return "comma" if cell.rindex(",") > cell.rindex(".") else "point"
    sign, many = (".", dots) if dots else (",", commas)
    if cell.endswith(sign):
        return None
    if many > 1:
        return "comma" if sign == "." else "point"
    whole, _, rest = cell.partition(sign)
    grouped = len(re.sub(r"\D", "", rest)) == 3 and 1 <= len(re.sub(r"\D", "", whole)) <= 3 and whole.lstrip("-+") != "0"
    return None if grouped else ("point" if sign == "." else "comma")


def _digits(text: str) -> str:
    """The cell without its spaces between groups; empty when it does not write one number."""
    cell = text.strip()
    if re.search(r"[\s']", cell) and not _SPACED.fullmatch(cell):
        return ""
    cell = re.sub(r"[\s']", "", cell)
    return cell if _NUMBER.fullmatch(cell) else ""


def _in_range(value: float | None, bounds: tuple[float, float]) -> bool:
    return value is not None and bounds[0] <= value <= bounds[1]


def parse_number(text: str, decimal: NumberStyle | None = None) -> float | None:
    """Return the number ``text`` writes, None when it is none or its style is not known.

    >>> parse_number("2 417 140,524"), parse_number("1.234", "comma"), parse_number("1.234"), parse_number("12 ha")
    (2417140.524, 1234.0, None, None)
    """
    if isinstance(text, ExactNumber):
        return float(text) if math.isfinite(float(text)) else None
    cell = _digits(text)
    if not cell:
        return None
    style = decimal or (_vote(cell) if re.search(r"[.,]", cell) else "point")
    if style is None:
        return None
    group, point = (".", ",") if style == "comma" else (",", ".")
    if cell.count(point) > 1 or (group in cell and not re.fullmatch(rf"[-+]?\d{{1,3}}(\{group}\d{{3}})+(\{point}\d*)?", cell)):
        return None
    value = float(cell.replace(group, "").replace(point, "."))
    return value if math.isfinite(value) else None


def write_number(value: float) -> ExactNumber:
    """Return a number of the file as text that reads in one way only: without exponent, and 12.345 with a fourth decimal.

    >>> write_number(12.345), write_number(0.5), write_number(1e-7), parse_number(write_number(12.345))
    ('12.3450', '0.5', '0.0000001', 12.345)
    """
    if not math.isfinite(value):
        return ExactNumber(value)
    text = np.format_float_positional(value, trim="-")
    return ExactNumber(text if _vote(text) or "." not in text else f"{text}0")


def parse_area(text: str, unit: str | None = "ha", decimal: NumberStyle | None = None) -> float | None:
    """Return an area in m²; a unit in the text wins over ``unit`` ("ha", "m2", "km2").

    ``decimal`` is what the column proves; without it "12.000 m²" may be twelve or twelve thousand and is not read.

    >>> parse_area("1,5 ha"), parse_area("12.000 m²"), parse_area("12.000 m²", decimal="comma"), parse_area("3", "ha")
    (15000.0, None, 12000.0, 30000.0)
    """
    match = _AREA.fullmatch(_unit_text(text))
    if not match:
        return None
    factor = _AREA_UNITS.get(match.group(2) or unit or "")
    value = parse_number(match.group(1), decimal)
    return None if value is None or factor is None or value < 0 else value * factor


def area_number(text: str) -> str:
    """Return the number of a cell that writes an area, without its unit; empty when the cell says anything else.

    >>> area_number("1.234,5 ha"), area_number("khoảng 1.5, chưa duyệt")
    ('1.234,5', '')
    """
    match = _AREA.fullmatch(_unit_text(text))
    return match.group(1).strip() if match else ""


def _unit_text(text: str) -> str:
    return fold(text).replace("met vuong", "m2").replace("hec ta", "hecta")


def normalise_code(text: str) -> tuple[str, str]:
    """Return a class code by stated rules (NFC, upper case, no spaces, Ð → Đ) and a note when it changed.

    >>> normalise_code(" luc")
    ('LUC', "' luc' read as 'LUC'")
    """
    code = clean(text).replace(" ", "").upper().translate(str.maketrans("ÐƉ", "ĐĐ"))
    return code, "" if code == text else f"{text!r} read as {code!r}"


def parse_date(text: str) -> dt.date | None:
    """Return the date ``text`` writes: 2025-07-01 (a time may follow), 1/7/2025 or "ngày 1 tháng 7 năm 2025"; None otherwise.

    >>> parse_date("ngày 19 tháng 3 năm 2024"), parse_date("31/2/2024"), parse_date("2024-03-19 đến 2025-01-01")
    (datetime.date(2024, 3, 19), None, None)
    """
    plain = fold(text)
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:z|[-+]\d{2}:?\d{2})?)?", plain)
    local = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", plain)
    spoken = re.fullmatch(r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})", plain)
    parts = iso.groups() if iso else tuple(reversed((local or spoken).groups())) if (local or spoken) else None  # type: ignore[union-attr]
    if parts is None:
        return None
    try:
        return dt.date(int(parts[0]), int(parts[1]), int(parts[2]))
    except ValueError:
        return None


def format_number(value: float, language: Language, decimals: int = 2) -> str:
    """Return a number as people of the language write it: 1.234,50 or 1,234.50; "—" for NaN.

    >>> format_number(1234.5, "vi"), format_number(1234.5, "en", 1)
    ('1.234,50', '1,234.5')
    """
    if value is None or not math.isfinite(value):
        return "—"
    english = f"{round(value, decimals) + 0.0:,.{decimals}f}"  # + 0.0: nobody writes -0,00
    return english if language == "en" else english.translate(str.maketrans(",.", ".,"))


def format_area(area_m2: float, language: Language) -> str:
    """Return an area in hectares, in m² below 0.1 ha.

    >>> format_area(25_000, "vi"), format_area(12.34, "en")
    ('2,50 ha', '12.3 m²')
    """
    if area_m2 is None or not math.isfinite(area_m2):
        return "—"
    if abs(area_m2) < 1_000:
        return f"{format_number(area_m2, language, 1)} m²"
    return f"{format_number(area_m2 / 10_000, language, 2 if abs(area_m2) >= 10_000 else 4)} ha"
