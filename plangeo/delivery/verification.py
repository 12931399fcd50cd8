"""A result folder held against its own manifest: which files are as they were written, and which are not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from plangeo.delivery.readback import csv_cells
from plangeo.delivery.runlog import LOG
from plangeo.errors import InputError
from plangeo.manifest import MANIFEST, digest_line, read_manifest, sha256

STATES = ("ok", "changed", "missing", "foreign")
VERDICTS = "verdicts.csv"
_STOPPED = ".plangeo-unfinished"


@dataclass(frozen=True)
class FileState:
    """One file of a folder: ``state`` of ``STATES``, and why when it is not ok."""

    name: str
    state: str
    why: str = ""


@dataclass(frozen=True)
class Verification:
    """What became of a result since it was written."""

    files: tuple[FileState, ...]
    """The files of the manifest, then what else lies in the folder."""
    digest: str
    """The verdict digest the manifest states."""
    digest_found: str
    """The one recomputed from verdicts.csv; empty when that file cannot be read."""
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True when every file of the manifest is as it was written and the verdicts give its digest; foreign files do not count."""
        return all(f.state in ("ok", "foreign") for f in self.files) and self.digest == self.digest_found


def verify_output(folder: str | Path) -> Verification:
    """Hash every file of a result again and recompute its verdict digest.

    A publication that was cut off is rolled back first. **Raises** InputError when the folder is no plangeo output.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    listed = manifest.get("files")
    if not isinstance(listed, dict) or not all(isinstance(entry, dict) for entry in listed.values()):
        raise InputError(f"the manifest of {folder} does not list its files; run `plangeo assess` again", code="run_damaged")
    files = [_state(folder, str(name), str(entry.get("sha256", ""))) for name, entry in sorted(listed.items())]
    ours = {MANIFEST, LOG, *listed}
    for item in sorted(folder.iterdir()):
        if item.name not in ours and not item.name.startswith(".plangeo-"):
            files.append(FileState(f"{item.name}/" if item.is_dir() else item.name, "foreign", "the manifest does not name it"))
    notes = []
    if (folder / LOG).exists():
        notes.append(f"{LOG}: the log of the run; it is no part of the result, its times differ from run to run")
    if (folder / _STOPPED).exists():
        notes.append(
            "a --stream run into this folder was stopped; the result in it is that of the run before (go on with --resume)"
        )
    return Verification(
        tuple(files), str(manifest["verdict_digest"]), recompute_digest(folder, manifest["verdict_digest"]), tuple(notes)
    )


def _state(folder: Path, name: str, wanted: str) -> FileState:
    path = folder / name
    if Path(name).name != name:
        return FileState(name, "missing", "the manifest names a file outside of the folder, which is not looked at")
    if not path.is_file():
        return FileState(name, "missing", "the manifest names it")
    found = sha256(path)
    if found != wanted:
        return FileState(name, "changed", f"its sha256 was {wanted[:12]}…, is {found[:12]}…")
    return FileState(name, "ok")


def recompute_digest(folder: Path, stated: str) -> str:
    """Return the verdict digest of verdicts.csv; "" when it cannot be read.

    A cell that begins with ``'=`` may have been so in the register, or been made so against spreadsheets; the reading that gives
    ``stated`` is taken when there is one.
    """
    try:
        rows = csv_cells(folder / VERDICTS, ("site_id", "verdict", "reasons"))
    except (OSError, ValueError, KeyError):
        return ""
    found = ""
    for bare_id, bare_reason in product((True, False), repeat=2):
        found = _digest((_bare(i) if bare_id else i, v, _bare(r) if bare_reason else r) for i, v, r in rows)
        if found == stated:
            break
    return found


def _digest(rows: Iterable[tuple[str, str, str]]) -> str:
    return hashlib.sha256(b"".join(line + b"\n" for line in sorted(digest_line(*row) for row in rows))).hexdigest()


def _bare(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].lstrip(" \u00a0")[:1] in set("=+-@\t\r\n＝＋－＠") else text
