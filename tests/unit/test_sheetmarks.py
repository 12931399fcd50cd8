"""Hidden rows, merged cells and errors are seen in every kind of workbook; bounds hold in all of them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from plangeo.errors import InputError
from plangeo.lists.oldworkbook import hidden_and_errors
from plangeo.lists.sheetmarks import inspect_workbook
from plangeo.reading import decisions_of
from plangeo.sources import read_register

ROWS = [
    ["Mã dự án", "Tên dự án", "Diện tích (ha)", ""],
    ["", "", "Kế hoạch", "Hiện trạng"],
    ["P1", "Khu A", 2.5, 1.0],
    ["P2", "Khu B", 1.5, 0.5],
]
MERGED = [((0, 2), (0, 3)), ((0, 0), (1, 0)), ((0, 1), (1, 1))]


def record(kind: int, data: bytes = b"") -> bytes:
    """One record of the binary form of workbooks (.xlsb)."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(path: Path, rows: list[list[object]], hidden: int = 0, *, far: int = 0) -> Path:
    cells = b""
    for r, row in enumerate(rows):
        cells += record(0, struct.pack("<IIHBBBI", r, 0, 300, 0, 0x10 if r + 1 == hidden else 0, 0, 0))
        for c, value in enumerate(row):
            place = struct.pack("<II", c + far, 0)
            if isinstance(value, float):
                cells += record(5, place + struct.pack("<d", value))
            elif value == "#REF!":
                cells += record(3, place + b"\x17")
            elif value:
                cells += record(6, place + wide(str(value)))
    merged = b"".join(record(176, struct.pack("<IIII", a[0], b[0], a[1], b[1])) for a, b in MERGED)
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, 3)) + record(145) + cells + record(146)
    sheet += record(177, struct.pack("<I", len(MERGED))) + merged + record(178) + record(130)
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("DanhMuc"))
        + record(144)
        + record(132)
    )
    relations = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
        inner = f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.bin"/>'
        archive.writestr("xl/_rels/workbook.bin.rels", relations.format(inner))
        outer = f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.bin"/>'
        archive.writestr("_rels/.rels", relations.format(outer))
    return path


def test_a_binary_workbook_is_read_like_any_other_with_its_hidden_rows_and_merged_cells(tmp_path: Path) -> None:
    path = xlsb(tmp_path / "a.xlsb", [*ROWS, ["P3", "Khu C", "#REF!", 0.5]], hidden=4)
    frame = read_register(path)
    assert frame["site_id"].tolist() == ["P1", "P2", "P3"]
    assert frame["declared_area_m2"].tolist()[:2] == [25_000, 15_000]
    told = [str(d) for d in decisions_of(frame.attrs["plangeo"])]
    assert any("row 4" in t and "hidden" in t for t in told)
    assert any("C5" in t and "error" in t for t in told)
    assert inspect_workbook(path, ".xlsb")[0].merged == MERGED


def test_a_far_cell_of_a_binary_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Ctrl"):
        read_register(xlsb(tmp_path / "a.xlsb", ROWS, far=16_000))


def biff(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def test_hidden_rows_and_errors_of_old_workbooks() -> None:
    """A bare stream of records, as in an .xls: row 3 hidden, an error value in B2, a formula with an error in C4."""
    row = struct.pack("<HHHHHHHHH", 2, 0, 3, 255, 0, 0, 0x20, 0, 0)[:16]
    error = biff(0x205, struct.pack("<HHHBB", 1, 1, 0, 0x17, 1))
    formula = biff(0x06, struct.pack("<HHH", 3, 2, 0) + b"\x02\0\x17\0\0\0\xff\xff" + bytes(8))
    sheet = biff(0x809, bytes(16)) + biff(0x208, row) + error + formula + biff(0x0A)
    start = len(biff(0x809, bytes(16)) + biff(0x85, bytes(8)) + biff(0x0A))
    stream = biff(0x809, bytes(16)) + biff(0x85, struct.pack("<IBB", start, 0, 0) + b"\x01\0") + biff(0x0A) + sheet
    assert hidden_and_errors(stream) == [([3], [(2, 1), (4, 2)])]


@pytest.mark.parametrize(
    "blob", [b"", b"\xd0\xcf\x11\xe0", b"\xd0\xcf\x11\xe0" + bytes(600), b"\xd0\xcf\x11\xe0" + b"\xff" * 2000]
)
def test_a_container_that_does_not_add_up_tells_nothing(blob: bytes) -> None:
    assert hidden_and_errors(blob) == []
