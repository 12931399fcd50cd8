"""Results from elsewhere: what plangeo writes conforms to what it publishes, and a copy tampered with in any way does not."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from jsonschema import Draft202012Validator

from plangeo.assessment import assess
from plangeo.cli import run
from plangeo.delivery.conformance import check_output
from plangeo.delivery.contracts import FORMATS, published
from plangeo.errors import InputError
from plangeo.listing import finding_table, verdict_table
from plangeo.manifest import read_manifest
from plangeo.model import Assessment
from plangeo.report import write_outputs
from tests.makers import rulebook, site, sites, square, zones

Rows = list[dict[str, str]]


@pytest.fixture
def out(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded / "out", tmp_path / "out"))


def sealed(out: Path, change: Callable[[dict[str, Any]], None] = lambda manifest: None) -> Path:
    """Write the manifest anew so that every hash is right again: a forger would."""
    manifest = read_manifest(out)
    for name, entry in manifest["files"].items():
        entry["sha256"] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    change(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return out


def rewritten(out: Path, name: str, change: Callable[[Rows], Any]) -> Path:
    with (out / name).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    change(rows)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    (out / name).write_bytes(text.getvalue().encode("utf-8-sig"))
    return sealed(out)


def codes(out: Path) -> set[str]:
    return {fault.code for fault in check_output(out).faults}


def test_what_plangeo_writes_is_as_published(recorded: Path, result: Assessment, tmp_path: Path) -> None:
    assert check_output(recorded / "out").faults == ()
    assert run(["conformance", str(recorded / "out")]) == 0
    assert check_output(write_outputs(result, tmp_path / "out")).faults == ()


@pytest.mark.parametrize("number", FORMATS)
def test_the_published_form_is_itself_well_formed_and_names_the_columns_in_their_order(number: int, result: Assessment) -> None:
    for name in ("manifest.schema.json", "explanations.schema.json"):
        Draft202012Validator.check_schema(published(number, name))
    tables = published(number, "tables.json")["tables"]
    named = {name: [c["name"] for c in tables[name]["columns"]] for name in ("verdicts.csv", "findings.csv")}
    own = [c for c in verdict_table(result) if c in named["verdicts.csv"]]
    assert own == named["verdicts.csv"]
    assert list(finding_table(result)) == named["findings.csv"]


def set_first(column: str, value: str) -> Callable[[Rows], Any]:
    return lambda rows: rows[0].__setitem__(column, value)


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("verdicts.csv", set_first("verdict", "allowed"), "word_unknown"),
        ("verdicts.csv", set_first("verdict", "not_permitted"), "verdict_not_worst"),
        ("verdicts.csv", lambda rows: rows[1].__setitem__("verdict", "permitted"), "verdict_not_worst"),
        ("verdicts.csv", lambda rows: rows[1].__setitem__("verdict", "permitted"), "digest_differs"),
        ("verdicts.csv", set_first("reasons", "zone_use.made_up"), "reason_without_finding"),
        ("verdicts.csv", lambda rows: rows.pop(), "counts_differ"),
        ("verdicts.csv", lambda rows: rows.pop(), "rows_lost"),
        ("verdicts.csv", lambda rows: rows[1].__setitem__("site_id", "a"), "id_repeated"),
        ("verdicts.csv", set_first("site_id", "stranger"), "ids_differ"),
        ("verdicts.csv", lambda rows: [row.pop("reasons") for row in rows], "column_missing"),
        ("findings.csv", lambda rows: rows.pop(), "counts_differ"),
        ("findings.csv", set_first("share", "1.7"), "value_out_of_range"),
        ("findings.csv", set_first("area_m2", "much"), "value_malformed"),
        ("findings.csv", set_first("verdict", "Permitted"), "word_unknown"),
        ("findings.csv", set_first("site_id", "stranger"), "ids_differ"),
        ("findings.csv", set_first("reason", "other"), "values_differ"),
    ],
)
def test_a_table_tampered_with_is_caught_although_all_hashes_are_right(
    out: Path, name: str, change: Callable[[Rows], Any], code: str
) -> None:
    assert code in codes(rewritten(out, name, change))


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("verdict_digest") and m.update(verdict_digest="ABC"),
        lambda m: m["counts"].pop("findings"),
        lambda m: m["counts"].update(sites=-1),
        lambda m: m["counts"]["verdicts"].update(allowed=1),
        lambda m: m.update(on="1/7/2025"),
        lambda m: m["files"].update({"../x": {"sha256": "0" * 64, "bytes": 1}}),
        lambda m: m["files"].pop("findings.csv"),
        lambda m: m["files"]["verdicts.csv"].pop("bytes"),
        lambda m: m.update(versions=[]),
    ],
)
def test_a_manifest_that_is_not_as_published_is_caught(out: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    assert codes(sealed(out, change)) == {"schema"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: m["counts"].update(sites=6), "counts_differ"),
        (lambda m: m["counts"]["verdicts"].update(permitted=4), "counts_differ"),
        (lambda m: m["counts"]["evidence"].update(zones=1), "counts_differ"),
        (lambda m: m.update(verdict_digest="0" * 64), "digest_differs"),
        (lambda m: m["inputs"][0].update(rows=6), "rows_lost"),
        (lambda m: m["crs"].update(working="EPSG:32648"), "unreadable"),
    ],
)
def test_a_manifest_that_does_not_fit_its_files_is_caught(out: Path, change: Callable[[dict[str, Any]], Any], code: str) -> None:
    assert code in codes(sealed(out, change))


def test_bytes_that_are_not_those_of_the_manifest_are_caught(out: Path) -> None:
    with (out / "report.xlsx").open("ab") as book:
        book.write(b"\0")
    (out / "map.html").unlink()
    assert codes(out) == {"file_changed", "file_missing"}
    assert run(["conformance", str(out)]) == 1


def test_explanations_tampered_with_are_caught(out: Path) -> None:
    path = out / "explanations.json"
    texts = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**texts, "a": {"vi": "", "en": 3}}), "utf-8")
    assert codes(sealed(out)) == {"schema"}
    path.write_text(json.dumps({k: v for k, v in texts.items() if k != "a"}), "utf-8")
    assert codes(sealed(out)) == {"ids_differ"}
    path.write_text("{", "utf-8")
    assert codes(sealed(out)) == {"unreadable"}


def test_evidence_tampered_with_is_caught(out: Path) -> None:
    path = out / "evidence.parquet"
    frame = gpd.read_parquet(path)
    frame.assign(share=7.0).to_parquet(path)
    assert "value_out_of_range" in codes(sealed(out))
    frame.drop(columns="zone_code").to_parquet(path)
    assert "column_missing" in codes(sealed(out))
    frame.iloc[1:].to_parquet(path)
    assert codes(sealed(out)) == {"counts_differ"}
    frame.drop(columns="geometry").to_parquet(path)
    assert codes(sealed(out)) == {"unreadable"}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE sites SET verdict = 'permitted'", "values_differ"),
        ("UPDATE findings SET reason = 'x' WHERE fid = 1", "values_differ"),
        ("DELETE FROM findings WHERE fid = 1", "counts_differ"),
        ("ALTER TABLE sites DROP COLUMN reasons", "column_missing"),
        ("UPDATE findings SET share = 5 WHERE fid = 1", "value_out_of_range"),
    ],
)
def test_a_geopackage_tampered_with_is_caught(out: Path, statement: str, code: str) -> None:
    with closing(sqlite3.connect(out / "sites.gpkg")) as base, base:
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{trigger}"')
        base.execute(statement)
    assert code in codes(sealed(out))


def test_a_format_nobody_published_is_refused(out: Path) -> None:
    with pytest.raises(InputError, match="format 99") as told:
        check_output(sealed(out, lambda m: m.update(format=99)))
    assert told.value.code == "result_format_unknown"


def test_a_register_without_any_place_and_crs_is_published_as_any_other(tmp_path: Path) -> None:
    nowhere = sites(site("A", None), site("B", None)).set_crs(None, allow_override=True)
    write_outputs(
        assess(nowhere, rulebook(), on="2025-07-01", zones=zones(("Z", "ODT", square(0, 0, 50), "P1"))), tmp_path / "out"
    )
    assert check_output(tmp_path / "out").faults == ()
