"""What the CRS doctor found, for an officer: a table of readings, what it means, what would decide, and one command."""

from __future__ import annotations

import math
import shlex
import textwrap
from dataclasses import dataclass

from plangeo.crsdoctor.crsreadings import Reading, has_datum
from plangeo.crsdoctor.examination import EXPLAINS, Alike, Diagnosis, Score

_COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
_MOST_SHOWN = 10
_WIDTH = 118
_DECIDE = (
    "the note on the sheet or drawing (hệ tọa độ, kinh tuyến trục, múi chiếu 3° or 6°), or one known control point: a spot whose "
    "coordinates stand both in this file and in a source you trust"
)


@dataclass(frozen=True)
class Case:
    """Where the coordinates come from, for the words of the advice."""

    file: str
    name: str
    role: str = "sites"
    columns: tuple[str, str] | None = None
    """The columns read as first (east, longitude) and second number of a table."""
    districts: str = ""
    """Name of the boundary map."""
    stated_by: str = "the file"
    crs: str = ""
    """What the user stated."""
    options: tuple[tuple[str, str], ...] = ()
    """Other options of the command that the user gave, for commands that repeat it."""
    remark: str = ""
    rows: tuple[int, ...] = ()
    """Row numbers of the file."""
    said: tuple[str, ...] = ()
    """Notes of the file on its system."""
    warnings: tuple[str, ...] = ()


def metres(distance: float) -> str:
    """Write a distance.

    >>> metres(25842.5), metres(224.25), metres(0.76), metres(0.0004)
    ('25.84 km', '224 m', '0.76 m', '0.00 m')
    """
    if not math.isfinite(distance):
        return "nowhere"
    if distance >= 2_000:
        return f"{distance / 1000:,.2f} km"
    return f"{distance:.2f} m" if distance < 10 else f"{distance:,.0f} m"


def compass(azimuth: float) -> str:
    """Write a direction.

    >>> compass(299.4), compass(359.9)
    ('WNW', 'N')
    """
    return _COMPASS[round(azimuth / 22.5) % 16] if math.isfinite(azimuth) else ""


def how_read(reading: Reading) -> str:
    """Say what has to be done to the numbers before the system applies."""
    said = ["X/Y exchanged" if not reading.crs.is_geographic else "lat/lon exchanged"] if reading.swapped else []
    if reading.offset:
        zone = abs(reading.offset) / 1e6
        said.append(f"zone number {zone:.0f} {'put before' if reading.offset > 0 else 'taken off'} the easting")
    if reading.sexagesimal:
        said.append("decimals read as minutes, seconds")
    return ", ".join(said) or "as written"


def advise(found: Diagnosis, case: Case) -> str:
    """Return the whole text."""
    parts = [_heading(found, case), _table(found)]
    parts += ["What this means", *map(_wrapped, meaning(found, case))]
    if command := accept_command(found, case):
        parts += ["", "To accept it (nothing is changed until you do)", f"  {command}"]
        if _rivals(found):
            parts.append(
                _wrapped(
                    "  Find out first which of the readings that cannot be told apart it is; for another one put its code (or rank) there."
                )
            )
    # texts of the file may hold signs that move the cursor of a terminal
    return "".join(c for c in "\n".join(parts) if c == "\n" or c.isprintable())


def _wrapped(line: str) -> str:
    inner = "    " if line.startswith("  ") else "  "
    return textwrap.fill(
        line.strip(), _WIDTH, initial_indent=inner, subsequent_indent=inner + "  " * line.strip().startswith("- ")
    )


def _heading(found: Diagnosis, case: Case) -> str:
    lines = [f"{case.name}: {found.rows} row{'s' * (found.rows != 1)}, {found.placed} with coordinates"]
    if found.looked_at < found.placed:
        lines[0] += f"; {found.looked_at} of them, evenly spread, were tried"
    if case.columns:
        lines.append(f"columns: {case.columns[0]!r} taken as east / longitude, {case.columns[1]!r} as north / latitude")
    used = found.in_use
    said = f"{used.reading.name} (by {case.stated_by})" if used else "none" + (f"; {case.remark}" if case.remark else "")
    lines.append(f"coordinate system stated: {said}")
    lines += [f"note in the file: {note}" for note in case.said]
    if not found.units:
        lines.append("boundary map: none given")
    elif found.asked:
        lines.append(f"boundary map: {case.districts}, {found.units} units; {found.asked} sites declare one of them")
    else:
        lines.append(f"boundary map: {case.districts}, {found.units} units; no site declares one of them")
    return "\n".join(lines) + "\n"


def _table(found: Diagnosis) -> str:
    if not found.scores:
        return f"None of the {found.tried} readings tried puts any site into the country.\n"
    shown = list(found.scores[:_MOST_SHOWN])
    if found.in_use is not None and not any(s is found.in_use for s in shown):
        shown.append(found.in_use)
    head = [
        "rank",
        "EPSG",
        "name",
        "meridian",
        "numbers",
        "in declared unit",
        "in the map",
        "in its box",
        "in EPSG's area",
        "moves the sites",
    ]
    rows = [_row(found, s, 1 + next(n for n, o in enumerate(found.scores) if o is s)) for s in shown]
    left_out = {
        n for n, shown_if in ((5, found.asked), (6, found.units), (8, not found.units), (9, found.in_use)) if not shown_if
    }
    columns = [n for n in range(len(head)) if n not in left_out]
    if not found.units:
        head[7] = "in the country"
    wide = [max(len(r[n]) for r in [head, *rows]) for n in range(len(head))]
    lines = ["  ".join(f"{r[n]:<{wide[n]}}" for n in columns).rstrip() for r in [head, *rows]]
    left = len(found.scores) - len(shown)
    lines += [f"      and {left} more readings with fewer sites" if left > 0 else ""]
    out = found.tried - len(found.scores)
    if out > 0:
        lines.insert(len(lines) - 1, f"      {out} more were tried and put no site {'near the map' if found.units else 'there'}")
    return "\n".join(line for line in lines if line) + "\n"


def _row(found: Diagnosis, score: Score, rank: int) -> list[str]:
    reading = score.reading
    code, name = reading.code, reading.name.removeprefix(reading.code).strip()
    move = f"{metres(score.move_m)} {compass(score.move_azimuth)}" if math.isfinite(score.move_m) else ""
    return [
        f"{rank:>4}",
        code.removeprefix("EPSG:") or "-",
        name[:44],
        reading.meridian,
        how_read(reading),
        f"{int(score.declared.sum())} of {found.asked}",
        f"{int(score.mapped.sum())} of {found.looked_at}",
        f"{int(score.boxed.sum())} of {found.looked_at}",
        f"{int(score.local.sum())} of {found.looked_at}",
        "in use" if score is found.in_use else move,
    ]


def meaning(found: Diagnosis, case: Case) -> list[str]:
    """Return the sentences of "What this means"."""
    lines = list(case.warnings)
    used = found.in_use
    if used is not None and not has_datum(used.reading.crs):
        lines.append(
            f"The stated system {used.reading.name!r} names no datum that PROJ can convert, so its degrees were taken for WGS 84. "
            "VN-2000 read that way lies about 224 m off."
        )
    best = found.best
    if best is None or not found.share(best):
        where = "in its declared unit" if found.asked else "on the map" if found.units else "in the country"
        return [*lines, f"No reading puts a single site {where}. Are these the right columns, the right map, the right country?"]
    lines += _verdict(found, case, best)
    if found.second is not None and (found.asked or found.units):
        lines.append(_second(found, best, found.second))
    if best.reading.sexagesimal:
        lines.append(
            "Suspicion: degrees were typed as DD.MMSS (106.4536 for 106°45'36\"): no pair of decimals goes beyond 59, which true "
            "decimals do. Ask who typed the list."
        )
    if found.rest is not None:
        other, explained, count = found.rest
        lines.append(
            f"Two systems in one list? Of the {count} sites that {best.reading.code or best.reading.name} leaves outside their declared "
            f"unit, {explained} lie inside when read as {other.reading.name} ({how_read(other.reading)}). Split the list."
        )
    return [*lines, *_outside(found, case, best), *_alike(found, case, best), *_limits(found)]


def _verdict(found: Diagnosis, case: Case, best: Score) -> list[str]:
    kind = "in the unit they declare" if found.asked else "on the boundary map" if found.units else "in the country"
    stated = f"(stated by {case.stated_by})"
    total = found.asked or found.looked_at

    def count(score: Score) -> str:
        sites = score.declared if found.asked else score.mapped if found.units else score.boxed
        return f"{int(sites.sum())} of {total} {'sites' if case.role == 'sites' else 'shapes'} lie {kind}"

    used = found.in_use
    if found.kept and used is not None:
        return _kept(found, case, used, best, stated, count(used), count(best))
    if found.proposed is not None:
        lines = [f"Read as {best.reading.name} ({how_read(best.reading)}), {count(best)}."]
        if used is not None:
            lines.insert(0, f"The coordinates do not fit {used.reading.name} {stated}: {count(used)}.")
            if not math.isfinite(best.move_m):
                return [*lines, "As stated, the numbers are no place on earth."]
            lines.append(f"Accepting it moves the sites by {metres(best.move_m)} to the {compass(best.move_azimuth)} (median).")
        return lines
    if not found.asked and not found.units:
        return [
            f"Several readings put the sites into the country, {best.reading.name} among them; nothing here says which is right."
        ]
    return [
        f"No reading explains this list: the best, {best.reading.name} ({how_read(best.reading)}), says that only {count(best)}. The declared "
        "units may be old names, the list may mix systems, or the boundary map may be of another place. Nothing is proposed."
    ]


def _kept(found: Diagnosis, case: Case, used: Score, best: Score, stated: str, counted: str, better: str) -> list[str]:
    lean = next((a for a in found.alike if a.score is used), None)
    if lean is None or not lean.leans or not best.reading.plain:
        word = "Beyond that, nothing" if case.warnings else "Nothing"
        lines = [f"{word} here speaks against {used.reading.name} {stated}: {counted}."]
        area = used.reading.crs.area_of_use
        if not found.asked and area is not None and not used.local.any():
            lines.append(
                f"But no site lies in the area EPSG names for that system ({area.name[:80].rstrip('. ')}). Is it the right one?"
            )
        return lines
    return [
        f"Nothing here proves {used.reading.name} {stated} wrong: {counted}. But {best.reading.name} fits better: {better}. "
        f"The two differ by {metres(lean.apart_m)}. If a control point or the note on the sheet confirms it, state "
        f"--crs {case.role}={best.reading.code}."
    ]


def _second(found: Diagnosis, best: Score, second: Score) -> str:
    word = "in their declared unit" if found.asked else "on the map"
    mine, theirs = (int((s.declared if found.asked else s.mapped).sum()) for s in (best, second))
    return (
        f"Second best of the others: {second.reading.name} ({how_read(second.reading)}), {theirs} {'site' if theirs == 1 else 'sites'} {word}, {mine - theirs} fewer "
        f"than {best.reading.code or best.reading.name}."
    )


def _rivals(found: Diagnosis) -> list[Alike]:
    """Readings that cannot be told apart, without those that speak of single rows with X and Y exchanged only."""
    best = found.best
    return [a for a in found.alike if best is None or not _of_single_rows(a, found, best)]


def _of_single_rows(other: Alike, found: Diagnosis, best: Score) -> bool:
    """True when axes the other way round fit only rows that the best reading leaves out, and fewer of them."""
    turned = other.score.reading.swapped is not best.reading.swapped
    return turned and other.score is not found.in_use and 0 < other.fits == other.favour < other.against


def _turned(found: Diagnosis, case: Case, best: Score) -> list[str]:
    """Name the rows that fit only with their axes exchanged, where ``_outside`` does not name them."""
    told = {n for n, fits in found.outside() if fits}
    rows = [n for n in found.turned_rows() if n not in told]
    if not 0 < 2 * len(rows) < found.looked_at or not found.share(best):
        return []
    shown = _listed([str(case.rows[n] if case.rows else n + 1) for n in rows])
    one = len(rows) == 1
    return [
        f"{shown[0].upper()}{shown[1:]} {'fits' if one else 'fit'} only with X and Y exchanged: correct {'that row' if one else 'these rows'}."
    ]


def _alike(found: Diagnosis, case: Case, best: Score) -> list[str]:
    near = [a for a in _rivals(found) if 0.005 <= a.apart_m < math.inf]
    if not near:
        return _turned(found, case, best)
    shown = near if found.units else near[:_MOST_SHOWN]
    lines = [
        *_turned(found, case, best),
        f"Cannot be told apart by these data from {best.reading.name} ({how_read(best.reading)}):",
    ]
    lines += [f"  - {_one_alike(a, found)}" for a in shown]
    if len(near) > len(shown):
        lines.append(f"  - and {len(near) - len(shown)} more")
    lines.append(f"What would decide: {_DECIDE}.")
    if any(a.leans for a in near):
        lines.append("Sites beside borders are a hint only: the boundary map itself may be off by as much.")
    if not found.units:
        lines.append(
            "A boundary map (--districts communes.gpkg) and a column with the commune of each site would tell the far ones apart."
        )
    return lines


def _one_alike(other: Alike, found: Diagnosis) -> str:
    reading = other.score.reading
    used = ", in use" if other.score is found.in_use else ""
    said = f"{reading.name} ({how_read(reading)}{used}): differs by {metres(other.apart_m)} {compass(other.azimuth)}"
    if not found.asked:
        return said
    if not other.near:
        return said + "; no site lies that close to the border of its declared unit"
    told = f"{other.near} {'site lies' if other.near == 1 else 'sites lie'} that close to the border of a declared unit"
    if other.against == other.favour == 0:
        return f"{said}; {told}, and all lie inside by both"
    return f"{said}; {told}: {other.against} speak for the first of the table, {other.favour} for this one"


def _outside(found: Diagnosis, case: Case, best: Score) -> list[str]:
    """Name the rows that do not lie where they say by the best reading; one may have its axes exchanged by itself."""
    left = found.outside()
    if not left or found.share(best) < EXPLAINS:
        return []
    rows = [str(case.rows[n] if case.rows else n + 1) for n, _ in left]
    turned = [row for row, (_, fits) in zip(rows, left, strict=True) if fits]
    lines = [f"Outside the unit they declare even so: {_listed(rows)}."]
    if turned:
        lines.append(f"Of these, with X and Y exchanged in that row alone, inside: {_listed(turned)}. Correct them in the list.")
    return lines


def _listed(rows: list[str]) -> str:
    more = f" and {len(rows) - _MOST_SHOWN} more" if len(rows) > _MOST_SHOWN else ""
    return f"row{'s' * (len(rows) > 1)} {', '.join(rows[:_MOST_SHOWN])}{more}"


def _limits(found: Diagnosis) -> list[str]:
    if found.asked == 1:
        return ["One site only says where it should lie; it may itself be declared wrongly."]
    return []


def accept_command(found: Diagnosis, case: Case) -> str:
    """Return the one command line that accepts what is proposed; empty when nothing is."""
    chosen = found.proposed
    if chosen is None:
        return ""
    reading = chosen.reading
    crs = f"--crs {case.role}={reading.code}"
    if reading.plain:
        if case.role == "sites":
            return f"plangeo assess {shlex.quote(case.file)} {crs} …   (and the other options of your run)"
        return f"plangeo assess … --layer {case.role}={shlex.quote(case.file)} {crs}"
    if case.columns and reading.swapped and not reading.offset and not reading.sexagesimal:
        east, north = ("longitude", "latitude") if reading.crs.is_geographic else ("east", "north")
        first, second = case.columns
        maps = " ".join(f"--map {shlex.quote(f'{column}={word}')}" for column, word in ((second, east), (first, north)))
        plain = reading.code == "EPSG:4326"
        return (
            f"plangeo assess {shlex.quote(case.file)} {maps}{'' if plain else ' ' + crs} …   (and the other options of your run)"
        )
    rank = 1 + next(n for n, s in enumerate(found.scores) if s is chosen)
    return f"plangeo doctor {shlex.quote(case.file)} {_again(case)}--accept {rank} --out corrected.gpkg"


def _again(case: Case) -> str:
    said = f"--crs {shlex.quote(case.crs)} " if case.crs else ""
    said += "".join(f"{option} {shlex.quote(value)} " for option, value in case.options)
    return said + (f"--districts {shlex.quote(case.districts)} " if case.districts else "")


def short(score: Score) -> str:
    """Name a reading and how the numbers are to be taken, on one line."""
    how = how_read(score.reading)
    return score.reading.name + ("" if how == "as written" else f" ({how})")
