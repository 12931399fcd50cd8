"""A Word document in the habits of Decree 30/2020: Times New Roman, page numbers on top, tables with a repeated head.

Text is written as text runs only; fields (the page number) are ours. Two equal documents have equal bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plangeo.papers.lettering import plain_text

FONT = "Times New Roman"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_MARGINS_MM = {"top_margin": 20, "bottom_margin": 20, "left_margin": 30, "right_margin": 15}


class WordFile:
    """A document that grows from top to bottom; sizes in points, widths in millimetres."""

    def __init__(self, title: str, day: dt.date) -> None:
        from docx import Document
        from docx.shared import Pt

        self.document: Any = Document()
        for name, size, bold in (("Normal", 13, False), ("Heading 1", 14, True), ("Heading 2", 13, True), ("Title", 18, True)):
            style = self.document.styles[name]
            _set_font(style.element.get_or_add_rPr(), FONT)
            style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
            style.font.color.rgb = _black()
        self.document.styles["Normal"].paragraph_format.space_after = Pt(6)
        about = self.document.core_properties
        about.title, about.author, about.comments, about.keywords = plain_text(title), "plangeo", "", ""
        about.created = about.modified = dt.datetime(day.year, day.month, day.day)
        about.last_modified_by, about.revision = "plangeo", 1
        self._set_up(self.document.sections[0], landscape=False)

    def section(self, *, landscape: bool) -> None:
        """Begin a new page, upright or lying."""
        from docx.enum.section import WD_SECTION

        self._set_up(self.document.add_section(WD_SECTION.NEW_PAGE), landscape=landscape)

    def heading(self, text: str, level: int = 1) -> None:
        """Add a heading."""
        self.document.add_heading(plain_text(text), level)

    def paragraph(self, text: str, *, size: float = 0, bold: bool = False, italic: bool = False, centre: bool = False) -> None:
        """Add a paragraph; control characters are left out."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = self.document.add_paragraph()
        run = paragraph.add_run(plain_text(text))
        run.bold, run.italic = bold or None, italic or None
        if size:
            run.font.size = Pt(size)
        if centre:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def picture(self, content: bytes, width_mm: float) -> None:
        """Add a picture."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Mm

        self.document.add_picture(io.BytesIO(content), width=Mm(width_mm))
        self.document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths_mm: Sequence[float],
        *,
        numbers: Sequence[int] = (),
        bold_rows: Sequence[int] = (),
        size: float = 10,
    ) -> None:
        """Add a table whose head is repeated on every page; ``numbers`` are columns set to the right."""
        table = self.document.add_table(rows=0, cols=len(head), style="Table Grid")
        table.autofit = False
        grid = table._tbl.tblGrid
        for column, width in zip(grid.gridCol_lst, widths_mm, strict=True):
            column.w = _mm(width)
        table._tbl.append(_row(head, widths_mm, (), size, bold=True, repeat=True))
        bold = set(bold_rows)
        for n, row in enumerate(rows):
            table._tbl.append(
                _row(row, widths_mm, numbers, size, bold=n in bold, repeat=False, keep=n in bold and n + 1 < len(rows))
            )
        self.document.add_paragraph()

    def save(self, path: Path) -> None:
        """Write the file with a fixed date in every entry."""
        made = io.BytesIO()
        self.document.save(made)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = zipfile.ZipInfo(name, _ZIP_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                target.writestr(entry, source.read(name))

    @staticmethod
    def _set_up(section: Any, *, landscape: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        wide, high = (297, 210) if landscape else (210, 297)
        section.page_width, section.page_height = Mm(wide), Mm(high)
        for name, value in _MARGINS_MM.items():
            setattr(section, name, Mm(value))
        section.header_distance = Mm(10)
        section.different_first_page_header_footer = False


def number_pages(word: WordFile) -> None:
    """Put the page number into the middle of the upper margin, not on the first page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    first = word.document.sections[0]
    first.different_first_page_header_footer = True
    paragraph = first.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = paragraph.add_run()._r
        run.append(_element("w:instrText" if text else "w:fldChar", {} if text else {"w:fldCharType": str(kind)}, text))


def _row(
    cells: Sequence[str],
    widths: Sequence[float],
    numbers: Sequence[int],
    size: float,
    *,
    bold: bool,
    repeat: bool,
    keep: bool = False,
) -> Any:
    """A row made by hand, kept with the next one when ``keep``: asking the library for every cell takes time that grows with the square of the rows."""
    row = _element("w:tr")
    about = _element("w:trPr")
    about.append(_element("w:cantSplit"))
    if repeat:
        about.append(_element("w:tblHeader"))
    row.append(about)
    for n, (text, width) in enumerate(zip(cells, widths, strict=True)):
        cell, look = _element("w:tc"), _element("w:tcPr")
        look.append(_element("w:tcW", {"w:w": str(round(width * 56.7)), "w:type": "dxa"}))
        if repeat:
            look.append(_element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": "EEEEEE"}))
        paragraph, form = _element("w:p"), _element("w:pPr")
        if keep:
            form.append(_element("w:keepNext"))
        form.append(_element("w:spacing", {"w:after": "0"}))
        form.append(_element("w:jc", {"w:val": "center" if repeat else "right" if n in numbers else "left"}))
        run, style = _element("w:r"), _element("w:rPr")
        if bold:
            style.append(_element("w:b"))
        style.append(_element("w:sz", {"w:val": str(round(size * 2))}))
        run.append(style)
        run.append(_element("w:t", {"xml:space": "preserve"}, plain_text(text)))
        for parent, child in ((paragraph, form), (paragraph, run), (cell, look), (cell, paragraph), (row, cell)):
            parent.append(child)
    return row


def _element(tag: str, attributes: dict[str, str] | None = None, text: str | None = None) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element: Any = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        element.set("{http://www.w3.org/XML/1998/namespace}space" if name == "xml:space" else qn(name), value)
    if text is not None:
        element.text = text
    return element


def _set_font(properties: Any, name: str) -> None:
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for kind in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{kind}"), name)


def _black() -> Any:
    from docx.shared import RGBColor

    return RGBColor(0, 0, 0)


def _mm(width: float) -> Any:
    from docx.shared import Mm

    return Mm(width)
