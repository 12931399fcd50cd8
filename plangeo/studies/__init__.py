"""The questions about the whole register and the whole plan: one file, one STUDY."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache

from plangeo.errors import LayerError, PlangeoError
from plangeo.model import Assessment, Label, SkippedCheck
from plangeo.study import Sheet, Study, StudyFile, Subject


@cache
def studies() -> Mapping[str, Study]:
    """Return code → study, in the order of the workbook; dropping a file into this folder is all it takes."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").STUDY for name in modules]
    return {study.code: study for study in sorted(found, key=lambda s: (s.order, s.code))}


def add_studies(
    assessment: Assessment, *, only: Iterable[str] | None = None, files: Mapping[str, StudyFile] | None = None
) -> Assessment:
    """Return ``assessment`` with the tables of the studies in ``sheets``; verdicts and findings stay as they are.

    Parameters: ``only`` codes of studies (default: all); ``files`` role → file, e.g. ``{"priority_list": StudyFile(Path("list.xlsx"))}``.
    A study whose file or layer is missing, or that cannot go on, stands in ``studies_not_run`` with the reason.

    **Raises** LayerError for an unknown study, or a file that no study asks for.
    """
    known, given = studies(), dict(files or {})
    chosen = list(known) if only is None else list(only)
    if unknown := [code for code in chosen if code not in known]:
        raise LayerError(f"no study is called {', '.join(unknown)}; there are {', '.join(known)}")
    asked = {role for study in known.values() for role in (*study.files, *study.may_use)}
    if strange := sorted(set(given) - asked):
        raise LayerError(f"no study asks for the file {', '.join(strange)}; files may be {', '.join(sorted(asked)) or 'none'}")
    sheets: list[Sheet] = []
    skipped: list[SkippedCheck] = []
    for code in chosen:
        why = _missing(known[code], assessment, given)
        failed = why is not None and any(role in given for role in known[code].files)  # a file given for nothing is told
        if why is None:
            try:
                sheets += known[code].run(Subject(assessment, given))
            except PlangeoError as error:
                why = Label(f"không thực hiện được: {error}", f"could not be done: {error}")
                failed = True
        if why is not None:
            skipped.append(SkippedCheck(code, why, known[code].title, failed))
    return dataclasses.replace(assessment, sheets=tuple(sheets), studies_not_run=tuple(skipped))


def _missing(study: Study, assessment: Assessment, given: Mapping[str, StudyFile]) -> Label | None:
    files = [role for role in study.files if role not in given]
    layers = [role for role in study.layers if role not in assessment.layers]
    if not files and not layers:
        return None
    wanted = ", ".join([*(f"--with {role}=FILE" for role in files), *(f"--layer {role}=FILE" for role in layers)])
    return Label(f"thiếu dữ liệu: {wanted}", f"not given: {wanted}")
