"""The map of an assessment: one HTML file that asks nothing of any network, unless a base map is named.

The page is a ``folium.Map``, so layers can be added to it; Leaflet is inlined, there are no tiles, and a
content policy names the hash of every script in the file. Text of registers never passes through a
template: it travels in one JSON island and reaches the page as text nodes.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import warnings
from collections.abc import Hashable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
from branca.element import Element, Figure

from plangeo.arguments import kind_of, take_assessment
from plangeo.basemap import base_map
from plangeo.briefingnotes import SHEET, notes_sheet
from plangeo.checks import CHECKS
from plangeo.checks.declared_area import slipped_areas
from plangeo.delivery.atomicfile import write_content
from plangeo.errors import InputError, PlangeoError, PlangeoWarning
from plangeo.model import Assessment, Label, Language, Verdict
from plangeo.panels import PANELS, UNIT_DEGREES, anchor, asset, number, on_the_globe, plain
from plangeo.panels.compare import compared_layer
from plangeo.panels.zones import drawn_zones
from plangeo.study import StudyFile

DEFAULT_TITLE = Label("Đối chiếu dự án với quy hoạch sử dụng đất", "Projects held against the land-use plan")
# Shown when nothing has a place: the middle of Vietnam.
_NOWHERE = (16.0, 106.5)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_OUTSIDE = re.compile(r"""(?:src|href)\s*=\s*["']?(https?:)?//[^"'\s>]+|["'(]https?://[^"'\s)]+""", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


def make_map(
    assessment: Assessment,
    *,
    language: Language = "vi",
    title: str | None = None,
    notes: str | Path | None = None,
    compare: str | gpd.GeoDataFrame | None = None,
    tiles: str | None = None,
    attribution: str | None = None,
) -> folium.Map:
    """Return the interactive map of ``assessment``; ``.save(path)`` writes one self-contained HTML file.

    ``language`` is the one shown first (the page can switch); ``title`` replaces the default heading in both
    languages. ``notes`` is a YAML or CSV of the author's notes to the stops of a briefing (``site_id``, ``note_vi``,
    ``note_en``, ``order``); it takes the place of notes the assessment was studied with. Any two plans can be compared with a
    divider; ``compare`` adds a layer for it, the role of one of the run (``present_use``) or zones from ``read_zones``.
    ``tiles`` is the https address of a base map with {z}, {x} and {y}; it needs ``attribution``, and the page then asks that
    server, and no other, for pictures. Layers may be added as to any folium map; what they would load from the internet
    (tiles, plugins) is blocked by the page's content policy, and a PlangeoWarning says so on saving.

    **Raises** InputError for another language, what is no assessment, notes that cannot be read, a ``compare`` that is no layer
    of zones, tiles that are not safe or without attribution; CrsError when a layer has no usable CRS.
    """
    if language not in ("vi", "en"):
        raise InputError(f"language {language!r} is not known; use 'vi' or 'en'", code="argument_wrong")
    take_assessment(assessment, "make_map")
    if title is not None and not isinstance(title, str):
        raise InputError(f"title is {kind_of(title)}, not a text; leave it out for the default heading", code="argument_wrong")
    if notes is not None:
        sheet = notes_sheet(StudyFile(Path(notes)), assessment.sites["site_id"])
        assessment = replace(assessment, sheets=(*(s for s in assessment.sheets if s.code != SHEET), sheet))
    ground = base_map(tiles, attribution)
    given: dict[str, Any] = {}
    if compare is not None:
        frame, name = compared_layer(assessment, compare)
        given["compare"] = drawn_zones(assessment, frame) | {"name": [name.vi, name.en] if name else None}
    if ground is not None:
        given["basemap"] = {"url": ground.url, "attribution": ground.attribution, "host": ground.source.removeprefix("https://")}
    island = to_island(packed(page_data(assessment, language, title, given)))
    sources = (ground.source,) if ground else ()
    return AssessmentMap(island, title or DEFAULT_TITLE.text(language), language, _middle(assessment), sources)


def page_data(
    assessment: Assessment, language: Language, title: str | None, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return everything the page shows, as plain data: listed columns only, never a whole register.

    ``given`` is panel code → data that come with the call and not from the assessment.
    """
    given = given or {}
    book = assessment.rulebook
    return {
        "language": language,
        "title": [title, title] if title else [DEFAULT_TITLE.vi, DEFAULT_TITLE.en],
        "on": assessment.on.isoformat(),
        "verdicts": {v.label: [v.wording.vi, v.wording.en] for v in sorted(Verdict, reverse=True)},
        "plans": {
            plan.plan_id: {
                "title": [plan.title.text("vi"), plan.title.text("en")],
                "decision": plan.decision,
                "authority": plan.authority,
                "from": plan.valid_from.isoformat() if plan.valid_from else None,
                "to": plan.valid_to.isoformat() if plan.valid_to else None,
                "scale": plan.scale,
                "status": book.plan_status(plan.plan_id),
            }
            for plan in book.plans.values()
        },
        "classes": {
            c.code: {"name": [c.name.text("vi"), c.name.text("en")], "colour": _colour(c.colour), "overlay": c.overlay}
            for c in book.classes.values()
        },
        "checks": {check.code: [check.title.vi, check.title.en] for check in CHECKS.values()},
        "sites": _sites(assessment),
        "words": {p.code: {k: [w.vi, w.en] for k, w in {"title": p.title, **p.words}.items()} for p in PANELS},
        "panels": {p.code: given[p.code] if p.code in given else p.data(assessment) for p in PANELS},
    }


def packed(data: dict[str, Any]) -> dict[str, Any]:
    """Return ``data`` of the page with those of its panels made small that can be."""
    return {**data, "panels": {p.code: p.pack(data["panels"][p.code]) if p.pack else data["panels"][p.code] for p in PANELS}}


def _sites(assessment: Assessment) -> list[dict[str, Any]]:
    book, slipped = assessment.rulebook, slipped_areas(assessment.findings)
    rows = []
    for row, shape in zip(assessment.sites.to_dict("records"), on_the_globe(assessment.sites), strict=True):
        raw = plain(row["use"])
        code = book.find_use(raw) if raw else None
        name = book.uses[code].name if code else Label(raw, raw)
        rows.append(
            {
                "id": plain(row["site_id"]),
                "name": plain(row["name"]),
                "use": [name.text("vi"), name.text("en")],
                "district": plain(row.get("declared_district")),
                "area_m2": number(row.get("declared_area_m2")),
                "area_slipped": str(row["site_id"]) in slipped,
                "capital_vnd": _ends(row.get("capital_min_vnd"), row.get("capital_max_vnd")),
                "phase": _ends(row.get("phase_from"), row.get("phase_to")),
                "checks": _deciding(row),
                "verdict": str(row["verdict"]),
                "at": anchor(shape),
            }
        )
    return rows


def _ends(low: Any, high: Any) -> list[float | None] | None:
    """Both ends of a range, None for an open one; None when nothing is stated."""
    ends = [number(low), number(high)]
    return None if ends == [None, None] else ends


def _deciding(row: Mapping[Hashable, Any]) -> list[str]:
    """The checks that keep a site from being plainly compatible."""
    if row["verdict"] == Verdict.PERMITTED.label:
        return []
    return sorted({reason.partition(".")[0] for reason in str(row["reasons"]).split("; ") if reason})


def _colour(text: str | None) -> str | None:
    """A colour goes into canvas styles, so only ``#rrggbb`` passes; anything else is drawn as the grey hatch."""
    return text if text and re.fullmatch(r"#[0-9A-Fa-f]{6}", text) else None


def _middle(assessment: Assessment) -> tuple[float, float]:
    places = [a for a in map(anchor, on_the_globe(assessment.sites)) if a is not None]
    if not places:
        return _NOWHERE
    return sum(y for _, y in places) / len(places) * UNIT_DEGREES, sum(x for x, _ in places) / len(places) * UNIT_DEGREES


def to_island(data: Mapping[str, Any]) -> str:
    """Return ``data`` as JSON that cannot end its script element, whatever the texts hold.

    >>> to_island({"name": "</script>"})
    '{"name":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return _SURROGATE.sub("\ufffd", text)  # half a character cannot be written to a file


class Literal(Element):
    """Text that goes into the page as it is: branca would run any template syntax in it, twice."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Literal"
        self._text = text

    def render(self, **kwargs: Any) -> str:
        """Return the text."""
        return self._text


class OfflineFigure(Figure):
    """A page whose content policy allows exactly the scripts written in it, and no request but for pictures of ``image_sources``."""

    image_sources: tuple[str, ...] = ()

    def render(self, **kwargs: Any) -> str:
        """Return the page, the policy first in its head."""
        page = super().render(**kwargs).replace("\r\n", "\n").replace("\r", "\n")  # browsers hash normalised line ends
        hashes = [_sha256(body) for attributes, body in _SCRIPT.findall(page) if not _is_data(attributes)]
        policy = "; ".join(
            (
                "default-src 'none'",
                f"script-src {' '.join(dict.fromkeys(hashes)) or chr(39) + 'none' + chr(39)}",
                "style-src 'unsafe-inline'",
                " ".join(("img-src data:", *self.image_sources)),
                "base-uri 'none'",
                "form-action 'none'",
            )
        )
        self._warn_of_blocked(page)
        return page.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)

    def _warn_of_blocked(self, page: str) -> None:
        own = {c.render() for part in (self.header, self.html, self.script) for c in part._children.values() if _is_ours(c)}
        for text in own:
            page = page.replace(text, "")
        blocked = sorted({found.group(0).strip("\"'(") for found in _OUTSIDE.finditer(page)})
        if blocked:
            warnings.warn(
                PlangeoWarning(
                    f"The map asks for {len(blocked)} address(es) outside its file, first {blocked[0]}. Its content policy blocks them, so "
                    "that it shows the same without internet and tells no server what it holds. Leave these layers out, or build "
                    "a map of your own with folium.Map.",
                    code="map_asks_outside",
                ),
                stacklevel=4,
            )


def _is_ours(element: Element) -> bool:
    return isinstance(element, Literal)


def _is_data(attributes: str) -> bool:
    return "application/json" in attributes


def _sha256(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


class AssessmentMap(folium.Map):
    """A folium map with its own Leaflet, data island and panels instead of links to the internet."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own attribute
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(
        self, island: str, title: str, language: Language, middle: tuple[float, float], image_sources: tuple[str, ...] = ()
    ) -> None:
        super().__init__(location=middle, zoom_start=9, tiles=None, zoom_snap=0.5, zoom_control=False)
        self._id = hashlib.sha256(island.encode()).hexdigest()[:32]  # folium draws ids by lot; the file must not differ by run
        self._island, self._title, self._language = island, title, language
        figure = OfflineFigure(ratio="65%")
        figure.image_sources = image_sources
        figure.add_child(self, name=self.get_name())

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page to a path, all or nothing, or into an open file. **Raises** InputError when it cannot be written."""
        if isinstance(outfile, str | Path):
            write_content(Path(outfile), self.get_root().render(**kwargs))
        else:
            super().save(outfile, close_file=close_file, **kwargs)

    def render(self, **kwargs: Any) -> str:
        """Write the parts of the page into the figure the map is in; like every folium element it returns nothing to show."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise PlangeoError(
                "The map was taken out of its page, so it cannot be drawn; build it again with make_map.", code="map_detached"
            )
        styles = "\n".join([leaflet_style(), asset("map.css"), *(asset(f"{p.code}.css") for p in PANELS)])
        scripts = "\n".join([tiling_script(), asset("map.js"), asset("polygons.js"), *(asset(f"{p.code}.js") for p in PANELS)])
        head = (
            f"<title>{html.escape(_SURROGATE.sub(chr(0xFFFD), self._title))}</title>\n<style>{styles}</style>\n"
            f"<script>{leaflet_script()}</script>\n<script>{scripts}</script>"
        )
        figure.header.add_child(Literal(head), name="plangeo_head")
        figure.html.add_child(
            Literal(f'<script type="application/json" id="plangeo-data">{self._island}</script>'), name="plangeo_data"
        )
        super().render(**kwargs)  # type: ignore[no-untyped-call]
        figure.script.add_child(Literal(f"plangeo.start({self.get_name()});"), name="plangeo_start")
        return ""


def _vendored(name: str, package: str = "leaflet") -> bytes:
    return files("plangeo.panels").joinpath("vendor", package, *name.split("/")).read_bytes()


def _data_url(image: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(_vendored(image)).decode()}"


def leaflet_style() -> str:
    """Return Leaflet's style sheet with its images inlined and the rule for long-gone browsers dropped."""
    text = _vendored("leaflet.css").decode().replace("\r\n", "\n")
    text = re.sub(r"^\s*behavior:.*$\n", "", text, flags=re.MULTILINE)
    return re.sub(r"url\((images/[\w-]+\.png)\)", lambda found: f"url({_data_url(found.group(1))})", text)


def leaflet_script() -> str:
    """Return Leaflet, without the link to its source map, its default marker inlined."""
    text = _vendored("leaflet.js").decode()
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    icon = {
        "iconUrl": _data_url("images/marker-icon.png"),
        "iconRetinaUrl": _data_url("images/marker-icon-2x.png"),
        "shadowUrl": _data_url("images/marker-shadow.png"),
    }
    return f'{text}\nL.Icon.Default.imagePath="";L.Icon.Default.mergeOptions({json.dumps(icon)});'


def tiling_script() -> str:
    """Return geojson-vt, which cuts polygons into tiles in the page."""
    return _vendored("geojson-vt.js", "geojson-vt").decode().replace("\r\n", "\n")
