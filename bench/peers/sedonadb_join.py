"""SedonaDB: one SQL join over the two GeoParquet files."""

import sys

import sedona.db

from measures import FLOOR, write_measures

QUERY = """
SELECT site_id, zone_id, measure FROM (
  SELECT s.site_id, z.zone_id, CASE ST_Dimension(s.geometry)
    WHEN 2 THEN ST_Area(ST_Intersection(s.geometry, z.geometry))
    WHEN 1 THEN ST_Length(ST_Intersection(s.geometry, z.geometry))
    ELSE 1.0 END AS measure
  FROM sites s JOIN zones z ON ST_Intersects(s.geometry, z.geometry)) AS pairs
WHERE measure > {floor:.7f}
"""

if __name__ == "__main__":
    session = sedona.db.connect()
    session.read_parquet(sys.argv[1]).to_view("zones")
    session.read_parquet(sys.argv[2]).to_view("sites")
    found = session.sql(QUERY.format(floor=FLOOR)).to_arrow_table()
    write_measures(sys.argv[3], found["site_id"].cast("string"), found["zone_id"].cast("string"), found["measure"])
