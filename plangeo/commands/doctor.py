"""``plangeo doctor``: in which coordinate system a file seems to stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.commandline.pairs import name_column


@click.command("doctor", short_help="Say in which coordinate system a file seems to stand.")
@click.argument("file")
@click.option("--crs", metavar="EPSG:n", help="The system the file is said to be in, when it does not state it.")
@click.option("--districts", metavar="FILE", help="Boundary map of communes; sites that declare one tell the readings apart.")
@click.option("--districts-crs", metavar="EPSG:n", help="CRS of the boundary map, when it does not state it.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook.")
@click.option("--header-row", metavar="N", help="Row of the header, e.g. 4, or 4-5 for two rows.")
@click.option("--list-date", metavar="DATE", help="Day or year of the register: places are named as on that day.")
@click.option("--layer-name", metavar="NAME", help="Which layer of a file that holds several.")
@click.option(
    "--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'Tọa độ X=north', 'Xã=declared_district'."
)
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option(
    "--accept",
    type=click.IntRange(min=1),
    metavar="RANK",
    help="Write a copy read as the table's line of that rank; needs --out.",
)
@click.option("--out", metavar="FILE.gpkg", help="The copy to write (GeoPackage).")
def COMMAND(file: str, accept: int | None, out: str | None, columns: Sequence[str], profile: str, **given: Any) -> int:
    """Score every plausible reading of the coordinates in FILE, a register or a map, also one that states no system.

    Readings are compared by the share of sites that lie in the commune they declare, on the boundary map, and in the
    country. FILE is never changed. Exit code: 0 nothing speaks against the system stated, 1 something does or none is stated.
    """
    from plangeo.crsdoctor.crsconsultation import consult, write_copy

    if (accept is None) is not (out is None):
        raise click.UsageError(
            "--accept RANK and --out FILE.gpkg go together: the copy that is written reads FILE as that line says"
        )
    keywords = {name: value for name, value in given.items() if value is not None}
    told = consult(file, profile, columns=dict(name_column(item) for item in columns), **keywords)
    click.echo(told.text)
    if accept is not None and out is not None:
        click.echo(f"\n{write_copy(told, accept, out)}")
    return WELL if told.healthy else FINDINGS
