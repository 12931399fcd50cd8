"""The house rules: import layers, frozen public names, every check complete, documents that stay true."""

from __future__ import annotations

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
