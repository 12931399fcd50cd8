"""``plangeo map``: draw the map of a result again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.commandline.exitcodes import WELL
from plangeo.commandline.runs import MAP, map_page, raise_fault
from plangeo.console import running_console
from plangeo.errors import InputError

if TYPE_CHECKING:
    from plangeo.model import Assessment, Language
    from plangeo.project_file import Project


@click.command("map", short_help="Draw the map of a result again.")
@click.argument("folder")
@click.option("--out", metavar="FILE", help="Where to write the map.  [default: map.html in FOLDER]")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of the map.  [default: that of the run]")
@click.option("--compare", metavar="ROLE|FILE", help="Zones to compare with: a layer of the run (present_use) or another file.")
@click.option(
    "--tiles", metavar="URL", help="Base map, e.g. https://tiles.example.org/{z}/{x}/{y}.png; the map then asks that server."
)
@click.option("--attribution", metavar="TEXT", help="Who made the base map; needed with --tiles.")
def COMMAND(
    folder: str, out: str | None, lang: Language | None, compare: str | None, tiles: str | None, attribution: str | None
) -> int:
    """Draw the map of a result again, from the same inputs; refused when an input has changed since.

    Any two plans of the run can be compared on the map; --compare adds other zones. The map asks nothing of a network unless
    --tiles names a base map.
    """
    from plangeo.basemap import base_map
    from plangeo.delivery.atomicfile import write_content
    from plangeo.report import replace_file
    from plangeo.rerun import repeat_run

    base_map(tiles, attribution)  # refused before minutes are spent
    project, result = repeat_run(Path(folder), running_console())
    target = Path(out) if out else Path(folder) / MAP
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist; make it first", code="output_name_wrong")
    given = {"compare": _compared(project, result, compare), "tiles": tiles, "attribution": attribution}
    text = map_page(result, lang or project.language, project.title, **given)
    if target.resolve().parent == Path(folder).resolve():
        replace_file(folder, target.name, text)
    else:
        write_content(target, text)
    click.echo(str(target))
    raise_fault(result)
    return WELL


def _compared(project: Project, result: Assessment, compare: str | None) -> Any:
    """The layer to compare with: a role of the run as it is, else a file of zones."""
    from plangeo.sources import read_zones

    if compare is None or compare in result.layers or not Path(compare).exists():
        return compare
    return read_zones(compare, project.profile)
