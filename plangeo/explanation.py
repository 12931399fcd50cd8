"""From findings to sentences: what was found, by which plan and article, with the numbers.

The templates live in the checks (``Check.reasons``); this module only fills them. They are filled
once, from strings made beforehand, so text of a register is a value and never a template.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from plangeo.arguments import take_assessment
from plangeo.checks import CHECKS
from plangeo.checks.geometry import problem_in_vietnamese
from plangeo.datumline import datum_line
from plangeo.errors import InputError
from plangeo.model import ILLUSTRATIVE, Assessment, Label, Language, Plan, Verdict
from plangeo.text import format_area, format_number

_Row = Mapping[str, Any]
_LANGUAGES = ("vi", "en")
_FIRST = "zone_use"
_WITHOUT_PLACE = "placement"

_ON = Label("tại ngày", "on")
_NOT_RUN = Label("Chưa kiểm tra", "Not checked")
_NO_FINDING = Label("Không có phát hiện nào: không đủ căn cứ để kết luận.", "There is no finding, so nothing can be concluded.")
_PROBLEM = Label("Vấn đề của dòng dữ liệu", "Fault in the row")
_REPAIRED = Label("Đã sửa khi đọc", "Mended while reading")
_NO_PLAN = Label("quy hoạch không nêu tên", "a plan that is not named")
_FOREIGN_PLAN = Label("quy hoạch {} (không có trong bộ quy tắc)", "plan {} (not in the rulebook)")
_PERIOD = Label("thời kỳ", "period")
_SCALE = Label("tỷ lệ", "scale")
_OPEN_END = Label("đến khi được thay thế", "until replaced")
_UNNAMED = Label("(không có tên)", "(no name)")
_NO_BASIS = Label("căn cứ không được nêu", "a basis that is not stated")
_NEAREST = Label("Vùng phù hợp gần nhất", "Nearest compatible zone")
_NO_NEAREST = Label("Không vùng nào của quy hoạch đang có hiệu lực phù hợp.", "No zone of a plan in force is compatible.")
_ZONE = Label("vùng", "zone")
_COMPASS = {
    "": Label("", ""),
    "N": Label("về phía bắc", "to the north"),
    "NE": Label("về phía đông bắc", "to the northeast"),
    "E": Label("về phía đông", "to the east"),
    "SE": Label("về phía đông nam", "to the southeast"),
    "S": Label("về phía nam", "to the south"),
    "SW": Label("về phía tây nam", "to the southwest"),
    "W": Label("về phía tây", "to the west"),
    "NW": Label("về phía tây bắc", "to the northwest"),
}
_POINT = Label("Vị trí điểm", "The point")
_NO_USE = Label("loại dự án chưa rõ", "kind of project not stated")


def explain(assessment: Assessment, site_id: str, language: Language = "vi") -> str:
    """Explain one site: a line with the verdict, one sentence per finding (worst first), what was not checked.

    ``language`` is ``"vi"`` or ``"en"``. The text ends with the illustrative notice where it applies.

    **Raises** InputError for what is no assessment, and for an identifier it does not hold, naming close ones.
    """
    _known_language(language)
    take_assessment(assessment, "explain")
    wanted = str(site_id)
    ids = assessment.sites["site_id"].astype(str)
    rows = assessment.sites.loc[(ids == wanted).to_numpy()]
    if rows.empty:
        raise InputError(unknown_site(wanted, ids.tolist()), code="site_unknown")
    findings = assessment.findings.loc[(assessment.findings["site_id"].astype(str) == wanted).to_numpy()]
    return _paragraph(assessment, _records(rows)[0], _records(findings), language)


def explain_all(assessment: Assessment, language: Language = "vi") -> dict[str, str]:
    """Return ``explain`` for every site, in the order of the register: site_id → text."""
    _known_language(language)
    groups: dict[str, list[_Row]] = {}
    for row in _records(assessment.findings):
        groups.setdefault(str(row["site_id"]), []).append(row)
    return {
        str(site["site_id"]): _paragraph(assessment, site, groups.get(str(site["site_id"]), []), language)
        for site in _records(assessment.sites)
    }


def sentence(finding: _Row | pd.Series, assessment: Assessment, language: Language = "vi") -> str:
    """Return the sentence of one finding (a row of ``assessment.findings``) in ``language``.

    **Raises** KeyError when the finding names an unknown check or reason, or its template an
    unknown slot: both are faults of the check, never of the data.
    """
    _known_language(language)
    return _sentence(finding, assessment, language, _site_facts(assessment, str(finding["site_id"]), language))


def sentences(assessment: Assessment, language: Language = "vi") -> list[str]:
    """Return ``sentence`` for every row of ``assessment.findings``, in that order."""
    _known_language(language)
    facts = {str(row["site_id"]): _facts_of(row, assessment, language) for row in _records(assessment.sites)}
    return [_sentence(row, assessment, language, facts[str(row["site_id"])]) for row in _records(assessment.findings)]


def _records(frame: pd.DataFrame) -> list[_Row]:
    """Rows as plain dictionaries without geometry: a hundred times faster to ask than rows of a frame."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    names = [str(name) for name in plain.columns]
    return [dict(zip(names, row, strict=True)) for row in plain.itertuples(index=False, name=None)]


def precedence_of(finding: Mapping[Any, Any]) -> int:
    """Return where a finding stands among those of one severity: first what answers the question.

    That is what the zones say of the ground; for a site without a place, what they say of the ground where it may lie.
    """
    check = str(finding["check"])
    if check == _WITHOUT_PLACE:
        return 2 if str(finding["reason"]).startswith("disc_") else 0
    return 1 if check == _FIRST else 3


def verdict_line(site: _Row | pd.Series, on: dt.date, language: Language) -> str:
    """Return ``P-0042 · name: verdict (on dd/mm/yyyy)`` for one row of ``assessment.sites``."""
    name = one_line(site["name"]) or _UNNAMED.text(language)
    wording = Verdict.parse(str(site["verdict"])).wording.text(language)
    return f"{one_line(site['site_id'])} · {name}: {wording} ({_ON.text(language)} {format_date(on)})"


def failed_lines(assessment: Assessment, language: Language) -> list[str]:
    """Say which studies could not go on with the files they were given: their sheets are missing from the result."""
    failed = [s for s in assessment.studies_not_run if s.failed]
    return [f"{(s.title and s.title.text(language)) or s.check}: {one_line(s.why.text(language))}" for s in failed]


def not_run_line(assessment: Assessment, language: Language) -> str:
    """Return the line that lists the checks that did not run and why; empty when all ran."""
    if not assessment.not_run:
        return ""
    parts = [f"{_check_title(s.check, language)} ({s.why.text(language)})" for s in assessment.not_run]
    return f"{_NOT_RUN.text(language)}: {'; '.join(parts)}."


def describe_plan(plan_id: str, assessment: Assessment, language: Language) -> str:
    """Return title, decision, period and scale of a plan, or say that the plan is not named or not known."""
    plan = assessment.rulebook.plans.get(plan_id)
    if plan is None:
        return _FOREIGN_PLAN.text(language).replace("{}", one_line(plan_id)) if plan_id else _NO_PLAN.text(language)
    extra = [plan.decision] if plan.decision else []
    if period := format_period(plan, language):
        extra.append(f"{_PERIOD.text(language)} {period}")
    if plan.scale:
        extra.append(f"{_SCALE.text(language)} {format_scale(plan.scale)}")
    title = plan.title.text(language)
    return f"{title} ({', '.join(extra)})" if extra else title


def format_date(day: dt.date) -> str:
    """Return a date as officers write it.

    >>> format_date(dt.date(2025, 7, 1))
    '01/07/2025'
    """
    return f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def format_period(plan: Plan, language: Language) -> str:
    """Return ``dd/mm/yyyy-dd/mm/yyyy``; an open end is said in words; empty when nothing is stated."""
    if plan.valid_from is None and plan.valid_to is None:
        return ""
    start = format_date(plan.valid_from) if plan.valid_from else "…"
    return f"{start}-{format_date(plan.valid_to)}" if plan.valid_to else f"{start} {_OPEN_END.text(language)}"


def format_scale(denominator: int) -> str:
    """Return a map scale as it is printed on Vietnamese maps.

    >>> format_scale(25000)
    '1:25.000'
    """
    return f"1:{denominator:,}".replace(",", ".")


def one_line(value: Any) -> str:
    """Return user text on one line; empty for a missing value.

    >>> one_line("Khu công nghiệp\\n Đồng Bành"), one_line(float("nan"))
    ('Khu công nghiệp Đồng Bành', '')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NA or value is pd.NaT:
        return ""
    return " ".join(str(value).split())


def unknown_site(wanted: str, ids: list[str]) -> str:
    """Return the message for an identifier that is not there, with the ones that look like it."""
    folded = {item.casefold(): item for item in reversed(ids)}
    close = [folded[key] for key in difflib.get_close_matches(wanted.casefold().strip(), list(folded), n=5, cutoff=0.6)]
    hint = f"Did you mean {', '.join(close)}?" if close else f"It begins with {', '.join(ids[:5])}{' …' if len(ids) > 5 else ''}."
    return f"there is no site {wanted!r} among the {len(ids)} of this assessment. {hint}"


def recount_line(assessment: Assessment, language: Language) -> str:
    """Return one line about the second computation; empty when it was not asked for."""
    told = assessment.recount
    if not told:
        return ""
    kinds, slot = told["kinds"], 0 if language == "vi" else 1
    counts = [
        f"{kinds[kind]['pairs']} {words[slot]}" for kind, words in _RECOUNTED.items() if kind in kinds and kinds[kind]["pairs"]
    ]
    left_out = sum(kind["not_recomputed"] for kind in kinds.values())
    skipped = [("{n} không tính lại được", "{n} not computed again")[slot].format(n=left_out)] if left_out else []
    words = {
        "vi": "Tính lại độc lập: {sites} hình, {pairs} cặp hình và vùng ({rational_pairs} bằng số hữu tỷ){rest}; {doubted} hình không khớp.",
        "en": "Second computation: {sites} shapes, {pairs} pairs with zones ({rational_pairs} in rational numbers){rest}; {doubted} disagree.",
    }
    rest = "".join(f", {text}" for text in [*counts, *skipped])
    return words[language].format(**told, rest=rest, doubted=len(told["sites_in_doubt"]))


_RECOUNTED: Mapping[str, tuple[str, str]] = {
    "present_use": ("cặp hình và hiện trạng", "pairs with present uses"),
    "districts": ("cặp hình và đơn vị hành chính", "pairs with administrative units"),
    "setbacks": ("khoảng cách phải giữ", "setback distances"),
    "robustness": ("kết luận so với sai số", "verdicts held against the accuracy"),
    "nearest": ("vùng phù hợp gần nhất", "nearest permitted zones"),
    "placement": ("điểm có diện tích kê khai", "rooms of sites without an exact place"),
    "rasters": ("tỷ lệ trên raster", "shares of rasters"),
}
"""Kind of what was computed again → its words behind a count."""


def _known_language(language: str) -> None:
    if language not in _LANGUAGES:
        raise InputError(f"language {language!r} is not known; use 'vi' or 'en'", code="argument_wrong")


def _check_title(code: str, language: Language) -> str:
    check = CHECKS.get(code)
    return check.title.text(language) if check is not None else code


def _paragraph(assessment: Assessment, site: _Row | pd.Series, findings: Sequence[_Row], language: Language) -> str:
    facts = _facts_of(site, assessment, language)
    order = sorted(findings, key=lambda row: (-Verdict.parse(str(row["verdict"])), precedence_of(row)))  # stable
    lines = [verdict_line(site, assessment.on, language)]
    told: set[str] = set()
    for row in order:
        lines.append(f"- {_sentence(row, assessment, language, facts, told)}")
        told.add(one_line(row["plan_id"]))  # a plan is described once, then named
    if not order:
        lines.append(f"- {_NO_FINDING.text(language)}")
    said = "\n".join(lines)
    for label, column in ((_PROBLEM, "problem"), (_REPAIRED, "repaired")):
        text = one_line(site.get(column))
        if column == "problem" and language == "vi":
            text = problem_in_vietnamese(text)
        if text and text not in said:
            lines.append(f"{label.text(language)}: {text}")
    lines += [line for line in (_nearest_line(assessment, str(site["site_id"]), language),) if line]
    lines += [line for line in (not_run_line(assessment, language), datum_line(assessment, language)) if line]
    if assessment.illustrative:
        lines.append(f"{ILLUSTRATIVE.text(language)}.")
    return "\n".join(lines)


def _nearest_line(assessment: Assessment, site_id: str, language: Language) -> str:
    """Where the nearest ground lies that permits the use; empty when none was looked for."""
    found = assessment.nearest
    if found.empty:
        return ""
    rows = found.loc[(found["site_id"] == site_id).to_numpy()]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    if not row["zone_id"]:
        return _NO_NEAREST.text(language)
    known = assessment.rulebook.classes.get(str(row["zone_code"]))
    named = f"{row['zone_code']} ({known.name.text(language)})" if known else str(row["zone_code"])
    plan = assessment.rulebook.plans.get(str(row["plan_id"]))
    where = f"{format_length(float(row['distance_m']), language)} {_COMPASS[str(row['compass'])].text(language)}".strip()
    title = plan.title.text(language) if plan else one_line(row["plan_id"])
    return f"{_NEAREST.text(language)}: {where}, {one_line(named)}, {title}, {_ZONE.text(language)} {one_line(row['zone_id'])}."


def _site_facts(assessment: Assessment, site_id: str, language: Language) -> dict[str, str]:
    rows = assessment.sites.loc[(assessment.sites["site_id"].astype(str) == site_id).to_numpy()]
    if rows.empty:
        raise InputError(unknown_site(site_id, assessment.sites["site_id"].astype(str).tolist()), code="site_unknown")
    return _facts_of(rows.iloc[0], assessment, language)


def _facts_of(site: _Row | pd.Series, assessment: Assessment, language: Language) -> dict[str, str]:
    raw = one_line(site["use"])
    code = assessment.rulebook.find_use(raw) if raw else None
    use = assessment.rulebook.uses[code].name.text(language) if code else raw
    return {"name": one_line(site["name"]) or _UNNAMED.text(language), "use": use or _NO_USE.text(language)}


def _sentence(
    finding: _Row | pd.Series,
    assessment: Assessment,
    language: Language,
    facts: Mapping[str, str],
    told: Collection[str] = (),
) -> str:
    check, reason = str(finding["check"]), str(finding["reason"])
    try:
        template = CHECKS[check].reasons[reason]
    except KeyError:
        raise KeyError(f"no sentence for the finding {check}.{reason}: the check must declare it in its reasons") from None
    text = template.vi if language == "vi" else template.en
    try:
        filled = text.format_map(_slots(finding, assessment, language, facts, told)).strip()
    except KeyError as error:
        raise KeyError(f"the sentence of {check}.{reason} ({language}) names the slot {error}, which does not exist") from None
    body = filled.rstrip(".")
    return body if body.endswith(("?", "!", ":")) else f"{body}."  # a detail may bring its own full stop, or none


def _slots(
    finding: _Row | pd.Series,
    assessment: Assessment,
    language: Language,
    facts: Mapping[str, str],
    told: Collection[str],
) -> dict[str, str]:
    unit = one_line(finding["unit"])
    plan_id, zone = one_line(finding["plan_id"]), one_line(finding["zone_code"])
    plan = assessment.rulebook.plans.get(plan_id)
    described = describe_plan(plan_id, assessment, language)
    title = plan.title.text(language) if plan else described
    known = assessment.rulebook.classes.get(zone)
    localised = "" if language == "vi" else "_en"
    return {
        **facts,
        "site_id": one_line(finding["site_id"]),
        "check": _check_title(str(finding["check"]), language),
        "reason": str(finding["reason"]),
        "verdict": Verdict.parse(str(finding["verdict"])).wording.text(language),
        "plan_id": plan_id,
        "plan": title if plan_id in told else described,
        "plan_title": title,
        "decision": plan.decision if plan else "",
        "zone_code": zone,
        "zone": f"{zone} ({name})" if known and (name := known.name.text(language)) else zone,
        "measure": _quantity(finding["measure"], unit, language),
        "threshold": _quantity(finding["threshold"], unit, language),
        "unit": unit,
        "declared": _quantity(finding["threshold"], "m²", language),
        "size": _size(finding, language),
        "area": _quantity(finding["area_m2"], "m²", language),
        "area_m2": _quantity(finding["area_m2"], "m²", language),
        "length": _quantity(finding["length_m"], "m", language),
        "length_m": _quantity(finding["length_m"], "m", language),
        "share": _quantity(finding["share"], "share", language),
        "basis": one_line(finding[f"basis{localised}"]) or one_line(finding["basis"]) or _NO_BASIS.text(language),
        "detail": one_line(finding[f"detail{localised}"]) or one_line(finding["detail"]),
        "on": format_date(assessment.on),
    }


def _given(value: Any) -> bool:
    return value is not None and value is not pd.NA and math.isfinite(float(value))


def _quantity(value: Any, unit: str, language: Language) -> str:
    """Return a number with its unit in words of ``language``; empty when there is none."""
    if not _given(value):
        return ""
    number = float(value)
    if unit == "m²":
        return format_area(number, language)
    if unit in {"share", "%"}:
        return format_share(number if unit == "share" else number / 100, language)
    if unit == "m":
        return format_length(number, language)
    text = _shortest(number, language, 4)
    return f"{text} {unit}" if unit else text


def _shortest(number: float, language: Language, most: int) -> str:
    """Return a number with up to ``most`` decimals and no idle zeros."""
    kept = len(f"{number:.{most}f}".rstrip("0").partition(".")[2])
    return format_number(number, language, kept)


def format_length(metres: float, language: Language) -> str:
    """Return a length in metres below 1 km and in kilometres above.

    >>> format_length(12.34, "vi"), format_length(2236, "en")
    ('12,3 m', '2.24 km')
    """
    if abs(metres) < 1_000:
        return f"{_shortest(metres, language, 0 if abs(metres) >= 100 else 1)} m"
    return f"{_shortest(metres / 1_000, language, 2)} km"


def format_share(share: float, language: Language) -> str:
    """Return a share of 0 to 1 in percent; never rounded to nothing or to everything.

    >>> format_share(0.61734, "vi"), format_share(1, "vi"), format_share(0.99999, "en")
    ('61,73%', '100%', '> 99.99%')
    """
    percent = 100 * share
    if 1e-9 < percent < 0.01:
        return f"< {format_number(0.01, language)}%"
    if 99.99 < percent < 100 and 1 - share > 1e-9:
        return f"> {format_number(99.99, language)}%"
    return f"{_shortest(percent, language, 2)}%"


def _size(finding: _Row | pd.Series, language: Language) -> str:
    """Return the area; for a line its length; for a point a word."""
    if _given(finding["area_m2"]) and float(finding["area_m2"]) > 0:
        return _quantity(finding["area_m2"], "m²", language)
    if _given(finding["length_m"]) and float(finding["length_m"]) > 0:
        return _quantity(finding["length_m"], "m", language)
    return _POINT.text(language)
