"""The few things that are not tables: verdicts, plans, rules, checks and the finished assessment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pandas as pd

from plangeo.faces import Faces, faces_of

if TYPE_CHECKING:
    import geopandas as gpd

    from plangeo.rulebook import Rulebook
    from plangeo.study import Sheet

Language = Literal["vi", "en"]
_Known = TypeVar("_Known")

ZoneKey = tuple[str, str, str]
"""(plan_id, zone_code, zone_id): one zone on one spot."""


class Verdict(IntEnum):
    """What plangeo says of a site; ordered so that the worst finding wins.

    >>> Verdict.worst([Verdict.PERMITTED, Verdict.UNKNOWN]).label
    'unknown'
    >>> Verdict.worst([]).label          # silence is never consent
    'unknown'
    """

    PERMITTED = 0
    CONDITIONAL = 1
    UNKNOWN = 2
    NOT_PERMITTED = 3

    @property
    def label(self) -> str:
        """The word used in frames and files: ``permitted``, ``conditional``, ``unknown``, ``not_permitted``."""
        return self.name.lower()

    @property
    def wording(self) -> Label:
        """The words shown to people; never "được phép", which only an authority can say."""
        return _WORDING[self]

    @classmethod
    def parse(cls, text: str) -> Verdict:
        """Return the verdict named by ``text`` (any case). **Raises** ValueError for another word."""
        try:
            return cls[text.strip().upper()]
        except KeyError:
            raise ValueError(f"{text!r} is not a verdict; use one of {[v.label for v in cls]}") from None

    @classmethod
    def worst(cls, verdicts: Iterable[Verdict | str]) -> Verdict:
        """Return the most severe of ``verdicts``; UNKNOWN when there are none."""
        parsed = [cls.parse(v) if isinstance(v, str) else v for v in verdicts]
        return max(parsed, default=cls.UNKNOWN)


@dataclass(frozen=True)
class Label:
    """One text in Vietnamese and in English."""

    vi: str
    en: str

    def text(self, language: Language) -> str:
        """Return the text in ``language``, falling back to the other one when it is empty."""
        return (self.vi or self.en) if language == "vi" else (self.en or self.vi)


_WORDING = {
    Verdict.PERMITTED: Label("Phù hợp", "Compatible"),
    Verdict.CONDITIONAL: Label("Phù hợp có điều kiện", "Compatible with conditions"),
    Verdict.UNKNOWN: Label("Chưa xác định được", "Cannot be determined"),
    Verdict.NOT_PERMITTED: Label("Chưa phù hợp", "Not compatible"),
}


@dataclass(frozen=True)
class LegalBasis:
    """Where a rule comes from; ``verified`` says whether somebody read it in a source."""

    document: str
    article: str = ""
    source: str = ""
    verified: bool = False
    note: str = ""

    def cite(self, language: Language) -> str:
        """Return one line: article, document, and a mark when the text was not verified."""
        mark = "" if self.verified else {"vi": " (chưa kiểm chứng)", "en": " (not verified)"}[language]
        return ", ".join(part for part in (self.article, self.document) if part) + mark


PlanStatus = Literal["in_force", "expired", "superseded", "pending", "revoked", "unknown"]
"""What a plan is on a day, by its stated status and its dates."""


@dataclass(frozen=True)
class Plan:
    """The act that draws zones. ``valid_to`` is the last day in force; None = until replaced."""

    plan_id: str
    title: Label
    level: str
    decision: str
    authority: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    scale: int | None = None
    """Scale denominator: 25000 for 1:25,000."""
    accuracy_m: float | None = None
    rank: int | None = None
    theme: str = "land_use"
    status: str = ""
    """One of ``plangeo.law.planstatus.WORDS``; empty = the dates decide. Another word counts as ``unknown``."""
    successor: str | None = None
    source: str = ""
    illustrative: bool = False
    """True when the zones were made up for a demonstration; every output then says so."""
    status_note: str = ""
    """The register's own word where it could not be read as a status."""
    stage_of: str = ""
    """The plan some zones of which are not in force on the day, where this is no act but those zones (``law.stages``)."""

    @property
    def tolerance_m(self) -> float | None:
        """Displacement the map cannot exclude, metres: the stated accuracy, else 0.5 mm on paper."""
        if self.accuracy_m is not None:
            return self.accuracy_m
        return None if self.scale is None else 0.0005 * self.scale


@dataclass(frozen=True)
class ZoneClass:
    """A land-use class of the plan's legend; ``parent`` builds the hierarchy LUC → LUA → NNP."""

    code: str
    name: Label
    parent: str | None = None
    colour: str | None = None
    overlay: bool = False
    """True for functional areas that lie over other classes and are never added to them."""
    parts: tuple[str, ...] = ()
    """The classes of a mixed zone (ODT+CLN): each must consent, the most restrictive governs."""
    hint: Label = Label("", "")
    """What a reader should know when no rule speaks of the class, e.g. its successors in a later list of codes."""
    relabelled: tuple[Relabelling, ...] = ()
    """Classes that this one may be called elsewhere since a day; it explains and never changes a verdict."""


@dataclass(frozen=True)
class Relabelling:
    """Another code the same ground may bear since ``valid_from``, for no other reason than a reform of names."""

    code: str
    valid_from: dt.date
    basis: LegalBasis
    note: Label


@dataclass(frozen=True)
class Use:
    """A kind of project, e.g. an industrial park."""

    code: str
    name: Label
    synonyms: tuple[str, ...] = ()
    land_class: tuple[str, ...] = ()
    """Classes of the plan's quota that projects of this use take up; empty = those its rules permit it on."""


Operator = Literal["<", "<=", "==", "!=", ">=", ">", "in", "not_in"]


@dataclass(frozen=True)
class Condition:
    """A test on one field of the site or of its evidence; data, never an expression string."""

    field: str
    op: Operator
    value: float | str | tuple[float | str, ...]
    note: Label = Label("", "")


@dataclass(frozen=True)
class Rule:
    """What a use may do on a zone class, from ``valid_from`` to ``valid_to`` (both inclusive)."""

    use: str
    zone: str
    verdict: Verdict
    basis: LegalBasis
    conditions: tuple[Condition, ...] = ()
    otherwise: Verdict = Verdict.NOT_PERMITTED
    note: Label = Label("", "")
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True)
class Threshold:
    """Encroachment too small to matter: ignored only when *every* stated bound holds for the total."""

    use: str
    zone: str
    basis: LegalBasis
    area_m2: float | None = None
    share: float | None = None
    width_m: float | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


RequirementField = Literal["slope_deg", "value", "class", "distance_m"]


@dataclass(frozen=True)
class Requirement:
    """What the ground of a use must be like beyond its zone: slope, flood depth, land cover, distance to a relic …

    ``layer`` names the raster or the features that are measured. ``share`` is the part of the site on which a
    raster's value must hold; distances hold for the whole site.
    """

    use: str
    zone: str
    """Asked of sites with ground on this class or one below it; ``*`` = of every site of the use."""
    layer: str
    field: RequirementField
    op: Operator
    value: float | str | tuple[float | str, ...]
    basis: LegalBasis
    share: float = 1.0
    otherwise: Verdict = Verdict.NOT_PERMITTED
    note: Label = Label("", "")
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    unit: str = ""
    """Unit of the raster's values; a file that says otherwise is refused."""
    legend: tuple[float, ...] = ()
    """Every class of the raster that is known; others count as no data. Empty = all whole numbers are known."""


@dataclass(frozen=True)
class Precedence:
    """Which plan governs where several lie: ``order`` from the first to the last."""

    order: tuple[str, ...]
    basis: LegalBasis
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True)
class Measured:
    """What the checks see: tables only, all geometry already measured.

    ``sites`` has no geometry column; ``evidence`` maps a layer role to its evidence table;
    ``cover`` partitions every site by the zones that lie there; ``layers`` holds facts about
    each layer (see ``overlay.layer_facts``).
    """

    sites: pd.DataFrame
    evidence: Mapping[str, pd.DataFrame]
    cover: pd.DataFrame
    layers: Mapping[str, Mapping[str, Any]]
    rulebook: Rulebook
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, work: Callable[[Measured], _Known]) -> _Known:
        """Return ``work(self)``, worked out once however many checks ask for it."""
        if work not in self._known:
            self._known[work] = work(self)
        known: _Known = self._known[work]
        return known

    def ground(self) -> Faces:
        """Return the governed cover as columns; sites are numbered by their row."""
        return self.once(_ground)

    def faces(self) -> Iterator[Any]:
        """Yield the rows of the governed cover (tables.GOVERNED_COVER) as named tuples."""
        return iter(self.cover.itertuples(index=False))

    def pieces(self, role: str) -> Iterator[Any]:
        """Yield the evidence rows of the layer ``role`` as named tuples; none when the layer is missing."""
        return iter(self.evidence[role].itertuples(index=False)) if role in self.evidence else iter(())


def _ground(measured: Measured) -> Faces:
    return faces_of(measured.cover, measured.sites["site_id"].tolist())


@dataclass(frozen=True)
class Reason:
    """One permanent finding code of a check, with its sentence in both languages.

    The templates use the named slots of the findings table, filled by ``plangeo.explanation``.
    """

    vi: str
    en: str


@dataclass(frozen=True)
class Flip:
    """How far a verdict of the zones is from changing."""

    leaning: Verdict
    """What the zones say when their borders are believed to the millimetre."""
    distance_m: float
    """ε*: the smallest displacement of boundaries that changes it, metres."""
    tolerance_m: float | None
    """t: the displacement that plan and site cannot exclude, metres; None when the plan states nothing."""
    plan_id: str


@dataclass(frozen=True)
class Check:
    """One question asked of every site: ``judge`` turns tables into findings.

    ``tempers``: reason → checks whose verdict that reason takes the edge off, down to UNKNOWN: what lies within the
    map's accuracy is neither proven nor refuted.
    """

    code: str
    title: Label
    needs: tuple[str, ...]
    reasons: Mapping[str, Reason]
    judge: Callable[[Measured], pd.DataFrame]
    tempers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class SkippedCheck:
    """A check or a study that did not run, and why."""

    check: str
    why: Label
    title: Label | None = None
    """What a study is called; None for a check."""
    failed: bool = False
    """It could not go on with what it was given, which is more than a file not given."""
    fault: Exception | None = field(default=None, compare=False, repr=False)
    """The fault of plangeo itself that stopped it, where it was one."""


@dataclass(frozen=True)
class Assessment:
    """The finished answer: sites, findings, evidence and the law of the day; it draws nothing."""

    sites: gpd.GeoDataFrame
    """The sites as read (original CRS and index kept), plus ``verdict`` and ``reasons``."""
    findings: gpd.GeoDataFrame
    """One row per site and finding, in ``crs``."""
    evidence: Mapping[str, gpd.GeoDataFrame]
    """Layer role → which part of a site lies on what, in ``crs``."""
    cover: pd.DataFrame
    rulebook: Rulebook
    on: dt.date
    layers: Mapping[str, gpd.GeoDataFrame]
    """The layers as used, in their own CRS, for maps."""
    not_run: tuple[SkippedCheck, ...] = ()
    repairs: pd.DataFrame = field(default_factory=pd.DataFrame)
    inputs: tuple[Mapping[str, Any], ...] = ()
    """Fingerprint of each input: role, path, layer, sha256, rows, crs."""
    nearest: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The nearest zone that permits the use of each site that is not permitted where it lies (tables.NEAREST)."""
    crs: str = ""
    """The metric CRS every planar number was computed in."""
    crs_operations: tuple[Mapping[str, Any], ...] = ()
    """Per layer role the operation to ``crs``; role ``datum``: that of the sites to WGS 84."""
    crs_check: Mapping[str, Any] = field(default_factory=dict)
    """Whether the sites lie in the units they declare (``crscheck.check_sites``)."""
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)
    """What every layer says to every site: ``site_id``, and per layer ``affected``, ``not_affected`` or ``no_data``."""
    layer_rows: tuple[Mapping[str, Any], ...] = ()
    """Where the rows of every layer went (``layerledger.count_rows``)."""
    sheets: tuple[Sheet, ...] = ()
    """Tables about the whole register and the whole plan (``studies.add_studies``)."""
    studies_not_run: tuple[SkippedCheck, ...] = ()
    recount: Mapping[str, Any] = field(default_factory=dict)
    """What a second computation measured again (``cross_check=True``): sites, pairs of site and zone, those in rational
    numbers, a bound on the differences as shares of sites, sites on which the two disagree, and ``kinds``: the same for districts,
    distances, rasters …, with what could not be computed again; empty when it was not asked for."""

    @property
    def illustrative(self) -> bool:
        """True when any plan or layer is marked illustrative; every output then carries the notice."""
        return self.rulebook.illustrative

    def summary(self) -> pd.DataFrame:
        """Return the count of sites per verdict, worst first; index ``verdict``, column ``sites``."""
        order = [v.label for v in sorted(Verdict, reverse=True)]
        counts = self.sites["verdict"].value_counts().reindex(order, fill_value=0)
        table: pd.DataFrame = counts.rename_axis("verdict").rename("sites").to_frame()
        return table

    def flip_distances(self) -> pd.DataFrame:
        """Return how many sites flip at which displacement of borders (ε*, metres): index ``metres``, columns
        ``within_accuracy`` and ``beyond_accuracy`` (of plan and site); without sites that have nothing to flip.
        """
        found = self.findings.loc[self.findings["check"] == "robustness", ["reason", "measure", "threshold"]].dropna(
            subset="measure"
        )
        bins = pd.cut(found["measure"], [*FLIP_BINS_M, float("inf")], right=False, labels=_bin_labels())
        within = found["reason"] == "within_map_accuracy"
        columns = {"within_accuracy": bins[within], "beyond_accuracy": bins[~within]}
        table = pd.DataFrame({name: values.value_counts().reindex(_bin_labels()) for name, values in columns.items()})
        return table.rename_axis("metres")

    def plot(self, **keywords: Any) -> Any:
        """Draw the sites coloured by verdict with matplotlib and return the axes."""
        return self.sites.plot(column="verdict", legend=True, **keywords)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(Verdict.parse(str(word)).wording.vi)}</td><td>{escape(str(word))}</td><td>{count}</td></tr>"
            for word, count in self.summary()["sites"].items()
        )
        skipped = "".join(f"<li>{escape(s.check)}: {escape(s.why.en)}</li>" for s in self.not_run)
        notice = f"<p><b>{escape(ILLUSTRATIVE.vi)} / {escape(ILLUSTRATIVE.en)}</b></p>" if self.illustrative else ""
        return (
            f"<div>{notice}<p>plangeo: {len(self.sites)} sites on {self.on.isoformat()}</p>"
            f"<table><tr><th>Kết luận</th><th>verdict</th><th>sites</th></tr>{rows}</table>"
            + (f"<p>Not run:</p><ul>{skipped}</ul>" if skipped else "")
            + "</div>"
        )


FLIP_BINS_M = (0, 1, 5, 10, 25, 50, 100, 250, 1000)
"""Lower bounds in metres of the classes of ``Assessment.flip_distances``."""


def _bin_labels() -> list[str]:
    return [f"{a:g}-{b:g}" for a, b in pairwise(FLIP_BINS_M)] + [f"≥ {FLIP_BINS_M[-1]:g}"]


ILLUSTRATIVE = Label(
    "Vùng quy hoạch và vị trí minh họa, không phải quy hoạch được duyệt",
    "Illustrative zones and positions, not the approved plan",
)
