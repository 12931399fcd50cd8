"""Plans from the table of planning documents that offices deliver beside the zones: one row per act, dates as YYYYMMDD."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from plangeo.errors import TableError
from plangeo.law.consent import LAND_USE
from plangeo.law.planstatus import read_status
from plangeo.model import Label, Plan
from plangeo.text import clean, fold, parse_date

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "plan_id": ("plan_id", "idurba", "id_urba", "mã quy hoạch", "ma_quy_hoach"),
    "kind": ("kind", "typedoc", "type_doc"),
    "decision": ("decision", "nomproc", "số quyết định", "so_quyet_dinh"),
    "valid_from": ("valid_from", "datappro", "datvalid", "ngày phê duyệt", "ngay_phe_duyet"),
    "valid_to": ("valid_to", "datefin", "ngày hết hiệu lực"),
    "status": ("status", "etat", "trạng thái", "tình trạng hiệu lực"),
    "title": ("title", "tên quy hoạch", "ten_quy_hoach"),
    "level": ("level", "cấp quy hoạch", "cap_quy_hoach"),
    "authority": ("authority", "cơ quan phê duyệt", "co_quan_phe_duyet"),
    "theme": ("theme",),
    "scale": ("scale", "tỷ lệ", "tỷ lệ bản đồ", "ty_le"),
    "successor": ("successor", "replaced_by", "quy hoạch thay thế", "quy_hoach_thay_the", "thay thế bởi"),
}
"""Field → column names, nearest first; the French ones are those of the national standard for planning documents (CNIG)."""

ROW = "source_row"
"""Column with the row of the file, for messages; without it rows are counted from 1."""

# The states of the French standard (ETAT). An annulment by a court reaches back to the first day, and nobody drew
# which part was annulled in part: neither may let anything pass, whatever the dates.
_STATES = {
    "01": "draft",
    "02": "draft",
    "03": "in_force",
    "04": "revoked",
    "05": "superseded",
    "06": "revoked",
    "07": "in_force",
    "08": "unknown",
    "09": "expired",
}
_PARTLY_ANNULLED = "08"
_ENDED_STATES = frozenset({"05", "06", "09"})
"""States of a plan that was in force until a day; where the table tells the day, the dates say it better."""


def plans_from_table(
    frame: pd.DataFrame, *, level: str, authority: str, columns: Mapping[str, str] | None = None
) -> tuple[Plan, ...]:
    """Return one Plan for every identifier of a table of planning documents, in the order of the rows.

    Parameters: ``frame`` a table of text or dates, a row per act; ``level`` and ``authority`` where the table does not
    say; ``columns`` column → field (a key of ``SYNONYMS``), winning over the synonyms.
    Returns: a plan without a date of approval has no ``valid_from``; one that is a draft, annulled, or ended on a day
    nobody wrote down keeps a status that is never in force. A word that is no known status becomes ``unknown``, and
    ``status_note`` keeps it.
    **Raises** TableError without a column of identifiers, for a date or scale that cannot be read, and for rows of one
    plan that contradict each other.

    >>> table = pd.DataFrame({"IDURBA": ["30014_PLU"], "TYPEDOC": ["PLU"], "DATAPPRO": ["20171013"], "ETAT": ["03"]})
    >>> plan, = plans_from_table(table, level="commune", authority="mairie")
    >>> plan.title.en, plan.valid_from.isoformat(), plan.valid_to, plan.status
    ('PLU 30014_PLU', '2017-10-13', None, 'in_force')
    """
    found = _columns(frame, columns or {})
    if "plan_id" not in found:
        raise TableError(
            f"No column of the table identifies the plans; it has {', '.join(map(repr, map(str, frame.columns)))}. "
            "Name it: columns={'<column>': 'plan_id'}, or on the command line --map '<column>=plan_id'.",
            code="plan_table_malformed",
        )
    plans: dict[str, Plan] = {}
    for position, record in enumerate(frame.to_dict("records"), start=1):
        number = int(record[ROW]) if ROW in record else position
        plan = _plan({field: _cell(record[name]) for field, name in found.items()}, level, authority, found, number)
        if plans.setdefault(plan.plan_id, plan) != plan:
            raise TableError(
                f"Row {number} contradicts an earlier row of the plan {plan.plan_id!r} (dates, kind or state differ), so nobody "
                "can say when it is in force. Keep one row per plan, or give each version an identifier of its own.",
                code="plan_table_malformed",
            )
    return tuple(plans.values())


def _columns(frame: pd.DataFrame, given: Mapping[str, str]) -> dict[str, str]:
    present = [str(c) for c in frame.columns]
    faults = [f"there is no column {name!r}" for name in given if name not in present]
    faults += [
        f"there is no field {field!r}; the fields are {', '.join(SYNONYMS)}" for field in given.values() if field not in SYNONYMS
    ]
    if faults:
        raise TableError("The given columns do not fit: " + "; ".join(faults) + ".", code="plan_table_malformed")
    found = {field: name for name, field in given.items()}
    by_name = {fold(name): name for name in present}
    for field, words in SYNONYMS.items():
        hits = [by_name[fold(w)] for w in words if fold(w) in by_name]
        if field not in found and hits:
            found[field] = hits[0]
    return found


def _cell(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(str(value))


def _plan(cells: Mapping[str, str], level: str, authority: str, found: Mapping[str, str], number: int) -> Plan:
    plan_id = cells["plan_id"]
    if not plan_id:
        raise TableError(
            f"Row {number} has no identifier in column {found['plan_id']!r}; no zone can refer to this plan.",
            code="plan_table_malformed",
        )
    start, end = (_date(cells.get(f, ""), found.get(f, ""), number) for f in ("valid_from", "valid_to"))
    if start and end and end < start:
        raise TableError(
            f"Row {number}: the plan {plan_id!r} ends on {end}, before it begins on {start}. Mend the dates.",
            code="plan_table_malformed",
        )
    state = cells.get("status", "")
    status, note = _status(state, end)
    title = cells.get("title", "") or " ".join(part for part in (cells.get("kind", ""), plan_id) if part)
    return Plan(
        plan_id,
        Label(title, title),
        cells.get("level", "") or level,
        cells.get("decision", ""),
        cells.get("authority", "") or authority,
        start,
        end,
        scale=_scale(cells.get("scale", ""), number),
        theme=cells.get("theme", "") or LAND_USE,
        status=status,
        successor=cells.get("successor", "") or None,
        status_note=note,
    )


def _scale(text: str, number: int) -> int | None:
    """The denominator of a scale: 1:25.000, 1/25000 or 25000."""
    if not text:
        return None
    found = re.fullmatch(r"(?:1\s*[:/]\s*)?(\d{1,3}(?:[., ]\d{3})*|\d+)", text)
    scale = int(re.sub(r"\D", "", found.group(1))) if found else 0
    if not 1 <= scale <= 100_000_000:
        raise TableError(f"Row {number}: {text!r} is no scale of a map. Write it as 1:25000.", code="plan_table_malformed")
    return scale


def _status(state: str, end: dt.date | None) -> tuple[str, str]:
    """Return the status and, where it was not understood, the table's own word."""
    code = state.zfill(2) if state.isdecimal() else state
    if code in _ENDED_STATES and end is not None:
        return "", ""
    status = _STATES.get(code, read_status(state))
    if status is None:
        return "unknown", state
    return status, "partly annulled" if code == _PARTLY_ANNULLED else ""


def _date(text: str, column: str, number: int) -> dt.date | None:
    if not text:
        return None
    compact = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    date = parse_date("-".join(compact.groups()) if compact else text)
    if date is None:
        raise TableError(
            f"Row {number}: {text!r} in column {column!r} is no date. Write it as YYYYMMDD or YYYY-MM-DD.",
            code="plan_table_malformed",
        )
    return date
