"""The dossier: one Word document with summary, appendix table of all projects, flagged projects, plans, method, run."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from plangeo.datumline import datum_lines
from plangeo.explanation import describe_plan, format_date, format_length, format_share, not_run_line
from plangeo.listing import Listing
from plangeo.manifest import verdict_digest, versions
from plangeo.model import ILLUSTRATIVE, Assessment, Language, Verdict
from plangeo.papers.charts import verdict_chart
from plangeo.papers.page import SETTINGS
from plangeo.papers.sitefacts import Ground, SiteFacts, SiteReader
from plangeo.papers.siteplan import draw_plan
from plangeo.papers.sitesheet import governs_text
from plangeo.papers.siteview import SiteView, Views, scale_text
from plangeo.papers.studytables import add_studies
from plangeo.papers.wordfile import WordFile, number_pages
from plangeo.papers.wording import WORDS, say
from plangeo.text import format_number

MOST_SECTIONS = 300
"""Flagged projects with a section of their own; the rest is counted, and stands in the appendix table as every project does."""
MOST_MAPS = 60
_MOST_ROWS = 30
_MOST_KINDS = 14
_MOST_SLIPS = 10
_MAP_MM = (150.0, 95.0)
_HEAD = (
    *("n_head", "id_head", "name_head", "place_head", "declared_head", "drawn_head"),
    *("classes_head", "verdict_head", "reason_head"),
)
_WIDTHS = (10, 18, 40, 28, 20, 20, 30, 22, 64)


def write_dossier(listing: Listing, path: Path, language: Language = "vi") -> None:
    """Write the dossier of an assessment as .docx; decimal comma in Vietnamese, decimal point in English."""
    result = listing.assessment
    reader = SiteReader(result, listing.findings, language)
    facts = [reader.facts(row) for row in range(len(reader))]
    word = WordFile(say("dossier", language), result.on)
    _cover(word, result, facts, language)
    _summary(word, facts, language)
    word.section(landscape=True)
    _appendix(word, facts, result.on, language)
    word.section(landscape=False)
    _flagged(word, reader, facts)
    _plans(word, result, language)
    add_studies(word, result, language)
    _method(word, result, language)
    _run(word, result, language)
    number_pages(word)
    word.save(path)


def _cover(word: WordFile, result: Assessment, facts: Sequence[SiteFacts], lang: Language) -> None:
    word.paragraph(say("republic", lang), bold=True, centre=True)
    word.paragraph(say("motto", lang), bold=True, centre=True)
    for _ in range(6):
        word.paragraph("")
    word.paragraph(say("dossier", lang), size=18, bold=True, centre=True)
    word.paragraph(say("cover_line", lang, day=format_date(result.on), count=str(len(facts))), size=14, centre=True)
    if result.illustrative:
        word.paragraph(ILLUSTRATIVE.text(lang).upper(), bold=True, centre=True)
    word.paragraph(say("statement", lang), italic=True, centre=True)
    word.document.add_page_break()


def _summary(word: WordFile, facts: Sequence[SiteFacts], lang: Language) -> None:
    word.heading(say("summary", lang))
    counts = Counter(f.verdict for f in facts)
    rows = []
    for verdict in sorted(Verdict, reverse=True):
        mine = [f for f in facts if f.verdict is verdict]
        rows.append(
            (verdict.wording.text(lang), str(counts[verdict]), _hectares([f.countable_m2 for f in mine], lang), _without(mine))
        )
    rows.append((say("total", lang), str(len(facts)), _hectares([f.countable_m2 for f in facts], lang), _without(facts)))
    head = [say(name, lang) for name in ("verdict_head", "count_head", "declared_head", "undeclared_head")]
    word.table(head, rows, (60, 25, 40, 40), numbers=(1, 2, 3), bold_rows=(4,), size=12)
    _tell_slips(word, facts, lang)
    if not facts:
        return
    unknown = say("open_use", lang)
    kinds = Counter(f.use or unknown for f in facts).most_common()
    shown = [kind for kind, _ in kinds[:_MOST_KINDS]]
    bars = [(_short(kind), Counter(f.verdict for f in facts if (f.use or unknown) == kind)) for kind in shown]
    if left := [f.verdict for f in facts if (f.use or unknown) not in shown]:
        bars.append((say("more_uses", lang, count=str(len(kinds) - len(shown))), Counter(left)))
    word.paragraph(say("chart", lang), italic=True, centre=True)
    word.picture(_in_settings(verdict_chart, bars, lang), 160)


def _appendix(word: WordFile, facts: Sequence[SiteFacts], on: dt.date, lang: Language) -> None:
    word.paragraph(say("appendix", lang), bold=True, centre=True, size=14)
    word.paragraph(say("appendix_title", lang), bold=True, centre=True, size=14)
    word.paragraph(say("on_day", lang, day=format_date(on)), italic=True, centre=True)
    rows: list[tuple[str, ...]] = []
    bold: list[int] = []
    group = ""
    for n, f in enumerate(facts, 1):
        if f.group and f.group != group:
            bold.append(len(rows))
            rows.append(("", "", f.group, *([""] * 6)))
        group = f.group
        declared = "" if f.declared_m2 is None else format_number(f.declared_m2 / 10_000, lang)
        drawn = "" if f.drawn_m2 is None else format_number(f.drawn_m2 / 10_000, lang)
        reason = " ".join(f.sentences[:2]) if f.verdict is not Verdict.PERMITTED else ""
        decided = f" {say('decided', lang, text=' | '.join(f.beside.decisions))}" if f.beside.decisions else ""
        cells = (
            str(n),
            f.site_id,
            f.name,
            f.place,
            declared,
            drawn,
            _classes(f.ground, lang),
            f.verdict.wording.text(lang),
            _short(reason, 250) + decided,
        )
        rows.append(cells)
    bold.append(len(rows))
    sums = [_hectares(areas, lang) for areas in ([f.countable_m2 for f in facts], [f.drawn_m2 for f in facts])]
    totals = ("", "", say("total", lang), say("projects", lang, count=str(len(facts))), *sums, "", "", "")
    rows.append(totals)
    word.table([say(name, lang) for name in _HEAD], rows, _WIDTHS, numbers=(4, 5), bold_rows=bold, size=9)
    without = sum(f.declared_m2 is None for f in facts), sum(f.drawn_m2 is None for f in facts)
    word.paragraph(
        say("left_out", lang, undeclared=str(without[0]), undrawn=str(without[1])),
        italic=True,
        size=11,
    )
    _tell_slips(word, facts, lang)


def _tell_slips(word: WordFile, facts: Sequence[SiteFacts], lang: Language) -> None:
    """Which declared areas are in no sum, because one wrong unit would drown all the others."""
    slips = [f for f in facts if f.area_slipped and f.declared_m2 is not None]
    if slips:
        named = "; ".join(f"{f.site_id} ({_hectares([f.declared_m2], lang)} ha)" for f in slips[:_MOST_SLIPS])
        word.paragraph(say("slips", lang, count=str(len(slips)), named=named), italic=True, size=11)


def _flagged(word: WordFile, reader: SiteReader, facts: Sequence[SiteFacts]) -> None:
    lang = reader.language
    permitted = Verdict.PERMITTED.wording.text(lang)
    word.heading(say("flagged", lang))
    flagged = sorted((f for f in facts if f.verdict is not Verdict.PERMITTED), key=lambda f: -f.verdict)
    word.paragraph(say("flagged_line", lang, count=str(len(flagged)), verdict=permitted))
    views = Views(reader) if flagged else None
    maps = 0
    for f in flagged[:MOST_SECTIONS]:
        _site_section(word, f)
        if views is not None and maps < MOST_MAPS:
            maps += _site_map(word, views.view(f.position, *_MAP_MM), lang)
        elif maps >= MOST_MAPS:
            word.paragraph(say("see_sheet", lang), italic=True, size=11)
    if len(flagged) > MOST_SECTIONS:
        word.paragraph(say("more_sections", lang, count=str(len(flagged) - MOST_SECTIONS)), italic=True)
    others = [f for f in facts if f.verdict is Verdict.PERMITTED and f.beside.decisions]
    if others:
        word.heading(say("decided_others", lang, verdict=permitted), 2)
        for f in others:
            word.paragraph(f"{f.site_id} - {f.name}: {' | '.join(f.beside.decisions)}")


def _site_section(word: WordFile, f: SiteFacts) -> None:
    """What the machine concludes and why; beside it the officer's decisions and what the studies say."""
    lang = f.language
    word.heading(f"{f.site_id} - {f.name}", 2)
    word.paragraph(say("conclusion_line", lang, verdict=f.verdict.wording.text(lang)), bold=True)
    for text in f.beside.decisions:
        word.paragraph(say("decided", lang, text=text), bold=True)
    for sentence in f.sentences:
        word.paragraph(f"- {sentence}")
    if f.problem:
        word.paragraph(say("problem_line", lang, problem=f.problem))
    flip = say("undetermined", lang) if f.flip_m is None else format_length(f.flip_m, lang)
    tolerance = _tolerance(f.tolerance_m, lang)
    word.paragraph(say("doubt", lang, flip=flip, tolerance=tolerance, nearest=f.nearest).strip(), italic=True, size=12)
    if f.beside.remarks:
        word.paragraph(say("beside", lang), size=12)
    for remark in f.beside.remarks:
        word.paragraph(f"- {remark}", size=12)
    if f.ground:
        _ground(word, f.ground, lang)


def _site_map(word: WordFile, view: SiteView | str, lang: Language) -> int:
    """Add the map, or why there is none; returns the number of maps."""
    if isinstance(view, str):
        word.paragraph(view, italic=True, size=12)
        return 0
    word.picture(_in_settings(_plan_picture, view), _MAP_MM[0])
    word.paragraph(say("not_to_scale", lang, scale=scale_text(view).lower()), italic=True, size=11, centre=True)
    return 1


def _ground(word: WordFile, ground: Sequence[Ground], lang: Language) -> None:
    rows = []
    for g in ground[:_MOST_ROWS]:
        length = format_length(g.length_m, lang) if g.length_m else say("point", lang)
        amount = f"{format_number(g.area_m2 / 10_000, lang, 4)} ha" if g.area_m2 else length
        name = f"{g.code} - {g.name}" if g.code else g.name
        rows.append((g.plan, name, amount, format_share(g.share, lang), governs_text(g, lang)))
    if len(ground) > _MOST_ROWS:
        rows.append(("", say("more_rows", lang, count=str(len(ground) - _MOST_ROWS)), "", "", ""))
    head = [say(name, lang) for name in ("plan_head", "class_short", "amount_head", "share_head", "governs_head")]
    word.table(head, rows, (36, 66, 30, 17, 16), numbers=(2, 3), size=10)


def _plan_picture(view: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_MAP_MM[0] / 25.4, _MAP_MM[1] / 25.4))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.002, 0.003, 0.996, 0.994))
    draw_plan(axes, view)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()


def _in_settings(draw: Callable[..., bytes], *values: Any) -> bytes:
    import matplotlib

    with matplotlib.rc_context(SETTINGS):
        return draw(*values)


def _plans(word: WordFile, result: Assessment, lang: Language) -> None:
    word.heading(say("plans", lang))
    book = result.rulebook
    rows = [
        (
            p.plan_id,
            describe_plan(p.plan_id, result, lang),
            p.authority,
            say(status if (status := book.plan_status(p.plan_id)) in WORDS else "unknown", lang),
            _tolerance(p.tolerance_m, lang),
        )
        for p in book.plans.values()
    ]
    head = [say(name, lang) for name in ("id_head", "plan_text_head", "authority_head", "status_head", "accuracy_head")]
    word.table(head, rows, (28, 67, 30, 24, 16), size=10)


def _tolerance(metres: float | None, lang: Language) -> str:
    return say("not_stated", lang) if metres is None else format_length(metres, lang)


def _method(word: WordFile, result: Assessment, lang: Language) -> None:
    word.heading(say("method", lang))
    for text in (
        *(say(name, lang) for name in ("method_compare", "method_doubt", "method_silence", "method_beside", "statement")),
        *datum_lines(result, lang),
        not_run_line(result, lang),
        f"{ILLUSTRATIVE.text(lang)}." if result.illustrative else "",
    ):
        if text:
            word.paragraph(f"- {text}")


def _run(word: WordFile, result: Assessment, lang: Language) -> None:
    word.heading(say("run", lang))
    word.paragraph(say("run_line", lang, day=format_date(result.on), digest=verdict_digest(result.sites)), size=11)
    rows = []
    for item in result.inputs:
        for one in (item, item.get("boundaries") or {}):
            if one:
                name = str(one.get("name") or say("in_memory", lang))
                more = (str(one.get(key) or "") for key in ("rows", "crs", "sha256"))
                rows.append((str(one.get("role", "")), name, *more))
    head = [*(say(name, lang) for name in ("role_head", "file_head", "rows_head", "crs_head")), "SHA-256"]
    word.table(head, rows, (22, 40, 16, 24, 63), numbers=(2,), size=9)
    told = "; ".join(f"{name} {version}" for name, version in versions().items())
    word.paragraph(say("software", lang, told=told), size=11)


def _classes(ground: Sequence[Ground], lang: Language) -> str:
    said = []
    for g in ground:
        if g.governs or not g.plan:
            length = format_length(g.length_m, lang) if g.length_m else say("point", lang)
            said.append(f"{g.code or g.name}: {format_number(g.area_m2 / 10_000, lang) if g.area_m2 else length}")
    return _short("; ".join(said), 200)


def _hectares(values: Sequence[float | None], lang: Language) -> str:
    known = [v for v in values if v is not None]
    return format_number(sum(known) / 10_000, lang) if known else ""


def _without(facts: Sequence[SiteFacts]) -> str:
    return str(sum(f.declared_m2 is None for f in facts))


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
