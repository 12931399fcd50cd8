"""The texts of the catalogue as they stand in its files, each in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from ruamel.yaml import YAML

from plangeo.model import Label

Book = Literal["findings", "problems", "notes", "faults"]


@cache
def entries_of(book: Book) -> Mapping[str, Mapping[str, Any]]:
    """Return code → ``says``, ``means``, ``do`` (Labels) and, of findings, ``verdicts`` of one file of the catalogue.

    >>> entries_of("faults")["file_empty"]["says"].en
    'The file is empty (0 bytes).'
    """
    text = (resources.files(__package__) / f"{book}.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Any]] = YAML(typ="safe").load(text)
    return {
        code: {k: Label(v["vi"], v["en"]) if k != "verdicts" else tuple(v) for k, v in e.items()} for code, e in found.items()
    }


def advice(code: str) -> str:
    """Return the line in Vietnamese that goes below a fault's message, empty for a code nobody wrote down.

    >>> advice("file_empty")
    '[file_empty] Tệp rỗng (0 byte). Sao chép hoặc xuất lại.'
    """
    entry = entries_of("faults").get(code)
    return f"[{code}] {entry['says'].vi} {entry['do'].vi}" if entry else f"[{code}]"
