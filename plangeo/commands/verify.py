"""``plangeo verify``: is a result still what the run wrote?"""

from __future__ import annotations

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL


@click.command("verify", short_help="Say whether a result is still what the run wrote.")
@click.argument("folder")
def COMMAND(folder: str) -> int:
    """Hash every file of the result in FOLDER again and hold it against the manifest: ok, changed, missing or foreign (not
    named by the manifest), and recompute the verdict digest from verdicts.csv.

    Exit code: 0 everything the manifest names is as it was written (foreign files are told, and do no harm), 1 something is
    changed or missing, 2 the folder is no finished result.
    """
    from plangeo.delivery.verification import verify_output

    found = verify_output(folder)
    wide = max(len(f.name) for f in found.files) if found.files else 0
    for file in found.files:
        click.echo(f"{file.state:<8} {file.name:<{wide}}  {file.why}".rstrip())
    for note in found.notes:
        click.echo(f"- {note}")
    if found.digest == found.digest_found:
        click.echo(f"ok       verdict digest {found.digest[:16]}…, recomputed from verdicts.csv")
    else:
        told = f"{found.digest_found[:16]}…" if found.digest_found else "not readable"
        click.echo(f"changed  verdict digest: the manifest states {found.digest[:16]}…, verdicts.csv gives {told}")
    if not found.whole:
        click.echo(
            f"{folder} is not what the run wrote. Take it again from where it was made, or run `plangeo assess` again.", err=True
        )
    return WELL if found.whole else FINDINGS
