"""PostGIS on a throw-away cluster in a temporary folder; the fourth argument cuts the zones up first (an expert's way)."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import psycopg
import pyarrow.parquet as pq

from measures import FLOOR, tell_phases, write_measures

SUBDIVIDE = 256
SETTINGS = ("shared_buffers=1GB", "work_mem=256MB", "maintenance_work_mem=512MB", "fsync=off", "synchronous_commit=off",
            "full_page_writes=off", "max_wal_size=4GB", "jit=off", "max_parallel_workers_per_gather=2", "listen_addresses=")  # fmt: skip
SIZE = """CASE ST_Dimension(s.geom)
    WHEN 2 THEN ST_Area(ST_Intersection(s.geom, z.geom))
    WHEN 1 THEN ST_Length(ST_Intersection(s.geom, z.geom))
    ELSE 1.0 END"""
MEASURE = """
SELECT site_id, zone_id, measure FROM (
  SELECT s.site_id, z.zone_id, {total} AS measure
  FROM sites s JOIN {zones} z ON ST_Intersects(s.geom, z.geom) {group}) AS pairs
WHERE measure > {floor}
"""


@contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """Run a server on a socket in a temporary folder; yield how to reach it. PostgreSQL refuses to run as root."""
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    home = Path(tempfile.mkdtemp(prefix="plangeo-postgis-"))
    os.chown(home, owner.pw_uid, owner.pw_gid)
    who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    data = str(home / "data")
    setup = [binaries / "initdb", "-D", data, "-U", "bench", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    subprocess.run(setup, check=True, stdout=subprocess.DEVNULL, cwd=home, **who)
    options = [part for setting in SETTINGS for part in ("-c", setting)]
    command = [binaries / "postgres", "-D", data, "-k", str(home), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home, **who)
    try:
        address = f"host={home} user=bench dbname=postgres"
        for _ in range(300):
            if subprocess.run([binaries / "pg_isready", "-q", "-h", str(home), "-U", "bench"], check=False).returncode == 0:
                break
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGQUIT)  # immediate: nothing here is worth saving
        server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def load(connection: psycopg.Connection, table: str, path: str) -> None:
    """Copy one GeoParquet file into a table with a GiST index."""
    name = "zone_id" if table == "zones" else "site_id"
    rows = pq.read_table(path, columns=[name, "geometry"])
    connection.execute(f"CREATE UNLOGGED TABLE {table} ({name} text, geom geometry)")
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for key, wkb in zip(rows[name].to_pylist(), rows["geometry"].to_pylist(), strict=True):
            copy.write(f"{key}\t{wkb.hex()}\n")
    index(connection, table)


def index(connection: psycopg.Connection, table: str) -> None:
    """Index and analyse one table."""
    connection.execute(f"CREATE INDEX ON {table} USING gist (geom)")
    connection.execute(f"ANALYZE {table}")


def run(address: str, zones_path: str, sites_path: str, out: str, cut: bool) -> None:
    """Load, cut, query; each is timed, for a warm database pays for the query alone."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        marks = [time.perf_counter()]
        load(connection, "zones", zones_path)
        load(connection, "sites", sites_path)
        marks.append(time.perf_counter())
        words = {"total": SIZE, "zones": "zones", "group": "", "floor": FLOOR}
        if cut:
            connection.execute(
                f"CREATE UNLOGGED TABLE pieces AS SELECT zone_id, ST_Subdivide(geom, {SUBDIVIDE}) AS geom FROM zones"
            )
            index(connection, "pieces")
            # A point on the seam of two pieces lies in the zone once, so its ones are not added up.
            words |= {"zones": "pieces", "group": "GROUP BY s.site_id, z.zone_id, ST_Dimension(s.geom)"}
            words["total"] = "CASE ST_Dimension(s.geom) WHEN 0 THEN 1.0 ELSE sum(" + SIZE + ") END"
        marks.append(time.perf_counter())
        found = connection.execute(MEASURE.format(**words)).fetchall()
        marks.append(time.perf_counter())
    write_measures(out, *(list(column) for column in zip(*found, strict=True)))
    seconds = [b - a for a, b in pairwise(marks)]
    tell_phases(**({"load": seconds[0]} | ({"subdivide": seconds[1]} if cut else {}) | {"query": seconds[2]}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server goes with us
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    program = found[-1] if found else shutil.which("initdb")
    if not program:
        sys.exit("not available: no PostgreSQL server on this machine (Debian: apt-get install postgresql postgresql-postgis)")
    with cluster(Path(program).parent) as where:
        run(where, sys.argv[1], sys.argv[2], sys.argv[3], cut=sys.argv[4:] == ["subdivided"])
