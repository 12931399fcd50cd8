"""Which classes of two plans say the same of one ground."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plangeo.errors import TableError
from plangeo.inputs import Request
from plangeo.landcodes import split_codes
from plangeo.model import Label
from plangeo.rawfiles import read_raw
from plangeo.rulebook import Rulebook
from plangeo.text import fold, normalise_code

OUTCOMES: Mapping[str, Label] = {
    "disagrees": Label("Mâu thuẫn", "Disagrees"),
    "unknown": Label("Không so sánh được", "Not compared"),
    "same": Label("Cùng loại đất", "Same class"),
    "below": Label("Thuộc cùng nhóm", "One class lies below the other"),
    "part": Label("Là một phần của khoanh hỗn hợp", "Part of a mixed class"),
    "relabelled": Label("Cùng đất, đổi tên gọi", "Same ground under another name"),
    "stated": Label("Cán bộ nêu là phù hợp", "Stated to agree"),
}
"""Permanent code → what two classes are to each other; all but the first two agree."""

AGREEING = frozenset(OUTCOMES) - {"disagrees", "unknown"}
_WORDS = {
    "upper": ("upper", "quy hoạch cấp trên", "cấp trên", "mã cấp trên"),
    "lower": ("lower", "quy hoạch cấp dưới", "cấp dưới", "mã cấp dưới"),
    "agrees": ("agrees", "phù hợp"),
}
_YES = frozenset({"yes", "co", "true", "1", "x", "phu hop"})
_NO = frozenset({"no", "khong", "false", "0", "khong phu hop"})
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Agreement:
    """Says what two classes are to each other on a day."""

    rulebook: Rulebook
    stated: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    """(upper, lower) → whether an officer says that they agree; it goes before everything else."""

    def of(self, upper: str, lower: str) -> str:
        """Return the code (OUTCOMES) of the class ``upper`` of the one plan and ``lower`` of the other."""
        stated = self.stated.get((upper, lower))
        if stated is not None:
            return "stated" if stated else "disagrees"
        classes = self.rulebook.classes
        if upper not in classes or lower not in classes:
            return "same" if upper == lower and upper else "unknown"
        if upper == lower:
            return "same"
        if upper in self.rulebook.ancestors(lower) or lower in self.rulebook.ancestors(upper):
            return "below"
        parts = [(u, v) for u in split_codes(upper) for v in split_codes(lower)]
        if len(parts) > 1:
            return "part" if any(self.of(u, v) in AGREEING for u, v in parts) else "disagrees"
        return "relabelled" if self._renamed(upper, lower) or self._renamed(lower, upper) else "disagrees"

    def _renamed(self, one: str, other: str) -> bool:
        """Whether a reform that is in force lets the ground of one class bear the name of the other, or of one below it."""
        day = self.rulebook.on or dt.date.max
        chain = self.rulebook.ancestors(other)
        return any(new.code in chain and new.valid_from <= day for new in self.rulebook.classes[one].relabelled)


def read_stated(path: Path, *, sheet: str | None = None) -> dict[tuple[str, str], bool]:
    """Read an officer's table of classes that agree or not: columns upper, lower, agrees (yes, no).

    **Raises** TableError without those columns, for a word that is neither yes nor no, and for lines that contradict.
    """
    meanings = {fold(word): name for name, words in _WORDS.items() for word in words}
    raw, _, _ = read_raw(path, Request("agreeing_classes", sheet=sheet, known=frozenset(meanings), fields=meanings))
    found = {meanings[fold(str(name))]: name for name in raw.frame.columns if fold(str(name)) in meanings}
    if missing := [name for name in _WORDS if name not in found]:
        raise TableError(f"{Path(path).name}: no column {', '.join(missing)}. One row holds two classes and whether they agree.")
    if len(raw.frame) > MOST_ROWS:
        raise TableError(f"{Path(path).name}: {len(raw.frame)} rows; {MOST_ROWS} are the most.", code="file_too_large")
    stated: dict[tuple[str, str], bool] = {}
    columns = [[str(v) for v in raw.frame[found[name]]] for name in _WORDS]
    for n, (upper, lower, word) in enumerate(zip(*columns, strict=True), start=1):
        said = fold(word).strip()
        if said not in _YES | _NO:
            raise TableError(f"{Path(path).name}, line {n}: {word!r} does not say whether the classes agree; write yes or no.")
        pair = (normalise_code(upper)[0], normalise_code(lower)[0])
        if stated.setdefault(pair, said in _YES) != (said in _YES):
            raise TableError(
                f"{Path(path).name}, line {n}: {pair[0]} and {pair[1]} are said to agree and not to agree. Keep one line."
            )
    return stated
