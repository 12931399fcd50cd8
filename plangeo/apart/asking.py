"""Asking the child for what files hold: registers, layers, tables; each function gives what its counterpart in this process gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from plangeo.apart.cellcode import decode, encode
from plangeo.apart.child import ask, not_whole
from plangeo.apart.transfer import RawBuilder, request_to_json
from plangeo.inputs import Raw, Request
from plangeo.lists.headers import Row
from plangeo.reading import Decision
from plangeo.resources.holdings import Holdings


def _ask_raw(what: str, path: Path, **more: Any) -> tuple[dict[str, Any], Raw]:
    made = RawBuilder()
    answer = ask(what, path, made.take, **more)
    try:
        return answer, made.finish(answer["raw"])
    except Exception as fault:
        raise not_whole(path.name, fault) from fault


def read_apart(path: Path, request: Request) -> tuple[Raw, list[Path], str]:
    """Read a file in the child; the result is that of ``sources.read_here``.

    **Raises** what that raises, and InputError for a crash, a hang, or memory beyond the limit.
    """
    answer, raw = _ask_raw("read", path, request=request_to_json(request))
    return raw, [Path(file) for file in answer["files"]], str(answer["kind"])


def read_dbase_apart(path: Path) -> Any:
    """Return the rows of a dBASE table, read in the child. **Raises** InputError."""
    return _ask_raw("dbase", path)[1].frame


def describe_apart(path: Path, profile: str) -> list[str]:
    """Return what ``contents.describe_file`` says, found out in the child. **Raises** InputError."""
    return [str(line) for line in ask("describe", path, profile=profile)["lines"]]


def stated_crs_apart(path: Path) -> tuple[str | None, Any]:
    """Return what ``geoparquet.stated_crs`` says of a file, found out in the child. **Raises** InputError."""
    answer = ask("stated_crs", path)
    column = answer["column"]
    return None if column is None else str(column), decode(answer["crs"])


def read_slices_apart(path: Path, column: str, crs: Any, size: int) -> Iterator[Raw]:
    """Yield what ``geoparquet.read_slices`` yields, each slice read in the child when it is asked for. **Raises** InputError."""
    for number in count():
        made = RawBuilder()
        answer = ask("slice", path, made.take, column=column, crs=crs.srs, size=size, number=number)
        if answer["end"]:
            return
        try:
            raw = made.finish(answer["raw"])
        except Exception as fault:
            raise not_whole(path.name, fault) from fault
        yield raw


def read_cells_of_table_apart(path: Path, request: Request) -> tuple[str, list[Row], list[Decision]]:
    """Return what ``tablecells.cells_here`` gives, read in the child. **Raises** InputError."""
    blocks: list[bytes] = []
    answer = ask("cells_of_table", path, blocks.append, request=request_to_json(request))
    return str(answer["sheet"]), _rows(blocks, path), [Decision(*d) for d in answer["decisions"]]


def read_decision_rows_apart(path: Path, sheet: Any, columns: Mapping[Any, Any]) -> list[Row]:
    """Return what ``decisionfile.decision_rows_here`` gives, read in the child. **Raises** InputError."""
    blocks: list[bytes] = []
    ask("decision_rows", path, blocks.append, sheet=encode(sheet), columns=encode(dict(columns)))
    return _rows(blocks, path)


def _rows(blocks: list[bytes], path: Path) -> list[Row]:
    try:
        return [(int(number), [str(cell) for cell in cells]) for number, cells in json.loads(b"".join(blocks))]
    except (TypeError, ValueError) as fault:
        raise not_whole(path.name, fault) from fault


def holdings_apart(path: Path) -> Holdings:
    """Return what ``holdings.holdings_of`` says of a file; its header is read in the child. **Raises** InputError when that kills the child."""
    answer = ask("holdings", path)
    return Holdings(int(answer["rows"]), int(answer["vertices"]), bool(answer["counted"]))
