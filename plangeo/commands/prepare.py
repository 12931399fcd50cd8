"""``plangeo prepare``: make a big plan ready ahead of the first run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from plangeo.commandline.exitcodes import WELL
from plangeo.commandline.pairs import name_column


@click.command("prepare", short_help="Make a big plan ready ahead of the first run.")
@click.argument("file")
@click.option("--crs", metavar="EPSG:n", help="CRS of the file, when it does not state it.")
@click.option("--layer-name", metavar="NAME", help="Which layer of a file that holds several.")
@click.option("--labels", metavar="LEVEL", help="Of a drawing: the level of the class labels.")
@click.option("--plan-id", metavar="PLAN", help="Plan that draws the zones, when their file does not say.")
@click.option("--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'KyHieu=zone_code'.")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--sites-crs", metavar="EPSG:n", help="CRS of the registers to come.  [default: that of the plan]")
def COMMAND(
    file: str,
    crs: str | None,
    layer_name: str | None,
    labels: str | None,
    plan_id: str | None,
    columns: Sequence[str],
    profile: str,
    sites_crs: str | None,
) -> int:
    """Validate, cut and sort the zones in FILE once, and keep them in the cache folder ($PLANGEO_CACHE).

    Give the same options as `plangeo assess` will have; what does not fit is made again by itself.
    """
    from plangeo.layers import PREPARE_FROM_BYTES, prepare_zones
    from plangeo.sources import LayerFile

    start = time.perf_counter()
    named = {
        "crs": crs,
        "layer": layer_name,
        "labels": labels,
        "plan_id": plan_id,
        "columns": dict(name_column(item) for item in columns) or None,
    }
    source = LayerFile(file, profile, {name: value for name, value in named.items() if value is not None})
    made = prepare_zones(source, sites_crs=sites_crs)
    kept = made.kept
    if made.made is None:
        kept = f"{sum(f.stat().st_size for f in Path(kept).iterdir()) / 1e6:.1f} MB in {kept}"
    click.echo(f"{len(made.rows)} zones, to be measured in {made.crs.to_string()}, ready in {time.perf_counter() - start:.1f} s")
    click.echo(kept)
    if source.size() < PREPARE_FROM_BYTES:
        click.echo(
            f"{file} is small: `plangeo assess` reads it itself, and uses prepared plans from {PREPARE_FROM_BYTES / 2**20:g} MB on"
        )
    return WELL
