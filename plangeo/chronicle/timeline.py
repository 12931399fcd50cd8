"""The same register on several days: what each verdict is, which ones differ, and what changed in the law between.

Best practice: assess anew on every day, then compare the law of the two days for each site that differs. Anti-pattern:
reading a change of verdict off the dates of plans alone.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.amounts.dates import Span, parse_span
from plangeo.arguments import take_day, take_rulebook, take_sites
from plangeo.assessment import Backend, assess
from plangeo.checks import CHECKS
from plangeo.chronicle.lawchanges import Change, changes_for, law_days, zone_changes
from plangeo.chronicle.standings import STANDINGS, standing_of
from plangeo.errors import InputError
from plangeo.law.rulebook_schema import ANY
from plangeo.law.stages import DAYS
from plangeo.model import Assessment, Label, Verdict
from plangeo.profiles import load_profile
from plangeo.rulebook import Rulebook
from plangeo.text import fold

MOST_DATES = 50
"""Dates one comparison takes; each is a whole assessment."""
APPROVED = (
    *(
        "approved_on",
        "ngày phê duyệt",
        "ngày quyết định",
        "ngày phê duyệt dự án",
        "ngày chấp thuận",
        "ngày chấp thuận chủ trương",
    ),
    *("ngày chấp thuận chủ trương đầu tư", "approval date", "decision date", "date approved"),
)
"""Columns of a register that say when a project was approved, compared without tone marks and case."""
_UNITS = ("district", "placement")
"""Checks that read the names of places as on the day."""

FLIPS = (
    *("site_id", "name", "from_date", "to_date", "before", "after", "standing", "standing_vi", "standing_en", "kinds", "what"),
    *("why_vi", "why_en", "reasons_before", "reasons_after", "row"),
)
_NOTHING = Label(
    "luật hai ngày như nhau đối với dự án này, nhưng kết luận khác: cần xem lại dữ liệu và phát hiện của từng ngày",
    "nothing in the law changed for this site, and the verdict did: look at the findings of both days",
)
_AROUND = Label("không phải trên đất dự án nhưng có thể ảnh hưởng", "not on the site itself, but it may bear on it")


@dataclass(frozen=True)
class Timeline:
    """A register on several days."""

    dates: tuple[dt.date, ...]
    """In order, each once."""
    verdicts: pd.DataFrame
    """A row per site, in their order: ``site_id, name``, then the verdict under each date (ISO text)."""
    reasons: pd.DataFrame
    """The same with the codes of the reasons."""
    flips: pd.DataFrame
    """FLIPS: a row for each site and pair of neighbouring dates with different verdicts; ``kinds`` what changed (plan, zone, rule,
    threshold, requirement, condition, precedence, unit; empty when nothing did), ``what`` the plans, zones and classes it concerns."""
    approvals: pd.DataFrame | None = None
    """Where days of approval are known: FLIPS for every site, the day of approval (as written: ``approved_text``) against ``on``."""
    on: dt.date | None = None
    """The day approvals are held against."""
    illustrative: bool = False

    def counts(self) -> pd.DataFrame:
        """Return how many sites have each verdict on each date, worst first: index ``verdict``, a column per date."""
        order = [v.label for v in sorted(Verdict, reverse=True)]
        columns = {day.isoformat(): self.verdicts[day.isoformat()].value_counts() for day in self.dates}
        table = pd.DataFrame({day: n.reindex(order, fill_value=0) for day, n in columns.items()})
        return table.astype(int).rename_axis("verdict")


def compare_dates(
    sites: gpd.GeoDataFrame,
    rulebook: Rulebook,
    dates: Sequence[dt.date | str],
    *,
    on: dt.date | str | None = None,
    approved: str | Mapping[str, Any] | pd.Series | None = None,
    checks: Sequence[str] | None = None,
    crs: Any = None,
    backend: Backend | None = None,
    **layers: Any,
) -> Timeline:
    """Assess one register on several days and say for every verdict that differs which change of the law is behind it.

    Parameters: ``dates`` past or future, in any order; ``on`` the day approvals are held against (the last date when None);
    ``approved`` the column of the register, or a Series or mapping by site_id, that says when each site was approved; others
    as for ``assess``. A layer that only requirements of some days ask for is used on those days.

    **Raises** InputError for no date, too many, or a column that does not exist; and what ``assess`` raises.
    """
    law, taken = take_rulebook(rulebook), take_sites(sites)
    days = tuple(sorted({take_day(day) for day in dates}))
    if not days or len(days) > MOST_DATES:
        raise InputError(
            f"{len(days)} dates were given to compare; give 1 to {MOST_DATES}, e.g. dates=['2024-12-31', '2025-07-01'].",
            code="date_unreadable",
        )
    now = take_day(on) if on is not None else days[-1]
    runs = _Runs(
        sites, law, tuple(checks) if checks is not None else None, crs, backend, layers, now if approved is not None else None
    )
    ids, names = taken["site_id"].astype(str).tolist(), taken["name"].tolist()
    verdicts, reasons = (pd.DataFrame({"site_id": ids, "name": names}) for _ in range(2))
    flips: list[dict[str, Any]] = []
    last: Assessment | None = None
    for day in days:
        result = runs.on(day)
        verdicts[day.isoformat()] = result.sites["verdict"].astype(str).to_numpy()
        reasons[day.isoformat()] = result.sites["reasons"].astype(str).to_numpy()
        if last is not None:
            flips += _flips(last, result)
        last = result
    approvals = None
    if approved is not None:
        approvals = _approvals(runs, now, _stated(sites, ids, approved))
    order = {day: n for n, day in enumerate(days)}
    flips.sort(key=lambda row: (order[row["from_date"]], row["row"]))
    told = pd.DataFrame(flips, columns=list(FLIPS))
    return Timeline(days, verdicts, reasons, told, approvals, now if approvals is not None else None, runs.illustrative)


def approval_column(sites: pd.DataFrame) -> str | None:
    """Return the column of a register that says when its projects were approved; None when there is none, or several could."""
    words = {fold(word) for word in APPROVED}
    found = [str(c) for c in sites.columns if fold(str(c)) in words]
    return found[0] if len(found) == 1 else None


class _Runs:
    """The assessments of one comparison: one layer of zones and one CRS for all days."""

    def __init__(
        self,
        sites: gpd.GeoDataFrame,
        law: Rulebook,
        checks: tuple[str, ...] | None,
        crs: Any,
        backend: Backend | None,
        layers: Mapping[str, Any],
        kept: dt.date | None,
    ) -> None:
        self._sites, self.law, self._checks, self._crs = sites, law, checks, crs
        self._backend, self._layers = backend, dict(layers)
        self.illustrative = law.illustrative
        # what no check and no requirement of any day wants is refused by assess, in its words
        self._always = {role for check in CHECKS.values() for role in check.needs} | (layers.keys() - _asked(law))
        self._kept_day = kept
        self._kept: Assessment | None = None

    def on(self, day: dt.date) -> Assessment:
        """Return the assessment on a day; that of the day others are held against is made once."""
        if self._kept is not None and self._kept.on == day:
            return self._kept
        wanted = self._always | _asked(self.law.at(day))
        used = {role: layer for role, layer in self._layers.items() if role in wanted}
        result = assess(self._sites, self.law, on=day, checks=self._checks, crs=self._crs, backend=self._backend, **used)
        self._crs = self._crs or result.crs or None
        if day == self._kept_day:
            self._kept = result
        return result

    def law_days(self, result: Assessment) -> list[dt.date]:
        """Return the days on which anything dated becomes another: law, zones, administrative units."""
        spans: list[tuple[dt.date | None, dt.date | None]] = []
        zones = result.layers.get("zones")
        if zones is not None and any(name in zones for name in DAYS):
            for name in (n for n in DAYS if n in zones):
                found = [_iso(text) for text in zones[name].fillna("").astype(str).unique()]
                spans += [(day, None) if name == "valid_from" else (None, day) for day in found]
        return law_days(self.law, [*spans, *_unit_epochs(result)])


def _asked(book: Rulebook) -> set[str]:
    return {r.layer for r in book.requirements}


def _iso(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _unit_epochs(result: Assessment) -> list[tuple[dt.date | None, None]]:
    """First days of the epochs of the administrative units of the boundary map."""
    districts = result.layers.get("districts")
    profile = districts.attrs.get("plangeo", {}).get("profile") if districts is not None else None
    units = load_profile(profile).units if profile else None
    return [(first, None) for first, _ in units.epochs] if units is not None else []


def _flips(before: Assessment, after: Assessment) -> list[dict[str, Any]]:
    """The sites whose verdict is another one, with what changed in the law for each."""
    pairs = zip(before.sites["verdict"].astype(str), after.sites["verdict"].astype(str), strict=True)
    at = [n for n, (old, new) in enumerate(pairs) if old != new]
    comparison = _Comparison(before, after) if at else None
    return [comparison.row(n) for n in at] if comparison else []


class _Comparison:
    """Two assessments of one register, asked site by site."""

    def __init__(self, before: Assessment, after: Assessment) -> None:
        self._sides = (before, after)
        self._books = (before.rulebook, after.rulebook)
        self._ground = tuple(_ground(side) for side in self._sides)
        self._places = tuple(_findings_of(side, _UNITS) for side in self._sides)
        self._columns = [
            {c: side.sites[c].astype(str).tolist() for c in ("site_id", "name", "use", "verdict", "reasons")}
            for side in self._sides
        ]
        self._known: dict[Any, list[Change]] = {}

    def row(self, n: int) -> dict[str, Any]:
        """Return one of FLIPS for the site at position ``n``."""
        old, new = self._columns
        changes, around = self._changes(n)
        standing = standing_of(old["verdict"][n], new["verdict"][n])
        vi, en = ([c.told.vi for c in changes], [c.told.en for c in changes])
        if around:
            vi, en = [f"{t} ({_AROUND.vi})" for t in vi], [f"{t} ({_AROUND.en})" for t in en]
        return {
            "site_id": old["site_id"][n],
            "name": old["name"][n],
            "from_date": self._sides[0].on,
            "to_date": self._sides[1].on,
            "before": old["verdict"][n],
            "after": new["verdict"][n],
            "standing": standing,
            "standing_vi": STANDINGS[standing].vi,
            "standing_en": STANDINGS[standing].en,
            "kinds": "; ".join(dict.fromkeys(c.kind for c in changes)),
            "what": "; ".join(dict.fromkeys(c.what for c in changes)),
            "why_vi": "; ".join(vi) or _NOTHING.vi,
            "why_en": "; ".join(en) or _NOTHING.en,
            "reasons_before": old["reasons"][n],
            "reasons_after": new["reasons"][n],
            "row": n,
        }

    def _changes(self, n: int) -> tuple[list[Change], bool]:
        """What changed for the ground of the site; else what changed elsewhere for its use, and True."""
        site_id, use = self._columns[0]["site_id"][n], self._use(n)
        under = [side.get(site_id, {}) for side in self._ground]
        plans = {plan for side in under for plan, _, _ in side.values()}
        classes = {code for side in under for _, code, prevails in side.values() if prevails}
        found = list(self._law(use, frozenset(classes), frozenset(plans)))
        was, now = ({zone: plan for zone, (plan, _, _) in side.items()} for side in under)
        found = zone_changes(was, now, self._books) + found
        units = self._unit_changes() if self._places[0].get(site_id) != self._places[1].get(site_id) else []
        if found or (units and any(under)):
            return found + units, False
        ruled = {r.zone for book in self._books for r in book.rules if r.use in (use, ANY)}
        ruled |= {zone for book in self._books for i in book.triggers_for(use) for zone in book.triggers[i].zones}
        named = {p for book in self._books for p in book.plans}
        return [*self._stages(), *self._law(use, frozenset(ruled), frozenset(named)), *units], True

    def _use(self, n: int) -> str:
        return self._books[0].find_use(self._columns[0]["use"][n]) or ""

    def _law(self, use: str, classes: frozenset[str], plans: frozenset[str]) -> list[Change]:
        key = (use, classes, plans)
        if key not in self._known:
            self._known[key] = changes_for(*self._books, use, classes, plans)
        return self._known[key]

    def _stages(self) -> Iterator[Change]:
        """Stages of plans whose zones are in force on one of the days only."""
        old, new = ({name: plan for name, plan in book.plans.items() if plan.stage_of} for book in self._books)
        for name in sorted(old.keys() ^ new.keys()):
            plan = old.get(name) or new[name]
            yield Change("zone", name, Label(f"đợt vùng: {plan.title.vi}", f"stage of zones: {plan.title.en}"))

    def _unit_changes(self) -> list[Change]:
        first, last = sorted((self._sides[0].on, self._sides[1].on))
        epochs = {day for side in self._sides for day, _ in _unit_epochs(side) if day is not None and first < day <= last}
        return [
            Change(
                "unit",
                day.isoformat(),
                Label(
                    f"đơn vị hành chính thay đổi từ {day:%d/%m/%Y}: địa danh không rõ ngày lập danh mục được hiểu theo ngày xét (nêu list_date)",
                    f"administrative units changed on {day}: names of places in a list without a date are read as on the day (state list_date)",
                ),
            )
            for day in sorted(epochs)
        ]


def _ground(result: Assessment) -> dict[str, dict[str, tuple[str, str, bool]]]:
    """Site → zone → (plan or stage, class, whether it governs) under it."""
    found: dict[str, dict[str, tuple[str, str, bool]]] = {}
    if "zones" in result.evidence:
        pieces = result.evidence["zones"]
        names = ("site_id", "zone_id", "plan_id", "zone_code", "prevails")
        for site_id, zone, plan, code, prevails in zip(*(pieces[c].tolist() for c in names), strict=True):
            found.setdefault(str(site_id), {})[str(zone)] = (str(plan), str(code), bool(prevails))
    return found


def _findings_of(result: Assessment, checks: Collection[str]) -> dict[str, frozenset[tuple[str, ...]]]:
    some = result.findings[result.findings["check"].isin(checks)]
    found: dict[str, set[tuple[str, ...]]] = {}
    for site_id, *said in zip(*(some[c].astype(str).tolist() for c in ("site_id", "check", "reason", "verdict")), strict=True):
        found.setdefault(site_id, set()).add(tuple(said))
    return {site_id: frozenset(said) for site_id, said in found.items()}


def _stated(sites: gpd.GeoDataFrame, ids: Sequence[str], approved: str | Mapping[str, Any] | pd.Series) -> list[str]:
    """The day of approval of every site as written; empty where there is none."""
    if isinstance(approved, str):
        if approved not in sites:
            columns = ", ".join(repr(str(c)) for c in sites.columns if c != "geometry")
            raise InputError(f"approved={approved!r}: the register has no such column; it has {columns}.", code="column_missing")
        values = sites[approved].tolist()
    else:
        known = {str(key): value for key, value in approved.items()}
        values = [known.get(site_id) for site_id in ids]
    return ["" if v is None or (not isinstance(v, str) and pd.isna(v)) else _written(v) for v in values]


def _written(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.strftime("%Y-%m-%d")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _approvals(runs: _Runs, on: dt.date, written: Sequence[str]) -> pd.DataFrame:
    """FLIPS for every site, its day of approval against ``on``; one assessment for all days between two changes of the law."""
    now = runs.on(on)
    breaks = runs.law_days(now)
    spans: list[Span | None] = [parse_span(text) if text else None for text in written]
    epochs: dict[int, list[int]] = {}
    for n, span in enumerate(spans):
        if span is not None and bisect_right(breaks, span.first) == bisect_right(breaks, span.last):
            epochs.setdefault(bisect_right(breaks, span.first), []).append(n)
    rows: dict[int, dict[str, Any]] = {}
    here = bisect_right(breaks, on)
    for epoch, members in sorted(epochs.items()):
        day = min(span.first for n in members if (span := spans[n]) is not None)
        then = now if epoch == here else runs.on(day)
        comparison = _Comparison(then, now)
        for n in members:
            rows[n] = comparison.row(n) | {"from_date": spans[n].first}  # type: ignore[union-attr]
            if rows[n]["standing"] == "same":
                rows[n] |= {"kinds": "", "what": "", "why_vi": "", "why_en": ""}
    columns = [now.sites[c].astype(str).tolist() for c in ("site_id", "name", "verdict", "reasons")]
    for n, (site_id, name, verdict, reasons) in enumerate(zip(*columns, strict=True)):
        if n not in rows:
            standing = "no_date" if spans[n] is None else "open"
            said = STANDINGS[standing]
            rows[n] = dict.fromkeys(FLIPS, "") | {"site_id": site_id, "name": name, "after": verdict, "reasons_after": reasons}
            rows[n] |= {
                "standing": standing,
                "standing_vi": said.vi,
                "standing_en": said.en,
                "from_date": None,
                "to_date": on,
                "row": n,
            }
        rows[n] |= {"approved_text": written[n]}
    return pd.DataFrame([rows[n] for n in range(len(written))], columns=[*FLIPS, "approved_text"])
