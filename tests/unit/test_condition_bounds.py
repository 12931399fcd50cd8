"""Conditions by area at their bounds: how much ground is sure, how much may be, and what nobody drew. Tables of a few rows."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from plangeo.law.precedence import govern
from plangeo.rulebook import Rulebook
from tests.lawtables import DAY, OVERLAY, face, measured, rows, zone
from tests.makers import CLASSES, PLANS, plan, rule, rulebook

RICE = {"code": "rice", "zone": "LUA", "area_ha": 1, "needs": {"vi": "xin phép", "en": "ask"}, "basis": "test"}
MIXED = ("ODT+LUA", "ODT+RPH", "NNP+ODT")
NONE = ["none_holds", "permitted"]
Face = dict[str, Any]


def law(*triggers: dict[str, Any], rice: str = "permitted") -> Rulebook:
    """A book whose zones permit housing everywhere but in forest; its conditions change ``RICE`` (1 ha of rice land)."""
    rules = [rule("housing", "PNN", "permitted"), rule("housing", "NNP", rice), rule("housing", "RPH", "not_permitted")]
    book = rulebook(
        plans=[PLANS[0], plan("OLD", valid_to="2024-12-31")],
        classes=[*CLASSES, OVERLAY],
        rules=rules,
        triggers=[RICE | {"code": str(n)} | changes for n, changes in enumerate(triggers or ({},))],
    )
    return book.at(DAY).with_mixed(MIXED)


def on(area_m2: float, *codes: str, dim: int = 2) -> Face:
    return face(area_m2, *(zone(code) for code in codes), dim=dim)


def cover(faces: tuple[Face, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(faces), columns=list(face(1)))


def found(
    *faces: Face,
    near: tuple[Face, ...] = (),
    present: tuple[Face, ...] | None = None,
    present_near: tuple[Face, ...] = (),
    border: tuple[float, float, float] | None = None,
    facts: dict[str, Any] | None = None,
    present_facts: dict[str, Any] | None = None,
    book: Rulebook | None = None,
    columns: tuple[str, ...] = ("reason", "verdict"),
    **site: Any,
) -> list[list[Any]]:
    """What is found on a site of 10 ha with these faces; ``near`` what its map and outline cannot exclude, ``border`` its inner
    and outer length along the ground of the condition (m) and the tolerance of the map (m)."""
    book = book or law()
    layers = (
        {}
        if present is None
        else {"present_use": {"cover": cover(present), "reach_cover": cover(present_near), **(present_facts or {})}}
    )
    evidence = {}
    if border is not None:
        evidence["triggers"] = pd.DataFrame(
            [("S", 0, *border)], columns=["site_id", "trigger", "inner_m", "outer_m", "tolerance_m"]
        )
    own = {"reach_cover": govern(cover(near), book), **(facts or {})}
    given = {"site_area_m2": 100_000.0} | site
    return rows("legal_conditions", measured(book, *faces, facts=own, layers=layers, evidence=evidence, **given), *columns)


def one(*faces: Face, **given: Any) -> list[Any]:
    (row,) = found(*faces, **given)
    return row


# --- ground that is drawn ---------------------------------------------------------------------------------------------------


def test_a_condition_holds_from_its_bound_on() -> None:
    told = ("reason", "verdict", "measure", "area_m2", "share", "threshold", "unit", "zone_code", "detail", "detail_en")
    assert one(on(10_000, "LUA"), columns=told) == [
        "holds", "conditional", 10_000, 10_000, 0.1, 1, "ha", "LUA", "LUA: xin phép", "LUA: ask",
    ]  # fmt: skip
    assert one(on(9_999.9, "LUA")) == NONE
    assert one(on(10_000 - 0.5e-6, "LUA"))[0] == "holds"  # as exact as sums of areas are
    assert one(on(10_000 - 1.5e-6, "LUA")) == NONE
    assert one(on(6_000, "LUC"), on(4_000, "LUA"))[0] == "holds"
    assert one(on(6_000, "LUC", "LUA"), on(3_999, "LUA")) == NONE  # what lies on both counts once
    assert one(on(10_000, "LUA", "KKT"))[0] == "holds"
    assert one(on(50_000, "ODT")) == NONE
    assert found(on(50_000, "LUA"), book=rulebook(DAY)) == []
    two = ("zone_code", "detail_en")
    assert one(on(10_000, "LUA"), book=law({"zone": ["LUA", "RPH"]}), columns=two) == ["", "LUA, RPH: ask"]
    noted = law({"needs": {"en": "ask."}, "note": {"en": "soon."}})
    assert one(on(10_000, "LUA"), book=noted, columns=("detail_en",)) == ["LUA: ask. soon"]


def test_any_area_is_enough_where_the_bound_is_nought() -> None:
    least = law({"op": ">", "area_ha": 0})
    assert one(on(5e-7, "LUA"), book=least) == ["holds", "conditional"]
    assert one(on(3, "LUA"), border=(3.0, 0.0, 1.0), book=least) == ["near_bound", "unknown"]
    assert one(on(50_000, "ODT"), book=least) == NONE


@pytest.mark.parametrize(
    ("area", "border", "site", "reason"),
    [
        (10_400, (400, 0, 1), {}, "holds"),
        (10_399, (400, 0, 1), {}, "near_bound"),
        (9_601, (400, 0, 1), {}, "near_bound"),
        (9_600, (400, 0, 1), {}, "near_bound"),
        (9_599, (400, 0, 1), {}, "none_holds"),
        (10_300, (400, 0, 1), {"accuracy_m": 0.5}, "near_bound"),  # the site's own outline moves too
        (10_600, (400, 0, 1), {"accuracy_m": 0.5}, "holds"),
        (10_700, (400, 200, 1), {"accuracy_m": 0.5}, "holds"),
        (10_699, (400, 200, 1), {"accuracy_m": 0.5}, "near_bound"),
        (10_400, (400, 200, 1), {"accuracy_m": -0.5}, "holds"),  # no accuracy is below nought
        (10_400, (400, 200, 1), {"accuracy_m": math.nan}, "holds"),
        (10_400, (400, 200, 1), {"accuracy_m": None}, "holds"),
        (10_000.3, (0.5, 0, 1), {}, "near_bound"),
        (10_000, (0, 0, math.nan), {}, "holds"),  # no border of the map crosses the site
        (10_000, None, {"accuracy_m": 5.0}, "holds"),
        (10_400, (400, 0, math.nan), {}, "accuracy_unstated"),
    ],
)
def test_borders_as_exact_as_map_and_outline_decide_near_the_bound(
    area: float, border: tuple[float, float, float] | None, site: dict[str, Any], reason: str
) -> None:
    verdict = {"holds": "conditional", "none_holds": "permitted"}.get(reason, "unknown")
    assert one(on(area, "LUA"), border=border, **site) == [reason, verdict]


def test_what_may_be_is_told_in_hectares() -> None:
    told = one(on(10_500, "LUA"), border=(604.0, 0.0, 1.0), columns=("measure", "detail", "detail_en"))
    assert told == [10_500, "0,99 – 1,11 ha; LUA: xin phép", "0.99 – 1.11 ha; LUA: ask"]
    assert one(on(500, "LUA"), border=(9_600.0, 0.0, 1.0), columns=("detail_en",))[0].startswith("0.00 – 1.01 ha")


def test_ground_is_never_more_than_the_site() -> None:
    assert one(on(9_500, "LUA"), border=(600.0, 0.0, 1.0), site_area_m2=9_600.0) == NONE
    assert one(on(9_500, "LUA"), border=(0.0, 500.0, 1.0), site_area_m2=9_600.0, accuracy_m=1.0) == ["near_bound", "unknown"]
    assert one(on(9_500, "LUA"), border=(0.0, 399.0, 1.0), site_area_m2=9_600.0, accuracy_m=1.0) == NONE
    beside = (on(12_000, "LUA"),)
    assert one(on(50_000, "ODT"), near=beside) == ["near_bound", "unknown"]
    assert one(on(9_000, "ODT"), near=beside, site_area_m2=9_000.0) == NONE
    # nobody measured the outline by which a site beside that ground may be larger
    assert one(on(9_000, "ODT"), near=beside, site_area_m2=9_000.0, accuracy_m=1.0) == ["near_bound", "unknown"]
    assert one(on(50_000, "ODT"), near=(on(0.5, "LUA"),), book=law({"area_ha": 0.00004})) == ["near_bound", "unknown"]
    assert one(on(50_000, "ODT"), near=(on(9_000, "LUA"),)) == NONE


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        (("NNP",), "near_bound"),  # drawn as a class above
        (("NNP", "KKT"), "near_bound"),
        (("ODT+LUA",), "near_bound"),
        (("ODT+LUA", "KKT"), "near_bound"),
        (("NNP+ODT",), "near_bound"),
        (("ODT+RPH",), "none_holds"),
        (("RPH",), "none_holds"),
        (("XXX",), "none_holds"),  # on a plan an unknown class is told by another check
        ((), "none_holds"),
        (("LUC", "ODT+LUA"), "holds"),
    ],
)
def test_ground_that_may_be_of_the_classes(codes: tuple[str, ...], reason: str) -> None:
    assert one(on(10_000, *codes), on(50_000, "ODT"))[0] == reason
    assert one(on(9_000, *codes), on(50_000, "ODT"))[0] == "none_holds"


@pytest.mark.parametrize(
    ("codes", "reason"), [((), "near_bound"), (("XXX",), "near_bound"), (("XXX", "ODT"), "near_bound"), (("ODT",), "none_holds")]
)
def test_present_use_that_nobody_mapped_may_be_of_the_classes(codes: tuple[str, ...], reason: str) -> None:
    book = law({"ground": "present_use"})
    assert one(on(50_000, "ODT"), present=(on(10_000, *codes),), book=book)[0] == reason
    assert one(on(50_000, "ODT"), present=(on(5_000, *codes), on(6_000, "LUA")), book=book)[0] == reason
    assert one(on(50_000, "ODT"), present=(on(3_000, *codes), on(6_000, "LUA")), book=book) == NONE
    assert one(on(50_000, "LUA"), present=(on(10_000, "LUA"),), book=book) == ["holds", "conditional"]
    # beside a drawn outline it says nothing
    assert one(on(50_000, "ODT"), present=(), present_near=(on(20_000, *codes),), book=book) == NONE


def test_present_use_that_is_not_there_and_a_site_without_a_place() -> None:
    assert one(on(50_000, "ODT"), book=law({"ground": "present_use"})) == ["present_use_missing", "unknown"]
    assert one(has_place=False) == ["no_place", "unknown"]


def test_ground_that_a_threshold_leaves_aside_is_left_aside_here_too() -> None:
    book = rulebook(
        rules=[rule("housing", "ODT", "permitted"), rule("housing", "LUA", "not_permitted")],
        triggers=[RICE | {"op": ">", "area_ha": 0}],
        thresholds=[{"use": "*", "zone": "LUA", "share": 0.05}],
    ).at(DAY)
    assert one(face(5, zone("LUA")), face(95, zone("ODT")), book=book) == NONE
    assert one(face(6, zone("LUA")), face(94, zone("ODT")), book=book) == ["holds", "conditional"]


def test_an_open_condition_changes_nothing_where_another_one_holds_or_the_zones_ask_for_some() -> None:
    several = law({}, {"zone": "RPH", "area_ha": 1})
    forest = (on(10_000, "RPH"), on(10_000, "NNP"))
    assert found(*forest, book=several) == [["near_bound", "conditional"], ["holds", "conditional"]]
    assert found(on(10_000, "NNP"), book=several) == [["near_bound", "unknown"]]
    asks = law(rice="conditional")
    assert found(on(10_000, "NNP"), on(50_000, "ODT"), book=asks) == [["near_bound", "conditional"]]
    assert found(on(10_000, "LUA"), on(50_000, "ODT"), book=asks) == [["holds", "conditional"]]


# --- points and lines -------------------------------------------------------------------------------------------------------


def point(*faces: Face, declared: float | None = math.nan, **given: Any) -> list[Any]:
    return one(
        *faces, dimension=0, site_area_m2=0.0, declared_area_m2=declared, columns=("reason", "verdict", "measure"), **given
    )


def line(*faces: Face, declared: float | None = math.nan, **given: Any) -> list[Any]:
    return one(
        *faces, dimension=1, site_area_m2=0.0, declared_area_m2=declared, columns=("reason", "verdict", "measure"), **given
    )


NOTHING = [*NONE, ""]


def test_a_point_or_a_line_on_the_ground_has_at_most_the_area_it_declares() -> None:
    for asked, dim in ((point, 0), (line, 1)):
        here = on(50, "LUA", dim=dim)
        for declared, reason in ((10_000.0, "area_unknown"), (9_999.0, "none_holds"), (0.5, "none_holds")):
            assert asked(here, declared=declared)[0] == reason
        for declared in (math.nan, None, 0.0):
            assert asked(here, declared=declared)[:2] == ["area_unknown", "unknown"]
        assert asked(here, declared=12_000.0) == ["area_unknown", "unknown", 12_000]
        assert asked(here, declared=12_000.0, near=(on(5_000, "LUA"),)) == ["area_unknown", "unknown", 12_000]
        least = law({"op": ">", "area_ha": 0})
        assert asked(on(0.5, "LUA", dim=dim), book=least)[:2] == ["holds_somewhere", "conditional"]
        assert asked(on(0.5, "NNP", dim=dim), book=least)[:2] == ["area_unknown", "unknown"]


def test_a_point_beside_the_ground_has_at_most_what_lies_within_its_reach() -> None:
    town = on(50, "ODT", dim=0)
    assert point(town, declared=12_000.0) == NOTHING
    assert point(town, declared=12_000.0, near=(on(11_000, "LUA"),)) == ["area_unknown", "unknown", 11_000]
    assert point(town, declared=12_000.0, near=(on(9_000, "LUA"),)) == NOTHING
    assert point(town, declared=9_000.0, near=(on(11_000, "LUA"),)) == NOTHING
    assert point(town, near=(on(11_000, "LUA"),))[:2] == ["area_unknown", "unknown"]  # no area declared
    least = law({"op": ">", "area_ha": 0})
    assert point(town, near=(on(11_000, "LUA"),), book=least)[:2] == ["area_unknown", "unknown"]  # on none of it for sure
    assert point(town, declared=1e8) == NOTHING
    assert point(town, declared=1e8 + 1)[:2] == ["area_unknown", "unknown"]  # so large that nobody looked


def test_a_line_beside_the_ground_has_the_area_it_declares() -> None:
    town = on(50, "ODT", dim=1)
    assert line(town, declared=12_000.0, near=(on(9_000, "LUA", dim=1),)) == ["area_unknown", "unknown", 12_000]
    assert line(town, declared=9_000.0, near=(on(9_000, "LUA", dim=1),)) == NOTHING
    assert line(town, declared=2e8) == NOTHING


def test_ground_that_nobody_mapped_within_reach_counts_for_a_point_that_declares_an_area() -> None:
    book = law({"ground": "present_use"})
    bare: dict[str, Any] = {"present": (), "present_near": (on(11_000),), "book": book}
    assert point(on(50, "ODT", dim=0), declared=12_000.0, **bare) == ["area_unknown", "unknown", 11_000]
    for declared in (math.nan, 0.0, -1.0):
        assert point(on(50, "ODT", dim=0), declared=declared, **bare) == NOTHING
    assert line(on(50, "ODT", dim=1), declared=12_000.0, **bare) == NOTHING
    little = law({"ground": "present_use", "area_ha": 0.00004})
    near = {"present": (), "present_near": (on(0.45),), "book": little}
    assert point(on(50, "ODT", dim=0), declared=0.5, **near) == ["area_unknown", "unknown", 0.45]


# --- zones that could not be drawn ------------------------------------------------------------------------------------------


def aside(
    code: str = "LUA", plan_id: str = "P1", *, key: str = "lost", sites: str = "S", ground: str = "plan", **given: Any
) -> list[Any]:
    """What is found on a town with a zone of ``code`` that could not be drawn."""
    facts = {key: [{"id": "z9", "code": code, "plan_id": plan_id, "sites": set(sites)}]}
    book = given.pop("book", None) or law({"ground": ground})
    layers: dict[str, Any] = {"present": (), "present_facts": facts} if ground == "present_use" else {"facts": facts}
    dim = given.get("dimension", 2)
    return one(on(50_000, "ODT", dim=dim), book=book, columns=given.pop("columns", ("reason", "verdict")), **layers, **given)


SET_ASIDE = ["ground_set_aside", "unknown"]


@pytest.mark.parametrize("ground", ["plan", "present_use"])
@pytest.mark.parametrize("key", ["lost", "quarantined", "reach_quarantined"])
def test_a_zone_that_could_not_be_drawn_may_lie_under_the_site(key: str, ground: str) -> None:
    assert aside(key=key, ground=ground) == SET_ASIDE
    assert aside(key=key, ground=ground, columns=("detail_en",)) == ["z9 (LUA); LUA: ask"]
    assert (aside(key=key, ground=ground, sites="T") == SET_ASIDE) is (key == "lost")  # of a lost one nobody knows where it lies
    assert aside("OLD", ground=ground, key=key) == SET_ASIDE  # of no known class
    assert (aside("LUA", "OLD", ground=ground, key=key) == SET_ASIDE) is (ground == "present_use")  # a plan that is over


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        *((code, True) for code in ("LUA", "LUC", "NNP", "XXX", "", *MIXED[::2])),
        *((code, False) for code in ("ODT", "RPH", "KKT", MIXED[1])),
    ],
)
def test_a_lost_zone_counts_when_it_may_be_of_the_classes(code: str, counts: bool) -> None:
    assert (aside(code) == SET_ASIDE) is counts
    if not code:
        assert aside(code, columns=("detail_en",)) == ["z9 (?); LUA: ask"]


def test_a_lost_zone_cannot_lie_under_more_than_the_site() -> None:
    assert aside(site_area_m2=10_000.0) == SET_ASIDE
    assert aside(site_area_m2=9_999.0) == NONE
    for accuracy in (0.0, None, math.nan, -0.5):
        assert aside(site_area_m2=9_999.0, accuracy_m=accuracy) == NONE, accuracy
    assert aside(site_area_m2=9_999.0, accuracy_m=0.5) == SET_ASIDE  # its outline may be larger
    for dimension in (0, 1):
        for declared, told in ((math.nan, SET_ASIDE), (0.0, SET_ASIDE), (10_000.0, SET_ASIDE), (9_999.0, NONE), (0.5, NONE)):
            assert aside(dimension=dimension, site_area_m2=0.0, declared_area_m2=declared) == told
    assert aside(site_area_m2=9_999.0, declared_area_m2=20_000.0) == NONE  # what is drawn counts
