"""``plangeo explain``: why a project got its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plangeo.commandline.exitcodes import WELL
from plangeo.errors import InputError

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("explain", short_help="Say why a project got its verdict.")
@click.argument("out", metavar="FOLDER")
@click.argument("site_id", metavar="ID")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def COMMAND(out: str, site_id: str, lang: Language) -> int:
    """Say why the project ID got its verdict; FOLDER is the result of `plangeo assess`."""
    from plangeo.explanation import unknown_site
    from plangeo.report import read_explanations

    texts = read_explanations(out)
    if site_id not in texts:
        raise InputError(unknown_site(site_id, list(texts)), code="site_unknown")
    click.echo(texts[site_id][lang])
    return WELL
