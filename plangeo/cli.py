"""The command line as a whole: find the command, run it, turn what goes wrong into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from plangeo.apart import reading_apart
from plangeo.apart.child import start_ahead
from plangeo.commandline.exitcodes import BAD_INPUT, OUR_FAULT, WELL
from plangeo.commands import Commands
from plangeo.console import Console
from plangeo.errors import PlangeoError
from plangeo.stopping import exit_code_of, stop_signals

_READING = frozenset(
    {
        "assess",
        "read",
        "doctor",
        "layers",
        "prepare",
        "map",
        "reconcile",
        "quality",
        "rerun",
        "plans",
        "timeline",
        "sheet",
        "dossier",
    }
)
"""Commands that read files of the user: what reads them is started at once."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 nothing wrong, 1 findings, 2 bad input or usage, 3 our fault."""
    _forgiving_console()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug, trusted = "--debug" in given, "--trusted" in given
    given = [a for a in given if a not in ("--debug", "--trusted")]
    console = Console(sys.stderr, time.perf_counter)

    def tell(text: str) -> None:
        console.clear()
        click.echo(text, err=True)

    def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        tell(f"Note: {message}")

    try:
        with warnings.catch_warnings(), reading_apart(not trusted), stop_signals(tell):
            if not trusted and given and given[0] in _READING:
                start_ahead()
            warnings.showwarning = show_warning
            return int(plangeo.main(given, prog_name="plangeo", standalone_mode=False, obj=console) or WELL)
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        why = stop.__cause__ if isinstance(stop, click.exceptions.Abort) else stop
        if isinstance(why, KeyboardInterrupt):
            console.end_line()
            tell("stopped; nothing half-written was published")
        return exit_code_of(why)
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (PlangeoError, OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output left, e.g. `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return WELL
        if debug:
            traceback.print_exc()
        tell(f"Error: {error}")
        if isinstance(error, PlangeoError):
            from plangeo.catalogue.phrases import advice

            click.echo(advice(error.code), err=True)
        return BAD_INPUT
    except Exception as error:
        if debug:
            traceback.print_exc()
        said = " ".join(f"{type(error).__name__}: {error}".split())
        click.echo(
            f"plangeo failed, and it is our fault, not yours: {said}. Please report this line and the command (see the README, "
            "“Reporting a fault”); --debug shows the whole trace.",
            err=True,
        )
        return OUR_FAULT


def _forgiving_console() -> None:
    """An old Windows console cannot show every Vietnamese letter: show '?' rather than die."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


_EPILOG = """\b
Examples
  plangeo demo
      a complete run on the sample data; open the map it names
  plangeo assess projects.xlsx --rulebook rulebook.yaml --on 2025-07-01 \\
      --layer zones=zones.gpkg --layer districts=communes.gpkg --out out
      judge your own register
  plangeo assess
      the run written down in plangeo.yaml of this folder
  plangeo explain out P-0042
      why P-0042 got its verdict

\b
Exit code
  0  nothing wrong    1  findings: some site is not plainly compatible
  2  bad input or usage    3  a fault of plangeo itself
"""


@click.group(cls=Commands, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="plangeo", prog_name="plangeo")
@click.option("--debug", is_flag=True, help="On an error, show the whole trace.")
@click.option(
    "--trusted",
    is_flag=True,
    help="Read files in this process: a little faster, but a file that crashes its reader ends the run.",
)
def plangeo(debug: bool, trusted: bool) -> None:
    """Check whether projects are sited where the land-use plan allows them.

    Every project of a register gets a verdict for a date: compatible, compatible with conditions, cannot be
    determined, or not compatible; with the plan, the rule, the numbers and the doubt behind it. Missing data
    never count as consent.
    """


if __name__ == "__main__":
    main()
