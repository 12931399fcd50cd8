"""Command `plangeo reconcile`: two lists of projects held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

_SIDES = ("left", "right")


@click.command("reconcile", short_help="Hold two lists of projects against each other.")
@click.argument("left")
@click.argument("right")
@click.option(
    "--confirm", metavar="FILE", help="The officer's decisions: left_id, right_id, decision (same/different), who, date."
)
@click.option("--out", metavar="FILE", help="Write the tables to this workbook (.xlsx), or the outcomes alone (.csv).")
@click.option(
    "--crs", "systems", multiple=True, metavar="[SIDE=]EPSG:n", help="CRS of coordinates, when a list does not state it."
)
@click.option("--sheet", "sheets", multiple=True, metavar="[SIDE=]NAME", help="Sheet of a workbook.")
@click.option("--header-row", "headers", multiple=True, metavar="[SIDE=]N", help="Row of the header, e.g. 4, or 4-5.")
@click.option("--list-date", "days", multiple=True, metavar="[SIDE=]DATE", help="Day or year a list names its places on.")
@click.option("--layer-name", "layers", multiple=True, metavar="[SIDE=]NAME", help="Which layer of a file that holds several.")
@click.option(
    "--map", "columns", multiple=True, metavar="[SIDE:]RAW=NAME", help="Name a column, e.g. 'left:Tên=name'. Repeatable."
)
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
def COMMAND(
    left: str, right: str, confirm: str | None, out: str | None, profile: str, columns: Sequence[str], **given: Any
) -> int:
    """Match the projects of LEFT and RIGHT by code, name, place and ground, and say what is the same, what changed, what only one
    list has, and what an officer has to decide.

    SIDE is left or right; without it an option holds for both. The sheet "Cần xác nhận" of the workbook, filled in, is the
    file for --confirm. Exit code 0: all the same; 1: something differs or is in doubt.

    \b
    Example
      plangeo reconcile list2024.xlsx list2025.xlsx --list-date left=2024-12-31 --list-date right=2025-07-01 --out diff.xlsx
    """
    from plangeo.errors import CrsError, InputError
    from plangeo.reconciling.listsheets import count_lines, sheets_of
    from plangeo.reconciling.reconciliation import reconcile
    from plangeo.sheetfile import write_tables
    from plangeo.sources import read_sites

    options = {
        option: _by_side(f"--{option.replace('_', '-')}", given[name])
        for option, name in (
            *(("crs", "systems"), ("sheet", "sheets"), ("header_row", "headers"), ("list_date", "days"), ("layer", "layers")),
        )
    }
    named = _columns(columns)
    frames = []
    for side, path in zip(_SIDES, (left, right), strict=True):
        keywords: dict[str, Any] = {option: said[side] for option, said in options.items() if side in said}
        try:
            frames.append(read_sites(path, profile, columns=named[side] or None, **keywords))
        except CrsError as error:
            raise CrsError(
                f"{path} ({side} list): {error} For `plangeo reconcile`: --crs {side}=EPSG:9215", code=error.code
            ) from error
        except InputError as error:
            raise type(error)(f"{side} list: {error}", code=error.code) from error
        click.echo(f"{side:>5}: {path}, {len(frames[-1])} projects", err=True)
    result = reconcile(frames[0], frames[1], confirmed=confirm, profile=profile)
    for line in count_lines(result):
        click.echo(line)
    for decision in result.decisions:
        click.echo(f"- {decision}", err=True)
    if out is not None:
        write_tables(sheets_of(result), out, chosen="lists_reconciled")
        click.echo(out)
    return 0 if (result.outcomes["outcome"] == "same").all() else 1


def _by_side(option: str, items: Sequence[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for item in items:
        side, sign, value = item.partition("=")
        sides, value = ((side,), value) if sign and side in _SIDES else (_SIDES, item)
        for each in sides:
            if each in said:
                raise click.UsageError(f"{option} is given twice for the {each} list")
            if not value.strip():
                raise click.UsageError(f"{option} {item!r}: write e.g. {option} left=VALUE")
            said[each] = value.strip()
    return said


def _columns(items: Sequence[str]) -> dict[str, dict[str, str]]:
    named: dict[str, dict[str, str]] = {side: {} for side in _SIDES}
    for item in items:
        raw, _, canonical = item.rpartition("=")
        side, colon, rest = raw.partition(":")
        sides, raw = ((side,), rest) if colon and side in _SIDES else (_SIDES, raw)
        if not raw or not canonical:
            raise click.UsageError(f"--map {item!r}: write RAW=NAME or left:RAW=NAME, e.g. --map 'left:Tên công trình=name'")
        for each in sides:
            named[each][raw] = canonical
    return named
