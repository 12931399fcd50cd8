"""Build the embedded sample: ``python data/build_sample.py [folder]``; the same bytes on every run.

The only real facts are those of ``communes_2025_facts.csv`` (codes, names, published areas and approximate
centres) and the kinds, sizes and phases such lists have. Borders, zones, decisions, project names and places are made up.

Troubles built into ``projects.xlsx`` on purpose: a row without coordinates, swapped X and Y, a declared commune that
does not match, square metres in the hectare column, a repeated and a blank id, a soft hyphen and an NFD name, decimal
commas and ranges, a kind nobody knows, a site astride two communes, one outside the province, group rows and a
total row, a bow-tie boundary, sites on plan borders, two rows of hostile text marked as test rows. Those of ``annual_list.xlsx``
are named in ``sample_list.py``, those of the plans in ``sample_cases.py``.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sys
from pathlib import Path

os.environ["OGR_CURRENT_DATE"] = "2025-07-01T00:00:00.000Z"  # GPKG stamps its tables with the clock otherwise

import geopandas as gpd
import numpy as np
import pyogrio

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import sample_cases as cases  # noqa: E402
import sample_geography as geo  # noqa: E402
import sample_law as law  # noqa: E402
import sample_list as annual  # noqa: E402
import sample_papers as papers  # noqa: E402
import sample_register as register  # noqa: E402
import sample_zones as zones  # noqa: E402
from pyproj import Transformer  # noqa: E402

CRS = "EPSG:9215"
FACTS = "communes_2025_facts.csv"
OURS = "MIT, made for this project"
REGISTRY = (
    (
        FACTS,
        "codes, names, published areas, approximate centres of the 65 communes of Lạng Sơn since 1 July 2025",
        "published facts (administrative unit list of 2025; areas as published; centres computed from open commune outlines, 6 decimals)",
        "facts; centre computed from github thanglequoc/vietnamese-provinces-database (MIT)",
    ),
    (
        "communes.gpkg",
        "ILLUSTRATIVE outlines: power diagram fitted to the published areas, not the real borders",
        "build_sample.py",
        OURS,
    ),
    ("zones.gpkg", "ILLUSTRATIVE land-use zones of three plan versions, not the approved plans", "build_sample.py", OURS),
    ("projects.xlsx", "ILLUSTRATIVE register: invented names and places, usual troubles built in", "build_sample.py", OURS),
    (
        "annual_list.xlsx",
        "ILLUSTRATIVE list of one year: invented names and places, the traps of such lists, a sheet of corners",
        "build_sample.py",
        OURS,
    ),
    (
        "project_boundaries.gpkg",
        "ILLUSTRATIVE boundaries of some of the projects; one is a bow-tie on purpose",
        "build_sample.py",
        OURS,
    ),
    (
        "rulebook.yaml",
        "ILLUSTRATIVE rules, thresholds, precedence and plans; each states whether its basis was verified",
        "build_sample.py",
        OURS,
    ),
    (
        "priority_list.xlsx",
        "ILLUSTRATIVE priority list: the register a year later with thirty known differences",
        "build_sample.py",
        OURS,
    ),
    ("officer_decisions.csv", "ILLUSTRATIVE decisions of officers, some with troubles built in", "build_sample.py", OURS),
    ("quota.xlsx", "ILLUSTRATIVE hectares allotted by class and commune, one less than the plan draws", "build_sample.py", OURS),
    ("existing_use.xlsx", "ILLUSTRATIVE hectares there already by class and commune", "build_sample.py", OURS),
    ("class_areas.csv", "ILLUSTRATIVE published areas of the provincial plan, one of them wrong", "build_sample.py", OURS),
    ("plangeo.yaml", "project file that runs the sample", "build_sample.py", OURS),
)
PROJECT_FILE = """\
# Dữ liệu minh họa / illustrative: vùng quy hoạch, tên và vị trí dự án không có thật.
title: Rà soát vị trí dự án theo quy hoạch (dữ liệu minh họa)
register: {path: projects.xlsx, crs: EPSG:9215, list_date: 2025-07-01}
boundaries: project_boundaries.gpkg
layers:
  zones: zones.gpkg
  districts: communes.gpkg
files:
  priority_list: priority_list.xlsx
  overrides: officer_decisions.csv
  quota: quota.xlsx
  existing_use: existing_use.xlsx
  class_areas: class_areas.csv
rulebook: rulebook.yaml
profile: vn
crs: EPSG:9215
on: 2025-07-01
out: out
"""


def read_facts() -> list[dict[str, str]]:
    """Return the rows of the facts file, comment lines skipped."""
    with (HERE / FACTS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def write_layer(frame: gpd.GeoDataFrame, path: Path, layer: str, kind: str) -> None:
    """Write one GeoPackage layer whose bytes depend on nothing but the frame."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": os.environ["OGR_CURRENT_DATE"]})
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer,
        driver="GPKG",
        geometry_type=kind,
        layer_options={"GEOMETRY_NAME": "geom", "FID": "fid"},
        dataset_metadata={"NOTICE": register.NOTICE},
    )


def main(out: Path = HERE) -> None:
    """Write every file of the sample into ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    facts = read_facts()
    codes, names = [f["ma_xa"] for f in facts], {f["ma_xa"]: f["ten_xa"] for f in facts}
    to_metres = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    east, north = to_metres.transform([float(f["kinh_do"]) for f in facts], [float(f["vi_do"]) for f in facts])
    centres = np.round(np.column_stack([east, north]))
    areas = np.array([float(f["dien_tich_km2"]) for f in facts]) * 1e6
    shapes = geo.fit_communes(centres, areas)
    communes = dict(zip(codes, shapes, strict=True))
    country = zones.Country(communes, dict(zip(codes, map(tuple, centres), strict=True)))
    blobs = zones.place_blobs(country)
    before, after = zones.detailed(country, blobs)
    coarse = zones.provincial(country, after, blobs)
    projects = cases.add_projects(register.locate(coarse, after, communes, names), coarse, after, communes, names)
    staged = next(p.shape for p in projects if p.spec is cases.STAGED)
    upper, upper_days = cases.stage(coarse, staged, "LUA", "SKK")
    amended, amended_days = cases.stage(after, staged, "LUC", "SKK")
    days = upper_days | amended_days

    frame = gpd.GeoDataFrame(
        {"ma_xa": codes, "ten_xa": [names[c] for c in codes], "dien_tich_km2": areas / 1e6, "ghi_chu": "ranh giới minh họa"},
        geometry=shapes,
        crs=CRS,
    )
    write_layer(frame, out / "communes.gpkg", "communes", "Polygon")
    drawn = [*upper, *before, *cases.spoil(amended, projects)]
    frame = gpd.GeoDataFrame(
        {
            "ma_khoanh": [z.zone_id for z in drawn],
            "ma_dat": [z.code for z in drawn],
            "ten_loai_dat": [zones.NAMES[z.code] for z in drawn],
            "plan_id": [z.plan_id for z in drawn],
            "ky_quy_hoach": "2021-2030",
            "hieu_luc_tu": [days.get(z.zone_id, ("", ""))[0] for z in drawn],
            "hieu_luc_den": [days.get(z.zone_id, ("", ""))[1] for z in drawn],
        },
        geometry=[z.shape for z in drawn],
        crs=CRS,
    )
    write_layer(frame, out / "zones.gpkg", "zones", "Polygon")
    bounded = [p for p in projects if p.boundary is not None]
    frame = gpd.GeoDataFrame({"ma_du_an": [p.code for p in bounded]}, geometry=[p.boundary for p in bounded], crs=CRS)
    write_layer(frame, out / "project_boundaries.gpkg", "project_boundaries", "Unknown")
    register.write_register(projects, cases.APPROVED, out / "projects.xlsx")
    annual.write_list(communes, out / "annual_list.xlsx")
    law.write_rulebook(out / "rulebook.yaml")
    papers.write_priority_list(out / "projects.xlsx", out / "priority_list.xlsx")
    papers.write_decisions(out / "officer_decisions.csv")
    papers.write_quota(after, communes, names, out)
    papers.write_class_areas([z for z in upper if not days.get(z.zone_id, ("", ""))[0]], out / "class_areas.csv")
    (out / "plangeo.yaml").write_text(PROJECT_FILE, encoding="utf-8", newline="\n")
    if out != HERE:
        (out / FACTS).write_bytes((HERE / FACTS).read_bytes())
    with (out / "registry.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "what", "source", "licence", "sha256"])
        for name, *about in REGISTRY:
            writer.writerow([name, *about, hashlib.sha256((out / name).read_bytes()).hexdigest()])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
