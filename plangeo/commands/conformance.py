"""``plangeo conformance``: is a result from another office as plangeo publishes results?"""

from __future__ import annotations

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL


@click.command("conformance", short_help="Hold a result from somewhere else against the published form.")
@click.argument("folder")
def COMMAND(folder: str) -> int:
    """Hold the result in FOLDER against the published form of results: JSON Schemas, columns, types and allowed words, the hashes
    of the manifest, and the files against one another (the same sites and counts, the digest, every verdict its worst finding, as
    many rows as the register had).

    Nothing of the folder is run, and no input is needed. It says that a result is whole and agrees with itself, not who made it:
    whoever wrote the folder can write a manifest to match. `plangeo rerun` judges the inputs again. Exit code: 0 as published, 1
    not, 2 no finished result.
    """
    from plangeo.delivery.conformance import check_output

    found = check_output(folder)
    for fault in found.faults:
        where = f", {fault.where}" if fault.where else ""
        click.echo(f"{fault.code}: {fault.file}{where}: {fault.what}")
    looked = ", ".join(found.files)
    if found.faults:
        click.echo(f"{folder} is not a result of format {found.format} as published: {len(found.faults)} fault(s)", err=True)
        return FINDINGS
    click.echo(f"{folder} is a result of format {found.format} as published; looked into {looked}")
    return WELL
