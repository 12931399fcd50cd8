"""Writes the sheets of many sites, in parallel; one that fails is told and stops no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

from plangeo.arguments import kind_of, take_assessment
from plangeo.datumline import LANGUAGES
from plangeo.delivery.atomicfile import written_file
from plangeo.errors import InputError
from plangeo.explanation import one_line, unknown_site
from plangeo.model import Assessment, Language, Verdict
from plangeo.papers.lettering import plain_text
from plangeo.papers.page import SIZES
from plangeo.papers.sitefacts import SiteFacts, SiteReader
from plangeo.papers.sitesheet import draw_sheet, map_size
from plangeo.papers.siteview import SiteView, Views
from plangeo.papers.wording import say

FORMATS = ("pdf", "png")
_AHEAD = 4
"""Sheets made ready for each process ahead of being drawn."""


@dataclass(frozen=True)
class SheetDone:
    """What became of one sheet: its files, what was cut to fit, or why there is none."""

    site_id: str
    paths: tuple[Path, ...]
    cut: tuple[str, ...] = ()
    problem: str = ""


def write_sheets(
    assessment: Assessment,
    folder: str | Path,
    site_ids: Iterable[str] | Literal["all", "flagged"] = "flagged",
    *,
    formats: Sequence[str] = ("pdf",),
    paper: str = "A4",
    language: Language = "vi",
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[SheetDone]:
    """Write one page per site into ``folder`` and return what became of each, in the order of the register.

    ``site_ids``: identifiers, ``"all"``, or ``"flagged"`` (not plainly compatible). ``formats``: of ``pdf, png``;
    ``paper``: ``A4`` or ``A3``; ``language``: ``vi`` or ``en``; ``jobs``: processes (in a script on Windows more than one needs
    ``if __name__ == "__main__"``); ``progress(done, total)`` is called after each. What the studies of the assessment say of a site,
    and the officer's decisions, stand beside the conclusion: ask them first, or the sheet is silent about them.

    **Raises** InputError for an unknown site, format, paper or language, or a folder that cannot be made.
    """
    take_assessment(assessment, "write_sheets")
    if paper not in SIZES:
        raise InputError(f"paper {paper!r} is not known; use {' or '.join(SIZES)}", code="argument_wrong")
    if strange := [f for f in formats if f not in FORMATS] or ([] if formats else ["nothing"]):
        raise InputError(f"format {', '.join(map(str, strange))} is not known; use {' or '.join(FORMATS)}", code="argument_wrong")
    if language not in LANGUAGES:
        raise InputError(f"language {language!r} is not known; use {' or '.join(LANGUAGES)}", code="argument_wrong")
    if not isinstance(jobs, int) or jobs < 1:
        raise InputError(f"jobs is {jobs!r}; it must be a whole number from 1", code="argument_wrong")
    folder = Path(folder)
    rows = _chosen(assessment, site_ids)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}", code="output_unwritable") from error
    work = _tasks(SiteReader(assessment, language=language), folder, rows, formats, paper)
    done: dict[int, SheetDone] = {}
    for position, result in _in_turn(work) if jobs == 1 else _in_processes(work, jobs):
        done[position] = result
        if progress is not None:
            progress(len(done), len(rows))
    return [done[row] for row in rows]


@dataclass(frozen=True)
class _Task:
    facts: SiteFacts
    view: SiteView | str
    sources: tuple[str, ...]
    paper: str
    paths: tuple[Path, ...]


def _chosen(assessment: Assessment, site_ids: Iterable[str] | str) -> list[int]:
    ids = [str(item) for item in assessment.sites["site_id"]]
    if site_ids == "all":
        return list(range(len(ids)))
    if site_ids == "flagged":
        return [n for n, word in enumerate(assessment.sites["verdict"]) if str(word) != Verdict.PERMITTED.label]
    if isinstance(site_ids, str) or not isinstance(site_ids, Iterable):
        raise InputError(
            f"site_ids is {kind_of(site_ids)}; give a list of identifiers, 'all' or 'flagged'", code="argument_wrong"
        )
    place = {site_id: n for n, site_id in enumerate(ids)}
    wanted = list(dict.fromkeys(str(item) for item in site_ids))
    for item in wanted:
        if item not in place:
            raise InputError(unknown_site(item, ids), code="site_unknown")
    return sorted(place[item] for item in wanted)


def file_names(site_ids: Sequence[str]) -> list[str]:
    """Return a file name without suffix for each identifier, all different on every file system.

    >>> file_names(["P-01", "a/b", "A:B", "CON", "../x"])
    ['P-01', 'a_b', 'A_B_2', 'CON_', 'x']
    """
    taken: set[str] = set()
    names = []
    for site_id in site_ids:
        base = re.sub(r"[^\w.#+-]+", "_", plain_text(site_id))[:80].strip("._") or "site"
        if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", base.partition(".")[0]):
            base += "_"
        name, n = base, 2
        while name.casefold() in taken:
            name, n = f"{base}_{n}", n + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def source_lines(assessment: Assessment, language: Language) -> tuple[str, ...]:
    """Return one line for each input: role, file, first figures of its SHA-256."""
    lines = []
    for item in assessment.inputs:
        for one in (item, item.get("boundaries") or {}):
            if one:
                mark = f", sha256 {str(one['sha256'])[:8]}…" if one.get("sha256") else ""
                crs = f", {one['crs']}" if one.get("crs") else ""
                lines.append(plain_text(f"{one.get('role', '')}: {one.get('name') or say('in_memory', language)}{crs}{mark}"))
    return tuple(lines)


def _tasks(
    reader: SiteReader, folder: Path, rows: Sequence[int], formats: Sequence[str], paper: str
) -> Iterator[tuple[int, _Task | SheetDone]]:
    assessment = reader.assessment
    views = Views(reader)
    names = file_names([str(item) for item in assessment.sites["site_id"]])
    sources = source_lines(assessment, reader.language)
    for row in rows:
        paths = tuple(folder / f"{names[row]}.{suffix}" for suffix in dict.fromkeys(formats))
        try:
            yield row, _Task(reader.facts(row), views.view(row, *map_size(paper)), sources, paper, paths)
        except Exception as error:
            yield row, _failed(str(assessment.sites["site_id"].iloc[row]), error)


def _failed(site_id: str, error: BaseException) -> SheetDone:
    return SheetDone(site_id, (), problem=one_line(f"{type(error).__name__}: {error}"))


def _draw(task: _Task) -> SheetDone:
    try:
        with ExitStack() as stack:
            drafts = [stack.enter_context(written_file(path)) for path in task.paths]
            cut = draw_sheet(task.facts, task.view, task.sources, task.paper, drafts)
    except Exception as error:
        return _failed(task.facts.site_id, error)
    return SheetDone(task.facts.site_id, task.paths, tuple(cut))


def _in_turn(work: Iterator[tuple[int, _Task | SheetDone]]) -> Iterator[tuple[int, SheetDone]]:
    for row, task in work:
        yield row, task if isinstance(task, SheetDone) else _draw(task)


def _in_processes(work: Iterator[tuple[int, _Task | SheetDone]], jobs: int) -> Iterator[tuple[int, SheetDone]]:
    """Draw in processes of their own; only a few tasks wait at a time, so that memory stays small."""
    waiting: dict[Future[SheetDone], tuple[int, str]] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for row, task in work:
            if isinstance(task, SheetDone):
                yield row, task
                continue
            try:
                waiting[pool.submit(_draw, task)] = row, task.facts.site_id
            except RuntimeError as error:  # a process died: the pool takes no more
                yield row, _failed(task.facts.site_id, error)
            if len(waiting) >= jobs * _AHEAD:
                yield from _finished(waiting)
        while waiting:
            yield from _finished(waiting)


def _finished(waiting: dict[Future[SheetDone], tuple[int, str]]) -> Iterator[tuple[int, SheetDone]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        row, site_id = waiting.pop(future)
        error = future.exception()
        yield row, future.result() if error is None else _failed(site_id, error)
