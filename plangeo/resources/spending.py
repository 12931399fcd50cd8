"""What a run has taken so far, held against its budget while it goes on: it is stopped where it can end well, between two pieces of work."""

from __future__ import annotations

from collections.abc import Callable

from plangeo.errors import BudgetSpent
from plangeo.resources.amounts import bytes_in_words, seconds_in_words
from plangeo.resources.budget import Limits


class Spending:
    """Time since this was made, and memory now, against ``limits``.

    Parameters: ``clock`` gives seconds from any beginning, ``memory`` the bytes held now, None where nobody knows.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float], memory: Callable[[], float | None]) -> None:
        self._limits, self._clock, self._memory = limits, clock, memory
        self._began = clock()

    def look(self, place: str) -> None:
        """**Raises** BudgetSpent when the run has taken more than it may; ``place`` says in words what was being done.

        >>> seconds = iter([0.0, 59.0, 61.0]).__next__
        >>> spending = Spending(Limits(seconds=60.0), seconds, lambda: None)
        >>> spending.look("judging")
        >>> spending.look("judging")
        Traceback (most recent call last):
        plangeo.errors.BudgetSpent: the budget of this run is 60 s, and while judging it had taken 61 s.
        """
        if self._limits.seconds is not None and (taken := self._clock() - self._began) > self._limits.seconds:
            raise BudgetSpent(
                f"the budget of this run is {seconds_in_words(self._limits.seconds)}, and while {place} it had taken "
                f"{seconds_in_words(taken)}.",
                code="budget_time_spent",
            )
        if self._limits.memory is not None and (held := self._memory()) is not None and held > self._limits.memory:
            raise BudgetSpent(
                f"the budget of this run is {bytes_in_words(self._limits.memory)} of memory, and while {place} it held "
                f"{bytes_in_words(held)}.",
                code="budget_memory_spent",
            )
