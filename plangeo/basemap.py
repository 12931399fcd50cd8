"""A base map that the user names: tiles of one server, with whoever made them; the only thing a map may ask of a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from plangeo.errors import InputError

_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")
_PATH = re.compile(r"[A-Za-z0-9_./~%+=&,:@{}-]*\Z")
_NEEDED, _MAY = frozenset({"z", "x", "y"}), frozenset({"z", "x", "y", "-y", "r"})
LONGEST = 500
"""Characters of an address or an attribution at most."""


@dataclass(frozen=True)
class BaseMap:
    """Tiles of one server: ``url`` with {z}, {x} and {y}, ``attribution`` as plain text, ``source`` for a content policy."""

    url: str
    attribution: str
    source: str
    """Scheme, host and port: ``https://tiles.example.org``."""


def base_map(tiles: str | None, attribution: str | None) -> BaseMap | None:
    """Return the base map of a tile address and its attribution; None when neither is given.

    **Raises** InputError for an address that is not plain https with one host and {z}, {x}, {y} in its path, for one without
    attribution, and for an attribution without address.

    >>> base_map("https://tiles.example.org/{z}/{x}/{y}.png", "© Example").source
    'https://tiles.example.org'
    """
    if tiles is None:
        if attribution is not None:
            raise InputError(
                "attribution is given without tiles, so there is nothing it speaks of; give the tile address too, or leave it out",
                code="attribution_without_tiles",
            )
        return None
    if not isinstance(attribution, str) or not attribution.strip() or len(attribution) > LONGEST:
        raise InputError(
            f"tiles are given without attribution (a text of 1 to {LONGEST} characters). Who made a base map must stand on every map "
            "that shows it: attribution='© …' in Python, --attribution '© …' on the command line.",
            code="tiles_without_attribution",
        )
    if not isinstance(tiles, str) or len(tiles) > LONGEST or (fault := _fault(tiles)):
        why = fault if isinstance(tiles, str) and len(tiles) <= LONGEST else f"it is no text of at most {LONGEST} characters"
        raise InputError(
            f"tiles {str(tiles)[:LONGEST]!r} cannot be used: {why}. Write one https server and a path with "
            "{z}, {x} and {y}, e.g. https://tiles.example.org/{z}/{x}/{y}.png",
            code="tiles_unsafe",
        )
    return BaseMap(tiles, attribution.strip(), f"https://{urlsplit(tiles).netloc}")


def _fault(tiles: str) -> str:
    """What is wrong with an address; empty when nothing is. What is not known to be harmless in a content policy is refused."""
    try:
        parts = urlsplit(tiles)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is no address"
    if not tiles.startswith("https://"):
        return "only https:// keeps what is asked of a server from other eyes"
    if parts.username is not None or parts.password is not None:
        return "a name or password in it would stand in the file for everybody to read"
    if parts.netloc != (host if port is None else f"{host}:{port}") or not _HOST.match(host):
        return "its host is not one plain name in small ASCII letters (no {s}, no *, no number, no xn-- in other letters)"
    if not tiles.startswith(f"https://{parts.netloc}/"):
        return "it has no path after its host, or signs that cannot be seen"
    rest = tiles[len("https://") + len(parts.netloc) :].replace("?", "/", 1)
    if not _PATH.match(rest):
        return "its path holds signs that do not belong into an address of tiles"
    found = re.findall(r"\{([^{}]*)\}", rest)
    named = frozenset(found)
    if not named <= _MAY or re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", rest)):
        return "it holds a placeholder other than {z}, {x}, {y}, {-y}, {r}"
    if not {"y" if name == "-y" else name for name in named} >= _NEEDED:
        return "{z}, {x} and {y} must all stand in its path"
    return ""
