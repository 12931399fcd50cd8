"""Seconds and bytes in words, and words as seconds and bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from plangeo.errors import InputError

_SECONDS: Mapping[str, float] = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "min": 60, "minute": 60, "minutes": 60, "m": 60,
                                 "h": 3600, "hour": 3600, "hours": 3600}  # fmt: skip
_BYTES: Mapping[str, float] = {"mb": 1e6, "gb": 1e9, "tb": 1e12, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_AMOUNT = re.compile(r"\s*([0-9]{1,9}(?:[.][0-9]{1,3})?)\s*([A-Za-z]+)\s*")


def parse_seconds(text: str, what: str) -> float:
    """Return seconds written as a number and a unit; ``what`` names the place in messages.

    **Raises** InputError for anything else: 10 alone could be seconds, minutes or hours.

    >>> parse_seconds("10 min", "--time"), parse_seconds("1.5h", "--time")
    (600.0, 5400.0)
    """
    return _parsed(text, what, _SECONDS, "10 min, 2 h or 90 s")


def parse_bytes(text: str, what: str) -> float:
    """Return bytes written as a number and a unit; as ``parse_seconds``.

    >>> parse_bytes("4 GB", "--memory"), parse_bytes("512MiB", "--memory")
    (4000000000.0, 536870912.0)
    """
    return _parsed(text, what, _BYTES, "4 GB or 500 MB")


def _parsed(text: str, what: str, units: Mapping[str, float], example: str) -> float:
    found = _AMOUNT.fullmatch(text)
    factor = units.get(found[2].lower()) if found else None
    if found is None or factor is None or not float(found[1]):
        raise InputError(
            f"{what} {text!r} is no amount; write a number above zero with its unit: {example}", code="budget_malformed"
        )
    return float(found[1]) * factor


def seconds_in_words(seconds: float, spread: float = 1.0) -> str:
    """Return a time with one unit and no more digits than it deserves; with its spread where one is given.

    >>> seconds_in_words(8.2), seconds_in_words(95), seconds_in_words(200, 2), seconds_in_words(9000, 2)
    ('8.2 s', '95 s', '3.3 min (1.7 to 6.7)', '2.5 h (1.2 to 5)')
    """
    unit, per = ("s", 1.0) if seconds < 100 else ("min", 60.0) if seconds < 100 * 60 else ("h", 3600.0)
    return _with_spread(seconds / per, spread, unit)


def bytes_in_words(amount: float, spread: float = 1.0) -> str:
    """Return an amount of memory; with its spread where one is given.

    >>> bytes_in_words(640e6), bytes_in_words(21.4e9), bytes_in_words(1.2e9, 2)
    ('640 MB', '21 GB', '1.2 GB (0.6 to 2.4)')
    """
    unit, per = ("MB", 1e6) if amount < 0.95e9 else ("GB", 1e9)
    return _with_spread(amount / per, spread, unit)


def _with_spread(value: float, spread: float, unit: str) -> str:
    said = f"{_short(value)} {unit}"
    return said if spread == 1.0 else f"{said} ({_short(value / spread)} to {_short(value * spread)})"


def _short(value: float) -> str:
    """Two digits that count.

    >>> [_short(v) for v in (0.04, 0.6, 2.0, 2.44, 21.4, 640.4, 1234.0)]
    ['0.04', '0.6', '2', '2.4', '21', '640', '1,200']
    """
    if value >= 1:
        digits = 1 if value < 10 else 0
        return f"{round(value, digits):g}" if value < 1000 else f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.1g}"
