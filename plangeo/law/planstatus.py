"""The words a register of plans may use for the state of a plan: a closed list, because a word passed over could let an old plan pass.

Only ``in_force``, ``under_adjustment`` and an empty status let the dates decide; every other word keeps the plan out,
whatever its dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from plangeo.model import Label
from plangeo.text import fold

WORDS: Mapping[str, tuple[str, ...]] = {
    "in_force": (
        "effective", "approved", "có hiệu lực", "đang có hiệu lực", "còn hiệu lực", "đang hiệu lực", "đã phê duyệt",
    ),
    "under_adjustment": ("being adjusted", "under revision", "đang điều chỉnh", "đang được điều chỉnh"),
    "draft": ("dự thảo", "bản thảo", "bản dự thảo", "đang lập", "in preparation"),
    "pending": (
        "not yet in force", "chưa có hiệu lực", "chưa phê duyệt", "chưa được phê duyệt", "chờ phê duyệt", "đang trình",
        "đang trình phê duyệt", "đang thẩm định", "chờ thẩm định",
    ),
    "expired": ("lapsed", "hết hiệu lực", "đã hết hiệu lực", "hết hạn", "hết thời hạn", "hết thời kỳ"),
    "superseded": ("replaced", "đã thay thế", "bị thay thế", "được thay thế", "đã được thay thế", "đã bị thay thế"),
    "revoked": (
        "repealed", "annulled", "cancelled", "canceled", "withdrawn", "bãi bỏ", "đã bãi bỏ", "bị bãi bỏ", "đã bị bãi bỏ",
        "hủy", "hủy bỏ", "đã hủy", "đã hủy bỏ", "bị hủy bỏ", "thu hồi", "đã thu hồi",
    ),
    "unknown": ("không rõ", "chưa rõ", "không xác định", "chưa xác định"),
}  # fmt: skip
"""Status → other words for it, compared without tone marks and case."""

TITLES: Mapping[str, Label] = {
    "in_force": Label("có hiệu lực", "in force"),
    "under_adjustment": Label("đang điều chỉnh", "under adjustment"),
    "draft": Label("dự thảo", "draft"),
    "pending": Label("chưa có hiệu lực", "pending"),
    "expired": Label("hết hiệu lực", "expired"),
    "superseded": Label("đã được thay thế", "superseded"),
    "revoked": Label("bị bãi bỏ", "revoked"),
    "unknown": Label("không rõ", "unknown"),
}
"""How people read a status."""

DATES_DECIDE = frozenset({"", "in_force", "under_adjustment"})
"""Statuses under which a plan is in force between its dates."""

NOT_YET = frozenset({"draft", "pending"})
"""Statuses of a plan that never took effect, so it cannot have replaced another."""


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", fold(text)).strip()


_BY_WORD = {_plain(word): status for status, words in WORDS.items() for word in (status, *words)}


def read_status(text: str) -> str | None:
    """Return the status ``text`` names, "" for an empty text, None for a word outside the list.

    >>> read_status("Bãi bỏ"), read_status("IN FORCE"), read_status(" "), read_status("tạm ngưng")
    ('revoked', 'in_force', '', None)
    """
    plain = _plain(text)
    return _BY_WORD.get(plain) if plain else ""


def known_statuses() -> str:
    """Return the list for a message: every status with the Vietnamese word for it."""
    return ", ".join(f"{status} ({TITLES[status].vi})" for status in WORDS)
