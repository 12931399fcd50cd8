"""Two lists of projects held against each other, by size: how long it takes and whether every planted difference is found.

    python bench/lists.py 5000            # → one line: entries, seconds, outcomes expected and found

The right list is the left one in another order and, in part, another wording: entries renamed with abbreviations and without marks, with
another capital, moved by metres, gone, and new ones. Same size and seed: same lists.
"""

from __future__ import annotations

import argparse
import time
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from plangeo import reconcile
from plangeo.text import fold

CRS = "EPSG:9215"
KINDS = (
    *("Khu dân cư", "Khu đô thị", "Cụm công nghiệp", "Trường tiểu học", "Trường mầm non", "Trạm y tế", "Chợ", "Hồ chứa nước"),
    *("Đường tỉnh", "Nhà máy thủy điện", "Mỏ đá", "Khu du lịch", "Trạm biến áp", "Nghĩa trang", "Bến xe", "Nhà máy nước"),
)
SHORT = {"Khu dân cư": "KDC", "Khu đô thị": "KĐT", "Cụm công nghiệp": "CCN"}
FIRST = [
    "An",
    "Bình",
    "Cao",
    "Đông",
    "Gia",
    "Hòa",
    "Khánh",
    "Lộc",
    "Minh",
    "Nam",
    "Phú",
    "Quang",
    "Sơn",
    "Tân",
    "Thanh",
    "Thịnh",
    "Trung",
    "Văn",
    "Vĩnh",
    "Xuân",
    "Yên",
    "Long",
    "Hải",
    "Hưng",
    "Kim",
]
LAST = [
    "An",
    "Bắc",
    "Cường",
    "Dương",
    "Đạo",
    "Giang",
    "Hà",
    "Hội",
    "Khê",
    "Lạc",
    "Lâm",
    "Mỹ",
    "Nghĩa",
    "Phong",
    "Phúc",
    "Quý",
    "Tâm",
    "Thành",
    "Tiến",
    "Trạch",
    "Tường",
    "Viên",
    "Vượng",
    "Xá",
    "Ý",
]
SHARES = {"same": 0.60, "renamed": 0.12, "capital": 0.12, "moved": 0.06, "gone": 0.10}


def make(count: int, seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.Series]:
    """Return the left list, the right list, and what was done to every entry of the left (index: its id)."""
    rng = np.random.default_rng(seed)
    words = [rng.choice(np.array(w, dtype=object), count) for w in (KINDS, FIRST, LAST)]
    numbers = rng.integers(1, 400, count)
    names = [f"{kind} {a} {b} {n}" for kind, a, b, n in zip(*words, numbers, strict=True)]
    places = np.round(np.column_stack([rng.uniform(380_000, 480_000, count), rng.uniform(2_340_000, 2_440_000, count)]), 1)
    left = _table([f"L{i}" for i in range(count)], names, rng.integers(5, 5_000, count) * 1e9, places)
    done = pd.Series(rng.choice(list(SHARES), count, p=list(SHARES.values())), index=left["site_id"])
    what = done.to_numpy()
    right = left.assign(site_id=[f"R{i}" for i in range(count)])
    right.loc[what == "renamed", "name"] = [fold(_short(name)) for name in right.loc[what == "renamed", "name"]]
    right.loc[what == "capital", ["capital_min_vnd", "capital_max_vnd"]] *= 1.2
    shifted = shapely.transform(right.geometry.to_numpy(), lambda xy: xy + 40.0)
    right = right.set_geometry(gpd.GeoSeries(np.where(what == "moved", shifted, right.geometry.to_numpy()), crs=CRS))
    kept = right[what != "gone"]
    new = _table([f"N{i}" for i in range(count - len(kept))], [f"Công viên mới {i + 1}" for i in range(count - len(kept))], 7e9,
                 np.column_stack([np.full(count - len(kept), 500_000.0) + 900 * np.arange(count - len(kept)), np.full(count - len(kept), 2_500_000.0)]))  # fmt: skip
    both = pd.concat([kept, new], ignore_index=True)
    return left, gpd.GeoDataFrame(both.iloc[rng.permutation(len(both))].reset_index(drop=True), crs=CRS), done


def _short(name: str) -> str:
    for word, letters in SHORT.items():
        name = name.replace(word, letters)
    return name


def _table(ids: list[str], names: list[str], capital: object, places: np.ndarray) -> gpd.GeoDataFrame:
    columns = {
        "site_id": ids,
        "name": names,
        "use": "",
        "capital_min_vnd": capital,
        "capital_max_vnd": capital,
        "problem": "",
        "repaired": "",
        "accuracy_m": np.nan,
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.points(places), crs=CRS)


def main() -> None:
    """Reconcile once and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("entries", type=int, nargs="?", default=5000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    left, right, done = make(chosen.entries, chosen.seed)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = reconcile(left, right)
    seconds = time.perf_counter() - start
    pairs = found.outcomes[found.outcomes["outcome"].isin(["same", "changed"])]
    joined = dict(zip(pairs["left_ids"], pairs["right_ids"], strict=True))
    wrong = sum(other != f"R{one[1:]}" for one, other in joined.items())
    kept = [one for one, what in done.items() if what != "gone"]
    counts = ", ".join(f"{name} {n}" for name, n in found.outcomes["outcome"].value_counts().sort_index().items())
    print(
        f"{len(left):,} x {len(right):,} entries reconciled in {seconds:.1f} s; {sum(one in joined for one in kept)} of {len(kept)} kept "
        f"entries joined, {wrong} wrongly; {counts}"
    )


if __name__ == "__main__":
    main()
