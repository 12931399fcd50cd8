"""The notebooks run from top to bottom, as a newcomer would run them; the example map is theirs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOTICE = "Illustrative zones and positions, not the approved plan"


def _small_map(page: Path) -> bool:
    return page.stat().st_size < 3_000_000 and NOTICE in page.read_text(encoding="utf-8")


def test_the_gallery_is_there() -> None:
    assert [p.stem for p in NOTEBOOKS][:2] == ["01_first_assessment", "02_rulebook"]
    assert _small_map(ROOT / "maps" / "first_assessment.html")
    assert 0 < (ROOT / "maps" / "first_assessment.png").stat().st_size < 700_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maps, work = tmp_path / "maps", tmp_path / "notebooks"
    maps.mkdir()
    work.mkdir()
    monkeypatch.delenv("PLANGEO_MAPS", raising=False)  # the default ../maps is then the temporary one
    monkeypatch.setenv("MPLBACKEND", "agg")
    book = nbformat.read(shutil.copy(path, work), as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "store notebooks without outputs"
    client = NotebookClient(book, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(work)}})
    asyncio.run(client.async_execute())
    told = [out["text"] for cell in book.cells for out in cell.get("outputs", []) if out.get("name") == "stderr"]
    assert told == [], "a newcomer sees no warnings"
    if path.stem == "01_first_assessment":
        assert _small_map(maps / "first_assessment.html")
    nbformat.write(book, tmp_path / "executed.ipynb")
