"""The embedded sample: Lạng Sơn in miniature, illustrative zones and positions."""

from __future__ import annotations

from pathlib import Path

from plangeo.errors import InputError

_FOLDERS = (Path(__file__).parent / "_sample", Path(__file__).parents[1] / "data")


def sample(name: str) -> Path:
    """Return the path of a file of the embedded sample, e.g. ``projects.xlsx``.

    **Raises** InputError that lists what there is.

    >>> sample("rulebook.yaml").name
    'rulebook.yaml'
    """
    for folder in _FOLDERS:
        if (folder / name).is_file() and (folder / name).resolve().is_relative_to(folder.resolve()):
            return folder / name
    known = sorted(
        {p.name for f in _FOLDERS if f.is_dir() for p in f.iterdir() if p.suffix in {".xlsx", ".gpkg", ".yaml", ".csv"}}
    )
    raise InputError(f"The sample has no file {name!r}. It has {', '.join(known)}.", code="sample_unknown")
