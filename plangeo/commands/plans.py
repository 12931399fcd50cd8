"""``plangeo plans``: every plan of a rulebook and of plan documents' tables, with its state on a day and what replaced it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.commandline.pairs import name_column

if TYPE_CHECKING:
    import pandas as pd

    from plangeo.model import Language
    from plangeo.rulebook import Rulebook

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "plan_id": "Mã",
        "status": "Tình trạng",
        "period": "Thời kỳ",
        "level": "Cấp",
        "scale": "Tỷ lệ",
        "title": "Tên; quyết định",
    },
    "en": {
        "plan_id": "Plan",
        "status": "Status",
        "period": "Period",
        "level": "Level",
        "scale": "Scale",
        "title": "Title; decision",
    },
}
_COUNT = {"vi": "Danh mục quy hoạch ngày {}: {} quy hoạch", "en": "Plans on {}: {}"}


@click.command("plans", short_help="List the plans of a rulebook and of plan documents, with their state on a day.")
@click.argument("rulebook", required=False)
@click.option(
    "--table", "tables", multiple=True, metavar="FILE", help="A table of planning documents (csv, xlsx, dbf …). Repeatable."
)
@click.option("--on", metavar="DATE", help="Day the plans are looked at, year-month-day. There is no default.")
@click.option("--level", default="", metavar="TEXT", help="Level of the plans in --table, where it does not say: commune …")
@click.option("--authority", default="", metavar="TEXT", help="Authority of the plans in --table, where it does not say.")
@click.option(
    "--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column of --table, e.g. 'Mã QH=plan_id'. Repeatable."
)
@click.option("--out", metavar="FILE", help="Write the list as .xlsx or .csv as well.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def plans(
    rulebook: str | None,
    tables: Sequence[str],
    on: str | None,
    level: str,
    authority: str,
    columns: Sequence[str],
    out: str | None,
    lang: Language,
) -> int:
    """List every plan with its decision, level, period, state on the day, chain of replacement, scale and source.

    Without RULEBOOK and --table the rulebook of ./plangeo.yaml is taken. Exit code: 1 when something about a plan does not
    fit: no successor, two plans in force where one replaced the other, an unknown status.

    \b
    Example
      plangeo plans rulebook.yaml --table DOC_URBA.dbf --on 2025-07-01
    """
    from plangeo.arguments import take_day
    from plangeo.chronicle.documents import read_plans
    from plangeo.chronicle.planlist import list_plans, with_plans

    if not on:
        raise click.UsageError("--on is missing: a plan is in force or not on a day, e.g. --on 2025-07-01")
    day = take_day(on)
    book, faults = _book(rulebook, tables), list[str]()
    origins: dict[str, str] = {}
    named = dict(name_column(item, "Mã QH=plan_id") for item in columns)
    for path in tables:
        found = read_plans(path, level=level, authority=authority, columns=named)
        origins |= {p.plan_id: Path(path).name for p in found if p.plan_id not in book.plans}
        book, told = with_plans(book, found)
        faults += [f"{Path(path).name}: {t.text(lang)}" for t in told]
    frame = list_plans(book.at(day), origins)
    click.echo(_COUNT[lang].format(f"{day:%d/%m/%Y}", len(frame)))
    for line in _lines(frame, lang):
        click.echo(line)
    for fault in faults:
        click.echo(f"- {fault}")
    if frame["illustrative"].any():
        from plangeo.model import ILLUSTRATIVE

        click.echo(f"{ILLUSTRATIVE.text(lang)}.")
    if out:
        _write(frame, out, lang)
        click.echo(out)
    return 1 if faults or frame["remark_en"].ne("").any() else 0


def _book(rulebook: str | None, tables: Sequence[str]) -> Rulebook:
    from plangeo.model import Label
    from plangeo.project_file import PROJECT_FILE, load_project
    from plangeo.rulebook import Rulebook, load_rulebook

    if rulebook is not None:
        return load_rulebook(rulebook)
    if not tables:
        if not Path(PROJECT_FILE).is_file():
            raise click.UsageError(
                f"name a rulebook or a table, e.g. `plangeo plans rulebook.yaml --on 2025-07-01`; there is no {PROJECT_FILE} here"
            )
        return load_rulebook(load_project(PROJECT_FILE).rulebook)
    return Rulebook(Label("Bảng quy hoạch", "Tables of plans"), {}, {}, {}, ())


def _lines(frame: pd.DataFrame, lang: Language) -> list[str]:
    words = _WORDS[lang]
    rows = [{name: _cell(record, name, lang) for name in words} for record in frame.to_dict("records")]
    wide = {name: max(len(row[name]) for row in (words, *rows)) for name in words}
    lines = ["  ".join(f"{words[name]:<{wide[name]}}" for name in words).rstrip()]
    for row, record in zip(rows, frame.to_dict("records"), strict=True):
        lines.append("  ".join(f"{row[name]:<{wide[name]}}" for name in words).rstrip())
        lines += [f"    {text}" for text in (record["chain"], record[f"remark_{lang}"]) if text]
    return lines


def _cell(record: Mapping[Any, Any], name: str, lang: Language) -> str:
    from plangeo.chronicle.planlist import LEVELS

    if name == "status":
        return str(record[f"status_{lang}"])
    if name == "title":
        return "; ".join(str(part) for part in (record[f"title_{lang}"], record["decision"]) if part)
    if name == "level":
        return LEVELS[record["level"]].text(lang) if record["level"] in LEVELS else str(record["level"])
    if name == "scale":
        return f"1:{int(record['scale']):,}".replace(",", ".") if record["scale"] == record["scale"] and record["scale"] else "-"
    if name == "period":
        first, last = (f"{day:%d/%m/%Y}" if day else "…" for day in (record["valid_from"], record["valid_to"]))
        return f"{first}-{last}"
    return str(record[name])


def _write(frame: pd.DataFrame, out: str, lang: Language) -> None:
    from plangeo.chronicle.planlist import COLUMNS
    from plangeo.model import ILLUSTRATIVE, Label
    from plangeo.sheetfile import write_tables
    from plangeo.study import Sheet, SheetColumn

    dated = ("valid_from", "valid_to", "ended_on")
    columns = tuple(
        SheetColumn(n, n, n, 44 if n.startswith(("title", "remark")) else 18, "date" if n in dated else "text") for n in COLUMNS
    )
    sheet = Sheet("plans", Label("Quy hoạch", "Plans"), columns, frame, Label("Không có quy hoạch nào.", "There are no plans."))
    notice = ILLUSTRATIVE.vi if frame["illustrative"].any() else ""
    write_tables([sheet], out, chosen="plans", language=lang, notice=notice)


COMMAND = plans
