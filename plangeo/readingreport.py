"""The reading report: what the reader of a file decided, for an officer to check and, where need be, to correct."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from plangeo.errors import CrsError
from plangeo.geometry import as_crs
from plangeo.positions.cornerlists import SEPARATOR
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
    if line := crs_line(about_file):
        lines.append(line)
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


def crs_line(about_file: Mapping[str, Any], role: str = "") -> str:
    """Return in one line the CRS a layer is read in and who said so, from its fingerprint; empty where it has none.

    >>> crs_line({"crs": "EPSG:9215", "crs_by": "stated by the user", "name": "a.xlsx"}, "sites")
    'sites, a.xlsx: coordinates in EPSG:9215 VN-2000 / TM-3 107-15, because: stated by the user'
    """
    crs, why = str(about_file.get("crs") or ""), str(about_file.get("crs_by") or "")
    if not crs or not why:
        return ""
    found = as_crs(crs)
    code = ":".join(found.to_authority() or ())
    whose = ", ".join(part for part in (role, str(about_file.get("name", ""))) if part)
    return f"{whose}: coordinates in {f'{code} ' if code else ''}{found.name}, because: {why}"


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
            if name != "source_row" and text.strip(SEPARATOR) and text not in ("nan", "None"):
                lines.append(f"    {name}: {text[:_WIDE]}{'…' if len(text) > _WIDE else ''}")
    return lines


def read_line(about: Mapping[str, Any]) -> str:
    """Return in one line what was read: the file, its sheet and header, the form, and which column is which field."""
    about_file, decisions = about.get("fingerprint", {}), decisions_of(about)
    parts = [f"{about_file.get('name', 'file')}: {about_file.get('rows', '?')} project(s) read" + _from(about_file)]
    headers = [d.where.rpartition(", ")[2] for d in decisions if d.topic == "header" and d.sample]
    if headers:
        parts.append(f"header in {headers[0] if len(headers) == 1 else f'{len(headers)} sheets'}")
    parts += [d.said.partition(":")[0] for d in decisions if d.topic == "form" and d.sample and d.confidence is not None][:1]
    fields = [f"{d.said.split()[2]} ← {d.where.removeprefix('column ')}" for d in decisions if d.said.startswith("read as ")]
    return "; ".join([*parts, ", ".join(fields)] if fields else parts)


_DOUBTS: Sequence[re.Pattern[str]] = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # parts of the file that are not there: whole projects or zones are missing from every count
        r"data end early|may be incomplete",
        # where projects lie
        r"datum lost|contradict|far outside|do not fit|were read that way|typed as decimals|degrees without a stated datum|was not used",
        # boundaries and drawings
        r"left aside|no identifier fits|given to none|given to no shape|have no label|different classes|outside every shape|end loose"
        r"|have no class code|does not know|wholly inside",
        # names of places
        r"may mean several|name no unit|do not lie in|not recorded|in another kind|neither a date nor|does not exist any more"
        r"|say so: --list-date",
        # amounts and totals; areas first, a verdict may hang on them
        r"area\(s\).*(?:not be read|not read|read both ways|smaller|larger|thousand times|nobody has verified)",
        r"not read\b|could not be read|could be read both ways|names several units|times (?:larger|smaller)|thousand times|read both ways"
        r"|nobody has verified|another unit than the column|stay as written",
        r"differs from the sum|was not checked|were not checked",
        # rows, columns, letters
        r"does not hold|error of the spreadsheet|excel error|without a stored value|hidden in the sheet|kept as projects?\b|could be meant as well"
        r"|repeat a |lost letters|left as written",
    )
]
"""How readers word what an officer has to look at, first what may move a verdict most."""
_SURE = 0.9
_WEIGHED = ("row", "column", "encoding", "crs")
_OF_A_KIND = 3
_PART = re.compile(r"; (?=[a-z][a-z_]+: )")
_SAMPLE = 70
_LONGEST = 400


def doubt_lines(inputs: Sequence[Mapping[str, Any]], rows: Sequence[tuple[str, str]], most: int = _SHOWN) -> list[str]:
    """Return a line for every doubt about what was read, the gravest first, at most ``most`` and how many more there are.

    What is said of one place in a file (a drawing, a column) is one line.

    Parameters: ``inputs`` of an assessment (``attrs["plangeo"]`` of a frame will do), the register first; ``rows`` of the register
    with a problem: their number or identifier, and the problem. What needs no look, such as a title above a header, is left out.
    """
    found = [(-1, line) for line in _problem_lines(rows)]
    joined: dict[tuple[int, str], list[str]] = {}  # what is said of one place is one line
    for number, about in enumerate(inputs):
        role = "" if number == 0 else f"{about.get('role', 'layer')}: "
        decisions = decisions_of(about)
        for d in decisions:
            rank = _rank(d.said)
            if rank is None and d.topic in _WEIGHED and d.confidence is not None and d.confidence < _SURE:
                rank = len(_DOUBTS)
            if rank is not None:
                shown = d.sample if len(d.sample) <= _SAMPLE else d.sample[: _SAMPLE - 1].rstrip() + "…"
                joined.setdefault((rank, role + d.where), []).append(f"{d.said} [{shown}]" if shown else d.said)
        said = {d.said for d in decisions}
        for note in about.get("notes", ()):
            rank = _rank(note)
            if rank is not None and not said & {note, note.partition(": ")[2]}:  # a note may repeat a decision behind its place
                found.append((rank, role + note))
    found += [(rank, f"{where}: {'; '.join(dict.fromkeys(texts))}") for (rank, where), texts in joined.items()]
    seen: Counter[int] = Counter()
    chosen = sorted(range(len(found)), key=lambda n: (_later(found[n][0], seen), found[n][0]))[:most]
    lines = [_cut(found[n][1]) for n in sorted(chosen, key=lambda n: found[n][0])]
    return [*lines, *([f"… and {len(found) - most} more"] if len(found) > most else [])]


def _later(rank: int, seen: Counter[int]) -> bool:
    """Say whether a doubt has to wait, because enough of its kind were told: every kind gets a word."""
    seen[rank] += 1
    return seen[rank] > _OF_A_KIND


def _rank(said: str) -> int | None:
    return next((n for n, pattern in enumerate(_DOUBTS) if pattern.search(said)), None)


def _problem_lines(rows: Sequence[tuple[str, str]]) -> list[str]:
    """One line for each kind of problem, with its rows and the first of them in full."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for row, problem in rows:
        for part in filter(None, _PART.split(problem)):
            code, _, text = part.partition(": ")
            exchanged = " (X and Y seem exchanged)" if "exchanged" in text else ""
            kinds.setdefault(code + exchanged, []).append((row, text))
    lines = []
    for kind, there in sorted(kinds.items(), key=lambda item: ("exchanged" not in item[0], item[0].startswith("no_geometry"))):
        shown = ", ".join(row for row, _ in there[:_SHOWN]) + (" …" if len(there) > _SHOWN else "")
        first = f"; {there[0][0]}: {there[0][1]}" if len(there) > 1 else f": {there[0][1]}"
        lines.append(f"{len(there)} project(s) with {kind}: {shown}{first}")
    return lines


def _cut(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def problem_rows(sites: Any) -> list[tuple[str, str]]:
    """Return the rows of a register with a problem, as ``doubt_lines`` takes them: "row 13", or the identifier where no row is known."""
    numbers = sites["source_row"].tolist() if "source_row" in sites else [None] * len(sites)
    return [
        (f"row {int(number)}" if isinstance(number, float) and number == number else str(site_id), str(problem))
        for number, site_id, problem in zip(numbers, sites["site_id"], sites["problem"], strict=True)
        if problem
    ]


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
