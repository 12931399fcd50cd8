"""Asking the child for what files hold: registers, layers, tables; each function gives what its counterpart in this process gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plangeo.apart.child import ask, not_whole
from plangeo.apart.transfer import RawBuilder, request_to_json
from plangeo.inputs import Raw, Request


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
