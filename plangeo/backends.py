"""Functions shaped like ``map``: how chunks of sites are worked through.

``plangeo.assess(..., backend=plangeo.backends.processes(2))`` gives the same result as the default, whichever is
chosen: results come back in the order of the chunks, and only a few chunks are under way at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

from plangeo.errors import MissingDependency

Backend = Callable[[Callable[..., Any], Iterable[Any]], Iterator[Any]]

# Chunks under way for each worker: one at work, one waiting, so that memory stays bounded and nobody idles.
IN_FLIGHT = 2
_SENT_AGAIN = 5


def threads(workers: int | None = None) -> Backend:
    """Return a backend that assesses chunks in ``workers`` threads of this process."""
    return _pooled(lambda: ThreadPoolExecutor(workers), workers)


def processes(workers: int | None = None) -> Backend:
    """Return a backend that assesses chunks in ``workers`` processes of this machine.

    Layers given as prepared layers travel as paths and are read by each process; frames are copied to each.
    """
    return _pooled(lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn")), workers)


def dask(address: str | None = None, workers: int = 2) -> Backend:
    """Return a backend on a Dask cluster: the one at ``address``, else a local one of ``workers`` processes.

    A worker that dies is replaced by the others: its chunks are assessed again, and each result counts once.
    ``address`` is a network connection made on purpose, e.g. ``"tcp://10.0.0.5:8786"``; every worker must see prepared
    layers under the same path, and runs the same version of plangeo.

    **Raises** MissingDependency when Dask is not installed (``pip install 'plangeo[scale]'``).
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as fault:
        raise MissingDependency(
            "The Dask backend needs the packages dask and distributed. Install them: pip install 'plangeo[scale]', "
            "or use plangeo.backends.processes()."
        ) from fault

    def run(function: Callable[..., Any], chunks: Iterable[Any]) -> Iterator[Any]:
        cluster = None if address else LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")  # type: ignore[no-untyped-call]
        try:
            with Client(address or cluster) as client:  # type: ignore[no-untyped-call]
                client.wait_for_workers(1 if address else workers)  # who comes later holds no copy of the layers yet
                known = max(1, len(client.scheduler_info()["workers"]))
                sender = _Sender(client, function)
                yield from _in_order(lambda chunk: _Sent(sender, chunk), chunks, IN_FLIGHT * known)
        finally:
            if cluster is not None:
                cluster.close()

    return run


class _Sender:
    """Sends chunks to the workers of a cluster; the layers inside the function travel to each worker once, not with every chunk."""

    def __init__(self, client: Any, function: Callable[..., Any]) -> None:
        self._client, self._function = client, function
        self.spread()

    def spread(self) -> None:
        """Give every worker the function."""
        self._work = self._client.scatter(self._function, broadcast=True, hash=False)

    def send(self, chunk: Any) -> Any:
        """Return the promise of a result."""
        return self._client.submit(_apply, self._work, chunk, pure=False, retries=3)


class _Sent:
    """A chunk under way; sent again when the cluster forgot it together with the worker that held the layers."""

    def __init__(self, sender: _Sender, chunk: Any) -> None:
        self._sender, self._chunk = sender, chunk
        self._promise = sender.send(chunk)

    def result(self) -> Any:
        """Wait for the result; of several it counts once."""
        for _ in range(_SENT_AGAIN):
            try:
                return self._promise.result()
            except CancelledError:
                self._sender.spread()
                self._promise = self._sender.send(self._chunk)
        return self._promise.result()


def _apply(function: Callable[[Any], Any], chunk: Any) -> Any:
    return function(chunk)


def _pooled(make_pool: Callable[[], Executor], workers: int | None) -> Backend:
    def run(function: Callable[..., Any], chunks: Iterable[Any]) -> Iterator[Any]:
        with make_pool() as pool:
            yield from _in_order(lambda chunk: pool.submit(function, chunk), chunks, IN_FLIGHT * (workers or 2))

    return run


def _in_order(submit: Callable[[Any], Any], chunks: Iterable[Any], most: int) -> Iterator[Any]:
    """Yield results in the order of the chunks, with at most ``most`` under way."""
    waiting: deque[Any] = deque()
    for chunk in chunks:
        waiting.append(submit(chunk))
        if len(waiting) >= most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
