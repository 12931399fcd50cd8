"""Folders of kept files: written at once or not at all, believed only after a check, removed when there are too many.

A kept entry is a folder named by its key, with some Parquet files and a description that holds their hashes. Nothing is
unpickled. Whatever does not fit is made anew by the caller.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from plangeo.storage.checkedfile import CheckedFile, SpoiledFile, check, describe

# Kept entries above this total are removed, those unused for longest first.
LIMIT_BYTES = 4 * 2**30
# A file up to this size is held in memory from the moment it is checked; a larger one is checked again block by block.
IN_MEMORY_BYTES = 64 * 2**20
_ABOUT = "layer.json"
_ABOUT_BYTES = 64 * 2**20

Write = Callable[[Path], None]
Open = Callable[[], Any]


def cache_folder(folder: str | Path | None) -> Path:
    """Return ``folder``, else ``$PLANGEO_CACHE``, ``$XDG_CACHE_HOME/plangeo`` or ``~/.cache/plangeo``."""
    if folder is not None or os.environ.get("PLANGEO_CACHE"):
        return Path(folder or os.environ["PLANGEO_CACHE"]).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "plangeo"


def keep(place: Path, about: Mapping[str, Any], writers: Mapping[str, Write]) -> None:
    """Write an entry under a temporary name, then rename it: a reader sees all of it or nothing.

    Parameters: ``place``, whose name is the key; ``about``, plain data; ``writers`` name → function that writes the file
    at a path. **Raises** OSError when it cannot be written, and what a writer raises.
    """
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=place.parent))
    try:
        for name, write in writers.items():
            write(draft / f"{name}.parquet")
        files = {name: describe(draft / f"{name}.parquet") for name in writers}
        text = json.dumps({**about, "key": place.name, "files": files}, sort_keys=True)
        (draft / _ABOUT).write_text(json.dumps({"about": text, "sha256": _hash(text)}), encoding="utf-8")
        if place.exists():  # spoiled, or it would have been used; moved aside first, so that no half is ever seen
            spoiled = draft.with_name(f"{draft.name}-spoiled")
            place.rename(spoiled)
            shutil.rmtree(spoiled, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _prune(place.parent, keep=place)


def open_kept(place: Path, names: Iterable[str], *, checked: bool = False) -> tuple[dict[str, Any], dict[str, Open]] | None:
    """Return the description of an entry and how to open its files, or None when anything about it is wrong.

    ``checked``: large files were checked by the process this one was started by; their blocks are still checked when read.
    """
    try:
        about = _read_about(place)
        if about["key"] != place.name or set(about["files"]) != set(names):
            return None
        files = {name: _opener(place / f"{name}.parquet", about["files"][name], checked) for name in names}
        os.utime(place / _ABOUT)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return about, files


def _read_about(place: Path) -> dict[str, Any]:
    with (place / _ABOUT).open("rb") as file:
        outer = json.loads(file.read(_ABOUT_BYTES))
    if _hash(outer["about"]) != outer["sha256"]:
        raise ValueError("the description of a kept entry was changed")
    about: dict[str, Any] = json.loads(outer["about"])
    return about


def _opener(path: Path, expected: Mapping[str, Any], checked: bool) -> Open:
    if expected["bytes"] <= IN_MEMORY_BYTES:
        with CheckedFile(path, expected) as file:
            content = file.read()
        return lambda: pa.BufferReader(content)
    if not checked:
        check(path, expected)
    elif path.stat().st_size != expected["bytes"]:
        raise SpoiledFile(f"{path.name} was cut")
    return lambda: CheckedFile(path, expected)


def _prune(folder: Path, keep: Path) -> None:
    """Remove the entries unused for longest until all together are within the limit, and drafts older than a day."""
    now = (keep / _ABOUT).stat().st_mtime
    entries = []
    for place in folder.iterdir():
        if place.name.startswith("draft-") and now - place.stat().st_mtime > 86_400:
            shutil.rmtree(place, ignore_errors=True)
        elif len(place.name) == 64 and (place / _ABOUT).is_file():
            size = sum(f.stat().st_size for f in place.iterdir() if f.is_file())
            entries.append(((place / _ABOUT).stat().st_mtime, place.name, size))
    total = sum(size for _, _, size in entries)
    for _, name, size in sorted(entries):
        if total <= LIMIT_BYTES:
            break
        if name != keep.name:
            shutil.rmtree(folder / name, ignore_errors=True)
            total -= size


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
