"""Functions shaped like ``map``: how chunks of sites are worked through.

``plangeo.assess(..., backend=plangeo.backends.processes(2))`` gives the same result as the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

Backend = Callable[[Callable[..., Any], Iterable[Any]], Iterator[Any]]


def threads(workers: int | None = None) -> Backend:
    """Return a backend that assesses chunks in ``workers`` threads of this process."""
    return _pooled(lambda: ThreadPoolExecutor(workers))


def processes(workers: int | None = None) -> Backend:
    """Return a backend that assesses chunks in ``workers`` processes; layers are copied to each."""
    return _pooled(lambda: ProcessPoolExecutor(workers))


def _pooled(make_pool: Callable[[], Executor]) -> Backend:
    def run(function: Callable[..., Any], chunks: Iterable[Any]) -> Iterator[Any]:
        with make_pool() as pool:
            yield from pool.map(function, chunks)

    return run
