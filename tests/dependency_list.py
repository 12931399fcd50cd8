"""Write every package plangeo needs at run time into SECURITY.md, with version and licence, from the metadata of what is installed here.

make dependencies
"""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

PAGE = Path(__file__).parents[1] / "SECURITY.md"
HEAD = "| package | version | licence | needed by |\n|---|---|---|---|\n"
_CLASSIFIER = "License :: OSI Approved :: "


def needed(root: str = "plangeo") -> dict[str, set[str]]:
    """Return package → who needs it, for everything ``root`` needs on this machine."""
    found: dict[str, set[str]] = {}
    pending = [root]
    while pending:
        name = pending.pop()
        for line in _direct() if name == root else metadata.requires(name) or ():
            words, _, marker = line.partition(";")
            other = re.split(r"[^\w.-]", words.strip(), maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
            if "extra" in marker or other == root or not _installed(other):
                continue
            if other not in found:
                pending.append(other)
            found.setdefault(other, set()).add(name)
    return found


def _direct() -> list[str]:
    """What plangeo itself asks for, as written now and not when it was installed."""
    with (Path(__file__).parents[1] / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["project"]["dependencies"])


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def licence_of(name: str) -> str:
    """Return the licence of an installed package: the expression, the classifiers, else the first line of the field."""
    told = metadata.metadata(name)
    classified = [c.removeprefix(_CLASSIFIER) for c in told.get_all("Classifier") or () if c.startswith(_CLASSIFIER)]
    text = told.get("License-Expression") or ", ".join(classified) or (told.get("License") or "").strip().split("\n")[0]
    return text or "not stated in its metadata"


def table() -> str:
    """Return the table of dependencies."""
    rows = [
        f"| {name} | {metadata.version(name)} | {licence_of(name)} | {', '.join(sorted(by))} |"
        for name, by in sorted(needed().items())
    ]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    said = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(said[: said.index(HEAD)] + table(), encoding="utf-8", newline="\n")
