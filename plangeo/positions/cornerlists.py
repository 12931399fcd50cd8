"""Sheets that list corners ("Bảng kê tọa độ góc ranh"): one row per vertex, one block per parcel → one row per parcel.

The layout alone is understood here: headers of one or two rows, blocks one below or one beside the other, titles, blank
rows, restarts of the numbering, closing rows, lengths on rows of their own. The numbers are read later
(``plangeo.positions.parcels``), by the rules for coordinates. Every row of the sheet is accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from plangeo.errors import InputError
from plangeo.positions.cornerheads import (
    AREA_UNIT,
    DEGREES,
    KEYS,
    Panel,
    Row,
    find_heads,
    is_numeric,
    kind_of_column,
    merged_keys,
    plain_header,
)
from plangeo.reading import Decision
from plangeo.text import fold

CORNERS = "corners"
"""Column of the frame that holds, for every parcel, its blocks."""
TITLES = "corner_list_title"
"""Column with the titles of a block and, behind the separator, those of the whole sheet; projects are found by them."""
SEPARATOR = " ‖ "
Span = tuple[tuple[int, int], tuple[int, int]]

_DENSE, _TABLE = 4, 2
"""A row of so many cells without a corner belongs to another table; so many of them are one."""
_NAME = re.compile(r"[A-ZĐa-zđ]{0,4}[-. ]?\d{1,4}[a-z']?")
_LENGTH = re.compile(r"\d[\d.,\s]*m?")
_AREA = re.compile(r"\b(?:dien tich|dt|area|s(?=\s?=))\b[^\d]{0,60}?(?P<number>\d[\d.,\s]*)\s*(?P<unit>m2|ha|km2|met vuong)?")
_CRS_WORDS = re.compile(
    r"kinh tuyen|vn[- ]?2000|he toa do|\bktt\b(?:\W*1\d\d\W+\d|.*\bmui\b)|mui chieu|wgs ?-?84|\bepsg\b|\butm\b"
)
# KTT alone is a housing estate as well (khu tập thể)
_GENERIC = re.compile(
    r"(?:bang )?(?:ke |liet ke |thong ke )?(?:toa do)(?: cac)?(?: diem| goc| ranh| gioi| moc| dinh| thua| dat| khu)*\s*:?"
)
_OFFICE = re.compile(r"^uy ban nhan dan|^ubnd|^cong hoa xa hoi|^doc lap|^so (tai nguyen|nong nghiep|xay dung)|^van phong dang ky")
_LINE = re.compile(r"\b(?:tim tuyen|tim duong|tim kenh|centre ?line|center ?line)\b")


@dataclass(frozen=True)
class Vertex:
    """One corner as written; ``first`` stands under the header X or latitude, ``second`` under Y or longitude."""

    name: str
    row: int
    first: str
    second: str
    side: str = ""


@dataclass
class Block:
    """The corners of one ring in the order of the list, and what stands around them."""

    vertices: list[Vertex] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    """Other columns of its first row: header → cell."""
    area: str = ""
    """Area the block states, with its unit, as written."""
    headers: tuple[str, str] = ("X", "Y")
    column: int = 0
    """Position of its first column in the sheet, from 0."""
    degrees: bool = False
    """True where the headers say latitude and longitude."""
    nameless: bool = False
    """True where no column names corners or sides, so that the rows may also be separate places."""
    sheet: str = ""
    """Name of its sheet as messages quote it; empty for files without sheets."""
    line: bool = False
    """True where a title says that the points follow a centre line."""

    @property
    def where(self) -> str:
        """Rows of the file, for messages."""
        first, last = self.vertices[0].row, self.vertices[-1].row
        return f"{self.on_sheet}rows {min(first, last)}–{max(first, last)}"

    @property
    def on_sheet(self) -> str:
        return f"sheet {self.sheet}, " if self.sheet else ""


@dataclass
class CornerSheet:
    """The parcels of a sheet as a frame, and the account of its rows."""

    frame: pd.DataFrame
    notes: list[str]
    decisions: list[Decision]
    beside: list[Row] = field(default_factory=list)
    """Texts that may speak of the whole sheet: headers, notes and titles, without those of single parcels."""


def has_corners(frame: pd.DataFrame) -> bool:
    """Say whether a frame is a corner list as read here; an office's own column may bear the same name."""
    return CORNERS in frame and all(isinstance(b, list) and b and all(isinstance(x, Block) for x in b) for b in frame[CORNERS])


def read_corner_sheet(
    rows: Sequence[Row],
    known: frozenset[str],
    merged: Iterable[Span] = (),
    place: str = "the sheet",
    identifying: frozenset[str] = frozenset(),
) -> CornerSheet | None:
    """Return the parcels of a sheet that lists corners; None for any other sheet.

    Parameters: ``rows`` (number in the file from 1, cells as text), blank ones included; ``known`` folded words of a
    register's header, ``identifying`` those of its names and identifiers; ``merged`` ranges ((row, column), (row, column)) counted from 0; ``place`` names the sheet in messages.
    A sheet is a corner list when a header names X and Y beside corners, sides or parcels, and some block has three rows.
    **Raises** InputError for a sheet that holds another table as well.
    """
    heads = find_heads(rows)
    if not heads:
        return None
    spans = {(a[0] + 1, a[1]): (b[0] + 1, b[1]) for a, b in merged}
    if any(p.nameless for head in heads for p in head.panels) and not merged_keys(heads[0], spans):
        return None
    reader = _Reader(known, spans, identifying)
    for i, head in enumerate(heads):
        stop = heads[i + 1].first if i + 1 < len(heads) else len(rows)
        reader.read_band(rows[: head.first] if not i else [], rows[head.last + 1 : stop], head.panels)
    blocks = [b for b in reader.blocks if b.vertices]
    if not any(len(b.vertices) >= 3 for b in blocks) or not _is_list(blocks, heads[0].panels):
        return None
    if len(reader.dense) >= _TABLE:
        shown = ", ".join(map(str, reader.dense[:10])) + (" …" if len(reader.dense) > 10 else "")
        raise InputError(
            f"{place} holds lists of corners, and another table as well (rows {shown}). plangeo does not guess which of its rows are projects: "
            "put the corners on a sheet or into a file of their own, and give it with boundaries=… (on the command line --boundaries FILE).",
            code="places_missing",
        )
    for block in blocks:
        block.sheet = place.rpartition(", sheet ")[2].rstrip(",").replace(";", ",") if ", sheet " in place else ""
    sheet = _sheet(blocks, reader)
    own = {title for block in blocks for title in block.titles}
    lines = [rows[i] for head in heads for i in range(head.first, head.last + 1)]
    told = [(number, [text]) for number, text in reader.told if len(blocks) == 1 or text not in own]
    sheet.beside = sorted([*lines, *told], key=lambda row: row[0])
    return sheet


def _is_list(blocks: Sequence[Block], panels: Sequence[Panel]) -> bool:
    """A register of points may call its rows "điểm": then every row has a name of its own and no numbering."""
    if panels[0].nameless or "side" in panels[0].columns or any(kind_of_column(n) in ("sheet", "parcel") for n in panels[0].own):
        return True
    names = [v.name for b in blocks for v in b.vertices if v.name]
    numbered = sum(bool(_NAME.fullmatch(n) or re.fullmatch(r"[A-ZĐ]'?", n)) for n in names)
    return 10 * numbered >= 9 * max(1, len(names))


class _Reader:
    """Walks the rows of a sheet and collects blocks; remembers what every row was."""

    def __init__(
        self, known: frozenset[str], spans: Mapping[tuple[int, int], tuple[int, int]], identifying: frozenset[str]
    ) -> None:
        self._known, self._spans, self._identifying = known, spans, identifying
        self.blocks: list[Block] = []
        self.general: list[str] = []
        self.used: dict[str, list[int]] = {"corners": [], "titles": [], "areas": [], "lengths": []}
        self.dense: list[int] = []
        """Rows of another table."""
        self.told: list[tuple[int, str]] = []
        """Texts that are no corners, with their rows."""
        self._pending: list[str] = []
        self._area = ""
        self._left: dict[int, tuple[list[str], str]] = {}
        self._open = False
        self._blank = False

    def read_band(self, above: Sequence[Row], body: Sequence[Row], panels: Sequence[Panel]) -> None:
        """Read the rows below one header, panel by panel; ``above`` are the rows before the first header."""
        for number, cells in above:
            self._title_row(number, cells, panels)
        for n, panel in enumerate(panels):
            self._pending, self._area = self._left.pop(n, ([], ""))
            self._open = not self._pending and self._continues(body, panel)
            self._blank = False
            for number, cells in body:
                self._row(number, [*cells, *[""] * max(0, panel.high - len(cells))], panel, panels)
            self._left[n] = (self._pending, self._area)  # texts above the next header

    def _title_row(self, number: int, cells: Sequence[str], panels: Sequence[Panel]) -> None:
        """A row above the header: a text under one panel is its title, one across several speaks of all."""
        for column, text in enumerate(cells):
            if text:
                self.told.append((number, text))
            if not text or _CRS_WORDS.search(fold(text)):
                continue
            wide = self._spans.get((number, column), (0, column))[1]
            under = [n for n, p in enumerate(panels) if p.low <= column < max(p.high, 1) or p.low <= wide < p.high]
            alone = sum(1 for c in cells if c) == 1 and len(panels) > 1 and (len(under) > 1 or column < panels[1].low)
            if len(under) == 1 and not alone:
                titles, area = self._left.get(under[0], ([], ""))
                self._left[under[0]] = ([*titles, text], _area_written(fold(text)) or area)
            self.general.append(text)
        if any(cells):
            self.used["titles"].append(number)
            self._note_table(number, cells)

    def _continues(self, body: Sequence[Row], panel: Panel) -> bool:
        """Say whether the panel goes on with the numbering of the last block."""
        if not self.blocks or not self.blocks[-1].vertices or "corner" not in panel.columns:
            return False
        at = panel.columns["corner"]
        first = next((cells[at] for _, cells in body if len(cells) > at and cells[at]), "")
        last = self.blocks[-1].vertices[-1].name
        start = self.blocks[-1].vertices[0].name
        return _follows(first, last) or (first == start != last and first != "")

    def _row(self, number: int, cells: Sequence[str], panel: Panel, panels: Sequence[Panel]) -> None:
        said = {kind: cells[at] for kind, at in panel.columns.items()}
        if is_numeric(said["x"]) or is_numeric(said["y"]):
            self._vertex(number, cells, said, panel)
            return
        texts = [c for c in cells[panel.low : panel.high] if c]
        if not texts:
            self._blank = True
            return
        if set(texts) == {said.get("side", "")} and _LENGTH.fullmatch(said["side"]) and self._open:
            last = self.blocks[-1].vertices.pop()
            self.blocks[-1].vertices.append(Vertex(last.name, last.row, last.first, last.second, last.side or said["side"]))
            self.used["lengths"].append(number)
            return
        if (
            self._open
            and _follows(said.get("corner", ""), self.blocks[-1].vertices[-1].name)
            and _only_lengths(texts, said["corner"])
        ):
            self._vertex(number, cells, said, panel)  # a corner without coordinates: its parcel gets a problem
            return
        self._note_table(number, cells[panel.low :] if panel is panels[-1] else cells[panel.low : panel.high])
        self._text(number, " ".join(dict.fromkeys(texts)))

    def _note_table(self, number: int, cells: Sequence[str]) -> None:
        """Remember a row that belongs to a table of another kind: many cells, one a number, none a corner."""
        filled = [c for c in cells if c]
        if len(filled) >= _DENSE and any(is_numeric(c) for c in filled):
            self.dense.append(number)

    def _text(self, number: int, text: str) -> None:
        """A title of the next block, an area of the one above (or of the next, below its title), or a note."""
        plain = fold(text)
        self.told.append((number, text))
        area = _AREA.search(plain)
        self.used["areas" if area else "titles"].append(number)
        self._open = False
        if area is None or area.start() > 2:
            self._area = _area_written(plain) or self._area
            if not _CRS_WORDS.search(plain):
                self._pending.append(text)
        elif self.blocks and not self._pending and not self.blocks[-1].area:
            self.blocks[-1].area = _area_written(plain)
        elif not plain.startswith("tong"):
            self._area = _area_written(plain)

    def _vertex(self, number: int, cells: Sequence[str], said: Mapping[str, str], panel: Panel) -> None:
        name = " ".join((said.get("corner") or ("" if panel.own else said.get("seq", ""))).split())
        keys = {header: cells[at] for header, at in panel.own.items() if cells[at]}
        current = self.blocks[-1] if self._open else None
        moved: list[Vertex] = []
        if current is not None and self._restarted(current, name):
            moved = [current.vertices.pop()]
        if current is None or moved or self._begins(current, name, keys):
            current = Block(moved, column=panel.low, titles=self._pending, headers=panel.headers, area=self._area)
            current.degrees = all(DEGREES.fullmatch(plain_header(h)) for h in panel.headers)
            current.nameless = panel.nameless
            current.line = any(_LINE.search(fold(t)) for t in [*self._pending, *self.general])
            current.keys = keys if keys else self._inherited()
            self.blocks.append(current)
            self._pending, self._area, self._open = [], "", True
        self._blank = False
        current.vertices.append(Vertex(name, number, said["x"], said["y"], said.get("side", "")))
        self.used["corners"].append(number)

    def _inherited(self) -> dict[str, str]:
        """Keys of the block before, for a ring below a merged cell; a title begins something new."""
        return dict(self.blocks[-1].keys) if self.blocks and not self._pending else {}

    @staticmethod
    def _restarted(block: Block, name: str) -> bool:
        """Say whether the last row was no closing row but the first corner of the next block: corner 1, elsewhere, then 2."""
        first, last = block.vertices[0], block.vertices[-1]
        again = (
            len(block.vertices) > 3 and last.name == first.name != "" and (last.first, last.second) != (first.first, first.second)
        )
        return again and _follows(name, last.name)

    def _begins(self, block: Block, name: str, keys: Mapping[str, str]) -> bool:
        """Say whether this row is the first corner of another block."""
        if self._pending:
            return True
        for header, text in keys.items():
            if self._is_key(header) and block.keys.get(header, text) != text:
                return True
        first, last = block.vertices[0], block.vertices[-1]
        same = last.name == first.name != "" or (last.first, last.second) == (first.first, first.second)
        if len(block.vertices) > 2 and same:
            return True
        if self._blank and not (name and (_follows(name, last.name) or name == first.name)):
            return True
        return _number(name) == 1 < _number(last.name) and name != first.name

    def _is_key(self, header: str) -> bool:
        """Say whether another text in this column begins another block."""
        return self.identifies(header) or plain_header(header) in self._known

    def identifies(self, header: str) -> bool:
        """Say whether the same text in this column makes blocks one parcel: a name or a number does, a commune or a use never."""
        plain = plain_header(header)
        return bool(KEYS.fullmatch(plain)) or kind_of_column(header) in ("sheet", "parcel") or plain in self._identifying


def _area_written(plain: str) -> str:
    """The area a folded text states, with its unit; "" when there is none."""
    area = _AREA.search(plain)
    if area is None:
        return ""
    unit = area["unit"] or next(iter(AREA_UNIT.findall(plain)), "")
    return f"{area['number'].strip().rstrip('.,')} {unit}".strip()


def _number(name: str) -> int:
    match = re.search(r"(\d+)\D*$", name)
    return int(match.group(1)) if match else 0


def _follows(name: str, last: str) -> bool:
    """Say whether a corner's name continues the numbering: M8 after M7."""
    return bool(_number(last)) and _number(name) == _number(last) + 1 and _stem(name) == _stem(last)


def _only_lengths(texts: Sequence[str], name: str) -> bool:
    return all(_LENGTH.fullmatch(t) for t in texts if t != name)


def _stem(name: str) -> str:
    return re.sub(r"\d+\D*$", "", name)


def _sheet(blocks: Sequence[Block], reader: _Reader) -> CornerSheet:
    """One row per parcel: blocks with the same name or number belong together, others, and those with titles, are parcels of their own."""
    parcels: dict[object, list[Block]] = {}
    titled = any(block.titles for block in blocks[1:])
    for i, block in enumerate(blocks):
        own = tuple((h, t) for h, t in block.keys.items() if reader.identifies(h))
        # the texts above the first block are those of the sheet where no other block has a title
        parcels.setdefault(i if not own or (titled and block.titles) else own, []).append(block)
    headers = list(dict.fromkeys(h for b in blocks for h in b.keys))
    taken = {fold(h) for h in headers}
    table: dict[str, list[object]] = {h: [group[0].keys.get(h, "") for group in parcels.values()] for h in headers}
    general = _general(blocks, reader.general)
    titles = [_title(group[0], general if len(parcels) == 1 else ()) for group in parcels.values()]
    if any(titles) and not any(re.fullmatch(r"(ten|name)\b.*|du an|cong trinh|hang muc", t) for t in taken):
        table["name"] = list(titles)
    lands = [_land(group[0]) for group in parcels.values()]
    starts = [group[0].vertices[0].row for group in parcels.values()]
    if not any(re.fullmatch(r"ma\b.*|id|code|site_id", t) for t in taken):
        if any(lands):
            table["site_id"] = list(lands)
        elif len(set(starts)) < len(starts):  # lists side by side begin in one row: the cell tells them apart
            table["site_id"] = [f"{_letters(g[0].column)}{row}" for g, row in zip(parcels.values(), starts, strict=True)]
    areas = [group[0].area if len(group) == 1 and AREA_UNIT.search(group[0].area) else "" for group in parcels.values()]
    if any(areas) and not any("dien tich" in t or "area" in t for t in taken):
        table["diện tích"] = list(areas)
    if any(h == CORNERS for h in table):
        table[f"{CORNERS}_raw"] = table.pop(CORNERS)
    table[TITLES] = [SEPARATOR.join((" · ".join(group[0].titles), " · ".join(general))) for group in parcels.values()]
    table[CORNERS] = [list(group) for group in parcels.values()]
    frame = pd.DataFrame(table, dtype=object)
    frame["source_row"] = [float(row) for row in starts]
    said = (
        f"a list of corners: {len(reader.used['corners'])} corner rows in {len(blocks)} block(s) became {len(parcels)} parcel(s); "
        f"{len(set(reader.used['titles']))} title or note row(s), {len(set(reader.used['areas']))} row(s) with an area, "
        f"{len(set(reader.used['lengths']))} row(s) with a length only"
    )
    rows = sorted(n for used in reader.used.values() for n in used)
    return CornerSheet(frame, [f"the sheet is {said}"], [Decision("form", f"rows {rows[0]}–{rows[-1]}", said)])


def _general(blocks: Sequence[Block], above: Sequence[str]) -> list[str]:
    """Titles of the whole sheet: those above the first header that are not the first block's own.

    Where later blocks have titles of their own, as many lines as they have are the first block's.
    """
    own = blocks[0].titles
    titled = [len(b.titles) for b in blocks[1:] if b.titles and b.column == blocks[0].column]
    others = [t for t in above if all(t not in b.titles for b in blocks)]
    if titled and own:
        blocks[0].titles = own[-min(titled) :]
        return [*others, *own[: -min(titled)]]
    return [*others, *(own if len(blocks) == 1 or not any(b.titles for b in blocks[1:]) else ())]


def _letters(column: int) -> str:
    """A column as spreadsheet programs name it: 0 is A, 26 is AA."""
    name = ""
    while column >= 0:
        name, column = chr(65 + column % 26) + name, column // 26 - 1
    return name


def _title(block: Block, general: Sequence[str]) -> str:
    texts = [t for t in (block.titles or general) if not _GENERIC.fullmatch(plain_header(t)) and not _OFFICE.search(fold(t))]
    return " · ".join(dict.fromkeys(texts))[:200]


def _land(block: Block) -> str:
    """Sheet and parcel number as an identifier."""
    parts = [
        f"{word} {block.keys[h]}"
        for kind, word in (("sheet", "tờ"), ("parcel", "thửa"))
        for h in block.keys
        if kind_of_column(h) == kind
    ]
    return " ".join(parts)
