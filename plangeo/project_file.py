"""The project file ``plangeo.yaml``: one run, written down, so that it can be repeated by name."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from plangeo.errors import InputError
from plangeo.limits import Limits as FileLimits
from plangeo.limits import with_limits
from plangeo.resources.amounts import parse_bytes, parse_seconds
from plangeo.resources.budget import Limits
from plangeo.yamlfile import YamlFault, read_yaml

PROJECT_FILE = "plangeo.yaml"
"""Name looked for in the current folder when ``plangeo assess`` is called without a register."""

_LARGEST = 1_000_000  # bytes; a project file is a page of text, a larger one is a mistake or an attack
_Position = tuple[str | int, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Source(_Strict):
    """One file to read: the path and whatever the file does not say about itself."""

    path: str = Field(min_length=1)
    layer: str | None = None
    sheet: str | None = None
    header_row: int | str | None = None
    crs: str | None = None
    plan_id: str | None = None
    list_date: str | None = None
    """Day or year of a register: its places are named as on that day."""
    labels: str | None = None
    """Levels of a drawing that hold the class labels; ``layer`` names those of the borders."""
    columns: dict[str, str] = Field(default_factory=dict)

    @field_validator("layer", "labels", "sheet", mode="before")
    @classmethod
    def _name_text(cls, value: Any) -> Any:
        # levels of a DGN are numbers, and a sheet may be called by its year
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="before")
    @classmethod
    def _bare_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str | Path) else value

    @field_validator("list_date", mode="before")
    @classmethod
    def _date_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, dt.date | int) else value

    @field_validator("path", mode="before")
    @classmethod
    def _path_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, Path) else value

    def keywords(self, *names: str) -> dict[str, Any]:
        """Return those of ``names`` that are stated, as keywords for a reader."""
        stated = {name: getattr(self, name) for name in names}
        return {name: value for name, value in stated.items() if value not in (None, "", {})}


class Budget(_Strict):
    """What a run may take: refused before it begins when it would take more by estimate, stopped when it does take more."""

    memory: str | None = None
    time: str | None = None

    @field_validator("memory")
    @classmethod
    def _bytes(cls, value: str | None) -> str | None:
        if value is not None:
            parse_bytes(value, "memory")
        return value

    @field_validator("time")
    @classmethod
    def _seconds(cls, value: str | None) -> str | None:
        if value is not None:
            parse_seconds(value, "time")
        return value

    def limits(self) -> Limits:
        """Return the same in bytes and seconds."""
        return Limits(
            None if self.memory is None else parse_bytes(self.memory, "memory"),
            None if self.time is None else parse_seconds(self.time, "time"),
        )


class Project(_Strict):
    """Everything a run needs; paths are absolute once the file has been read."""

    register_: Source = Field(alias="register")
    rulebook: str = Field(min_length=1)
    on: dt.date
    boundaries: Source | None = None
    layers: dict[str, Source] = Field(default_factory=dict)
    files: dict[str, Source] = Field(default_factory=dict)
    """What studies ask for beyond register and layers: ``priority_list``, ``overrides`` …"""
    profile: str = "vn"
    out: str = "out"
    language: Literal["vi", "en"] = "vi"
    title: str | None = None
    crs: str | None = None
    checks: tuple[str, ...] | None = None
    cross_check: bool = False
    """Whether every site is measured a second time, by other formulas; a site on which the two disagree is UNKNOWN."""
    budget: Budget | None = None
    limits: dict[str, int] | None = None
    """Bounds on files other than those of plangeo (``plangeo.limits``)."""

    @field_validator("limits")
    @classmethod
    def _known_limits(cls, value: dict[str, int] | None) -> dict[str, int] | None:
        try:
            with_limits(FileLimits(), value or {}, "limits")
        except InputError as fault:
            raise ValueError(str(fault)) from fault
        return value

    def resolved(self, folder: Path) -> Project:
        """Return the same project with every relative path made absolute against ``folder``."""

        def absolute(text: str) -> str:
            if "://" in text:
                return text
            try:
                path = Path(text).expanduser()
            except RuntimeError:  # no home of that name: "~$list.xlsx" is a file
                path = Path(text)
            return str((folder / path).resolve())

        def source(item: Source) -> Source:
            return item.model_copy(update={"path": absolute(item.path)})

        # a profile may be a name ("vn") or a file; only something that looks like a file is a path
        profile = absolute(self.profile) if Path(self.profile).suffix in {".yaml", ".yml"} else self.profile
        return self.model_copy(
            update={
                "register_": source(self.register_),
                "boundaries": None if self.boundaries is None else source(self.boundaries),
                "layers": {role: source(item) for role, item in self.layers.items()},
                "files": {role: source(item) for role, item in self.files.items()},
                "rulebook": absolute(self.rulebook),
                "profile": profile,
                "out": absolute(self.out),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain data that ``Project.model_validate`` reads back; stored in the manifest."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def load_project(path: str | Path) -> Project:
    """Read a project file; relative paths in it count from its own folder.

    **Raises** InputError naming every fault with its line.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the project file {path} cannot be read: {error.strerror or error}", code="project_file_malformed"
        ) from error
    if len(raw) > _LARGEST:
        raise InputError(
            f"{path} is {len(raw):,} bytes; a project file is a page of text. Is it the right file?",
            code="project_file_malformed",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8", code="text_not_utf8") from error
    return parse_project(text, where=str(path), folder=path.resolve().parent)


def parse_project(text: str, *, where: str = PROJECT_FILE, folder: Path = Path()) -> Project:
    """Return the project written in ``text``; ``where`` names it in messages.

    **Raises** InputError naming every fault with its line.

    >>> project = parse_project("register: a.xlsx\\nrulebook: r.yaml\\non: 2025-07-01\\n", folder=Path("/data"))
    >>> project.on.year, Path(project.rulebook).name
    (2025, 'r.yaml')
    """
    try:
        document = read_yaml(text)
    except YamlFault as fault:
        told = [*_impossible_dates(text), *(f for f in fault.faults if f.startswith("line"))] or fault.faults
        raise InputError(
            f"{where} cannot be read as YAML:\n" + "\n".join(f"- {line}" for line in told), code="project_file_malformed"
        ) from fault
    data, lines = document.data, document.lines
    if not isinstance(data, Mapping):
        raise InputError(
            f"{where}: a project file holds `name: value` lines, at least register, rulebook and on",
            code="project_file_malformed",
        )
    try:
        project = Project.model_validate(dict(data))
    except ValidationError as error:
        raise InputError(
            f"{where} has faults:\n" + "\n".join(_faults(error, lines, where)), code="project_file_malformed"
        ) from error
    if useless := _useless(project, lines):
        raise InputError(f"{where} has faults:\n" + "\n".join(useless), code="project_file_malformed")
    return project.resolved(folder)


_SAID_OF: Mapping[str, tuple[str, ...]] = {
    "register": ("layer", "sheet", "header_row", "crs", "list_date", "columns"),
    "boundaries": ("layer", "sheet", "header_row", "crs", "columns"),
    "zones": ("layer", "labels", "crs", "plan_id", "columns"),
}
_SAID_OF_LAYERS = ("layer", "crs", "columns")


def _useless(project: Project, lines: Mapping[_Position, int]) -> list[str]:
    """Keys that would be read over in silence: each kind of file has its own."""
    files: list[tuple[_Position, Source]] = [(("register",), project.register_)]
    files += [(("boundaries",), project.boundaries)] if project.boundaries is not None else []
    files += [(("layers", role), item) for role, item in project.layers.items()]
    files += [(("files", role), item) for role, item in project.files.items()]
    found = []
    for at, item in files:
        kind = "register" if at[0] == "files" else at[-1] if at[0] != "layers" or at[-1] == "zones" else ""
        known = _SAID_OF.get(str(kind), _SAID_OF_LAYERS)
        for key in item.keywords(*(name for name in Source.model_fields if name not in ("path", *known))):
            place = f"line {lines[(*at, key)]}: " if (*at, key) in lines else ""
            name = ".".join(map(str, (*at, key)))
            found.append(f"- {place}{name!r} has no meaning there, and would change nothing; known: path, {', '.join(known)}")
    return found


def _impossible_dates(text: str) -> list[str]:
    """The YAML reader tells that a date does not exist, but not where it stands."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for day in re.findall(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])", line.partition("#")[0]):
            try:
                dt.date.fromisoformat(day)
            except ValueError as error:
                found.append(f"line {number}: {day} is not a date of the calendar ({error})")
    return found


_KNOWN = {
    0: [field.alias or name for name, field in Project.model_fields.items()],
    1: list(Source.model_fields),
}


def _faults(error: ValidationError, lines: Mapping[_Position, int], where: str) -> list[str]:
    found = []
    for fault in error.errors():
        at: _Position = tuple("register" if part == "register_" else part for part in fault["loc"])
        line = next((lines[at[:n]] for n in range(len(at), -1, -1) if at[:n] in lines), None)
        place = f"line {line}: " if line and fault["type"] != "missing" else ""
        name = ".".join(map(str, at)) or where
        if fault["type"] == "extra_forbidden":
            known = _KNOWN[0] if len(at) == 1 else list(Budget.model_fields) if at[0] == "budget" else _KNOWN[1]
            close = difflib.get_close_matches(str(at[-1]), known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            found.append(f"- {place}unknown key {name!r}; {hint}")
        elif fault["type"] == "missing":
            found.append(f"- {place}{name!r} is missing; {_NEEDED.get(str(at[-1]), 'write it')}")
        else:
            found.append(f"- {place}{name!r}: {fault['msg']}")
    return found


_NEEDED = {
    "register": "the list of projects, e.g. `register: projects.xlsx`",
    "rulebook": "the rules to apply, e.g. `rulebook: rulebook.yaml`",
    "on": "the date the law is taken on, e.g. `on: 2025-07-01`; there is no default, a verdict without a date means nothing",
    "path": "the file to read, e.g. `path: zones.gpkg`",
}
