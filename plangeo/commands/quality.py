"""Examine a plan layer before anything is judged on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.commandline.pairs import name_column, split_pair

if TYPE_CHECKING:
    from plangeo.planlayers.layerquality import LayerQuality


@click.command("quality", short_help="Examine a plan layer before anything is judged on it.")
@click.argument("zones")
@click.option("--rulebook", required=True, metavar="FILE", help="The rules: they know the plans and the class codes (YAML).")
@click.option("--on", required=True, metavar="DATE", help="Day the plans are taken on, year-month-day. There is no default.")
@click.option(
    "--layer", "layers", multiple=True, metavar="districts=FILE", help="Boundaries of the units the plans should cover."
)
@click.option(
    "--plan", "plans", multiple=True, metavar="PLAN", help="Examine only this plan, also one that has ended. Repeatable."
)
@click.option("--plan-id", metavar="PLAN", help="Plan that draws the zones, when their file does not say.")
@click.option("--layer-name", "layer_names", multiple=True, metavar="ROLE=NAME", help="Which layer of a file that holds several.")
@click.option(
    "--crs", "systems", multiple=True, metavar="ROLE=EPSG:n", help="CRS of a file that does not state it, e.g. zones=EPSG:9215."
)
@click.option("--map", "columns", multiple=True, metavar="[ROLE:]RAW=NAME", help="Name a column, e.g. 'KyHieu=zone_code'.")
@click.option("--labels", metavar="LEVEL", help="Of a drawing: the level of the class labels.")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--rows", "shown", type=click.IntRange(0, 1000), default=20, show_default=True, help="How many faults to print.")
@click.option("--out", metavar="FILE", help="Write all faults: with their shapes (.gpkg), or as tables (.xlsx, .csv).")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def COMMAND(
    zones: str, rulebook: str, on: str, plans: Sequence[str], shown: int, out: str | None, lang: Any, **given: Any
) -> int:
    """Print gaps, overlaps, slivers, doubles, unknown codes and uncovered ground of ZONES, with place and area.

    Exit code 0 when no plan has a fault, 1 when one has; slivers thinner than the map's accuracy alone are no fault.

    \b
    Example
      plangeo quality zones.gpkg --rulebook rulebook.yaml --layer districts=communes.gpkg --on 2025-07-01
    """
    from plangeo.arguments import take_day
    from plangeo.errors import LayerError
    from plangeo.layers import open_layers
    from plangeo.planlayers.layerquality import check_plan_layer
    from plangeo.rulebook import load_rulebook
    from plangeo.sources import LayerFile

    law = load_rulebook(rulebook).at(take_day(on))
    files = {"zones": zones} | dict(split_pair("--layer", item, "districts=communes.gpkg") for item in given["layers"])
    if strange := sorted(set(files) - {"zones", "districts"}):
        raise LayerError(
            f"plangeo quality wants no layer {', '.join(strange)}; give --layer districts=FILE", code="layer_unwanted"
        )
    if out and Path(out).suffix.lower() not in (".gpkg", ".xlsx", ".csv"):
        raise click.UsageError(f"--out {out}: name a .gpkg, .xlsx or .csv file")
    sources = {role: LayerFile(path, given["profile"], _keywords(role, given)) for role, path in files.items()}
    opened = open_layers(sources, law, prepare_from=float("inf"))
    layer = opened.frames["zones"]
    drawn = sorted(set(layer["plan_id"].astype(str)))
    if missing := [p for p in plans if p not in drawn]:
        raise LayerError(
            f"no zone of {zones} belongs to the plan {', '.join(missing)}; there are {', '.join(drawn)}",
            code="zones_without_plan",
        )
    found = check_plan_layer(layer, law, opened.frames.get("districts"), plans=list(plans) or None)
    click.echo("\n".join(_report(found, shown, lang)))
    if out:
        _write(found, Path(out), lang)
        click.echo(out)
    return FINDINGS if (~found.faults["sliver"].astype(bool)).any() else WELL


def _keywords(role: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the user says of one layer, as keywords for its reader."""
    words: dict[str, Any] = {}
    for option, name, items in (("--layer-name", "layer", given["layer_names"]), ("--crs", "crs", given["systems"])):
        for of, value in (split_pair(option, item) for item in items):
            if of == role:
                words[name] = value
    columns = {}
    for item in given["columns"]:
        raw, field = name_column(item, "KyHieu=zone_code")
        of, _, name = raw.partition(":") if raw.startswith(("zones:", "districts:")) else ("zones", "", raw)
        if of == role:
            columns[name] = field
    if columns:
        words["columns"] = columns
    if role == "zones":
        words |= {name: given[name] for name in ("plan_id", "labels") if given[name]}
    return words


def _report(found: LayerQuality, shown: int, lang: Any) -> list[str]:
    """The lines printed: each plan, its notes, then the faults, the gravest first."""
    from plangeo.law.planstatus import TITLES
    from plangeo.planlayers.faults import KINDS, degrees
    from plangeo.text import format_area

    words = {
        "vi": (
            "phủ",
            "chồng lấn",
            "mã đúng",
            "điểm",
            "lỗi",
            "vụn số hóa",
            "không kiểm tra",
            "khoanh",
            "còn {} dòng: --rows, --out",
        ),
        "en": (
            "covered",
            "overlapping",
            "known codes",
            "score",
            "faults",
            "slivers",
            "not examined",
            "zones",
            "{} more: --rows, --out",
        ),
    }[lang]
    lines = []
    for plan in found.coverage.to_dict("records"):
        head = f"{plan['plan_id']} ({TITLES[plan['status']].text(lang)}, {plan['zones']} {words[7]})"
        if not plan["examined"]:
            lines.append(f"{head}: {words[6]}")
            continue
        shares = (plan[name] for name in ("covered_share", "overlap_share", "known_share", "score"))
        told = ", ".join(f"{word} {share:.2%}" for word, share in zip(words[:4], shares, strict=True))
        lines.append(f"{head}: {told}; {int(plan['faults'])} {words[4]}, {int(plan['slivers'])} {words[5]}")
    lines += [f"- {note.text(lang)}" for note in found.notes]
    faults = found.faults.assign(place=degrees(found.faults))
    for row in faults.head(shown).to_dict("records"):
        size = format_area(row["area_m2"], lang) if row["area_m2"] == row["area_m2"] else "?"
        mark = f" [{words[5]}]" if row["sliver"] else ""
        where = f"{row['plan_id']} {row['zones']} ({row['codes']}), {size}, {row['place']}"
        lines.append(f"{KINDS[row['kind']].text(lang)}{mark}: {where}. {row[f'why_{lang}']}")
    if len(faults) > shown:
        lines.append("… " + words[8].format(len(faults) - shown))
    return lines


def _write(found: LayerQuality, path: Path, lang: Any) -> None:
    """Write beside the target first, so that nothing half-written bears its name."""
    from plangeo.delivery.atomicfile import written_file
    from plangeo.delivery.readback import read_back
    from plangeo.sheetfile import write_tables
    from plangeo.studies.plan_quality import quality_sheets

    if path.suffix.lower() != ".gpkg":
        write_tables(quality_sheets(found), path, chosen="plan_quality", language=lang)
        return
    with written_file(path) as draft:
        found.faults.to_file(draft, layer="plan_quality", driver="GPKG", engine="pyogrio")
        read_back(draft.parent, [draft.name], {draft.name: {"plan_quality": len(found.faults)}}, {})
