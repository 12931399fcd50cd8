"""What a run may take: refused before it begins when its estimate does not fit, with the ways out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plangeo.errors import InputError
from plangeo.resources.amounts import bytes_in_words, seconds_in_words
from plangeo.resources.estimate import Estimate, RunSize, estimate_run

_PREPARED_FROM = 500_000
"""Vertices of a plan from which making it ready ahead saves time that is worth a word."""


@dataclass(frozen=True)
class Limits:
    """Bytes of memory and seconds; None where there is no limit."""

    memory: float | None = None
    seconds: float | None = None


def require_fit(size: RunSize, limits: Limits, *, can_stream: bool = True) -> Estimate:
    """Return the estimate of a run that fits. ``can_stream``: nothing of the run forbids ``--stream``.

    **Raises** InputError when the estimate is above a limit: it is an estimate, so what is just below may still take more.
    """
    found = estimate_run(size)
    if limits.memory is not None and found.memory > limits.memory:
        raise InputError(
            f"the run would take {bytes_in_words(found.memory, found.spread)} of memory, an estimate, and its budget is "
            f"{bytes_in_words(limits.memory)}. Nothing was begun. {_ways_out(size, limits, can_stream)}",
            code="budget_memory_exceeded",
        )
    if limits.seconds is not None and found.seconds > limits.seconds:
        raise InputError(
            f"the run would take {seconds_in_words(found.seconds, found.spread)}, an estimate, and its budget is "
            f"{seconds_in_words(limits.seconds)}. Nothing was begun. {_ways_out(size, limits, can_stream)}",
            code="budget_time_exceeded",
        )
    return found


def _ways_out(size: RunSize, limits: Limits, can_stream: bool) -> str:
    ways = []
    if not size.streamed:
        other = estimate_run(replace(size, streamed=True))
        fits = _fits(other, limits)
        if can_stream:
            ways.append(
                f"--stream, without map, workbook and studies, takes {other.in_words()}{'' if fits else ', still too much'}"
            )
        elif fits:
            ways.append("--stream would fit, but takes no --boundaries and no files of studies")
    if size.vertices > _PREPARED_FROM:
        ways.append("`plangeo prepare` makes the plan ready ahead, so that this run does not")
    ways.append("give the register or the plan in parts, one run each, e.g. by district")
    ways.append("raise the budget (--memory, --time, or budget: in the project file)")
    return "Ways out: " + "; ".join(ways) + "."


def _fits(found: Estimate, limits: Limits) -> bool:
    return (limits.memory is None or found.memory <= limits.memory) and (
        limits.seconds is None or found.seconds <= limits.seconds
    )
