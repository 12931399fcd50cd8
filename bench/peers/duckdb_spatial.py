"""DuckDB with its spatial extension from PyPI, loaded from the file: nothing is downloaded at run time."""

import sys
from pathlib import Path

import duckdb
import duckdb_extension_spatial

from measures import FLOOR

QUERY = """
COPY (
  SELECT site_id, zone_id, measure FROM (
    SELECT s.site_id, z.zone_id, CASE ST_Dimension(s.geometry)
      WHEN 2 THEN ST_Area(ST_Intersection(s.geometry, z.geometry))
      WHEN 1 THEN ST_Length(ST_Intersection(s.geometry, z.geometry))
      ELSE 1.0 END AS measure
    FROM sites s JOIN zones z ON ST_Intersects(s.geometry, z.geometry))
  WHERE measure > {floor}
) TO '{out}' (FORMAT parquet)
"""

if __name__ == "__main__":
    zones_path, sites_path, out = (path.replace("'", "''") for path in sys.argv[1:4])
    connection = duckdb.connect(config={"threads": 2})
    extension = next(Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension"))
    connection.load_extension(str(extension))
    connection.execute(f"CREATE TABLE zones AS SELECT zone_id, geometry FROM read_parquet('{zones_path}')")
    connection.execute(f"CREATE TABLE sites AS SELECT site_id, geometry FROM read_parquet('{sites_path}')")
    connection.execute(QUERY.format(floor=FLOOR, out=out))
