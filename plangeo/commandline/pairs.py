"""Options given in pairs: RAW=NAME and ROLE=VALUE."""

from __future__ import annotations

import click

_EXAMPLES = {"--layer": "zones=zones.gpkg", "--crs": "sites=EPSG:9215"}


def name_column(item: str, example: str = "Loại công trình=use") -> tuple[str, str]:
    """Return what the file calls a column, and the name it is to have. **Raises** UsageError, with an example, for anything else."""
    raw, _, name = item.rpartition("=")
    if not raw or not name:
        raise click.UsageError(f"--map {item!r}: write RAW=NAME, e.g. --map '{example}'")
    return raw, name


def split_pair(option: str, item: str, example: str | None = None) -> tuple[str, str]:
    """Return the role an option speaks of, and what it says. **Raises** UsageError, with an example, for anything else."""
    role, sign, value = item.partition("=")
    if not sign or not role.strip() or not value.strip():
        example = example or _EXAMPLES.get(option, "zones=DatQuyHoach")
        raise click.UsageError(f"{option} {item!r}: write ROLE=VALUE, e.g. {option} {example}")
    return role.strip(), value.strip()
