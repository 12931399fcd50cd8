"""What must hold for any two lists: rows in = rows out, the mirror image, no effect of the order, nothing joined against an officer's word."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from hypothesis import given
from hypothesis import strategies as st

import plangeo as pg
from plangeo.profiles import load_profile
from plangeo.reconciling.candidates import candidate_pairs
from plangeo.reconciling.entries import entries_of
from plangeo.reconciling.reconciliation import Reconciliation
from plangeo.reconciling.rules import judge
from tests.effort import examples

NAMES = (
    *(
        "Khu công nghiệp Đồng Bành",
        "KCN Đồng Bành 1",
        "KCN Đồng Bành 2",
        "KCN Đồng Bành giai đoạn 1",
        "khu cong nghiep dong banh",
    ),
    *("Khu dân cư Tân Thanh", "Khu dân cư Tân Thành", "KDC Tan Thanh", "Khu dân cư Tân Thạnh mở rộng", "Trường mầm non", ""),
    *("Cải tạo QL1A", "Cải tạo quốc lộ 1B", "Cải tạo quốc lộ 1A đoạn qua xã Chi Lăng", "Đồng Bành, khu công nghiệp"),
)
PLACES = ("", "Xã Chi Lăng", "Xã Tân Thành", "Thị trấn Đồng Đăng, huyện Cao Lộc", "Xã Đồng Đăng", "nơi khác")
CODES = ("P-1", "P-2", "P-3", "A.7", "12", "row-5", "P 3")
AREAS_M2 = (float("nan"), 500_000.0, 500_050.0, 200_000.0, 300_000.0, 1_000_000.0)
CAPITALS = (float("nan"), 1e11, 4e10, 6e10)
SPOTS = (None, shapely.Point(449_000, 2_417_000), shapely.Point(449_100, 2_417_000), shapely.Point(470_000, 2_417_000))

entry = st.fixed_dictionaries(
    {
        "code": st.sampled_from(CODES),
        "name": st.sampled_from(NAMES),
        "declared_district": st.sampled_from(PLACES),
        "declared_area_m2": st.sampled_from(AREAS_M2),
        "capital_min_vnd": st.sampled_from(CAPITALS),
        "spot": st.sampled_from(SPOTS),
    }
)
entries = st.lists(entry, min_size=0, max_size=7)


def frame(rows: list[dict[str, Any]], side: str) -> gpd.GeoDataFrame:
    """Rows as ``read_sites`` gives them; identifiers met again are numbered, as it numbers them."""
    columns = ("name", "declared_district", "declared_area_m2", "capital_min_vnd")
    out = pd.DataFrame([{c: row[c] for c in columns} for row in rows], columns=columns)
    seen: dict[str, int] = {}
    ids = []
    for row in rows:
        seen[row["code"]] = number = seen.get(row["code"], 0) + 1
        ids.append(row["code"] if number == 1 else f"{row['code']}#{number}")
    out.insert(0, "site_id", ids)
    out["capital_max_vnd"] = out["capital_min_vnd"]
    return gpd.GeoDataFrame(out, geometry=[row["spot"] for row in rows], crs="EPSG:9215")


def said(result: Reconciliation) -> set[tuple[Any, ...]]:
    """All that is told, without the numbers of the outcomes."""
    columns = ["left_ids", "right_ids", "outcome", "score", "reason", "evidence", "changes", "wording", "candidates"]
    return set(result.outcomes[columns].itertuples(index=False, name=None))


MIRROR = {"only_left": "only_right", "only_right": "only_left", "split": "merged", "merged": "split"}


@examples(30)
@given(entries, entries)
def test_every_entry_is_in_exactly_one_outcome(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    left, right = frame(a, "left"), frame(b, "right")
    result = pg.reconcile(left, right)
    for side, one in (("left", left), ("right", right)):
        assert result.members.loc[result.members["side"] == side, "id"].tolist() == one["site_id"].tolist()
    told = result.outcomes.set_index("outcome_id")
    assert set(result.members["outcome_id"]) == set(told.index)
    assert told["left_count"].sum() == len(a)
    assert told["right_count"].sum() == len(b)
    shape = {"same": (1, 1), "changed": (1, 1), "only_left": (1, 0), "only_right": (0, 1)}
    for row in told.itertuples():
        assert shape.get(row.outcome, (row.left_count, row.right_count)) == (row.left_count, row.right_count)
        assert row.outcome != "split" or (row.left_count == 1 and row.right_count > 1)
        assert row.why_vi
        assert row.why_en


@examples(30)
@given(entries, entries)
def test_exchanged_lists_give_the_mirror_image(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    left, right = frame(a, "left"), frame(b, "right")
    there, back = pg.reconcile(left, right), pg.reconcile(right, left)
    columns = ["left_ids", "right_ids", "outcome", "score", "reason", "evidence", "changes", "wording"]
    mirrored = {
        (row[1], row[0], MIRROR.get(row[2], row[2]), *row[3:])
        for row in back.outcomes[columns].itertuples(index=False, name=None)
    }
    assert set(there.outcomes[columns].itertuples(index=False, name=None)) == mirrored


@examples(30)
@given(entries, entries, st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(a: list[dict[str, Any]], b: list[dict[str, Any]], random: Any) -> None:
    left, right = frame(a, "left"), frame(b, "right")
    orders = [random.sample(range(len(f)), len(f)) for f in (left, right)]
    other = pg.reconcile(left.iloc[orders[0]], right.iloc[orders[1]])
    assert said(pg.reconcile(left, right)) == said(other)


@examples(30)
@given(entries.filter(bool), entries.filter(bool), st.booleans(), st.data())
def test_an_officers_word_is_kept(a: list[dict[str, Any]], b: list[dict[str, Any]], same: bool, data: Any) -> None:
    left, right = frame(a, "left"), frame(b, "right")
    m, n = data.draw(st.sampled_from(left["site_id"].tolist())), data.draw(st.sampled_from(right["site_id"].tolist()))
    word = pd.DataFrame(
        [{"left_id": m, "right_id": n, "decision": "same" if same else "different", "who": "Lan", "date": "1/7/2025"}]
    )
    result = pg.reconcile(left, right, confirmed=word)
    of = result.members.set_index(["side", "id"])["outcome_id"]
    together = of[("left", m)] == of[("right", n)]
    outcome = result.outcomes.set_index("outcome_id").loc[of[("left", m)]]
    if same:
        assert together
        assert outcome["confirmed_by"] == "Lan, 2025-07-01"
    elif together:  # others may tie them into one doubt, never into one project
        assert outcome["outcome"] == "ambiguous"
        pairs = set(zip(result.candidates["left_id"], result.candidates["right_id"], strict=True))
        assert (m, n) not in pairs


@examples(30)
@given(entries, entries)
def test_other_numbers_are_never_one_project(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    left, right = frame(a, "left"), frame(b, "right")
    result = pg.reconcile(left, right)
    joined = result.outcomes[result.outcomes["outcome"].isin(["same", "changed"])]
    for x, y in zip(joined["left_names"], joined["right_names"], strict=True):
        assert [c for c in x if c.isdigit()] == [c for c in y if c.isdigit()]


@examples(30)
@given(entries, entries)
def test_no_sure_pair_is_lost_by_looking_only_at_likely_ones(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    profile = load_profile("vn")
    left, right = (entries_of(frame(rows, "list"), profile, "EPSG:9215", "list").entries for rows in (a, b))
    likely, _ = candidate_pairs(left, right)
    sure = {(x.row, y.row) for x in left for y in right if (pair := judge(x, y)) is not None and pair.grade == "sure"}
    assert sure <= set(likely)
