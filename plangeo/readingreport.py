"""The reading report: what the reader of a file decided, for an officer to check and, where need be, to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from plangeo.errors import CrsError
from plangeo.reading import Topic, decisions_of
from plangeo.sources import read_register, read_sites

_HEADINGS: Mapping[str, str] = {
    "sheet": "Sheets",
    "header": "Header",
    "form": "Form",
    "column": "Columns",
    "row": "Rows that are no projects, and rows that need a look",
    "total": "Totals",
    "number": "Numbers",
    "encoding": "Letters",
    "place": "Places",
    "crs": "Coordinates",
    "shape": "Shapes",
}
_SHOWN = 12
_WIDE = 60


def report_text(about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the whole report as text.

    ``about`` is ``attrs["plangeo"]`` of a frame a reader made; ``rows`` are its first rows, shown at the end.
    """
    about_file = about.get("fingerprint", {})
    lines = [f"{about_file.get('name', 'file')}: {about_file.get('rows', '?')} project(s) read" + _from(about_file)]
    decisions = decisions_of(about)
    for topic in get_args(Topic):
        some = [d for d in decisions if d.topic == topic]
        if some:
            lines += ["", _HEADINGS[topic], *(f"  {d}" for d in some)]
    notes = [n for n in about.get("notes", ()) if n]
    if notes:
        lines += ["", "Notes", *(f"  {n}" for n in notes)]
    if rows:
        lines += ["", f"First {len(rows)} row(s)", *_shown_rows(rows)]
    return "\n".join(lines)


def _from(about_file: Mapping[str, Any]) -> str:
    layer = str(about_file.get("layer", ""))
    return f" from {layer!r}" if layer else ""


def _shown_rows(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows one under another, field by field: a table of twenty columns fits no screen."""
    lines = []
    for row in rows:
        number = row.get("source_row")
        lines.append(f"  row {int(number)}" if isinstance(number, float) and number == number else "  row")
        for name, value in row.items():
            text = " ".join(str(value).split())
            if name != "source_row" and text and text not in ("nan", "None"):
                lines.append(f"    {name}: {text[:_WIDE]}{'…' if len(text) > _WIDE else ''}")
    return lines


def short_lines(about: Mapping[str, Any]) -> list[str]:
    """Return the report in a few lines: counts, the header, the fields, and whatever does not add up."""
    about_file, decisions = about.get("fingerprint", {}), decisions_of(about)
    name = about_file.get("name", "file")
    lines = [f"{name}: {about_file.get('rows', '?')} project(s) read" + _from(about_file)]
    lines += [f"{d.where}: {d.said.partition(';')[0]}" for d in decisions if d.topic in ("header", "form") and d.sample]
    fields = [f"{d.said.split()[2]} ← {d.where.removeprefix('column ')}" for d in decisions if d.said.startswith("read as ")]
    if fields:
        lines.append("columns: " + ", ".join(fields))
    left = [f"{d.where}: {d.said}" for d in decisions if d.topic == "row"]
    lines += left[:_SHOWN]
    odd = [str(d) for d in decisions if d.topic == "total" and d.sample]
    odd += [str(d) for d in decisions if d.topic == "form" and "does not hold" in d.said]
    lines += odd[:_SHOWN]
    hidden = len(left) + len(odd) - len(left[:_SHOWN]) - len(odd[:_SHOWN])
    if hidden:
        lines.append(f"… and {hidden} more; `plangeo read` shows all")
    return lines


def read_and_report(path: str, profile: str, columns: Mapping[str, str] | None, shown: int, keywords: Mapping[str, Any]) -> str:
    """Read a register and return the report with its first rows, as text.

    ``keywords`` as for ``read_sites``. A register whose coordinates state no CRS is reported without places, with what is missing.
    **Raises** InputError, TableError, ProfileError.
    """
    missing = ""
    try:
        frame = read_sites(path, profile, columns=columns, **keywords)
    except CrsError as fault:
        missing = f"\n\nPlaces were not read: {fault}"
        plain = {name: value for name, value in keywords.items() if name in ("sheet", "header_row")}
        frame = read_register(path, profile, columns=columns, **plain)
    table = frame.drop(columns="geometry", errors="ignore").head(shown)
    rows = [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
    return report_text(frame.attrs.get("plangeo", {}), rows) + missing
