"""Tables of studies as a file by themselves: a workbook with a sheet for each, or one table as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from plangeo.delivery.atomicfile import written_file
from plangeo.delivery.readback import read_back
from plangeo.errors import InputError
from plangeo.model import Language
from plangeo.report import write_csv_header, write_csv_rows
from plangeo.study import Sheet
from plangeo.workbook import write_sheets


def write_tables(sheets: Sequence[Sheet], path: str | Path, *, chosen: str, language: Language = "vi", notice: str = "") -> None:
    """Write ``sheets`` to a workbook (.xlsx), or the sheet ``chosen`` to a text table (.csv); what lies at ``path`` is replaced.

    Text stays text: no cell becomes a formula or a link. **Raises** InputError for another suffix, or when nothing can be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (".csv", ".xlsx"):
        raise InputError(f"{target.name}: tables are written as .xlsx or .csv; name the file so.", code="output_name_wrong")
    with written_file(target) as draft:
        if target.suffix.lower() == ".xlsx":
            write_sheets(sheets, draft, notice)
        else:
            _write_csv(next(sheet for sheet in sheets if sheet.code == chosen), draft, language)
        read_back(draft.parent, [draft.name], {}, {})


def _write_csv(sheet: Sheet, path: Path, language: Language) -> None:
    names = [column.field for column in sheet.columns]
    frame = pd.DataFrame({name: sheet.frame[name].tolist() for name in names}, columns=names)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:  # Excel shows Vietnamese rightly only with the mark
        write_csv_header([getattr(column, language) for column in sheet.columns], stream)
        write_csv_rows(frame, stream)
