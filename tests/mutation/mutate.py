"""Do the tests notice a fault? Puts one small fault after another into the modules of the law and runs the tests that pass there.

    python -m tests.mutation.mutate [MODULE …] [--only TEXT] [--tests FILE …] [-k TESTS] [--functions] [--budget SECONDS]

First every test runs once and tells which lines of the modules it passes. Then each fault is put into a copy of the process
(the code of the function is exchanged there, so nothing is imported anew), and the tests of its line run, the fastest first,
until one fails. A fault that none notices has *survived*: write the worked case that kills it, or show in ``equivalent.yaml``
that it changes nothing. Ends with 1 when a fault survived that the list does not explain. Needs ``os.fork``.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutations import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
LAW = (
    "totals",
    "compatibility",
    "consent",
    "precedence",
    "openplans",
    "planstatus",
    "triggers",
    "stages",
    "ceilings",
    "requirements",
)
CHECKS = (
    *("zone_use", "coverage", "robustness", "plan_in_force", "zone_conflict", "outside_area", "geometry", "placement"),
    *("declared_area", "legal_conditions", "district"),
)
MODULES = (
    "plangeo.model",
    "plangeo.rulebook",
    "plangeo.overlay",
    "plangeo.sizeflips",
    "plangeo.engine.partition",
    *(f"plangeo.law.{name}" for name in LAW),
    *(f"plangeo.checks.{name}" for name in CHECKS),
    "plangeo.assessing.verdicts",
)
TESTS = (
    *(
        f"tests/unit/test_{name}_bounds.py"
        for name in ("law", "rulebook", "check", "area", "condition", "requirement", "district")
    ),
    *(f"tests/unit/test_{name}.py" for name in ("model", "precedence", "openplans", "besideplans", "sizeflips")),
    *(f"tests/unit/test_{name}.py" for name in ("stages", "ceilings", "rulebook", "places", "needed_checks")),
    *(f"tests/unit/test_{name}.py" for name in ("partition", "pieces", "pairs", "borders", "verdicts")),
    "tests/oracle/test_cases.py",
)
QUICK_TESTS = 80
"""So many tests are asked first, the fastest of those that pass the line."""


class Campaign:
    """A pytest plugin: instead of running the tests once, it runs them on every fault."""

    def __init__(self, modules: Sequence[str], only: str, budget: float, log: Path, *, functions: bool) -> None:
        self.modules, self.only, self.log, self.functions = modules, only, log, functions
        self.until = time.monotonic() + budget
        self.results: list[tuple[str, Mutant]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        lines, seconds = self._trace(session, list(items.values()))
        for mutant in self._mutants():
            if time.monotonic() > self.until:
                print("… the time is over; the rest did not run", flush=True)
                break
            passing = set(lines)  # of what a module defines, defaults of classes among it, no test passes a line
            if mutant.scope:
                passing = {n for n, seen in lines.items() if mutant.module in seen}
                passing = {n for n in passing if mutant.line in lines[n][mutant.module]} or passing
            chosen = sorted(passing, key=lambda n: seconds[n])
            if not self.results and mutant.scope:  # a control: without a fault the same way of running must find nothing
                source = (ROOT / (mutant.module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
                sound = replace(mutant, tree=ast.parse(source))
                if self._outcome(sound, chosen, items, seconds) != "survived":
                    raise SystemExit("The tests fail in a copy of the process even without a fault; nothing can be told.")
            outcome = self._outcome(mutant, chosen, items, seconds)
            self.results.append((outcome, mutant))
            with self.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps([outcome, mutant.line, mutant.name], ensure_ascii=False) + "\n")
            if outcome == "survived":
                print(f"survived  line {mutant.line:4d}  {mutant.name}", flush=True)
        return True

    def _mutants(self) -> Iterator[Mutant]:
        for module in self.modules:
            source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
            yield from (m for m in mutants_of(module, source) if self.only in m.name and (m.scope or not self.functions))

    def _trace(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> tuple[dict[str, dict[str, set[int]]], dict[str, float]]:
        """Which lines of the modules each test passes, and how long it takes; told by a copy of the process."""
        path = self.log.with_suffix(".trace")
        if (child := os.fork()) == 0:
            try:
                told = _traced(items, {sys.modules[importlib.import_module(m).__name__].__file__: m for m in self.modules})
                path.write_text(json.dumps(told), encoding="utf-8")
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        told = json.loads(path.read_text(encoding="utf-8"))
        if failed := [n for n, (ok, _, _) in told.items() if not ok]:
            raise SystemExit(f"These tests fail without any fault: {failed}")
        print(f"{len(told)} tests, {sum(s for _, s, _ in told.values()):.0f} s", flush=True)
        return {n: {m: set(v) for m, v in seen.items()} for n, (_, _, seen) in told.items()}, {
            n: s for n, (_, s, _) in told.items()
        }

    def _outcome(self, mutant: Mutant, chosen: Sequence[str], items: dict[str, pytest.Item], seconds: dict[str, float]) -> str:
        """The quick tests first; all others only for a fault that these do not notice."""
        for part in (chosen[:QUICK_TESTS], chosen[QUICK_TESTS:]):
            limit = 30 + 10 * sum(seconds[n] for n in part)
            if part and self._run(mutant, [items[n] for n in part], part, limit) == "killed":
                return "killed"
        return "survived"

    def _run(self, mutant: Mutant, items: list[pytest.Item], names: Sequence[str], limit: float) -> str:
        if not mutant.scope:
            return self._run_fresh(mutant, names, limit)
        if (child := os.fork()) == 0:
            code = 3
            try:
                signal.alarm(int(limit))
                _put_in(mutant)
                code = 0 if _run_tests(items) else 1
            except BaseException:
                code = 1
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"

    def _run_fresh(self, mutant: Mutant, names: Sequence[str], limit: float) -> str:
        """What is worked out while the module is imported needs a new process."""
        command = [sys.executable, "-m", "tests.mutation.mutate", "--inside", mutant.name, *names]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=limit + 60, check=False)
        except subprocess.TimeoutExpired:
            return "killed"
        return "survived" if done.returncode == 0 else "killed"


def _traced(items: list[pytest.Item], files: dict[Any, str]) -> dict[str, tuple[bool, float, dict[str, list[int]]]]:
    told = {}
    for n, item in enumerate(items):
        seen: dict[str, set[int]] = {}

        def local(frame: types.FrameType, event: str, arg: Any, seen: dict[str, set[int]] = seen) -> Any:
            seen[files[frame.f_code.co_filename]].add(frame.f_lineno)
            return local

        def watch(frame: types.FrameType, event: str, arg: Any, seen: dict[str, set[int]] = seen, local: Any = local) -> Any:
            module = files.get(frame.f_code.co_filename)
            if module is None:
                return None
            seen.setdefault(module, set()).add(frame.f_lineno)
            return local

        start = time.perf_counter()
        sys.settrace(watch)
        try:
            ok = _passes(item, items[n + 1] if n + 1 < len(items) else None)
        finally:
            sys.settrace(None)
        told[item.nodeid] = ok, time.perf_counter() - start, {m: sorted(v) for m, v in seen.items()}
    return told


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(r.failed for r in runtestprotocol(item, log=False, nextitem=following))


def _run_tests(items: list[pytest.Item]) -> bool:
    return all(_passes(item, items[n + 1] if n + 1 < len(items) else None) for n, item in enumerate(items))


def _put_in(mutant: Mutant) -> None:
    """Exchange the code of the function (or its defaults) that the fault lies in."""
    home = sys.modules[mutant.module]
    code = compile(mutant.tree, str(home.__file__), "exec")
    found: Any = home
    written: Any = mutant.tree
    for part in mutant.scope.split("."):
        code = next(c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == part)
        written = next(n for n in written.body if getattr(n, "name", "") == part)
        found = found.__dict__[part]
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    found.__code__ = code
    found.__defaults__ = tuple(_value(d, home) for d in written.args.defaults) or None
    found.__kwdefaults__ = {
        a.arg: _value(d, home) for a, d in zip(written.args.kwonlyargs, written.args.kw_defaults, strict=True) if d is not None
    } or None


def _value(written: ast.expr, home: types.ModuleType) -> Any:
    return eval(compile(ast.Expression(written), str(home.__file__), "eval"), home.__dict__)


class _Faulty:
    """Imports one module with a fault in it."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != self.mutant.module:
            return None
        file = ROOT / (name.replace(".", "/") + ".py")
        spec = ModuleSpec(name, self, origin=str(file))  # type: ignore[arg-type]
        spec.has_location = True
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self.mutant.tree, str(module.__file__), "exec"), module.__dict__)


def _inside(name: str, tests: Sequence[str]) -> int:
    module = name.partition(":")[0]
    source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    sys.meta_path.insert(0, _Faulty(next(m for m in mutants_of(module, source) if m.name == name)))  # type: ignore[arg-type]
    return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))


def main() -> int:
    """Run the campaign and tell what survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("modules", nargs="*", default=[])
    parser.add_argument("--only", default="", help="only faults whose name holds this text")
    parser.add_argument("--budget", type=float, default=3600.0, help="seconds")
    parser.add_argument("--log", type=Path, default=ROOT / "out" / "mutants.jsonl")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="test files to run")
    parser.add_argument("-k", default="", help="as pytest has it: which tests of the files")
    parser.add_argument("--functions", action="store_true", help="leave out what needs a new process: module and class level")
    parser.add_argument("--inside", default="")
    given = parser.parse_args()
    if given.inside:
        return _inside(given.inside, given.modules)
    given.log.parent.mkdir(parents=True, exist_ok=True)
    given.log.write_text("", encoding="utf-8")
    campaign = Campaign(given.modules or MODULES, given.only, given.budget, given.log, functions=given.functions)
    files = [str(ROOT / t) for t in given.tests if (ROOT / t).exists()]
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", given.k, *files], plugins=[campaign])
    from plangeo.yamlfile import read_yaml

    explained = set((read_yaml(EQUIVALENT.read_text(encoding="utf-8")).data or {}) if EQUIVALENT.exists() else {})
    survived = [m for outcome, m in campaign.results if outcome == "survived"]
    open_ones = [m for m in survived if m.name not in explained]
    print(f"{len(campaign.results)} faults, {len(campaign.results) - len(survived)} noticed, "
          f"{len(survived) - len(open_ones)} shown equivalent, {len(open_ones)} survived")  # fmt: skip
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())
