"""What the papers say of one site, as plain values that can be sent to another process."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import shapely

from plangeo.checks.declared_area import slipped_areas
from plangeo.checks.geometry import problem_in_vietnamese
from plangeo.explanation import describe_plan, format_length, one_line, precedence_of
from plangeo.listing import deciding_sentences, finding_table
from plangeo.model import Assessment, Language, Verdict
from plangeo.papers.corners import Corner, corners_of
from plangeo.papers.lettering import plain_text
from plangeo.papers.sitestudies import Beside, SiteStudies
from plangeo.papers.wording import say


@dataclass(frozen=True)
class Ground:
    """One class of a plan under a site: area in m² (length in m of lines), share 0-1, whether it governs."""

    plan: str
    code: str
    name: str
    area_m2: float
    length_m: float
    share: float
    governs: bool
    on_border: bool


@dataclass(frozen=True)
class SiteFacts:
    """The facts of one site; texts are in ``language``, on one line each and free of control characters."""

    position: int
    site_id: str
    name: str
    use: str
    place: str
    group: str
    declared_m2: float | None
    drawn_m2: float | None
    drawn_m: float | None
    verdict: Verdict
    sentences: tuple[str, ...]
    problem: str
    ground: tuple[Ground, ...]
    flip_m: float | None
    """ε*: the smallest displacement of borders that changes the verdict of the zones."""
    tolerance_m: float | None
    """t: the displacement that plan and site cannot exclude."""
    nearest: str
    plans: tuple[str, ...]
    corners: tuple[Corner, ...]
    on: dt.date
    illustrative: bool
    beside: Beside
    language: Language
    area_slipped: bool = False
    """The declared area is likely a slip of units, and no part of any sum."""

    @property
    def countable_m2(self) -> float | None:
        """The declared area where it may go into a sum."""
        return None if self.area_slipped else self.declared_m2


class SiteReader:
    """Reads the facts of sites from an assessment; tables are grouped once."""

    def __init__(self, assessment: Assessment, findings: pd.DataFrame | None = None, language: Language = "vi") -> None:
        self.assessment, self.language = assessment, language
        table = finding_table(assessment) if findings is None else findings
        self._slipped = slipped_areas(assessment.findings)
        self._decides = deciding_sentences(assessment, table, language)
        self._studies = SiteStudies(assessment, language)
        self._findings: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in table.to_dict("records"):
            self._findings[str(row["site_id"])].append({str(k): v for k, v in row.items()})
        self._ground = _ground_of(assessment, language)
        self._nearest = {str(r["site_id"]): r for r in assessment.nearest.to_dict("records")} if len(assessment.nearest) else {}
        cover = assessment.cover
        sums = cover.groupby(cover["site_id"].astype(str))[["area_m2", "length_m"]].sum() if len(cover) else pd.DataFrame()
        self._sizes = {str(row[0]): (float(row[1]), float(row[2])) for row in sums.itertuples(name=None)}
        self._rows = pd.DataFrame(assessment.sites.drop(columns="geometry")).to_dict("records")

    def __len__(self) -> int:
        return len(self._rows)

    def nearest_row(self, site_id: str) -> Mapping[Any, Any] | None:
        """Return the row of ``assessment.nearest`` of a site that names a zone, or None."""
        row = self._nearest.get(site_id)
        return row if row is not None and row["zone_id"] else None

    def flip(self, site_id: str) -> tuple[float | None, float | None, str]:
        """Return ε*, t and the reason of the robustness finding; None where there is none."""
        for row in self._findings[site_id]:
            if row["check"] == "robustness":
                return number(row["measure"]), number(row["threshold"]), str(row["reason"])
        return None, None, ""

    def facts(self, position: int) -> SiteFacts:
        """Return the facts of the site in row ``position`` of the register."""
        row, result, language = self._rows[position], self.assessment, self.language
        site_id = str(row["site_id"])
        shape = result.sites.geometry.iloc[position]
        raw = one_line(row["use"])
        code = result.rulebook.find_use(raw) if raw else None
        ground = tuple(self._ground.get(site_id, ()))
        flip, tolerance, _ = self.flip(site_id)
        dimension = -1 if shape is None or shape.is_empty else shapely.get_dimensions(shape)
        metric = self._sizes.get(site_id, (0.0, 0.0))
        findings = self._findings[site_id]
        plans = dict.fromkeys([g.plan for g in ground] + [str(f["plan_id"]) for f in findings if one_line(f["plan_id"])])
        return SiteFacts(
            position=position,
            site_id=plain_text(site_id),
            name=plain_text(row["name"]) or say("unnamed", language),
            use=plain_text(result.rulebook.uses[code].name.text(language) if code else raw),
            place=plain_text(row.get("declared_district")),
            group=plain_text(row.get("group")),
            declared_m2=number(row.get("declared_area_m2")),
            drawn_m2=metric[0] if dimension == 2 else None,
            drawn_m=metric[1] if dimension == 1 else None,
            verdict=Verdict.parse(str(row["verdict"])),
            sentences=self._sentences(site_id),
            problem=plain_text(_problem(one_line(row["problem"]), language)),
            ground=ground,
            flip_m=flip,
            tolerance_m=tolerance,
            nearest=self._nearest_line(site_id),
            plans=tuple(plain_text(describe_plan(p, result, language)) for p in plans if p),
            corners=corners_of(shape) if result.sites.crs is not None and result.sites.crs.is_projected else (),
            on=result.on,
            illustrative=result.illustrative,
            beside=self._studies.beside(site_id),
            language=language,
            area_slipped=site_id in self._slipped,
        )

    def governing_plans(self, site_id: str) -> list[str]:
        """Return the plans that govern ground of the site."""
        return list(dict.fromkeys(g.plan for g in self._ground.get(site_id, ()) if g.governs and g.plan))

    def _sentences(self, site_id: str) -> tuple[str, ...]:
        if text := self._decides.get(site_id):
            return tuple(plain_text(line) for line in text.split("\n"))
        found = sorted(self._findings[site_id], key=precedence_of)
        told = [f for f in found if f["check"] in ("zone_use", "robustness")]
        lines = [plain_text(f[f"sentence_{self.language}"]) for f in told or found]
        return tuple(dict.fromkeys(lines)) or (say("no_finding", self.language),)

    def _nearest_line(self, site_id: str) -> str:
        row = self.nearest_row(site_id)
        if row is None:
            return ""
        known = self.assessment.rulebook.classes.get(str(row["zone_code"]))
        name = f" ({known.name.text(self.language)})" if known else ""
        away = format_length(float(row["distance_m"]), self.language)
        return plain_text(say("nearest", self.language, away=away, zone=f"{row['zone_code']}{name}"))


def _problem(text: str, language: Language) -> str:
    return problem_in_vietnamese(text) if language == "vi" else text


def _ground_of(assessment: Assessment, language: Language) -> dict[str, list[Ground]]:
    """Per site the ground under it by plan and class, what governs first, then the greatest share."""
    cover = assessment.cover
    sums: dict[str, dict[tuple[str, str], list[Any]]] = defaultdict(dict)
    for row in cover.to_dict("records") if "zones" in cover.columns else []:
        rules = {(plan, code) for plan, code, _ in row.get("governs", row["zones"])}
        for key in sorted({(str(plan), str(code)) for plan, code, _ in row["zones"]} or {("", "")}):
            entry = sums[str(row["site_id"])].setdefault(key, [0.0, 0.0, 0.0, False, False])
            for place, column in enumerate(("area_m2", "length_m", "share")):
                entry[place] += number(row[column]) or 0.0
            entry[3] = entry[3] or key in rules
            entry[4] = entry[4] or bool(row["on_border"])
    classes = assessment.rulebook.classes
    out: dict[str, list[Ground]] = {}
    for site_id, found in sums.items():
        rows = [
            Ground(plan, code, classes[code].name.text(language) if code in classes else "", *values)
            if plan or code
            else Ground("", "", say("outside_zones", language), *values)
            for (plan, code), values in found.items()
        ]
        out[site_id] = sorted(rows, key=lambda g: (g.plan == "", not g.governs, g.plan, -g.share, g.code))
    return out


def number(value: Any) -> float | None:
    """Return a finite number, or None."""
    found = pd.to_numeric(value, errors="coerce")
    return float(found) if pd.notna(found) and abs(float(found)) != float("inf") else None
