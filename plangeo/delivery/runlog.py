"""What a run did and how long it took, as JSON lines without anything personal.

Each line is one phase: its word, seconds since the last one, and counts. No names, coordinates, paths, user or computer names go in:
only words of this list and numbers. Times differ from run to run, so the file lies beside the result and the manifest does not name
it: two equal runs still write equal bytes in every file of the manifest. There is no time of day; without a clock, no times at all.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from typing import Any

from plangeo._version import __version__

LOG = "run.log.jsonl"
PHASES = ("start", "judge", "study", "map", "write")
"""Words a phase can have, in their order; ``judge`` is reading and judging, ``write`` ends before the result is published."""
_COUNTS = frozenset({"sites", "findings", "problems", "repairs", "sheets", "parts", "files", "bytes", "warnings"})


class RunLog:
    """The log of one run; ``clock`` gives seconds from any beginning.

    >>> log = RunLog(iter([0.0, 1.5]).__next__)
    >>> log.phase("judge", sites=8)
    >>> [sorted(json.loads(line)) for line in log.to_bytes().splitlines()][1]
    ['n', 'phase', 'seconds', 'sites']
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._lines: list[Mapping[str, Any]] = []
        self._clock = clock
        self._last = 0.0
        self._add("start", {"plangeo": __version__, "python": platform.python_version(), "system": platform.system()})

    def phase(self, word: str, **counts: int) -> None:
        """Write down that a phase is over. **Raises** ValueError for a word or a count that is not on the lists."""
        if word not in PHASES or (strange := set(counts) - _COUNTS):
            raise ValueError(f"the log knows no {word if word not in PHASES else sorted(strange)}")
        self._add(word, {name: int(n) for name, n in counts.items()})

    def _add(self, word: str, told: Mapping[str, Any]) -> None:
        line: dict[str, Any] = {"n": len(self._lines), "phase": word}
        if self._clock is not None:
            now = self._clock()
            line["seconds"] = round(now - self._last, 3) if self._lines else 0.0
            self._last = now
        self._lines.append({**line, **told})

    def to_bytes(self) -> bytes:
        """Return the lines so far as the content of a file."""
        return "".join(json.dumps(line) + "\n" for line in self._lines).encode()
