"""Which layers say something of which site, and where did every row of the inputs go?

Three lists, as the legal cadastres keep them: what concerns a site, what was measured and does not, and what nobody has data for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from plangeo.layerledger import AFFECTED, NO_DATA, NOT_AFFECTED, STATES, summarise
from plangeo.model import Assessment, Label
from plangeo.study import Sheet, SheetColumn, Study, Subject

_WORDS = {AFFECTED: "liên quan", NOT_AFFECTED: "không liên quan", NO_DATA: "chưa có dữ liệu"}
_COLUMNS = (
    SheetColumn("layer", "Lớp", "Layer", 24, "code"),
    SheetColumn("rows", "Số dòng đã đọc", "Rows read", 14, "integer"),
    SheetColumn("measured", "Đo được / có kết luận", "Measured / judged", 16, "integer"),
    SheetColumn("labels", "Điểm nhãn của vùng khác", "Labels of other rows", 16, "integer"),
    SheetColumn("quarantined", "Để riêng (hình lỗi, biết vùng)", "Set aside (faulty, place known)", 18, "integer"),
    SheetColumn("without_place", "Không rõ vị trí / có lỗi", "Without a place / with a problem", 18, "integer"),
    *(SheetColumn(state, f"Dự án: {_WORDS[state]}", f"Sites: {state.replace('_', ' ')}", 16, "integer") for state in STATES),
)
_EMPTY = Label("Không có dự án nào.", "There are no sites.")


def run(subject: Subject) -> Sequence[Sheet]:
    """Return the books as a whole, and the three lists of every site."""
    books = summarise(subject.assessment)
    sites = books["sites"]
    rows: list[dict[str, Any]] = [
        {
            "layer": "sites",
            "rows": sites["rows"],
            "measured": sum(sites["verdicts"].values()),
            "without_place": sites["with_a_problem"],
        }
    ]
    told = {row["layer"]: row for row in books["rows"]}
    for layer in dict.fromkeys([*books["layers"], *told]):
        rows.append({"layer": layer} | told.get(layer, {}) | books["layers"].get(layer, {}))
    frame = pd.DataFrame(rows, columns=[c.field for c in _COLUMNS])
    note = Label(
        "Mỗi dự án có đúng một kết luận; mỗi lớp, và mỗi quy hoạch của lớp zones, đối với mỗi dự án ở đúng một trạng thái: liên quan, "
        "không liên quan hoặc chưa có dữ liệu. "
        "Số dòng đọc = đo được + điểm nhãn + để riêng + không rõ vị trí. Sổ không khớp thì không xuất kết quả.",
        "Every site has one verdict; every layer, and every plan of the layer zones, is, for every site, in exactly one state: affected, "
        "not affected, no data. "
        "Rows read = measured + labels + set aside + without a place. Where the books do not balance, nothing is published.",
    )
    whole = Sheet("books", Label("Sổ đối chiếu", "Books"), _COLUMNS, frame, _EMPTY, note)
    return [whole, _lists(subject.assessment)]


def _lists(assessment: Assessment) -> Sheet:
    ledger = assessment.ledger
    layers = [str(name) for name in ledger.columns if name != "site_id"]
    columns = (
        SheetColumn("site_id", "Mã dự án", "Site", 18, "code"),
        *(SheetColumn(n, f"Lớp {n}", f"Layer {n}", 18) for n in layers),
    )
    words = {name: ledger[name].map(_WORDS) for name in layers}
    ids = ledger["site_id"] if "site_id" in ledger else pd.Series(dtype=object)
    frame = pd.DataFrame({"site_id": ids, **words})
    return Sheet("books_of_sites", Label("Sổ đối chiếu từng dự án", "Books of every site"), columns, frame, _EMPTY)


STUDY = Study("books", Label("Sổ đối chiếu", "Books"), run, order=95)
