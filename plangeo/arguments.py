"""Arguments of the public verbs: taken in the form the house works with, or refused with what to give instead."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from plangeo.errors import InputError, LayerError, RulebookError, TableError
from plangeo.model import Assessment
from plangeo.rulebook import Rulebook
from plangeo.tables import SITES, Column, check_columns, check_table
from plangeo.text import clean

JUDGED = ("verdict", "reasons")
"""What ``assess`` adds to the sites."""
_OURS = frozenset({*JUDGED, "verdict_vi", "verdict_en", "explanation_vi", "explanation_en", "why", "declared_ha", "drawn_ha"})
"""Names plangeo gives to columns of sites in frames and files; a GeoPackage knows no case."""


def kind_of(value: Any) -> str:
    """Say in words what was given instead: ``None``, or the type and a short look at the value.

    >>> kind_of(None), kind_of("sites.gpkg"), kind_of([1, 2])
    ('None', "the text 'sites.gpkg'", 'a list')
    """
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    return f"a {type(value).__name__}"


def take_day(on: Any) -> dt.date:
    """Return the as-of date of a date, a datetime, a Timestamp or an ISO text. **Raises** RulebookError for all else."""
    if isinstance(on, dt.date) and not pd.isna(on):  # NaT calls itself a datetime
        return on.date() if isinstance(on, dt.datetime) else on
    if isinstance(on, str):
        try:
            return dt.date.fromisoformat(on.strip())
        except ValueError:
            pass
    why = " There is no default: the law differs from day to day." if on is None else ""
    raise RulebookError(
        f"on={on!r} is not a date; write it as year-month-day, e.g. on='2025-07-01'.{why}", code="date_unreadable"
    )


def take_rulebook(rulebook: Any) -> Rulebook:
    """Return ``rulebook`` when it is one. **Raises** RulebookError that names ``load_rulebook`` otherwise."""
    if not isinstance(rulebook, Rulebook):
        given = repr(str(rulebook)) if isinstance(rulebook, str | Path) else "'rulebook.yaml'"
        raise RulebookError(
            f"rulebook is {kind_of(rulebook)}, not a Rulebook, so there is no law to judge by. "
            f"Read it first: rulebook=plangeo.load_rulebook({given}).",
            code="argument_wrong",
        )
    return rulebook


def take_codes(checks: Any, known: Iterable[str]) -> list[str]:
    """Return the codes of the checks to run, in the order of ``known``; None means all, one text one check.

    **Raises** LayerError for codes nobody knows, and for an empty list: no check would be no answer.
    """
    known = list(known)
    if checks is None:
        return known
    codes = [checks] if isinstance(checks, str) else list(checks) if isinstance(checks, Iterable) else [checks]
    if not codes:
        raise LayerError(
            f"checks is empty: without a check there is no answer. Leave it out to run all, or name some of {known}.",
            code="check_unknown",
        )
    strangers = [c for c in codes if not isinstance(c, str) or c not in known]
    if strangers:
        raise LayerError(
            f"There is no check {', '.join(map(repr, strangers))}; plangeo knows {', '.join(known)}.", code="check_unknown"
        )
    return [c for c in known if c in codes]


def take_backend(backend: Any) -> Callable[..., Any]:
    """Return a function shaped like ``map``; None means ``map`` itself. **Raises** InputError for what cannot be called."""
    if backend is None:
        return map
    if not callable(backend):
        raise InputError(
            f"backend is {kind_of(backend)}, not a function shaped like map. Leave it out, or give e.g. plangeo.backends.threads(2).",
            code="argument_wrong",
        )
    chosen: Callable[..., Any] = backend
    return chosen


def take_assessment(assessment: Any, verb: str) -> Assessment:
    """Return ``assessment`` when it is one. **Raises** InputError that says what ``verb`` needs otherwise."""
    if not isinstance(assessment, Assessment):
        raise InputError(
            f"{verb} was given {kind_of(assessment)}, not an Assessment, so there is nothing to tell. "
            "Pass what plangeo.assess(sites, rulebook, on=…) returned, the whole of it and not its sites.",
            code="argument_wrong",
        )
    return assessment


def take_sites(sites: Any) -> gpd.GeoDataFrame:
    """Return a copy of the sites with texts as text, numbers as floats, and no column under a name of ours.

    Identifiers become text as the readers make them. **Raises** TableError for another object or a broken contract.
    """
    if not isinstance(sites, gpd.GeoDataFrame):
        raise TableError(
            f"sites is {kind_of(sites)}, not a GeoDataFrame, so there are no places to judge. "
            "Read the register: plangeo.read_sites(path)."
        )
    taken = take_table(sites, SITES, "the table of sites")
    if "declared_area_m2" in taken:
        endless = [math.isinf(a) for a in taken["declared_area_m2"]]
        taken["declared_area_m2"] = taken["declared_area_m2"].mask(pd.Series(endless, index=taken.index, dtype=bool))
        if any(endless):
            stated = taken["declared_area_text"] if "declared_area_text" in taken else [""] * len(taken)
            taken["declared_area_text"] = [t or "∞" if bad else t for t, bad in zip(stated, endless, strict=True)]
        told = "bad_area: the declared area is infinite"
        taken["problem"] = [
            "; ".join(p for p in (known, told) if p) if bad else known
            for known, bad in zip(taken["problem"], endless, strict=True)
        ]
    return taken


def take_table(frame: gpd.GeoDataFrame, contract: Sequence[Column], what: str) -> gpd.GeoDataFrame:
    """Return a copy that fits ``contract``: texts are texts, numbers floats. **Raises** TableError with every fault."""
    check_columns(frame, what)
    taken = frame.copy()
    for column in (c for c in contract if c.name in taken.columns):
        if column.dtype == "str":
            texts = [_text(v) for v in taken[column.name].tolist()]
            taken[column.name] = pd.Series([clean(t) for t in texts] if column.unique else texts, index=taken.index, dtype=object)
    check_table(taken, contract, what)
    if taken._geometry_column_name != "geometry":
        raise TableError(
            f"{what}: the column 'geometry' is not the active geometry, so nobody knows which shapes count. "
            "Call .set_geometry('geometry') or .rename_geometry('geometry') first."
        )
    for column in (c for c in contract if c.dtype == "float" and c.name in taken.columns):
        taken[column.name] = taken[column.name].to_numpy(dtype=float, na_value=math.nan)
    return taken


def take_layer(role: str, layer: Any) -> gpd.GeoDataFrame | str | Path:
    """Return ``layer`` when it is a frame or a path. **Raises** LayerError that names the reader otherwise."""
    if isinstance(layer, gpd.GeoDataFrame | str | Path):
        return layer
    plain = " A plain DataFrame has no geometry." if isinstance(layer, pd.DataFrame) else ""
    none = f" Leave {role}= out to do without it." if layer is None else ""
    raise LayerError(
        f"{role} is {kind_of(layer)}; a GeoDataFrame or the path of one file is wanted.{plain}{none} "
        f"Read it: {role}=plangeo.read_{role}(path).",
        code="argument_wrong",
    )


def set_aside(sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``sites`` with the register's own columns that bear a name of ours called ``<name>_raw``, and a note of it."""
    names: dict[Any, str] = {}
    taken = {str(c).casefold() for c in sites.columns}
    for column in sites.columns:
        if not isinstance(column, str) or column.casefold() in _OURS:
            name = f"{column}_raw"  # files know names of text only
            while name.casefold() in taken:
                name += "_raw"
            taken.add(name.casefold())
            names[column] = name
    if not names:
        return sites
    out = sites.rename(columns=names)
    about: Mapping[str, Any] = sites.attrs.get("plangeo", {"fingerprint": {"role": "sites"}})
    told = ", ".join(f"{old!r} as {new!r}" for old, new in names.items())
    note = f"columns of the register that bear a name of plangeo's results, or a number for a name, were kept: {told}"
    out.attrs["plangeo"] = {**about, "notes": [*about.get("notes", ()), note]}
    return out


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
