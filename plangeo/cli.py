"""The command line: parse, call, print. The only module that prints, reads the clock or ends the process."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from plangeo import commands
from plangeo.apart import reading_apart
from plangeo.apart.child import start_ahead
from plangeo.console import Console
from plangeo.errors import BudgetSpent, InputError, PlangeoError
from plangeo.limits import limited
from plangeo.stopping import Stopped, mark_of_result, say_what_is_left, stop_signals

# Everything else is imported where it is used, so that --help answers at once.
if TYPE_CHECKING:
    from plangeo.model import Assessment, Language
    from plangeo.project_file import Budget, Project

MAP = "map.html"
_WELL, _FINDINGS, _BAD_INPUT, _OUR_FAULT, _STOPPED = 0, 1, 2, 3, 130
_READING = frozenset(
    {"assess", "read", "doctor", "layers", "prepare", "map", "reconcile", "quality", "rerun", "plans", "timeline"}
)
"""Commands that read files of the user: what reads them is started at once."""
_SITES = ("sites", "register")  # both words name the register on the command line
_TITLE = {"vi": "Đối chiếu ngày", "en": "Verdicts on"}
_COUNT = {"vi": "dự án", "en": "sites"}


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 nothing wrong, 1 findings, 2 bad input or usage, 3 our fault."""
    _forgiving_console()
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug, trusted = "--debug" in given, "--trusted" in given
    given = [a for a in given if a not in ("--debug", "--trusted")]
    console = Console(sys.stderr, time.perf_counter)

    def tell(text: str) -> None:
        console.clear()
        click.echo(text, err=True)

    def show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        tell(f"Note: {message}")

    try:
        with warnings.catch_warnings(), reading_apart(not trusted), stop_signals(tell):
            if not trusted and given and given[0] in _READING:
                start_ahead()
            warnings.showwarning = show_warning
            return int(plangeo.main(given, prog_name="plangeo", standalone_mode=False, obj=console) or _WELL)
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        why = stop.__cause__ if isinstance(stop, click.exceptions.Abort) else stop
        if isinstance(why, KeyboardInterrupt):
            console.end_line()
            tell("stopped; nothing half-written was published")
        return _exit_code(why)
    except click.ClickException as error:
        error.show()
        return _BAD_INPUT
    except (PlangeoError, OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output left, e.g. `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return _WELL
        if debug:
            traceback.print_exc()
        tell(f"Error: {error}")
        if isinstance(error, PlangeoError):
            from plangeo.catalogue.phrases import advice

            click.echo(advice(error.code), err=True)
        return _BAD_INPUT
    except Exception as error:
        if debug:
            traceback.print_exc()
        said = " ".join(f"{type(error).__name__}: {error}".split())
        click.echo(
            f"plangeo failed, and it is our fault, not yours: {said}. Please report this line and the command (see the README, "
            "“Reporting a fault”); --debug shows the whole trace.",
            err=True,
        )
        return _OUR_FAULT


def _forgiving_console() -> None:
    """An old Windows console cannot show every Vietnamese letter: show '?' rather than die."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _console() -> Console:
    """Where the command that runs now tells its progress."""
    return click.get_current_context().find_object(Console) or Console(sys.stderr, time.perf_counter)


def _progress(text: str) -> None:
    _console()(text)


def _exit_code(stop: BaseException | None) -> int:
    return stop.exit_code if isinstance(stop, Stopped) else _STOPPED


def _stoppable(out: Path, work: Callable[[], int], *, streamed: bool = False) -> int:
    """Do the work that fills ``out``; when somebody stops it, say what is left and how to go on."""
    before = mark_of_result(out)
    try:
        return work()
    except BudgetSpent as spent:
        _console().end_line()
        left = say_what_is_left(out, before, counted=_console().counted, streamed=streamed)
        anew = streamed and spent.code == "budget_time_spent"
        way = (
            "The time then counts anew."
            if anew
            else "Raise the budget before (--time, --memory, or budget: in the project file)."
        )
        raise BudgetSpent(f"{spent} It was {left} {way}", code=spent.code) from None
    except KeyboardInterrupt as stop:
        _console().end_line()
        click.echo(say_what_is_left(out, before, counted=_console().counted, streamed=streamed), err=True)
        return _exit_code(stop)


def _tell_forecast(project: Project, *, streamed: bool = False) -> None:
    """Print, before a run that is long or large, what it is likely to take. **Raises** InputError when its budget forbids it."""
    from plangeo.rerun import forecast
    from plangeo.resources.amounts import bytes_in_words
    from plangeo.resources.estimate import is_long
    from plangeo.resources.freememory import free_memory, held_memory
    from plangeo.resources.spending import Spending

    expected, free = forecast(project, streamed=streamed), free_memory()
    _console().expect(expected.phases)
    if project.budget is not None:
        _console().watch(Spending(project.budget.limits(), time.perf_counter, held_memory))
    if is_long(expected, free):
        left = "" if free is None else f"; free {bytes_in_words(free)}"
        tight = free is not None and expected.memory > free
        more = ", which may not be enough: --stream, or fewer sites or zones at a time, takes less" if tight else ""
        click.echo(f"estimated: {expected.in_words()}{left}{more}", err=True)


_EPILOG = """\b
Examples
  plangeo demo
      a complete run on the sample data; open the map it names
  plangeo assess projects.xlsx --rulebook rulebook.yaml --on 2025-07-01 \\
      --layer zones=zones.gpkg --layer districts=communes.gpkg --out out
      judge your own register
  plangeo assess
      the run written down in plangeo.yaml of this folder
  plangeo explain out P-0042
      why P-0042 got its verdict

\b
Exit code
  0  nothing wrong    1  findings: some site is not plainly compatible
  2  bad input or usage    3  a fault of plangeo itself
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="plangeo", prog_name="plangeo")
@click.option("--debug", is_flag=True, help="On an error, show the whole trace.")
@click.option(
    "--trusted",
    is_flag=True,
    help="Read files in this process: a little faster, but a file that crashes its reader ends the run.",
)
def plangeo(debug: bool, trusted: bool) -> None:
    """Check whether projects are sited where the land-use plan allows them.

    Every project of a register gets a verdict for a date: compatible, compatible with conditions, cannot be
    determined, or not compatible; with the plan, the rule, the numbers and the doubt behind it. Missing data
    never count as consent.
    """


@plangeo.command(short_help="Judge a register of projects and write the results.")
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
def assess(register: str | None, project_file: str | None, stream: bool, resume: bool, **given: Any) -> int:
    """Judge every project of REGISTER (xlsx, csv, gpkg, shp, geojson …) and write the results into a folder.

    The folder gets report.xlsx, map.html, verdicts.csv, findings.csv, sites.gpkg, evidence.parquet,
    explanations.json, manifest.json, and run.log.jsonl, the times of the run. With --stream only verdicts.csv, findings.csv,
    evidence.parquet, manifest.json and the log. What the folder held before stays until everything new is complete.

    \b
    Example
      plangeo assess projects.xlsx --rulebook rulebook.yaml --on 2025-07-01 --layer zones=zones.gpkg --out out
    """

    from plangeo.model import Verdict

    project = _project(register, project_file, given)
    out = Path(project.out)

    def judge() -> int:
        result = _assess_and_write(project, out, told=True)
        _summary(result, project.language)
        click.echo(_written(out))
        _raise_fault(result)
        return _WELL if (result.sites["verdict"] == Verdict.PERMITTED.label).all() else _FINDINGS

    with limited(project.limits):
        if stream or resume:
            return _stoppable(out, lambda: _stream(project, resume), streamed=True)
        return _stoppable(out, judge)


@plangeo.command(short_help="Say how a register is read, without judging it.")
@click.argument("register")
@click.option("--sheet", metavar="NAME", help="Sheet of the workbook; '*' reads all sheets of one form.")
@click.option("--header-row", metavar="N", help="Row of the header, e.g. 4, or 4-5 for two rows.")
@click.option("--list-date", metavar="DATE", help="Day or year of the register: places are named as on that day.")
@click.option("--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'Tên dự án=name'. Repeatable.")
@click.option("--crs", metavar="EPSG:n", help="CRS of the coordinates, when the file does not state it.")
@click.option("--layer-name", "layer", metavar="NAME", help="Which layer of a file that holds several.")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--rows", "shown", type=click.IntRange(0, 1000), default=3, show_default=True, help="How many rows to show.")
def read(register: str, columns: Sequence[str], profile: str, shown: int, **given: Any) -> int:
    """Print what plangeo makes of REGISTER: its header, which column is which field, what was left out and why.

    Nothing is judged and nothing written. The same --sheet, --header-row, --list-date and --map correct `plangeo assess`.
    """
    from plangeo.readingreport import read_and_report

    keywords = {name: value for name, value in given.items() if value is not None}
    click.echo(read_and_report(register, profile, dict(_column(item) for item in columns) or None, shown, keywords))
    return _WELL


@plangeo.command(short_help="Say why a project got its verdict.")
@click.argument("out", metavar="FOLDER")
@click.argument("site_id", metavar="ID")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
def explain(out: str, site_id: str, lang: Language) -> int:
    """Say why the project ID got its verdict; FOLDER is the result of `plangeo assess`."""
    from plangeo.explanation import unknown_site
    from plangeo.report import read_explanations

    texts = read_explanations(out)
    if site_id not in texts:
        raise InputError(unknown_site(site_id, list(texts)), code="site_unknown")
    click.echo(texts[site_id][lang])
    return _WELL


@plangeo.command("map", short_help="Draw the map of a result again.")
@click.argument("folder")
@click.option("--out", metavar="FILE", help="Where to write the map.  [default: map.html in FOLDER]")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Language of the map.  [default: that of the run]")
@click.option("--compare", metavar="ROLE|FILE", help="Zones to compare with: a layer of the run (present_use) or another file.")
@click.option(
    "--tiles", metavar="URL", help="Base map, e.g. https://tiles.example.org/{z}/{x}/{y}.png; the map then asks that server."
)
@click.option("--attribution", metavar="TEXT", help="Who made the base map; needed with --tiles.")
def draw(
    folder: str, out: str | None, lang: Language | None, compare: str | None, tiles: str | None, attribution: str | None
) -> int:
    """Draw the map of a result again, from the same inputs; refused when an input has changed since.

    Any two plans of the run can be compared on the map; --compare adds other zones. The map asks nothing of a network unless
    --tiles names a base map.
    """
    from plangeo.basemap import base_map
    from plangeo.delivery.atomicfile import write_content
    from plangeo.report import replace_file
    from plangeo.rerun import repeat_run

    base_map(tiles, attribution)  # refused before minutes are spent
    project, result = repeat_run(Path(folder), _progress)
    target = Path(out) if out else Path(folder) / MAP
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist; make it first", code="output_name_wrong")
    given = {"compare": _compared(project, result, compare), "tiles": tiles, "attribution": attribution}
    text = _map_html(result, lang or project.language, project.title, **given)
    if target.resolve().parent == Path(folder).resolve():
        replace_file(folder, target.name, text)
    else:
        write_content(target, text)
    click.echo(str(target))
    _raise_fault(result)
    return _WELL


@plangeo.command(short_help="Make a big plan ready ahead of the first run.")
@click.argument("file")
@click.option("--crs", metavar="EPSG:n", help="CRS of the file, when it does not state it.")
@click.option("--layer-name", metavar="NAME", help="Which layer of a file that holds several.")
@click.option("--labels", metavar="LEVEL", help="Of a drawing: the level of the class labels.")
@click.option("--plan-id", metavar="PLAN", help="Plan that draws the zones, when their file does not say.")
@click.option("--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'KyHieu=zone_code'.")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option("--sites-crs", metavar="EPSG:n", help="CRS of the registers to come.  [default: that of the plan]")
def prepare(
    file: str,
    crs: str | None,
    layer_name: str | None,
    labels: str | None,
    plan_id: str | None,
    columns: Sequence[str],
    profile: str,
    sites_crs: str | None,
) -> int:
    """Validate, cut and sort the zones in FILE once, and keep them in the cache folder ($PLANGEO_CACHE).

    Give the same options as `plangeo assess` will have; what does not fit is made again by itself.
    """
    from plangeo.layers import PREPARE_FROM_BYTES, prepare_zones
    from plangeo.sources import LayerFile

    start = time.perf_counter()
    named = {
        "crs": crs,
        "layer": layer_name,
        "labels": labels,
        "plan_id": plan_id,
        "columns": dict(_column(item) for item in columns) or None,
    }
    source = LayerFile(file, profile, {name: value for name, value in named.items() if value is not None})
    made = prepare_zones(source, sites_crs=sites_crs)
    kept = made.kept
    if made.made is None:
        kept = f"{sum(f.stat().st_size for f in Path(kept).iterdir()) / 1e6:.1f} MB in {kept}"
    click.echo(f"{len(made.rows)} zones, to be measured in {made.crs.to_string()}, ready in {time.perf_counter() - start:.1f} s")
    click.echo(kept)
    if source.size() < PREPARE_FROM_BYTES:
        click.echo(
            f"{file} is small: `plangeo assess` reads it itself, and uses prepared plans from {PREPARE_FROM_BYTES / 2**20:g} MB on"
        )
    return _WELL


@plangeo.command(short_help="Say in which coordinate system a file seems to stand.")
@click.argument("file")
@click.option("--crs", metavar="EPSG:n", help="The system the file is said to be in, when it does not state it.")
@click.option("--districts", metavar="FILE", help="Boundary map of communes; sites that declare one tell the readings apart.")
@click.option("--districts-crs", metavar="EPSG:n", help="CRS of the boundary map, when it does not state it.")
@click.option("--sheet", metavar="NAME", help="Sheet of a workbook.")
@click.option("--header-row", metavar="N", help="Row of the header, e.g. 4, or 4-5 for two rows.")
@click.option("--list-date", metavar="DATE", help="Day or year of the register: places are named as on that day.")
@click.option("--layer-name", metavar="NAME", help="Which layer of a file that holds several.")
@click.option(
    "--map", "columns", multiple=True, metavar="RAW=NAME", help="Name a column, e.g. 'Tọa độ X=north', 'Xã=declared_district'."
)
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
@click.option(
    "--accept",
    type=click.IntRange(min=1),
    metavar="RANK",
    help="Write a copy read as the table's line of that rank; needs --out.",
)
@click.option("--out", metavar="FILE.gpkg", help="The copy to write (GeoPackage).")
def doctor(file: str, accept: int | None, out: str | None, columns: Sequence[str], profile: str, **given: Any) -> int:
    """Score every plausible reading of the coordinates in FILE, a register or a map, also one that states no system.

    Readings are compared by the share of sites that lie in the commune they declare, on the boundary map, and in the
    country. FILE is never changed. Exit code: 0 nothing speaks against the system stated, 1 something does or none is stated.
    """
    from plangeo.crsdoctor.crsconsultation import consult, write_copy

    if (accept is None) is not (out is None):
        raise click.UsageError(
            "--accept RANK and --out FILE.gpkg go together: the copy that is written reads FILE as that line says"
        )
    keywords = {name: value for name, value in given.items() if value is not None}
    told = consult(file, profile, columns=dict(_column(item) for item in columns), **keywords)
    click.echo(told.text)
    if accept is not None and out is not None:
        click.echo(f"\n{write_copy(told, accept, out)}")
    return _WELL if told.healthy else _FINDINGS


@plangeo.command(short_help="List the layers or sheets of a file; of a drawing its levels, colours and texts.")
@click.argument("file")
@click.option("--profile", metavar="NAME", default="vn", show_default=True, help="Country or scheme: a name, or a YAML file.")
def layers(file: str, profile: str) -> int:
    """List what FILE holds: layers, kinds of geometry, rows, CRS; of a workbook the sheets and what they look like (a list of
    projects, a list of corners); of a DXF or DGN the levels with their elements, colours and texts.

    \b
    Example
      plangeo layers plan.dgn
      plangeo assess projects.xlsx … --layer zones=plan.dgn \\
          --layer-name zones=10 --labels zones=13 --crs zones=EPSG:9215
    """
    from plangeo.contents import describe_file
    from plangeo.profiles import load_profile

    for line in describe_file(file, load_profile(profile)):
        click.echo(line)
    return _WELL


@plangeo.command(short_help="List the checks and the layers they need.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="en", show_default=True)
def checks(lang: Language) -> int:
    """List every check: its code (for --check), the layers it needs, and what it asks."""
    from plangeo.checks import CHECKS

    rows = [(code, ", ".join(check.needs) or "-", check.title.text(lang)) for code, check in CHECKS.items()]
    wide = [max(len(row[n]) for row in [*rows, ("code", "needs", "")]) for n in range(2)]
    click.echo(f"{'code':<{wide[0]}}  {'needs':<{wide[1]}}  question")
    for code, needs, title in rows:
        click.echo(f"{code:<{wide[0]}}  {needs:<{wide[1]}}  {title}")
    return _WELL


@plangeo.command(short_help="Run the sample data from end to end.")
@click.option("--out", metavar="FOLDER", default="out/demo", show_default=True)
@click.option("--lang", type=click.Choice(["vi", "en"]), default=None, help="Language of the map and of the summary.")
def demo(out: str, lang: Language | None) -> int:
    """Judge the sample register that comes with plangeo; the last line names the map to open."""
    import plangeo as package
    from plangeo.project_file import PROJECT_FILE, load_project

    project = load_project(package.sample(PROJECT_FILE))
    project = project.model_copy(update={"out": out, "language": lang or project.language})

    def judge() -> int:
        with reading_apart(False):  # the sample comes with plangeo
            result = _assess_and_write(project, Path(out))
        _summary(result, project.language)
        click.echo(_written(Path(out)))
        click.echo(str(Path(out) / MAP))
        _raise_fault(result)
        return _WELL

    return _stoppable(Path(out), judge)


def _project(register: str | None, project_file: str | None, given: Mapping[str, Any]) -> Project:
    """Return the run asked for: a project file, or the same thing said with options."""

    from plangeo.project_file import PROJECT_FILE, load_project

    changes = {name: given[option] for name, option in (("on", "on"), ("out", "out"), ("language", "lang")) if given[option]}
    budget = {name: given[option] for name, option in (("memory", "memory"), ("time", "time_")) if given.get(option)}
    if budget:
        changes["budget"] = _budget(budget)
    others = [name for name, value in given.items() if value and name not in {"on", "out", "lang", "memory", "time_"}]
    if register is None:
        path = Path(project_file or PROJECT_FILE)
        if project_file is None and not path.is_file():
            raise click.UsageError(
                f"name a register, e.g. `plangeo assess projects.xlsx --rulebook rulebook.yaml --on 2025-07-01 --layer zones=zones.gpkg`, "
                f"or put a {PROJECT_FILE} into this folder. `plangeo demo` shows a complete run."
            )
        if others:
            raise click.UsageError(
                f"{path} describes the whole run; only --on, --out, --lang, --memory and --time can be given beside it (not: {', '.join(others)})"
            )
        project = load_project(path)
        if "on" in changes:
            changes["on"] = _date(changes["on"])
        if "out" in changes:
            changes["out"] = str(Path(changes["out"]).resolve())
        return project.model_copy(update=changes)
    if project_file is not None:
        raise click.UsageError("give a register or --project, not both: the project file names its own register")
    missing = [option for option, value in (("--rulebook", given["rulebook"]), ("--on", given["on"])) if not value]
    if missing:
        raise click.UsageError(
            f"{' and '.join(missing)} missing: a verdict needs the rules and the date they are taken on, e.g. "
            "--rulebook rulebook.yaml --on 2025-07-01"
        )
    project = _from_options(register, given).resolved(Path.cwd())
    return project.model_copy(update={"budget": changes["budget"]}) if budget else project


def _budget(said: Mapping[str, str]) -> Budget:
    from plangeo.project_file import Budget
    from plangeo.resources.amounts import parse_bytes, parse_seconds

    for name, parse in (("memory", parse_bytes), ("time", parse_seconds)):
        if name in said:
            parse(said[name], f"--{name}")
    return Budget(**said)


def _from_options(register: str, given: Mapping[str, Any]) -> Project:

    from plangeo.project_file import Project, Source

    layers = dict(_pair("--layer", item) for item in given["layers"])
    options = (("--crs", "systems"), ("--layer-name", "layer_names"), ("--labels", "label_levels"))
    systems, names, labels = (dict(_pair(o, item) for item in given.get(k, ())) for o, k in options)
    _known_roles("--crs", systems, layers, given["boundaries"])
    _known_roles("--layer-name", names, layers, given["boundaries"])
    if others := set(labels) - ({"zones"} & set(layers)):
        raise click.UsageError(
            f"--labels speaks of {', '.join(sorted(others))!r}; only the zones of a drawing have labels: --labels zones=13"
        )
    columns: dict[str, dict[str, str]] = {}
    for item in given["columns"]:
        raw, canonical = _column(item)
        role, colon, rest = raw.partition(":")
        role, raw = (role, rest) if colon and role in {*layers, *_SITES, "boundaries"} else ("sites", raw)
        columns.setdefault("sites" if role in _SITES else role, {})[raw] = canonical

    def source(role: str, path: str, **more: Any) -> Source:
        alike = _SITES if role == "sites" else (role,)
        crs, layer = (next((said[name] for name in alike if name in said), None) for said in (systems, names))
        return Source(path=path, crs=crs, layer=layer, labels=labels.get(role), columns=columns.get(role, {}), **more)

    if given["plan_id"] and "zones" not in layers:
        raise click.UsageError("--plan-id names the plan of the zones, and there is no --layer zones=…")
    return Project(
        register=source(
            "sites", register, sheet=given["sheet"], list_date=given.get("list_date"), header_row=given.get("header_row")
        ),
        rulebook=given["rulebook"],
        on=_date(given["on"]),
        boundaries=source("boundaries", given["boundaries"]) if given["boundaries"] else None,
        files={role: Source(path=path) for role, path in (_pair("--with", item) for item in given.get("files", ()))},
        layers={role: source(role, path, plan_id=given["plan_id"] if role == "zones" else None) for role, path in layers.items()},
        profile=given["profile"] or "vn",
        out=given["out"] or "out",
        language=given["lang"] or "vi",
        checks=tuple(given["checks"]) or None,
        cross_check=bool(given.get("cross_check")),
    )


def _column(item: str) -> tuple[str, str]:
    raw, _, canonical = item.rpartition("=")
    if not raw or not canonical:
        raise click.UsageError(f"--map {item!r}: write RAW=NAME, e.g. --map 'Loại công trình=use'")
    return raw, canonical


def _pair(option: str, item: str) -> tuple[str, str]:
    role, sign, value = item.partition("=")
    if not sign or not role.strip() or not value.strip():
        example = {"--layer": "zones=zones.gpkg", "--crs": "sites=EPSG:9215"}.get(option, "zones=DatQuyHoach")
        raise click.UsageError(f"{option} {item!r}: write ROLE=VALUE, e.g. {option} {example}")
    return role.strip(), value.strip()


def _known_roles(option: str, said: Iterable[str], layers: Iterable[str], boundaries: str | None) -> None:
    known = ["sites", *layers, *(["boundaries"] if boundaries else [])]
    for role in said:
        if role not in known and role not in _SITES:
            raise click.UsageError(f"{option} speaks of {role!r}, but this run has only {', '.join(known)}")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise click.UsageError(f"--on {text!r} is not a date; write year-month-day, e.g. --on 2025-07-01") from None


def _assess_project(project: Project, *, told: bool = False) -> Assessment:
    """Read and judge; ``told`` prints what was read, and every doubt about it."""
    from plangeo.readingreport import read_line
    from plangeo.rerun import add_boundaries_of, judge_sites_of, read_register_of
    from plangeo.rulebook import load_rulebook

    console = _console()
    console.step("read")
    rulebook = load_rulebook(project.rulebook)
    sites = read_register_of(project, console)
    if told:
        click.echo(read_line(sites.attrs.get("plangeo", {})), err=True)
    sites = add_boundaries_of(project, sites, console)
    console.step("judge")
    try:
        result = judge_sites_of(project, sites, rulebook, console, console.count if console.shows else None)
    except PlangeoError:
        if told:  # what is odd about the register may be why
            _tell_doubts(project, [sites.attrs.get("plangeo", {})], sites, "")
        raise
    if told:
        _tell_doubts(project, result.inputs, result.sites, "sheet 'Đọc dữ liệu' of report.xlsx, or ")
    return result


def _tell_doubts(project: Project, inputs: Sequence[Mapping[str, Any]], sites: Any, where: str) -> None:
    """Print what an officer has to look at in the inputs, and where all of it stands."""
    from plangeo.readingreport import doubt_lines, problem_rows

    register = project.register_
    for line in doubt_lines(inputs, problem_rows(sites)):
        click.echo(f"- {line}", err=True)
    sheet = f" --sheet {register.sheet!r}" if register.sheet else ""
    name = f'"{register.path}"' if " " in register.path else register.path
    click.echo(f"all of it: {where}plangeo read {name}{sheet}", err=True)


def _stream(project: Project, resume: bool) -> int:
    """Judge the register part by part, print the counts and what was written."""
    from plangeo.delivery.runlog import RunLog
    from plangeo.manifest import hash_files
    from plangeo.model import Verdict
    from plangeo.rerun import layer_files
    from plangeo.rulebook import load_rulebook
    from plangeo.sources import LayerFile
    from plangeo.stream import PART_SITES, assess_to, read_counts

    if project.boundaries is not None:
        raise click.UsageError("--stream takes no --boundaries: join them into the register first (read_sites, GeoParquet)")
    if project.files:
        raise click.UsageError(f"--stream asks no study, so it takes no file of one: {', '.join(sorted(project.files))}")
    register, out, console = project.register_, Path(project.out), _console()
    _tell_forecast(project, streamed=True)
    console.step("judge")
    console(f"judging {register.path} part by part")
    hashes = hash_files(_paths(project))
    assess_to(
        out,
        LayerFile(
            register.path, project.profile, register.keywords("layer", "sheet", "crs", "columns", "list_date", "header_row")
        ),
        load_rulebook(project.rulebook),
        on=project.on,
        checks=project.checks,
        crs=project.crs,
        cross_check=project.cross_check,
        resume=resume,
        run={"project": project.to_json(), "files": hashes},
        log=RunLog(time.perf_counter),
        progress=console.count,
        part_sites=PART_SITES,
        **layer_files(project),
    )
    counts = read_counts(out)
    click.echo(f"{_TITLE[project.language]} {project.on}: {sum(counts.values())} {_COUNT[project.language]}")
    for word, count in counts.items():
        click.echo(f"  {count:>6}  {Verdict.parse(word).wording.text(project.language)}")
    click.echo(_written(out))
    return _WELL if {word for word, count in counts.items() if count} <= {Verdict.PERMITTED.label} else _FINDINGS


def _assess_and_write(project: Project, out: Path, *, told: bool = False) -> Assessment:
    """Hold the folder from the start: whoever else writes into it is told at once, not after minutes."""
    from plangeo.delivery.folderlock import locked
    from plangeo.report import refuse_foreign

    refuse_foreign(out)
    with locked(out):
        return _assess_into(project, out, told)


def _assess_into(project: Project, out: Path, told: bool) -> Assessment:
    from plangeo.delivery.runlog import RunLog
    from plangeo.manifest import hash_files
    from plangeo.report import write_outputs
    from plangeo.rerun import add_studies_of, check_files_of
    from plangeo.studies import without_sheets

    check_files_of(project)
    _tell_forecast(project)
    console = _console()
    log = RunLog(time.perf_counter)
    hashes = hash_files(_paths(project))
    judged = _assess_project(project, told=told)
    log.phase("judge", sites=len(judged.sites), findings=len(judged.findings), repairs=len(judged.repairs))
    console.step("study")
    result = add_studies_of(project, judged, console, count=console.count)
    log.phase("study", sheets=len(result.sheets))

    def write(written: Assessment) -> Assessment:
        console.step("map")
        console("drawing the map")
        html = _map_html(written, project.language, project.title)
        log.phase("map")
        console.step("write")
        console(f"writing {out}")
        write_outputs(written, out, extra={MAP: html}, run={"project": project.to_json(), "files": hashes}, log=log)
        return written

    try:
        return write(result)
    except (PlangeoError, OSError):
        raise
    except Exception as fault:  # a table that cannot be written must not cost the verdicts
        if not result.sheets:
            raise
        return write(without_sheets(result, fault))


def _raise_fault(result: Assessment) -> None:
    """Raise the first fault of ours that left a study undone, once everything else is written."""
    faults = {skipped.check: skipped.fault for skipped in result.studies_not_run if skipped.fault is not None}
    if faults:
        click.echo(f"The verdicts are complete and written; these studies are missing: {', '.join(faults)}.", err=True)
        raise next(iter(faults.values()))


def _paths(project: Project) -> list[str]:
    found = [project.register_.path, project.rulebook, *(item.path for item in project.layers.values())]
    found += [item.path for item in project.files.values()]
    if project.boundaries is not None:
        found.append(project.boundaries.path)
    if Path(project.profile).suffix:
        found.append(project.profile)
    return found


def _map_html(result: Assessment, language: Language, title: str | None, **given: Any) -> str:
    from plangeo.maps import make_map

    return str(make_map(result, language=language, title=title, **given).get_root().render())


def _compared(project: Project, result: Assessment, compare: str | None) -> Any:
    """The layer to compare with: a role of the run as it is, else a file of zones."""
    from plangeo.sources import read_zones

    if compare is None or compare in result.layers or not Path(compare).exists():
        return compare
    return read_zones(compare, project.profile)


def _summary(result: Assessment, language: Language) -> None:
    from plangeo.datumline import datum_lines
    from plangeo.explanation import failed_lines, format_date, not_run_line, recount_line
    from plangeo.layerscores import score_lines
    from plangeo.model import ILLUSTRATIVE, Verdict

    if result.illustrative:
        click.echo(f"{ILLUSTRATIVE.text(language)}.")
    for line in score_lines(result, language):
        click.echo(line)
    click.echo(f"{_TITLE[language]} {format_date(result.on)}: {len(result.sites)} {_COUNT[language]}")
    for word, count in result.summary()["sites"].items():
        click.echo(f"  {count:>6}  {Verdict.parse(str(word)).wording.text(language)}")
    if line := recount_line(result, language):
        click.echo(line)
    if line := not_run_line(result, language):
        click.echo(line)
    for line in failed_lines(result, language):
        click.echo(line)
    for line in datum_lines(result, language):
        click.echo(line)


def _written(folder: Path) -> str:
    names = sorted(json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    styles = [name for name in names if name.endswith(".qml")]
    said = [*(name for name in names if name not in styles), *([f"{len(styles)} QGIS styles (.qml)"] if styles else [])]
    return f"{folder}: {', '.join(said)}, manifest.json"


for _command in commands.found():
    plangeo.add_command(_command)

if __name__ == "__main__":
    main()
