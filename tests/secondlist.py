"""What is known of the sample's priority list: thirty differences from the register, and how each must be told."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import plangeo as pg

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))
import sample_papers


@dataclass(frozen=True)
class Known:
    """One known difference and how it must be told."""

    what: str
    left: str
    """Identifiers of the left list, joined as the result joins them."""
    right: str
    outcome: str
    changes: str = ""
    """Fields that differ."""
    wording: str = ""
    """Fields that are only written differently."""


KNOWN = (
    Known("name without marks", "P-0002", "P-0002", "same", wording="name"),
    Known("abbreviation KCN", "P-0005", "P-0005", "same", wording="name"),
    Known("abbreviation KĐT behind 'Dự án ĐTXD'", "P-0032", "P-0032", "same", wording="name"),
    Known("capital letters", "P-0015", "P-0015", "same", wording="name"),
    Known("abbreviation within the name", "P-0026", "P-0026", "same", wording="name"),
    Known("a tone mark mistyped", "P-0036", "P-0036", "changed", "name"),
    Known("a letter left out", "P-0047", "P-0047", "changed", "name"),
    Known("codes exchanged, first", "P-0033", "P-0034", "same", wording="code"),
    Known("codes exchanged, second", "P-0034", "P-0033", "same", wording="code"),
    Known("another code", "P-0065", "P-0165", "same", wording="code"),
    Known("point moved by 800 m", "P-0052", "P-0052", "changed", "geometry"),
    Known("point moved by 12 km", "P-0053", "P-0053", "changed", "geometry"),
    Known("area ten times too large", "P-0012", "P-0012", "changed", "area"),
    Known("area corrected a little", "P-0038", "P-0038", "changed", "area"),
    Known("area as a range that holds the old one", "P-0009", "P-0009", "same", wording="area"),
    Known("capital raised", "P-0016", "P-0016", "changed", "capital"),
    Known("capital stated for the first time", "P-0004", "P-0004", "changed", "capital"),
    Known("phase postponed", "P-0039", "P-0039", "changed", "phase"),
    Known("funding changed", "P-0066", "P-0066", "changed", "funding"),
    Known("use changed", "P-0018", "P-0018", "changed", "use"),
    Known("removed", "P-0023", "", "only_left"),
    Known("removed, last of its list", "P-0069", "", "only_left"),
    Known("added: like another but for its number", "", "P-0073", "only_right"),
    Known("added: like another but for one mark, same commune", "", "P-0074", "only_right"),
    Known("added: same name in another commune", "", "P-0075", "only_right"),
    Known("divided into two stages", "P-0050", "P-0050; P-0080", "split"),
    Known("two merged into one", "P-0006; P-0007", "P-0006", "merged"),
    Known("place by its name before July 2025", "P-0003", "P-0003", "same", wording="place"),
    Known("another commune", "P-0059", "P-0059", "changed", "place"),
    Known("same code, wholly other project", "P-0055", "P-0055", "ambiguous"),
)


def write_second_list(path: Path, seed: int = 5) -> Path:
    """Write the priority list with its rows in another order."""
    sample_papers.write_priority_list(pg.sample("projects.xlsx"), path, seed)
    return path
