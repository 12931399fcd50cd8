"""The rows of a file geodatabase are counted from its own headers, and a table that disagrees with them is refused."""

from __future__ import annotations

import struct
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from plangeo.errors import InputError
from plangeo.geodatabase import TableCount, count_table_rows
from plangeo.sources import read_zones
from tests.makers import CRS, square

ZONES = gpd.GeoDataFrame(
    {"zone_id": [f"Z{n}" for n in range(6)], "zone_code": ["ODT", "RPH"] * 3},
    geometry=[square(100 * n, 0, 100) for n in range(6)],
    crs=CRS,
)


def _database(folder: Path) -> Path:
    ZONES.to_file(folder / "plan.gdb", driver="OpenFileGDB", layer="zones", engine="pyogrio")
    return folder / "plan.gdb"


def _table(database: Path, suffix: str) -> Path:
    """The file of the newest table, which holds the zones."""
    return max(database.glob(f"a*.{suffix}"), key=lambda p: p.name.lower())


def test_a_whole_database_is_counted(tmp_path: Path) -> None:
    database = _database(tmp_path)
    assert count_table_rows(database, "ZONES") == TableCount(6, 6)
    assert count_table_rows(database, "other") is None
    assert len(read_zones(database)) == 6


def test_an_index_that_lost_a_row_is_refused(tmp_path: Path) -> None:
    database = _database(tmp_path)
    index = _table(database, "gdbtablx")
    content = bytearray(index.read_bytes())
    width = struct.unpack_from("<I", content, 12)[0]
    content[16 + 2 * width : 16 + 3 * width] = bytes(width)  # the third row is nowhere
    index.write_bytes(content)
    with pytest.raises(InputError, match="its header counts 6 rows, its index leads to 5") as told:
        read_zones(database)
    assert told.value.code == "file_truncated"


def test_an_unusual_layout_is_told_and_not_guessed(tmp_path: Path) -> None:
    database = _database(tmp_path)
    for broken in (b"", b"\x03\0\0\0", b"\xff" * 64):
        copy = tmp_path / f"copy{len(broken)}"
        copy.mkdir()
        (copy / "a00000001.gdbtable").write_bytes(broken)
        (copy / "a00000001.gdbtablx").write_bytes((database / "a00000001.gdbtablx").read_bytes())
        assert count_table_rows(copy, "zones") is None


REAL = Path(__file__).parents[2].parent / "shared/data/formats/fiona/testopenfilegdb.gdb.zip"


@pytest.mark.skipif(not REAL.exists(), reason="the shared set of real files is not on this machine")
def test_every_table_of_a_real_database_is_counted_as_it_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(REAL) as archive:
        archive.extractall(tmp_path)
    database = tmp_path / "testopenfilegdb.gdb"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of measures, which are not used
        names = [str(row[0]) for row in pyogrio.list_layers(database)]
        read = {name: pyogrio.read_info(database, layer=name, force_feature_count=True)["features"] for name in names}
    assert len(read) == 37
    for name, rows in read.items():
        assert count_table_rows(database, name) == TableCount(rows, rows), name
