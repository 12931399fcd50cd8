"""``plangeo layers``: what a file holds."""

from __future__ import annotations

import click

from plangeo.commandline.exitcodes import WELL


@click.command("layers", short_help="List the layers or sheets of a file; of a drawing its levels, colours and texts.")
@click.argument("file")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
def COMMAND(file: str, profile: str) -> int:
    """List what FILE holds: layers, kinds of geometry, rows, CRS; of a workbook the sheets and what they look like (a list of
    projects, a list of corners); of a DXF or DGN the levels with their elements, colours and texts.

    \b
    Example
      plangeo layers plan.dgn
      plangeo assess projects.xlsx … --layer zones=plan.dgn \\
          --layer-name zones=10 --labels zones=13 --crs zones=EPSG:9215
    """
    from plangeo.contents import describe_file
    from plangeo.profiles import load_profile

    for line in describe_file(file, load_profile(profile)):
        click.echo(line)
    return WELL
