"""``plangeo demo``: the sample data from end to end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangeo.apart import reading_apart
from plangeo.commandline.exitcodes import WELL
from plangeo.commandline.runs import MAP, assess_and_write, raise_fault, stoppable
from plangeo.commandline.summary import files_written, print_summary

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("demo", short_help="Run the sample data from end to end.")
@click.option("--out", metavar="FOLDER", default="out/demo", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default=None, help="Language of the map and of the summary.")
def COMMAND(out: str, lang: Language | None) -> int:
    """Judge the sample register that comes with plangeo; the last line names the map to open."""
    import plangeo as package
    from plangeo.project_file import PROJECT_FILE, load_project

    project = load_project(package.sample(PROJECT_FILE))
    project = project.model_copy(update={"out": out, "language": lang or project.language})

    def judge() -> int:
        with reading_apart(False):  # the sample comes with plangeo
            result = assess_and_write(project, Path(out))
        print_summary(result, project.language)
        click.echo(files_written(Path(out)))
        click.echo(str(Path(out) / MAP))
        raise_fault(result)
        return WELL

    return stoppable(Path(out), judge)
