"""``plangeo assess``: judge a register of projects and write the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plangeo.commandline.exitcodes import FINDINGS, WELL
from plangeo.commandline.runoptions import project_of
from plangeo.commandline.runs import assess_and_write, raise_fault, stoppable
from plangeo.commandline.streaming import stream_run
from plangeo.commandline.summary import files_written, print_summary
from plangeo.limits import limited


@click.command("assess", short_help="Judge a register of projects and write the results.")
@click.argument("register", required=False)
@click.option("--rulebook", metavar="FILE", help="The rules: uses × zone classes, plans, thresholds (YAML).")
@click.option("--on", metavar="DATE", help="Date the law is taken on, year-month-day, e.g. 2025-07-01. There is no default.")
@click.option(
    "--layer", "layers", multiple=True, metavar="ROLE=FILE", help="Map layer: zones=… (the plan), districts=… Repeatable."
)
@click.option(
    "--with", "files", multiple=True, metavar="ROLE=FILE", help="File of a study: priority_list=…, overrides=… Repeatable."
)
@click.option("--layer-name", "layer_names", multiple=True, metavar="ROLE=NAME", help="Which layer of a file that holds several.")
@click.option(
    "--labels",
    "label_levels",
    multiple=True,
    metavar="ROLE=LEVEL",
    help="Of a drawing: the level of the class labels, e.g. zones=13.",
)
@click.option(
    "--crs", "systems", multiple=True, metavar="ROLE=EPSG:n", help="CRS of a file that does not state it, e.g. sites=EPSG:9215."
)
@click.option(
    "--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column: 'Loại công trình=use', 'zones:KyHieu=zone_code'."
)
@click.option("--plan-id", metavar="PLAN", help="Plan that draws the zones, when their file does not say.")
@click.option("--sheet", metavar="NAME", help="Sheet of the register's workbook; '*' reads all sheets of one form.")
@click.option("--header-row", metavar="N", help="Row of the register's header, e.g. 4, or 4-5 for two rows.")
@click.option("--list-date", metavar="DATE", help="Day or year of the register: places are named as on that day.")
@click.option("--boundaries", metavar="FILE", help="Polygons, lines or corner lists that replace the point of the project.")
@click.option("--profile", metavar="NAME", help="Country or scheme: a name, or a YAML file.  [default: vn]")
@click.option(
    "--check", "checks", multiple=True, metavar="CODE", help="Run only these checks (see `plangeo checks`). Repeatable."
)
@click.option("--out", metavar="FOLDER", help="Folder for the results.  [default: out]")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of the map and of the summary printed.  [default: vi]")
@click.option("--project", "project_file", metavar="FILE", help="Run a project file; without any argument, ./plangeo.yaml.")
@click.option(
    "--cross-check", is_flag=True, help="Measure everything a second time by other formulas; where the two disagree, UNKNOWN."
)
@click.option(
    "--memory", metavar="AMOUNT", help="Refuse the run when it would need more, by estimate; stop it when it does. E.g. '4 GB'."
)
@click.option(
    "--time",
    "time_",
    metavar="AMOUNT",
    help="Refuse the run when it would take longer, by estimate; stop it when it does. E.g. '10 min'.",
)
@click.option("--stream", is_flag=True, help="For registers larger than memory: part by part; tables only, no map, no workbook.")
@click.option("--resume", is_flag=True, help="Go on with a --stream run that was stopped.")
def COMMAND(register: str | None, project_file: str | None, stream: bool, resume: bool, **given: Any) -> int:
    """Judge every project of REGISTER (xlsx, csv, gpkg, shp, geojson …) and write the results into a folder.

    The folder gets report.xlsx, map.html, verdicts.csv, findings.csv, sites.gpkg, evidence.parquet,
    explanations.json, manifest.json, and run.log.jsonl, the times of the run. With --stream only verdicts.csv, findings.csv,
    evidence.parquet, manifest.json and the log. What the folder held before stays until everything new is complete.

    \b
    Example
      plangeo assess projects.xlsx --rulebook rulebook.yaml --on 2025-07-01 --layer zones=zones.gpkg --out out
    """

    from plangeo.model import Verdict

    project = project_of(register, project_file, given)
    out = Path(project.out)

    def judge() -> int:
        result = assess_and_write(project, out, told=True)
        print_summary(result, project.language)
        click.echo(files_written(out))
        raise_fault(result)
        return WELL if (result.sites["verdict"] == Verdict.PERMITTED.label).all() else FINDINGS

    with limited(project.limits):
        if stream or resume:
            return stoppable(out, lambda: stream_run(project, resume), streamed=True)
        return stoppable(out, judge)
