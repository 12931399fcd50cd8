"""``plangeo codes``: what a code means, be it of a land-use class, of a finding, of a row's problem or of a fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plangeo.model import Language


@click.command("codes", short_help="Say what a code means: of a land-use class, a finding, a problem, a fault.")
@click.argument("code", nargs=-1)
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--page", is_flag=True, help="Print every code of findings, problems and faults as a page of Markdown.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="en", show_default=True)
def codes(code: Sequence[str], profile: str, page: bool, lang: Language) -> int:
    """Say what is known of each CODE; without one, list the codes of findings, problems of rows and faults.

    Of a land-use class: names, place in the lists of 2018, 2021 and 2024, successors, colour, sources; ODT+CLN asks for
    both. Of a finding, a problem or a fault: the sentence, what it means, what to do. A code nobody knows is told last,
    and ends with exit code 2.

    \b
    Examples
      plangeo codes SKX
      plangeo codes within_map_accuracy file_empty
    """
    if page or not code:
        click.echo(_page() if page else _list(lang))
        return 0
    unknown = [line for one in _asked(code) for line in _tell(one, profile, lang)]
    for line in unknown:
        click.echo(f"Error: {line}", err=True)
    return 2 if unknown else 0


def _asked(codes: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part.strip() for text in codes for part in text.split("+") if part.strip()))


def _tell(code: str, profile: str, language: Language) -> list[str]:
    """Print what is known of one code; return what has to be said where nothing is."""
    from plangeo.catalogue.entries import describe, find_entries
    from plangeo.errors import InputError
    from plangeo.landcodes import describe_code
    from plangeo.profiles import load_profile

    if entries := find_entries(code):
        click.echo("\n".join(line for entry in entries for line in describe(entry, language)))
        return []
    try:
        click.echo("\n".join(describe_code(code, load_profile(profile))))
    except InputError as fault:
        return [f"{fault} Nor is it a code of a finding, of a row's problem or of a fault: `plangeo codes` lists them all."]
    return []


def _page() -> str:
    from plangeo.catalogue.entries import page

    return page()


def _list(language: Language) -> str:
    from plangeo.catalogue.entries import FAMILIES, catalogue

    entries = list(catalogue().values())
    wide = max(len(entry.code) for entry in entries)
    lines = []
    for family, title in FAMILIES.items():
        lines += ["", title.text(language)]
        lines += [f"  {e.code:<{wide}}  {e.means.text(language)}" for e in entries if e.family == family]
    return "\n".join(lines[1:])


COMMAND = codes
