"""The house rules: import layers, frozen public names, every check complete, documents that stay true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import plangeo
from plangeo.checks import CHECKS, ESSENTIAL

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests/oracle/cases"

PUBLIC = [
    "Assessment",
    "Plan",
    "PlangeoError",
    "Rulebook",
    "StudyFile",
    "Verdict",
    "__version__",
    "add_studies",
    "assess",
    "assess_chunks",
    "assess_to",
    "backends",
    "compare_dates",
    "explain",
    "list_checks",
    "load_rulebook",
    "make_map",
    "open_layer",
    "read_districts",
    "read_register",
    "read_sites",
    "read_zones",
    "reconcile",
    "sample",
    "sheet_of",
    "write_report",
    "write_sheets",
]


def test_public_names_are_a_decision() -> None:
    assert plangeo.__all__ == PUBLIC
    assert all(hasattr(plangeo, name) for name in PUBLIC)


def test_imports_go_one_way() -> None:
    command = [sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_in_the_import_contract() -> None:
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed_whole = {"formats", "checks", "panels", "profiles", "studies", "commands"}
    paths = [
        p.relative_to(ROOT / "plangeo").with_suffix("") for p in (ROOT / "plangeo").rglob("*.py") if not p.stem.startswith("_")
    ]
    modules = {p.parts[0] if p.parts[0] in listed_whole else ".".join(p.parts) for p in paths}
    unlisted = modules - set(re.findall(r"plangeo\.([\w.]+)", contract))
    assert not unlisted, f"add these modules to the layers in pyproject.toml: {sorted(unlisted)}"


@pytest.mark.parametrize("code", sorted(CHECKS))
def test_every_check_is_complete(code: str) -> None:
    check = CHECKS[code]
    module = sys.modules[check.judge.__module__]
    assert module.__doc__, "a check's docstring is its requirement"
    assert module.__name__.rsplit(".", 1)[1] == code
    assert check.reasons
    for reason in check.reasons.values():
        assert reason.vi
        assert reason.en
        assert "được phép" not in reason.vi, "only an authority can say that"
    cases = CASES / f"{code}.yaml"
    assert cases.exists(), f"write situation → verdict cases in {cases.relative_to(ROOT)}"
    told = cases.read_text(encoding="utf-8")
    missing = [r for r in check.reasons if not re.search(rf"\b{r}\b", told)]
    assert not missing, f"no case shows these reasons of {code}: {missing}"


def test_essential_checks_exist() -> None:
    assert set(ESSENTIAL) <= set(CHECKS)


def test_readme_names_only_files_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:plangeo|data|notebooks|maps|tests|bench)/[\w./-]+)`", text))
    assert named, "the README describes the house by its files"
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, f"the README names files that do not exist: {missing}"


def test_no_wording_that_only_an_authority_may_use() -> None:
    for path in (ROOT / "plangeo").rglob("*"):
        if path.suffix in {".yaml", ".js", ".html"} and "vendor" not in path.parts:
            assert "được phép" not in path.read_text(encoding="utf-8").lower(), path


_NO_MODULES = frozenset(
    [
        "pickle",
        "dill",
        "cloudpickle",
        "joblib",
        "shelve",
        "marshal",
        "xmlrpc",
        "ftplib",
        "telnetlib",
        "http.client",
        "urllib.request",
        "requests",
        "code",
    ]
)
_NO_CALLS = frozenset(
    [
        "eval",
        "exec",
        "compile",
        "__import__",
        "system",
        "popen",
        "read_pickle",
        "to_pickle",
        "read_sql",
        "read_sql_query",
        "read_html",
    ]
)
_STARTS_PROGRAMS = {"apart/child.py"}
"""The one module that starts a program: our own, without a shell."""
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|PRAGMA|ATTACH)\b")
_QUOTED_SQL = {"formats/geopackage.py": 3}
"""SQL with a name put into it: that of a layer, as the database itself lists it, in double quotes with quotes doubled."""


def _dangers(tree: ast.AST, name: str) -> list[str]:
    faults = []
    for node in ast.walk(tree):
        found = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = {node.module or ""} if isinstance(node, ast.ImportFrom) else {a.name for a in node.names}
            found = sorted(modules & _NO_MODULES) + ["subprocess"] * ("subprocess" in modules and name not in _STARTS_PROGRAMS)
        elif isinstance(node, ast.Call):
            called, _, last = ast.unparse(node.func).rpartition(".")
            found += [last] * (last in _NO_CALLS and called not in ("re", "platform"))
            said = {k.arg: k.value for k in node.keywords}
            found += [f"{last}({k}=…)" for k in ("shell", "allow_pickle") if k in said and ast.unparse(said[k]) != "False"]
            reads = last in ("read", "read_layer", "read_dataframe", "read_info", "read_file")
            found += [
                f"{last}({k}=…)"
                for k in ("where", "sql")
                if reads and not isinstance(said.get(k, node), ast.Constant | ast.Name | ast.Call)
            ]
        faults += [f"{name}:{getattr(node, 'lineno', 0)} {what}" for what in found]
    return faults


def _sql_put_together(tree: ast.AST) -> int:
    """Texts that begin like SQL and have something put into them, in any of the ways Python has."""
    count = 0
    for node in ast.walk(tree):
        first = None
        if isinstance(node, ast.JoinedStr) and any(isinstance(v, ast.FormattedValue) for v in node.values):
            first = node.values[0]
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.Add):
            first = node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            first = node.func.value
        count += isinstance(first, ast.Constant) and isinstance(first.value, str) and bool(_SQL.match(first.value))
    return count


def test_no_text_becomes_code() -> None:
    """No pickle, no eval, no shell, no network, no SQL made of texts: whoever needs one has to change this test and say why."""
    folder = ROOT / "plangeo"
    trees = {p.relative_to(folder).as_posix(): ast.parse(p.read_text("utf-8")) for p in sorted(folder.rglob("*.py"))}
    assert [fault for name, tree in trees.items() for fault in _dangers(tree, name)] == []
    assert {name: count for name, tree in trees.items() if (count := _sql_put_together(tree))} == _QUOTED_SQL


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import subprocess",
        "eval(text)",
        "os.system(text)",
        "pd.read_pickle(path)",
        "run(command, shell=True)",
        "np.load(path, allow_pickle=True)",
        "pyogrio.read_dataframe(path, where=f'code = {text}')",
    ],
)
def test_the_test_of_dangers_sees_them(line: str) -> None:
    assert _dangers(ast.parse(line), "x.py")


@pytest.mark.parametrize("line", ["f'SELECT {a}'", "'SELECT %s' % a", "'DROP TABLE ' + a", "'SELECT {}'.format(a)"])
def test_the_test_of_sql_sees_it(line: str) -> None:
    assert _sql_put_together(ast.parse(line)) == 1


def test_every_dependency_is_listed_with_its_licence() -> None:
    listed = dict(re.findall(r"^\| ([\w.-]+) \| [^|]+ \| ([^|]+) \|", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.M))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    direct = re.findall(r'"([\w.-]+)>=', text[text.index("dependencies = [") : text.index("[project.optional-dependencies]")])
    assert direct
    missing = [name for name in direct if listed.get(name.lower().replace(".", "-"), "not stated").startswith("not stated")]
    assert not missing, f"`make dependencies` lists them: {missing}"
