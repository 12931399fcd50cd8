"""Two runs compared: every site that changed, with the causes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from plangeo.model import Assessment, Label, Verdict
from plangeo.rundiff.causes import Cause, find_causes
from plangeo.rundiff.causetables import CAUSES
from plangeo.rundiff.differences import Difference, find_differences
from plangeo.rundiff.recordedrun import RecordedRun, read_run, record_assessment
from plangeo.rundiff.traces import SiteTrace, trace_sites

KINDS = {
    "only_before": Label("Chỉ có ở lần trước", "Only in the first run"),
    "only_after": Label("Chỉ có ở lần sau", "Only in the second run"),
    "verdict": Label("Kết luận thay đổi", "The verdict changed"),
    "reasons": Label("Lý do thay đổi, kết luận giữ nguyên", "Other reasons, same verdict"),
    "particulars": Label("Căn cứ hoặc số liệu thay đổi, kết luận giữ nguyên", "Other basis or figures, same verdict and reasons"),
}
"""How a site changed."""

CHANGES = (
    *("site_id", "name", "change", "change_vi", "verdict_before", "verdict_after", "reasons_gone", "reasons_new"),
    *("proven", "why_vi", "why_en"),
)
CAUSE_ROWS = ("site_id", "cause", "cause_vi", "cause_en", "proven", "explains", "evidence_vi", "evidence_en")
INPUT_ROWS = ("cause", "what_vi", "what_en", "before", "after")


@dataclass(frozen=True)
class RunDiff:
    """What changed from one run to another."""

    names: tuple[str, str]
    on: tuple[str, str]
    sites: tuple[int, int]
    """How many sites each run holds; both = changed + unchanged + those only in one."""
    changes: pd.DataFrame
    """One row per changed site: columns ``CHANGES``; ``proven`` counts its proven causes."""
    causes: pd.DataFrame
    """One row per site and cause: columns ``CAUSE_ROWS``."""
    inputs: pd.DataFrame
    """What differs between the runs as wholes: columns ``INPUT_ROWS``."""
    not_compared: tuple[Label, ...] = ()
    """What could not be compared because a run did not keep it."""

    @property
    def same(self) -> bool:
        """True when no site changed."""
        return self.changes.empty


def compare_runs(before: Assessment | str | Path, after: Assessment | str | Path) -> RunDiff:
    """Return what changed from ``before`` to ``after``: assessments, or output folders of ``plangeo assess``.

    Sites are the same when their ``site_id`` is. **Raises** InputError when a folder is no finished output or its files
    are not those of its manifest.
    """
    old, new = _recorded(before, "before"), _recorded(after, "after")
    differences = find_differences(old, new)
    traces = trace_sites(old, new)
    explained = [(trace, find_causes(trace, differences, old, new)) for trace in traces]
    changes = [_change(trace, causes) for trace, causes in explained]
    alone = _alone(old, new)
    rows = [*changes, *(row for row, _ in alone)]
    causes = [_cause_row(trace.site_id, c) for trace, found in explained for c in found]
    causes += [_cause_row(str(row["site_id"]), cause) for row, cause in alone]
    rank = {kind: n for n, kind in enumerate(("verdict", "only_before", "only_after", "reasons", "particulars"))}
    rows.sort(key=lambda row: rank[row["change"]])
    return RunDiff(
        (old.name, new.name),
        (str(old.manifest["on"]), str(new.manifest["on"])),
        (len(old.sites), len(new.sites)),
        pd.DataFrame(rows, columns=list(CHANGES)),
        pd.DataFrame(causes, columns=list(CAUSE_ROWS)),
        pd.DataFrame([_input_row(d) for d in differences.rows], columns=list(INPUT_ROWS)),
        tuple(_not_compared(old, new)),
    )


def _recorded(run: Assessment | str | Path, name: str) -> RecordedRun:
    return record_assessment(run, name) if isinstance(run, Assessment) else read_run(run)


def _change(trace: SiteTrace, causes: Sequence[Cause]) -> dict[str, Any]:
    if trace.verdict[0] != trace.verdict[1]:
        kind = "verdict"
    else:
        kind = "reasons" if trace.reasons_gone or trace.reasons_new else "particulars"
    return {
        "site_id": trace.site_id,
        "name": trace.name,
        "change": kind,
        "change_vi": KINDS[kind].vi,
        "verdict_before": trace.verdict[0],
        "verdict_after": trace.verdict[1],
        "reasons_gone": "; ".join(trace.reasons_gone),
        "reasons_new": "; ".join(trace.reasons_new),
        "proven": sum(c.proven for c in causes),
        "why_vi": "\n".join(cause_line(c, "vi") for c in causes),
        "why_en": "\n".join(cause_line(c, "en") for c in causes),
    }


def cause_line(cause: Cause, language: Any) -> str:
    """Return one cause with how sure it is: ``proven: The zones of the plan: …``."""
    if cause.code == "not_found":
        return cause.evidence.text(language)
    sure = Label("chứng minh được", "proven") if cause.proven else Label("có thể", "possible")
    return f"{sure.text(language)}: {CAUSES[cause.code].text(language)}: {cause.evidence.text(language)}"


def _cause_row(site_id: str, cause: Cause) -> dict[str, Any]:
    named = CAUSES[cause.code] if cause.code in CAUSES else KINDS[cause.code]
    values = (
        site_id,
        cause.code,
        named.vi,
        named.en,
        cause.proven,
        "; ".join(cause.explains),
        cause.evidence.vi,
        cause.evidence.en,
    )
    return dict(zip(CAUSE_ROWS, values, strict=True))


def _input_row(difference: Difference) -> dict[str, str]:
    values = (difference.cause, difference.what.vi, difference.what.en, difference.before, difference.after)
    return dict(zip(INPUT_ROWS, values, strict=True))


def _alone(old: RecordedRun, new: RecordedRun) -> list[tuple[dict[str, Any], Cause]]:
    """Sites that one run only holds; where the other holds one of the same place or name under another id, that is said."""
    gone = [s for s in old.sites.index if s not in new.sites.index]
    come = [s for s in new.sites.index if s not in old.sites.index]
    twins = _twins(old, gone, new, come)
    rows = []
    for kind, run, ids in (("only_before", old, gone), ("only_after", new, come)):
        for site_id in ids:
            site = run.sites.loc[site_id]
            twin, why = twins.get((kind, site_id), ("", Label("", "")))
            text = Label("danh mục kia không có mã này", "the other register has no such id")
            if twin:
                text = Label(f"{text.vi}; mã {twin} ở đó {why.vi}", f"{text.en}; {twin} there {why.en}")
            verdict = str(site["verdict"])
            row = dict.fromkeys(CHANGES, "") | {"site_id": site_id, "name": str(site["name"]), "change": kind, "proven": 1}
            row |= {"change_vi": KINDS[kind].vi, "why_vi": text.vi, "why_en": text.en}
            row |= {"verdict_before": verdict} if kind == "only_before" else {"verdict_after": verdict}
            rows.append((row, Cause(kind, True, text)))
    return rows


def _twins(
    old: RecordedRun, gone: Sequence[str], new: RecordedRun, come: Sequence[str]
) -> dict[tuple[str, str], tuple[str, Label]]:
    """The site of the other run that looks like the same one under another id; told, never taken for it."""
    place = Label("có cùng vị trí", "lies at the same place")
    called = Label("có cùng tên", "has the same name")
    found: dict[tuple[str, str], tuple[str, Label]] = {}
    for marks, why in ((_names, called), (_places, place)):
        left, right = marks(old, gone), marks(new, come)
        for mark in left.keys() & right.keys():
            if mark and len(left[mark]) == len(right[mark]) == 1:
                found["only_before", left[mark][0]] = (right[mark][0], why)
                found["only_after", right[mark][0]] = (left[mark][0], why)
    return found


def _names(run: RecordedRun, ids: Sequence[str]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = defaultdict(list)
    for site_id in ids:
        marks[" ".join(str(run.sites.at[site_id, "name"]).casefold().split())].append(site_id)
    return marks


def _places(run: RecordedRun, ids: Sequence[str]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = defaultdict(list)
    if run.shapes is not None:
        for site_id in ids:
            shape = run.shapes[run.sites.index.get_loc(site_id)]
            marks["" if shape is None else f"{run.crs} {shapely.to_wkb(shapely.normalize(shape), hex=True)}"].append(site_id)
    return marks


def _not_compared(old: RecordedRun, new: RecordedRun) -> list[Label]:
    told = []
    for run in (old, new):
        if run.shapes is None:
            told.append(
                Label(
                    f"{run.name} không ghi vị trí dự án (--stream): không xét được dự án có dời chỗ hay không",
                    f"{run.name} kept no places of its sites (--stream): whether a site moved cannot be told",
                )
            )
        if not run.law.get("answers"):
            told.append(
                Label(
                    f"{run.name} không ghi từng quy tắc đã áp dụng: thay đổi quy tắc chỉ nêu là có thể",
                    f"{run.name} did not record the rules that answered: a changed rule can only be called possible",
                )
            )
    return told


def count_changes(diff: RunDiff) -> pd.DataFrame:
    """Return how many sites changed in which way: ``change, verdict_before, verdict_after, sites``; verdicts from worst to best."""
    if diff.same:
        return pd.DataFrame({"change": [], "verdict_before": [], "verdict_after": [], "sites": []})
    names = ["change", "verdict_before", "verdict_after"]
    counted = diff.changes.groupby(names, sort=False).size().rename("sites").reset_index()
    order = {v.label: -int(v) for v in Verdict}
    kinds = list(KINDS)
    counted["key"] = [
        (kinds.index(k), order.get(a, 9), order.get(b, 9)) for k, a, b in counted[names].itertuples(index=False, name=None)
    ]
    return counted.sort_values("key").drop(columns="key").reset_index(drop=True)
