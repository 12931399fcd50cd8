"""The questions about the whole register and the whole plan: one file, one STUDY."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from plangeo.errors import LayerError, PlangeoError, PlangeoWarning
from plangeo.model import Assessment, Label, SkippedCheck
from plangeo.study import Sheet, Study, StudyFile, Subject


@cache
def studies() -> Mapping[str, Study]:
    """Return code → study, in the order of the workbook; dropping a file into this folder is all it takes."""
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").STUDY for name in modules]
    return {study.code: study for study in sorted(found, key=lambda s: (s.order, s.code))}


def add_studies(
    assessment: Assessment,
    *,
    only: Iterable[str] | None = None,
    files: Mapping[str, StudyFile] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Assessment:
    """Return ``assessment`` with the tables of the studies in ``sheets``; verdicts and findings stay as they are.

    Parameters: ``only`` codes of studies (default: all); ``files`` role → file, e.g. ``{"priority_list": StudyFile(Path("list.xlsx"))}``;
    ``progress`` is called with (studies done, all studies) before each.
    A study whose file or layer is missing, or that cannot go on, stands in ``studies_not_run`` with the reason. So does one
    that fails by a fault of plangeo, with the fault and a PlangeoWarning: the verdicts are made by then and must not be lost.

    **Raises** LayerError for an unknown study, or a file that no study asks for.
    """
    known, given = studies(), dict(files or {})
    chosen = list(known) if only is None else list(only)
    if unknown := [code for code in chosen if code not in known]:
        raise LayerError(f"no study is called {', '.join(unknown)}; there are {', '.join(known)}", code="study_unknown")
    check_files(given)
    sheets: list[Sheet] = []
    skipped: list[SkippedCheck] = []
    for number, code in enumerate(chosen):
        if progress is not None:
            progress(number, len(chosen))
        why = _missing(known[code], assessment, given)
        title = known[code].title
        if why is not None:
            given_for_nothing = any(role in given for role in known[code].files)
            skipped.append(SkippedCheck(code, why, title, given_for_nothing))
            continue
        try:
            sheets += known[code].run(Subject(assessment, given))
        except PlangeoError as error:
            why = Label(f"không thực hiện được: {error}", f"could not be done: {error}")
            skipped.append(SkippedCheck(code, why, title, failed=True))
        except Exception as fault:
            skipped.append(dataclasses.replace(_failed(code, fault), title=title, failed=True))
    return dataclasses.replace(assessment, sheets=tuple(sheets), studies_not_run=tuple(skipped))


def check_files(roles: Iterable[str]) -> None:
    """Check, before anything is judged, that every file is asked for. **Raises** LayerError for one that no study asks for."""
    asked = {role for study in studies().values() for role in (*study.files, *study.may_use)}
    if strange := sorted(set(roles) - asked):
        raise LayerError(
            f"no study asks for the file {', '.join(strange)}; files may be {', '.join(sorted(asked)) or 'none'}",
            code="study_file_unwanted",
        )


def without_sheets(assessment: Assessment, fault: Exception) -> Assessment:
    """Return ``assessment`` without the tables of its studies, whose ``fault`` would keep its results from being written."""
    codes = dict.fromkeys(sheet.code for sheet in assessment.sheets)
    failed = [*assessment.studies_not_run, *(_failed(code, fault, said=False) for code in codes)]
    return dataclasses.replace(assessment, sheets=(), studies_not_run=tuple(failed))


def _failed(code: str, fault: Exception, *, said: bool = True) -> SkippedCheck:
    """A question that a fault of ours left unanswered."""
    line = " ".join(f"{type(fault).__name__}: {fault}".split())
    if said:
        told = f"the study {code} failed, and it is our fault, not yours: {line}. The verdicts do not depend on it."
        warnings.warn(PlangeoWarning(told, code="study_failed"), stacklevel=3)
    why = Label(f"lỗi của plangeo, không ảnh hưởng kết luận: {line}", f"a fault of plangeo that touches no verdict: {line}")
    return SkippedCheck(code, why, fault=fault)


def _missing(study: Study, assessment: Assessment, given: Mapping[str, StudyFile]) -> Label | None:
    files = [role for role in study.files if role not in given]
    layers = [role for role in study.layers if role not in assessment.layers]
    if not files and not layers:
        return None
    wanted = ", ".join([*(f"--with {role}=FILE" for role in files), *(f"--layer {role}=FILE" for role in layers)])
    return Label(f"thiếu dữ liệu: {wanted}", f"not given: {wanted}")
