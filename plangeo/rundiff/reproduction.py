"""A recorded run done again: the same verdicts, or what made them others, component by component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plangeo.errors import InputError
from plangeo.manifest import program_digest, read_manifest, sha256, verdict_digest, versions
from plangeo.rerun import Progress, judge_again, recorded_project
from plangeo.rundiff.comparison import RunDiff, compare_runs

if TYPE_CHECKING:
    from plangeo.project_file import Project, Source

COMPONENTS = ("input", "rulebook", "library", "program")
"""What can differ between a run and its repetition; the rulebook is an input of its own."""


@dataclass(frozen=True)
class Component:
    """One thing that is not as it was: ``kind`` of ``COMPONENTS``, what it is, and both states as text."""

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Reproduction:
    """What came of doing a run again."""

    digest: tuple[str, str]
    """Verdict digests: recorded, found now."""
    sites: int
    components: tuple[Component, ...]
    """What is not as it was, whether it changed a verdict or not."""
    diff: RunDiff | None
    """Site by site, when the digests differ and the folder still proves what it found."""
    note: str = ""

    @property
    def same(self) -> bool:
        """True when all verdicts and reasons are those recorded."""
        return self.digest[0] == self.digest[1]


def rerun_output(folder: str | Path, progress: Progress, inputs: str | Path | None = None) -> Reproduction:
    """Judge again what the manifest of ``folder`` records, with the inputs as they are now, and compare the verdicts.

    ``inputs``: a folder that holds the inputs under their own names, when they do not lie where the run read them.
    **Raises** InputError when the run is not recorded, or an input is gone.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    project = recorded_project(folder)
    recorded = {str(path): str(mark) for path, mark in (manifest["run"].get("files") or {}).items()}
    if inputs is not None:
        project = _moved(project, Path(inputs))
    places = {path: Path(inputs) / Path(path).name if inputs is not None else Path(path) for path in recorded}
    if gone := [str(place) for place in places.values() if not place.is_file()]:
        raise InputError(
            "the run cannot be repeated, because inputs are gone:\n- "
            + "\n- ".join(gone)
            + "\nPut them back, or name the folder they lie in now: plangeo rerun OUT --inputs FOLDER.",
            code="run_inputs_changed",
        )
    components = [*_changed_inputs(project, recorded, places), *_changed_programs(manifest)]
    result = judge_again(project, progress)
    found = verdict_digest(result.sites)
    diff, note = None, ""
    if found != manifest["verdict_digest"]:
        progress("comparing site by site")
        try:
            diff = compare_runs(folder, result)
        except InputError as error:  # the folder cannot prove what it found
            note = str(error)
    return Reproduction((str(manifest["verdict_digest"]), found), len(result.sites), tuple(components), diff, note)


def _changed_inputs(project: Project, recorded: Mapping[str, str], places: Mapping[str, Path]) -> Iterator[Component]:
    roles = {str(Path(source.path).with_suffix("")): role for role, source in _sources(project)}
    for path, before in recorded.items():
        now = sha256(places[path])
        if now != before:
            place = str(places[path])
            if place == project.rulebook:
                yield Component("rulebook", Path(path).name, before, now)
            else:
                role = roles.get(str(Path(place).with_suffix("")), "file")
                yield Component("input", f"{role}: {Path(path).name}", before, now)


def _changed_programs(manifest: Mapping[str, Any]) -> Iterator[Component]:
    before, now = manifest.get("versions") or {}, versions()
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            kind = "program" if name == "plangeo" else "library"
            yield Component(kind, name, str(before.get(name, "not recorded")), str(now.get(name, "not there")))
    if manifest.get("program") != program_digest():
        yield Component("program", "the code of plangeo", str(manifest.get("program") or "not recorded"), program_digest())


def _sources(project: Project) -> list[tuple[str, Source]]:
    found = [("register", project.register_), *project.layers.items(), *project.files.items()]
    return [*found, *([("boundaries", project.boundaries)] if project.boundaries is not None else [])]


def _moved(project: Project, folder: Path) -> Project:
    """The project with every file looked for in ``folder``."""

    def moved(source: Source) -> Source:
        return source.model_copy(update={"path": str(folder / Path(source.path).name)})

    return project.model_copy(
        update={
            "register_": moved(project.register_),
            "boundaries": None if project.boundaries is None else moved(project.boundaries),
            "layers": {role: moved(item) for role, item in project.layers.items()},
            "files": {role: moved(item) for role, item in project.files.items()},
            "rulebook": str(folder / Path(project.rulebook).name),
            "profile": str(folder / Path(project.profile).name) if Path(project.profile).suffix else project.profile,
        }
    )
