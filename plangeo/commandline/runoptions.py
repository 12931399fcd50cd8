"""The run that options and project file ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangeo.commandline.pairs import name_column, split_pair

if TYPE_CHECKING:
    from plangeo.project_file import Budget, Project

_SITES = ("sites", "register")  # both words name the register on the command line


def _option_of(parameter: str) -> str:
    """Return an option as it is typed, e.g. ``--cross-check`` for ``cross_check``."""
    options = {given.name: given.opts[0] for given in click.get_current_context().command.params}
    return options.get(parameter, parameter)


def project_of(register: str | None, project_file: str | None, given: Mapping[str, Any]) -> Project:
    """Return the run asked for: a project file, or the same thing said with options. **Raises** UsageError for what does not fit together."""
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
                f"{path} describes the whole run; only --on, --out, --lang, --memory and --time can be given beside it "
                f"(not: {', '.join(map(_option_of, others))}). Write the rest into the file, e.g. `cross_check: true`."
            )
        project = load_project(path)
        if "on" in changes:
            changes["on"] = _day_of(changes["on"])
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
    project = from_options(register, given).resolved(Path.cwd())
    return project.model_copy(update={"budget": changes["budget"]}) if budget else project


def _budget(said: Mapping[str, str]) -> Budget:
    from plangeo.project_file import Budget
    from plangeo.resources.amounts import parse_bytes, parse_seconds

    for name, parse in (("memory", parse_bytes), ("time", parse_seconds)):
        if name in said:
            parse(said[name], f"--{name}")
    return Budget(**said)


def from_options(register: str, given: Mapping[str, Any]) -> Project:
    """Return the run said with the options of `plangeo assess`, by name. **Raises** UsageError for what does not fit together."""
    from plangeo.project_file import Project, Source

    layers = dict(split_pair("--layer", item) for item in given["layers"])
    options = (("--crs", "systems"), ("--layer-name", "layer_names"), ("--labels", "label_levels"))
    systems, names, labels = (dict(split_pair(o, item) for item in given.get(k, ())) for o, k in options)
    _known_roles("--crs", systems, layers, given["boundaries"])
    _known_roles("--layer-name", names, layers, given["boundaries"])
    if others := set(labels) - ({"zones"} & set(layers)):
        raise click.UsageError(
            f"--labels speaks of {', '.join(sorted(others))!r}; only the zones of a drawing have labels: --labels zones=13"
        )
    columns: dict[str, dict[str, str]] = {}
    for item in given["columns"]:
        raw, canonical = name_column(item)
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
        on=_day_of(given["on"]),
        boundaries=source("boundaries", given["boundaries"]) if given["boundaries"] else None,
        files={role: Source(path=path) for role, path in (split_pair("--with", item) for item in given.get("files", ()))},
        layers={role: source(role, path, plan_id=given["plan_id"] if role == "zones" else None) for role, path in layers.items()},
        profile=given["profile"] or "vn",
        out=given["out"] or "out",
        language=given["lang"] or "vi",
        checks=tuple(given["checks"]) or None,
        cross_check=bool(given.get("cross_check")),
    )


def _known_roles(option: str, said: Iterable[str], layers: Iterable[str], boundaries: str | None) -> None:
    known = ["sites", *layers, *(["boundaries"] if boundaries else [])]
    for role in said:
        if role not in known and role not in _SITES:
            raise click.UsageError(f"{option} speaks of {role!r}, but this run has only {', '.join(known)}")


def _day_of(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise click.UsageError(f"--on {text!r} is not a date; write year-month-day, e.g. --on 2025-07-01") from None
