"""``plangeo read``: say how a register is read, without judging it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from plangeo.commandline.exitcodes import WELL
from plangeo.commandline.pairs import name_column


@click.command("read", short_help="Say how a register is read, without judging it.")
@click.argument("register")
@click.option("--sheet", metavar="NAME", help="Sheet of the workbook; '*' reads all sheets of one form.")
@click.option("--header-row", metavar="N", help="Row of the header, e.g. 4, or 4-5 for two rows.")
@click.option("--list-date", metavar="DATE", help="Day or year of the register: places are named as on that day.")
@click.option("--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'Tên dự án=name'. Repeatable.")
@click.option("--crs", metavar="EPSG:n", help="CRS of the coordinates, when the file does not state it.")
@click.option("--layer-name", "layer", metavar="NAME", help="Which layer of a file that holds several.")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--rows", "shown", type=click.IntRange(0, 1000), default=3, show_default=True, help="How many rows to show.")
def COMMAND(register: str, columns: Sequence[str], profile: str, shown: int, **given: Any) -> int:
    """Print what plangeo makes of REGISTER: its header, which column is which field, what was left out and why.

    Nothing is judged and nothing written. The same --sheet, --header-row, --list-date and --map correct `plangeo assess`.
    """
    from plangeo.readingreport import read_and_report

    keywords = {name: value for name, value in given.items() if value is not None}
    if "crs" in keywords:  # messages, and `plangeo assess`, name the role: --crs sites=EPSG:9215
        keywords["crs"] = keywords["crs"].removeprefix("sites=").removeprefix("register=")
    click.echo(read_and_report(register, profile, dict(name_column(item) for item in columns) or None, shown, keywords))
    return WELL
