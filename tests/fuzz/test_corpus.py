"""Every input kept from fuzzing goes through its parser again; no fuzzer is needed for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS, run

CORPUS = Path(__file__).with_name("corpus")
KEPT = sorted(p for p in CORPUS.glob("*/*") if p.is_file())


def test_every_parser_has_a_corpus_and_every_corpus_a_parser() -> None:
    assert {p.parent.name for p in KEPT} == set(TARGETS)


def test_the_corpus_stays_small() -> None:
    assert sum(p.stat().st_size for p in KEPT) < 200_000


@pytest.mark.parametrize("target", TARGETS)
def test_the_kept_corpus_is_read_without_a_find(target: str) -> None:
    finds = []
    for path in (p for p in KEPT if p.parent.name == target):
        try:
            run(target, path.read_bytes())
        except Exception as fault:
            finds.append(f"{path.name}: {type(fault).__name__}: {fault}")
    assert not finds
