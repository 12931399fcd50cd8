"""What a person at a terminal sees of a run while it goes on: one line a phase, one line that counts. Nothing anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO

import click

from plangeo.resources.amounts import seconds_in_words
from plangeo.resources.estimate import PHASES
from plangeo.resources.remaining import Remaining
from plangeo.resources.spending import Spending

_DOING = {"read": "reading", "judge": "judging", "study": "studying", "map": "drawing the map", "write": "writing"}
_EVERY = 0.2
"""Seconds between two pictures of the line that counts."""


class Console:
    """Tells phases and counts on ``stream`` when that is a terminal; ``clock`` gives seconds from any beginning.

    Called with a text it writes a line, so that it can be handed on as the progress of a run.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream, self._clock = stream, clock
        self.shows = stream.isatty()
        """Whether anybody sees it."""
        self._left = Remaining({}, clock)
        self._phase, self._phases = "", tuple[str, ...]()
        self._width = 0
        self._drawn = float("-inf")
        self.counted = (0, 0)
        """What was counted last: done, and all."""
        self._spending: Spending | None = None

    def watch(self, spending: Spending) -> None:
        """Hold the run against its budget whenever it begins a phase, tells what it does, or counts: there it can end well."""
        self._spending = spending

    @property
    def counts(self) -> bool:
        """Whether pieces are worth counting: somebody sees it, or a budget is watched between them."""
        return self.shows or self._spending is not None

    def _look(self) -> None:
        if self._spending is not None:
            done, total = self.counted
            counted = f" ({done:,} of {total:,})" if total else ""
            self._spending.look(f"{_DOING.get(self._phase, 'beginning')}{counted}")

    def expect(self, phases: Mapping[str, float]) -> None:
        """Take the seconds estimated for each phase."""
        self._phases = tuple(word for word in PHASES if word in phases)
        self._left = Remaining({word: phases[word] for word in self._phases}, self._clock)

    def step(self, phase: str) -> None:
        """Begin a phase. **Raises** BudgetSpent."""
        self._look()
        if phase != self._phase:
            self._phase = phase
            self.counted = (0, 0)
            self._left.begin(phase)

    def __call__(self, text: str) -> None:
        """Write what is done now. **Raises** BudgetSpent."""
        self._look()
        if not self.shows:
            return
        self.clear()
        told = [text]
        if self._phase in self._phases:
            told.append(f"step {self._phases.index(self._phase) + 1} of {len(self._phases)}")
            if (left := self._left.seconds()) is not None:
                told.append(f"about {seconds_in_words(left)} left in all")
        more = f" ({', '.join(told[1:])})" if told[1:] else ""
        print(f"… {text}{more}", file=self._stream, flush=True)

    def count(self, done: int, total: int) -> None:
        """Say how many of how many pieces of this phase are done; drawn at most a few times a second.

        **Raises** BudgetSpent, but not when the last piece is done: what follows has a phase of its own, or is short.
        """
        self.counted = (done, total)
        if done < total:
            self._look()
        self._left.count(done, total)
        now = self._clock()
        if not self.shows or (now - self._drawn < _EVERY and done < total):
            return
        self._drawn = now
        left = self._left.seconds()
        if done >= total:
            self.clear()
            return
        said = f"  {done:,} of {total:,}" + ("" if left is None or not done else f", about {seconds_in_words(left)} left in all")
        print(f"\r{said.ljust(self._width)}", end="", file=self._stream, flush=True)
        self._width = len(said)

    def clear(self) -> None:
        """Take away the line that counts, so that something else can be written."""
        if self._width:
            print(f"\r{' ' * self._width}\r", end="", file=self._stream, flush=True)
            self._width = 0

    def end_line(self) -> None:
        """Begin a new line below what a terminal shows of the keys pressed (``^C``)."""
        self.clear()
        if self.shows:
            print(file=self._stream, flush=True)


def running_console() -> Console:
    """Return where the command that runs now tells its progress."""
    return click.get_current_context().find_object(Console) or Console(sys.stderr, time.perf_counter)
