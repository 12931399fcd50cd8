"""How long the rest of a run will take: counted where there is something to count, estimated where there is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_NEWEST = 0.3
"""Weight of the newest count in the smoothed pace."""
_ENOUGH = 0.5
"""Seconds of finished phases from which they say how fast this machine is."""
_SLOWEST, _FASTEST = 10.0, 0.1


class Remaining:
    """The time that is left, while a run goes from phase to phase; ``clock`` gives seconds from any beginning.

    Parameters: ``phases`` word → seconds as estimated, in their order.

    >>> seconds = iter([0.0, 0.0, 10.0, 20.0, 20.0]).__next__
    >>> left = Remaining({"judge": 40.0, "write": 5.0}, seconds)
    >>> left.begin("judge"); left.count(0, 400); left.count(100, 400); left.count(200, 400)
    >>> left.seconds()
    25.0
    """

    def __init__(self, phases: Mapping[str, float], clock: Callable[[], float]) -> None:
        self._phases, self._clock = dict(phases), clock
        self._now: str | None = None
        self._began = 0.0
        self._spent: dict[str, float] = {}
        self._forget()

    def _forget(self) -> None:
        self._done = self._total = 0
        self._seen: float | None = None
        self._pace: float | None = None

    def begin(self, phase: str) -> None:
        """Say that a phase begins, and with it that the one before is over."""
        now = self._clock()
        if self._now is not None:
            self._spent[self._now] = self._spent.get(self._now, 0.0) + now - self._began
        self._now, self._began = phase, now
        self._forget()

    def count(self, done: int, total: int) -> None:
        """Say how many of the pieces of this phase are done; the first count is where this run found them, not work of its own."""
        now = self._clock()
        if self._seen is not None and done > self._done:
            newest = (now - self._seen) / (done - self._done)
            self._pace = newest if self._pace is None else _NEWEST * newest + (1 - _NEWEST) * self._pace
        if self._seen is None or done > self._done:
            self._seen, self._done, self._total = now, done, total

    def seconds(self) -> float | None:
        """Return the seconds left in all; None while nobody can say: a phase that takes longer than estimated and counts nothing."""
        if self._now is None or self._now not in self._phases:
            return None
        now, speed = self._clock(), self._speed()
        words = list(self._phases)
        later = sum(self._phases[word] for word in words[words.index(self._now) + 1 :]) * speed
        if self._pace is not None and self._seen is not None:
            return max(0.0, self._pace * (self._total - self._done) - (now - self._seen)) + later
        left = self._phases[self._now] * speed - (now - self._began)
        return left + later if left > 0 else None

    def _speed(self) -> float:
        """How many times as long as estimated the finished phases took, and what is counted of this one."""
        estimated = {word: self._phases.get(word, 0.0) for word in self._spent}
        took, thought = sum(self._spent[word] for word in estimated if estimated[word]), sum(estimated.values())
        if self._pace is not None and self._now is not None:
            took, thought = took + self._pace * self._total, thought + self._phases[self._now]
        return min(_SLOWEST, max(_FASTEST, took / thought)) if thought >= _ENOUGH and took > 0 else 1.0
