"""Rows below the header of a list: which are projects, which are groups, totals, repeated headers or notes.

A row is left out only on evidence; what is in doubt stays a project. A row that carries a place, a use or any other text of its own
is a project whatever its name begins with.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from plangeo.lists.headers import NUMBER_WORDS, Header, Row, Spans, counts_columns
from plangeo.text import fold

Kind = Literal["project", "group", "total", "header", "counting", "note"]

_NUMBER = re.compile(r"^[-+(]?[\d.,\s]*\d[\d.,\s]*[)%]?$")
_DASH = re.compile(r"^[-–—.…\s]*$")
_ROMAN = re.compile(r"^M{0,2}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$")
_LIST = r"(?:[ivxlc]+|[a-h]|\d+)(?:\s*(?:[+&,;-]|va|den)\s*(?:[ivxlc]+|[a-h]|\d+))*"
_SCOPE = rf"nhom|muc|phan|tieu muc|toan (?:tinh|huyen|xa|bo|vung|thanh pho|thi xa)|chung|{_LIST}|\([^()]*\)|\[[^\[\]]*\]"
_TOTAL = re.compile(
    rf"^(?:tong cong|tong so|tong|cong don|cong|grand total|sub ?total|total)(?:[\s:.,;=-]+(?:{_SCOPE})|\([^()]*\))*(?:[\s:.,;=-]*(?:\d+ )?(?:cac )?(?:du an|cong trinh))?[\s:.,;=-]*$"
)
_BEGINS_TOTAL = re.compile(r"^(tong cong|grand total|sub ?total)\b")
_LIKE_TOTAL = re.compile(r"^(tong|cong|total)\b")
_NO_TOTAL = re.compile(r"^(tong (cong ty|kho|dai|cuc|lanh su)|cong (dong|hoa))\b")
"""Compounds that begin with a word of totals and name projects: tổng công ty, tổng kho …"""
_NOTE = re.compile(
    r"^[(*\s]*(ghi chu|chu thich|luu y|he (toa do|quy chieu)\b|toa do .{0,20}(he|vn ?-?2000|wgs)\b|kinh tuyen truc\b|vn ?-?2000\b|nguon( so lieu)?\s*:|noi nhan|nguoi lap|nguoi tong hop|nguoi kiem tra|ky ten|\(?ky,|tm\.|kt\.|tl\.|tuq\.|"
    r"(.{0,30}, )?ngay\s*[\d.…/]*\s*thang\s*[\d.…/]*\s*nam\b|notes?\s*:|source\s*:|prepared by|\*)"
)
_SIGNED = re.compile(
    r"^(chu tich|pho chu tich|giam doc|pho giam doc|truong phong|pho truong phong|thu truong|don vi (lap|tu van)|co quan (lap|tham dinh)|so (tai nguyen|nong nghiep|ke hoach|xay dung|tai chinh)|ubnd|uy ban nhan dan|xac nhan)\b"
)
_SIGNER = re.compile(r"^(nguoi (lap|tong hop|kiem tra)|ky ten|noi nhan|tm\.|kt\.|tl\.|tuq\.)")
_OFFICE = re.compile(r"^(so (tai nguyen|nong nghiep|ke hoach|xay dung|tai chinh)|ubnd|uy ban nhan dan)\b")
"""Offices sign lists, and their seats are projects."""
_LEAD = re.compile(r"^([IVXLC]{1,6}|[A-HĐ]|\d{1,3}(?:\.\d{1,3})*)\s*([.)\-–:/]?)\s+(\S.*)$")
_GROUP_WORDS = re.compile(
    r"^(nhom|phan|muc|linh vuc|nganh|huyen|xa|phuong|thi tran|thi xa|thanh pho|khu vuc|vung|giai doan|nguon von|cac (du an|cong trinh)|"
    r"(du an|cong trinh) (nhom|thuoc|do|chuyen tiep|dang ky|cap|trong|su dung|duoc|moi|da|cua)|danh muc|ke hoach|group|part|section|phase)\b"
)
_SAID = ("use", "declared_district", "declared_parent")
_LOOKED_AT = 200
"""Letters of a cell that are looked at to tell what its row is."""
_RANKS = {"title": 0, "upper": 1, "roman": 1, "int": 3, "lower": 5, "bullet": 6}


@dataclass(frozen=True)
class Roles:
    """What the columns of a list are to the reader of its rows, by position."""

    number: int | None
    """The column that counts rows (STT), or that may hold the marks of groups."""
    counted: bool
    """Whether that column is one that counts rows."""
    name: int | None
    numeric: tuple[int, ...]
    """Columns of amounts, which totals may sum; never coordinates."""
    remarks: frozenset[int]
    ident: int | None = None
    """The column of identifiers."""
    said: frozenset[int] = frozenset()
    """Columns of uses and districts."""
    places: frozenset[int] = frozenset()
    """Columns of coordinates and shapes."""


@dataclass(frozen=True)
class Line:
    """One row of the body, told apart."""

    number: int
    cells: list[str]
    kind: Kind = "project"
    mark: str = ""
    shape: str = ""
    """How its mark is written: roman, upper, int, dotted2 …, lower, bullet, title; empty without a mark."""
    text: str = ""
    """The words that name it."""
    data: bool = False
    """Whether it carries words of its own beyond mark, name, amounts and remarks."""
    amounts: bool = False
    path: tuple[str, ...] = ()
    """The groups above it, outermost first."""
    doubt: str = ""
    """Why a row that looks like no project was kept."""
    groups: tuple[int, ...] = field(default=())
    """Positions of the group rows above it."""
    own: Literal["", "said", "sure"] = ""
    """Whether it states what only projects have: a use or a district ("said"), an identifier or coordinates ("sure")."""
    worded: bool = False
    """Whether only its words make it a title, as in "Nhóm B" or "Nhóm trẻ Hoa Sen"."""


def find_roles(header: Header, body: Sequence[Row], fields: Mapping[str, str], places: frozenset[str]) -> Roles:
    """Return what the columns are; ``places`` are the fields that hold coordinates or shapes."""
    words = [fold(n) for n in header.names]
    known = [fields.get(w) for w in words]
    number = next((i for i, w in enumerate(words) if w in NUMBER_WORDS or w.rstrip(".") in NUMBER_WORDS), None)
    counted = number is not None
    if number is None and words and (not words[0] or known[0] == "site_id"):
        number, counted = 0, not words[0]
    name = next((i for i, k in enumerate(known) if k == "name"), None)
    if name is None:
        name = _wordy(header, body, number)
    remarks = frozenset(i for i, w in enumerate(words) if w.startswith(("ghi chu", "chu thich", "note", "remark")))
    barred = {number, name} | remarks | {i for i, k in enumerate(known) if k in places or k == "site_id"}
    numeric = tuple(i for i in range(len(words)) if i not in barred and _amounts(i, known[i], body))
    ident = next((i for i, k in enumerate(known) if k == "site_id"), None)
    said = frozenset(i for i, k in enumerate(known) if k in _SAID and i not in numeric and i != name)
    return Roles(number, counted, name, numeric, remarks, ident, said, frozenset(i for i, k in enumerate(known) if k in places))


def _wordy(header: Header, body: Sequence[Row], number: int | None) -> int | None:
    """The first column that mostly holds words: the name where no heading says so."""
    for i in range(len(header.names)):
        cells = [c for _, row in body[:200] if (c := row[i])]
        if i != number and cells and sum(1 for c in cells if not _NUMBER.match(c)) * 2 > len(cells):
            return i
    return None


def _amounts(column: int, known: str | None, body: Sequence[Row]) -> bool:
    if known in ("declared_area_m2", "declared_capital"):
        return True
    cells = [c for _, row in body if (c := row[column]) and not _DASH.match(c)]
    return bool(cells) and sum(1 for c in cells if _NUMBER.match(c)) >= 0.6 * len(cells)


def tell_rows(
    body: Sequence[Row], lines: Sequence[Row], roles: Roles, spans: Spans, untitled: frozenset[int] = frozenset()
) -> list[Line]:
    """Return what every row below the header is; totals in doubt stay projects with their ``doubt`` named.

    ``lines`` are the header's own rows, to recognise them where they are repeated; ``untitled`` the row numbers whose words alone
    make no title.
    """
    told = [_tell(row, i, lines, roles, spans) for i, row in enumerate(body)]
    told = [
        replace(t, shape="", worded=False, doubt=t.doubt or "group") if t.worded and t.number in untitled else t for t in told
    ]
    told = _lettered(_counting_after_headers(told))
    told = told if roles.counted else _marked_ids(told, roles)
    told = _shouted(told, roles)
    told = _notes(told, roles)
    return _grouped(told)


def _tell(row: Row, position: int, lines: Sequence[Row], roles: Roles, spans: Spans) -> Line:
    number, cells = row
    if _repeats(cells, lines):
        return Line(number, cells, "header")
    if position == 0 and counts_columns(cells) and (roles.counted or "(" in "".join(cells)):
        return Line(number, cells, "counting")
    filled = [i for i, c in enumerate(cells) if c]
    mark = cells[roles.number].strip() if roles.number is not None else ""
    shape = mark_shape(mark) if roles.counted or not mark.isdigit() else ""
    if not roles.counted and shape not in ("roman", "upper"):
        shape = ""
    name = cells[roles.name] if roles.name is not None else ""
    text = name
    aside = {roles.number, roles.name} | roles.remarks
    if mark and not shape and roles.number is not None:
        # words in the column that counts rows: a title, a total or a note that begins at the left edge
        text = name or mark
        if not roles.counted:
            aside.discard(roles.number)
    elif not name and not any(i in filled for i in range((roles.name or 0) + 1)):
        text = next((cells[i] for i in filled if not _NUMBER.match(cells[i])), "")
    data = any(i not in aside and not (i in roles.numeric and (_NUMBER.match(cells[i]) or _DASH.match(cells[i]))) for i in filled)
    if data and text and cells[filled[0]] == text and filled[0] not in aside:
        data = any(i not in aside | {filled[0]} and i not in roles.numeric for i in filled)
    amounts = any(_NUMBER.match(cells[i]) for i in roles.numeric)
    line = Line(number, cells, "project", mark if shape else "", shape, text, data, amounts, own=_own(row, roles, spans))
    opening = next((cells[i] for i in filled if not (i == roles.number and shape)), "")[:_LOOKED_AT]
    first = fold(opening) if _sums_up(opening) else ""
    if _NO_TOTAL.match(first):
        first = ""
    if _TOTAL.match(first) and not (data and shape == "int"):
        return replace(line, doubt="total") if line.own else replace(line, kind="total", text=text or first)
    if not data and shape != "int" and _BEGINS_TOTAL.match(first):
        return replace(line, doubt="total") if line.own else replace(line, kind="total")
    if not data and shape != "int" and _LIKE_TOTAL.match(first) and amounts:
        return replace(line, doubt="total")
    if amounts and not (data or shape or text or mark):
        return replace(line, doubt="total")  # numbers without a word: a total nobody labelled, when they are sums
    return _titled(line, filled, roles, spans)


def _own(row: Row, roles: Roles, spans: Spans) -> Literal["", "said", "sure"]:
    """Say whether a row with a name states what only projects have, each in a cell of its own column."""
    number, cells = row
    if roles.name is None or not cells[roles.name]:
        return ""

    def states(column: int | None) -> bool:
        if column is None or column == roles.name or not cells[column] or _DASH.match(cells[column]):
            return False
        _, left, _, right = spans.at(number, column)
        return left == right

    ident = cells[roles.ident] if roles.ident is not None else ""
    speaks = _speaks(ident) or (_sums_up(ident) and _LIKE_TOTAL.match(fold(ident)))
    if states(roles.ident) and mark_shape(ident) not in ("roman", "upper", "bullet") and not speaks:
        return "sure"
    if any(states(i) and re.search(r"\d", cells[i]) and not _speaks(cells[i]) for i in roles.places):
        return "sure"
    return "said" if any(states(i) for i in roles.said) else ""


def _sums_up(text: str) -> bool:
    """Say whether the first word is one of totals: Cộng, not Công; without tone marks only where the whole text has none.

    >>> _sums_up("Cộng I"), _sums_up("CONG I"), _sums_up("Công ty"), _sums_up("Công viên Tong Tai")
    (True, True, False, False)
    """
    plain = unicodedata.normalize("NFC", text).casefold().lstrip(" (*-–.")
    if re.match(r"(tổng|cộng|luỹ kế|lũy kế|total|sub ?total|grand total)\b", plain):
        return True
    return plain.startswith(("tong", "cong")) and plain.isascii()


def _titled(line: Line, filled: Sequence[int], roles: Roles, spans: Spans) -> Line:
    """Say whether a row without mark and data shows by itself that it is a title."""
    if (
        line.shape
        or line.data
        or line.own
        or not line.text
        or (len([i for i in filled if i not in roles.remarks | {*roles.numeric}]) != 1)
    ):
        return line
    lead = _LEAD.match(line.text[:_LOOKED_AT])
    at = filled[0]
    _, left, _, right = spans.at(line.number, at)
    widely = right - left >= 1 and (roles.name is None or left < roles.name or right > roles.name)
    astray = at == roles.number and (roles.counted or (" " in line.text and not any(c.isdigit() for c in line.text)))
    if lead and mark_shape(lead.group(1)) != "int" and (lead.group(2) or widely or astray):
        return replace(line, shape=mark_shape(lead.group(1)), mark=lead.group(1), text=line.text[lead.start(3) :])
    if widely or astray or _GROUP_WORDS.match(fold(line.text[:_LOOKED_AT])):
        return replace(line, shape="title", worded=not (widely or astray))
    return line


def mark_shape(mark: str) -> str:
    """Say how a mark is written.

    >>> [mark_shape(m) for m in ("IV.", "B", "12", "1.2.3", "I.2", "a)", "-", "TH", "")]
    ['roman', 'upper', 'int', 'dotted3', 'dotted2', 'lower', 'bullet', '', '']
    """
    plain = mark.strip().strip("()").rstrip(".):").strip()
    if not plain:
        return ""
    if re.fullmatch(r"\d{1,6}", plain):
        return "int"
    if re.fullmatch(r"(\d{1,4}|[IVXLC]{1,6}|[A-HĐ])([.\-]\d{1,4}){1,6}", plain):
        return f"dotted{len(re.split(r'[.-]', plain))}"
    if re.fullmatch(r"[-–—+*•.]{1,2}", mark.strip()):
        return "bullet"
    if _ROMAN.match(plain):
        return "roman"
    if re.fullmatch(r"[A-ZĐ]", plain):
        return "upper"
    return "lower" if re.fullmatch(r"[a-zđ]", plain) else ""


def _repeats(cells: Sequence[str], lines: Sequence[Row]) -> bool:
    """Say whether a row is one of the header's lines again."""
    for _, line in lines:
        alike = [i for i, c in enumerate(cells) if c and line[i] and c[0].casefold() == line[i][0].casefold()]
        if len(alike) < 2:
            continue  # most rows end here: folding every cell of a long list would take its time
        filled = [c for c in cells if c]
        same = sum(1 for i in alike if fold(line[i]) == fold(cells[i]))
        own = sum(1 for c in line if c)
        if same >= 2 and same >= 0.7 * len(filled) and same >= 0.6 * own and not any(_NUMBER.match(c) for c in filled):
            return True
    return False


def _counting_after_headers(told: list[Line]) -> list[Line]:
    """The counting line stands below every repeated header, too."""
    return [
        replace(line, kind="counting") if i and told[i - 1].kind == "header" and counts_columns(line.cells) else line
        for i, line in enumerate(told)
    ]


def _lettered(told: list[Line]) -> list[Line]:
    """C, D, I … are letters where they follow the letter before, else Roman numbers."""
    out: list[Line] = []
    letter = ""
    for line in told:
        mark = line.mark.strip("(").rstrip(".):")
        if line.shape == "roman" and len(mark) == 1 and letter and ord(mark) == ord(letter) + 1:
            line = replace(line, shape="upper")
        if line.shape == "upper":
            letter = mark[:1]
        out.append(line)
    return out


def _marked_ids(told: list[Line], roles: Roles) -> list[Line]:
    """Where marks stand in the column of identifiers, they are marks only in a row of at least two (I, II … or A, B …) without data."""

    def is_id(line: Line) -> bool:
        return line.shape in ("roman", "upper") and roles.number is not None and line.cells[roles.number].strip() == line.mark

    marked = [line for line in told if is_id(line)]
    marks = [line.mark.rstrip(".)") for line in marked]
    series = len(marks) >= 2 and (marks[:2] in (["I", "II"], ["A", "B"]))
    if series and not any(line.data or line.amounts for line in marked):
        return told
    return [replace(line, shape="", mark="") if is_id(line) else line for line in told]


def _shouted(told: list[Line], roles: Roles) -> list[Line]:
    """Words in capitals alone in a row are a title, unless projects are written so, too."""

    def alone(line: Line) -> bool:
        return sum(1 for i, c in enumerate(line.cells) if c and i not in roles.remarks) == 1

    loud = [_loud(line.text) for line in told if line.kind == "project" and line.data]
    if sum(loud) > 0.2 * len(loud):
        return told
    return [
        replace(line, shape="title")
        if line.kind == "project"
        and not (line.shape or line.data or line.doubt or line.amounts)
        and _loud(line.text)
        and alone(line)
        else line
        for line in told
    ]


def _loud(text: str) -> bool:
    return sum(c.isalpha() for c in text) >= 4 and text == text.upper() and text != text.lower()


def _notes(told: list[Line], roles: Roles) -> list[Line]:
    """Recognise notes: by their words anywhere, and at the foot of the table all that is no record below the first of them."""
    out: list[Line] = []
    below = begun = False
    strong = [_strong(line, roles) for line in told]
    last = max((i for i, sure in enumerate(strong) if sure), default=-1)
    for i, line in enumerate(told):
        if line.kind == "project" and not line.doubt and not strong[i]:
            signs = _signs(line)
            if line.own:  # only where every word of it signs, or a signature stands above
                uncounted = roles.counted and roles.number is not None and not line.cells[roles.number]
                signed = uncounted and _SIGNER.match(fold(line.text[:_LOOKED_AT]))  # "Người lập biểu" beside the name of one
                said = bool(signs) and bool(all(signs) or signed) and begun and i > last
            else:
                said = bool(signs) and (
                    (signs[0] and not line.data) or all(signs) or (i > last and any(signs) and len(signs) <= 4)
                )
            counts = roles.counted and line.own and roles.number is not None and line.cells[roles.number]
            foot = i > last and ((below and not counts) or (line.shape == "title" and not line.amounts))
            if said or foot:
                line = replace(line, kind="note")
                below = below or (i > last and (begun or not line.own))
        begun = begun or line.kind == "project"
        out.append(line)
    return out


def _signs(line: Line) -> list[bool]:
    """For each cell with words, whether it speaks as notes and signatures do."""
    return [_speaks(c) for c in line.cells if c and not _NUMBER.match(c)]


def _speaks(text: str) -> bool:
    plain = fold(text[:_LOOKED_AT])
    return bool(_NOTE.match(plain) or (_SIGNED.match(plain) and (_loud(text) or not _OFFICE.match(plain))))


def _strong(line: Line, roles: Roles) -> bool:
    """Say whether a row is a record beyond doubt."""
    if line.kind != "project" or roles.name is None or not line.cells[roles.name]:
        return False
    if line.own == "sure" or line.shape == "int" or (line.data and line.amounts) or _full(line, roles):
        return True
    return roles.number is not None and not roles.counted and bool(line.cells[roles.number]) and not any(_signs(line))


def _full(line: Line, roles: Roles) -> bool:
    """Say whether a row fills so many cells that it is a record: a note fills few."""
    filled = sum(1 for c in line.cells if c)
    named = roles.name is not None and bool(line.cells[roles.name])
    return named and (filled >= 4 and 2 * filled >= len(line.cells))


def _grouped(told: list[Line]) -> list[Line]:
    """Decide which rows without data are groups, and give every project the groups it stands under."""
    shown = {line.shape for line in told if line.kind == "project" and line.data}
    used = {line.shape for line in told if line.kind == "project"}
    after: list[Line | None] = [None] * len(told)
    for i in range(len(told) - 2, -1, -1):
        after[i] = told[i + 1] if told[i + 1].kind == "project" else after[i + 1]
    stack: list[tuple[str, str, int]] = []
    counted: set[str] = set()
    out: list[Line] = []
    for i, line in enumerate(told):
        line = replace(line, path=tuple(t for _, t, _ in stack), groups=tuple(g for _, _, g in stack))
        if line.kind == "project" and line.shape and not line.data and not line.doubt:
            around = _Around(after[i], [s for s, _, _ in stack], shown, used, counted)
            if _is_group(line, around):
                line = _opened(line, stack, i)
                if _rank(line.shape) < 2:
                    counted.clear()
        if line.kind == "project" and line.shape == "int":
            counted.add(line.mark.rstrip(".)"))
        out.append(line)
    return out


@dataclass(frozen=True)
class _Around:
    """What surrounds a row without data."""

    after: Line | None
    """The next row that is no total, note or header."""
    open_shapes: Sequence[str]
    """How the groups are marked in which the row stands."""
    shown: set[str]
    """Marks of rows that carry data."""
    used: set[str]
    counted: set[str]
    """Numbers of the projects in this group so far."""


def _opened(line: Line, stack: list[tuple[str, str, int]], position: int) -> Line:
    """Close the groups that end where this one begins, and open it."""
    names = [s for s, _, _ in stack]
    if line.shape in names:
        del stack[names.index(line.shape) :]
    title = line.text if line.shape in ("bullet", "title") or not line.mark else f"{line.mark.rstrip('.)')}. {line.text}".strip()
    made = replace(line, kind="group", text=title, path=tuple(t for _, t, _ in stack), groups=tuple(g for _, _, g in stack))
    stack.append((line.shape, title, position))
    return made


def _is_group(line: Line, around: _Around) -> bool:
    shape, after, opened = line.shape, around.after, around.open_shapes
    own = line.mark.rstrip(".)")
    if after is not None and after.shape.startswith("dotted") and own and after.mark.startswith((f"{own}.", f"{own}-")):
        return shape not in around.shown  # where such numbers are those of projects, this is one with parts of its own
    into = after is not None and after.shape not in ("", shape, *opened)
    if shape in ("roman", "upper", "title"):
        if shape in around.shown:
            return into
        return shape == "title" or into or bool(around.shown) or any(s and _rank(s) > 1 for s in around.used)
    if after is None or not into or shape in around.shown:
        return False
    component = shape.startswith("dotted") and shape not in opened and own.rpartition(".")[0] in around.counted
    rank = _rank(shape) if component or not shape.startswith("dotted") else _rank(shape) - 1
    titled = shape.startswith("dotted") and not component  # 1.2 over 1, 2, 3: a number of another kind counts the projects
    return _rank(after.shape) > rank and (titled or after.data or after.amounts)


def _rank(shape: str) -> float:
    if shape.startswith("dotted"):
        return 3 + int(shape[6:]) / 10
    return _RANKS.get(shape, 9)
