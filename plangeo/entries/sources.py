"""Sources of money as registers write them: kinds in words ("NSTW; NSĐP", "Vốn doanh nghiệp"), with amounts or shares, or in columns.

The words stand with their provenance in ``profiles/funding_sources.csv``. Amounts are VND; a number whose unit neither the cell nor the
heading states is not read, and a word the table does not have is told, never guessed.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from plangeo.amounts.quantities import Written, cell_text, evaluate, is_blank, take_apart, weigh_style
from plangeo.amounts.units import Unit, header_units
from plangeo.entries.entrytable import Entries
from plangeo.model import Label
from plangeo.text import NumberStyle, fold, parse_number, without_brackets

KINDS: Mapping[str, Label] = {
    "state_central": Label("NSTW", "central budget"),
    "state_local": Label("NSĐP", "local budget"),
    "state": Label("NSNN (chưa rõ cấp)", "state budget (level not said)"),
    "oda": Label("ODA", "ODA"),
    "ppp": Label("PPP", "PPP"),
    "private": Label("Doanh nghiệp", "private"),
    "other": Label("Khác", "other"),
}
"""Kinds of sources → the words shown."""

_DONG = Unit(1.0, "VND")
_MOST_LETTERS = 400
_MOST_PIECES = 20
_PIECES = re.compile(r"[;\n+|]|,(?!\d)|(?<!\d),|\bva\b|\band\b")
_SHARE = re.compile(r"(\d[\d.,]*)\s*%")
_AMOUNT = re.compile(
    r"(?<![a-z\d])((?:khoang|hon|gan|du kien)\s+)?(\d[\d.,]*(?:\s+\d{3})*)\s*((?:nghin|ngan|trieu|tr|ty|ti|dong|d|vnd|usd|\s|\.)*)(?![a-z])"
)
_FILLER = frozenset(
    ("nguon", "von", "tu", "bang", "cua", "thuoc", "gom", "bao", "du", "kien", "khoang", "so", "tien", "dau", "cac", "muc")
)
"""Words that may stand beside those for a source and say nothing of it."""
_TRIM = re.compile(r"[\W_]+")
_TOTAL = frozenset({"tong", "tong so", "tong cong", "tong von", "tong muc dau tu", "total"})
_COLUMN_LEAD = re.compile(
    r"^(tong muc dau tu|tong von dau tu|tong von|nguon von|co cau nguon von|trong do|von dau tu|ke hoach von|chia ra)\b\s*"
)


@dataclass(frozen=True)
class Piece:
    """One source of an entry: the kinds its words name, and what it gives where that is said."""

    words: str
    kinds: tuple[str, ...]
    """Empty where no word is known."""
    amount: tuple[Written, str] | None = None
    """The amount taken apart and its text; not yet read, since its column decides how numbers are written."""
    share: float | None = None
    """Per cent."""
    unread: str = ""
    """A number that could not be taken for an amount or a share."""


@cache
def _table() -> Mapping[str, str]:
    """Folded word → kind."""
    text = (resources.files("plangeo.profiles") / "funding_sources.csv").read_text("utf-8")
    return {_plain(row["word"]): row["kind"] for row in csv.DictReader(io.StringIO(text))}


def _plain(words: str) -> str:
    return " ".join(_TRIM.sub(" ", fold(words)).split())


@lru_cache(maxsize=4096)
def kinds_of(words: str) -> tuple[str, ...]:
    """Return the kinds that the words for a source name, empty when one of them is unknown.

    >>> kinds_of("Vốn doanh nghiệp"), kinds_of("NSTW/NSĐP"), kinds_of("ngân sách tỉnh"), kinds_of("quỹ bảo trì")
    (('private',), ('state_central', 'state_local'), ('state_local',), ())
    """
    return _covered(_plain(words).split())


def _covered(words: Sequence[str]) -> tuple[str, ...]:
    """The kinds of a run of words that are all known, the longest first, or fillers; empty when any other word is left over."""
    table, at = _table(), 0
    found: dict[str, None] = {}
    while at < len(words):
        for size in range(min(8, len(words) - at), 0, -1):
            kind = table.get(" ".join(words[at : at + size]))
            if kind is not None:
                found[kind] = None
                at += size
                break
        else:
            if words[at] not in _FILLER:
                return ()
            at += 1
    return tuple(found)


def take_sources(text: str, default: Unit | None) -> list[Piece]:
    """Return the sources that a cell names, in its order; ``default`` is the unit its heading states for bare numbers.

    >>> [(p.kinds, p.amount[1]) for p in take_sources("NSTW: 500 tỷ; NSĐP 200 tỷ", None)]
    [(('state_central',), '500 ty'), (('state_local',), '200 ty')]
    >>> [(p.kinds, p.share) for p in take_sources("NSTW 70%, vốn khác (30%)", None)]
    [(('state_central',), 70.0), (('other',), 30.0)]
    """
    pieces = [piece for piece in _PIECES.split(fold(text)[:_MOST_LETTERS]) if _TRIM.sub("", piece)]
    taken = [_take(piece, default) for piece in pieces[:_MOST_PIECES]]
    return [piece for piece in taken if _plain(piece.words) not in _TOTAL]


def _take(piece: str, default: Unit | None) -> Piece:
    share = _SHARE.search(piece)
    if share is not None:
        value = parse_number(share.group(1))
        words = piece[: share.start()] + " " + piece[share.end() :]
        return Piece(_plain(words), kinds_of(words), share=value, unread="" if value is not None else share.group(0))
    amount = _AMOUNT.search(piece)
    if amount is None:
        return Piece(_plain(piece), kinds_of(piece))
    words = piece[: amount.start()] + " " + piece[amount.end() :]
    written = " ".join(amount.group(0).split()).rstrip(" .")
    taken = take_apart(written, "money", default)
    return Piece(
        _plain(words), kinds_of(words), None if taken is None else (taken, written), unread=written if taken is None else ""
    )


@dataclass(frozen=True)
class SourceColumn:
    """A column of the register that states how much of each entry comes from one source."""

    heading: str
    kind: str
    default: Unit | None
    """The unit its heading states; None where it states none."""


def source_columns(entries: Entries, total_unit: Unit | None) -> list[SourceColumn]:
    """Return the columns of amounts per source ("NSTW (tỷ đồng)", "Trong đó Vốn khác"); one alone is no breakdown.

    ``total_unit``: the unit of the column of capital, which a breakdown below it shares where its headings state none.
    """
    found = []
    for heading in entries.own_columns:
        plain = _plain(without_brackets(heading))
        while (shorter := _COLUMN_LEAD.sub("", plain)) != plain:
            plain = shorter
        plain = " ".join(w for w in plain.split() if w not in ("ty", "trieu", "dong"))
        kinds = kinds_of(plain) if plain else ()
        if len(kinds) != 1 or header_units(heading, "area") or not _holds_amounts(entries, heading):
            continue
        units = header_units(heading, "money")
        stated = Unit(units[0].factor, units[0].base or "VND") if len(units) == 1 else None
        found.append(SourceColumn(heading, kinds[0], stated or total_unit))
    return found if len(found) > 1 else []


def _holds_amounts(entries: Entries, heading: str) -> bool:
    """Whether a column holds amounts: every cell that is filled bears a digit, and most of them are a number or a quantity of money."""
    filled = [text for text in map(cell_text, entries.table[heading].tolist()) if not is_blank(text)]
    taken = sum(take_apart(text, "money", _DONG) is not None for text in filled)
    return bool(filled) and 2 * taken > len(filled) and all(any(c.isdigit() for c in text) for text in filled)


def column_pieces(entries: Entries, columns: Sequence[SourceColumn]) -> list[list[Piece]]:
    """Return the sources of each entry as its columns state them; what stands there and is no amount is kept as unread."""
    rows: list[list[Piece]] = [[] for _ in range(len(entries.table))]
    for column in columns:
        for row, text in enumerate(map(cell_text, entries.table[column.heading].tolist())):
            if is_blank(text):
                continue
            taken = take_apart(text, "money", column.default)
            rows[row].append(
                Piece(
                    column.heading, (column.kind,), None if taken is None else (taken, text), unread=text if taken is None else ""
                )
            )
    return rows


def read_amounts(rows: Sequence[Sequence[Piece]]) -> NumberStyle | None:
    """Return how the amounts of a whole column write their decimals, None where no cell proves it."""
    return weigh_style(
        (*piece.amount, row) for row, pieces in enumerate(rows) for piece in pieces if piece.amount is not None
    ).decimal


def amounts_vnd(pieces: Sequence[Piece], decimal: NumberStyle | None) -> list[float]:
    """Return the amounts (VND) of the sources of one entry in one style of numbers; NaN for one that has none or cannot be read."""
    read = [None if piece.amount is None else evaluate(piece.amount[0], decimal) for piece in pieces]
    return [math.nan if q is None or q.base not in ("VND", "") else q.exact for q in read]
