"""The notebooks run from top to bottom, as a newcomer would run them; the example map is theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def test_the_gallery_is_there() -> None:
    assert [p.stem for p in NOTEBOOKS][:2] == ["01_first_assessment", "02_rulebook"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANGEO_MAPS", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    book = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in book.cells), "store notebooks without outputs"
    asyncio.run(
        NotebookClient(book, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).async_execute()
    )
    if path.stem == "01_first_assessment":
        page = (tmp_path / "first_assessment.html").read_text(encoding="utf-8")
        assert "Illustrative zones and positions, not the approved plan" in page
