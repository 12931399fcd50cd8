"""Addresses of tiles: what is plain and safe is taken, everything else is refused with its reason."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plangeo.basemap import base_map
from plangeo.errors import InputError

GOOD = "https://tiles.example.org/{z}/{x}/{y}.png"


@pytest.mark.parametrize(
    ("url", "source"),
    [
        (GOOD, "https://tiles.example.org"),
        ("https://a-b.example.vn:8443/wmts/{z}/{y}/{x}{r}.jpg?key=a1_b&v=2", "https://a-b.example.vn:8443"),
        ("https://tiles.example.org/tms/{z}/{x}/{-y}.png", "https://tiles.example.org"),
    ],
)
def test_plain_addresses_are_taken(url: str, source: str) -> None:
    made = base_map(url, " © Ai đó ")
    assert made is not None
    assert (made.url, made.source, made.attribution) == (url, source, "© Ai đó")


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",
        "HTTPS://tiles.example.org/{z}/{x}/{y}.png",
        "//tiles.example.org/{z}/{x}/{y}.png",
        "javascript:alert(1)//{z}{x}{y}",
        "data:image/png;base64,{z}{x}{y}",
        "file:///etc/{z}/{x}/{y}",
        "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://*.example.org/{z}/{x}/{y}.png",
        "https://*/{z}/{x}/{y}.png",
        "https://localhost/{z}/{x}/{y}.png",
        "https://127.0.0.1/{z}/{x}/{y}.png",
        "https://[::1]/{z}/{x}/{y}.png",
        "https://me:secret@tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org:99999/{z}/{x}/{y}.png",
        "https://tiles.example.org; script-src */{z}/{x}/{y}.png",
        "https://tiles.example.org'/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}/{y}.png\n",
        "https://tiles.example.org/ {z}/{x}/{y}.png",
        'https://tiles.example.org/{z}/{x}/{y}.png"><script>',
        "https://tiles.example.org/{z}/{x}/{y}.png#a",
        "https://tiles.example.org/{z}/{x}/{quadkey}.png",
        "https://tiles.example.org/{z}/{x}/{{y}}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://tîles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org\\@evil.example/{z}/{x}/{y}.png",
        "https://tiles.exa\tmple.org/{z}/{x}/{y}.png",
        "https://tiles.example.org?{z}/{x}/{y}.png",
        "https:///{z}/{x}/{y}.png",
        "",
        GOOD + "a" * 600,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        base_map(url, "© x")
    assert caught.value.code == "tiles_unsafe"
    assert "https://tiles.example.org/{z}/{x}/{y}.png" in str(caught.value)


@settings(max_examples=50)
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_address_reaches_the_policy_but_a_plain_host(host: str, path: str) -> None:
    try:
        made = base_map(f"https://{host}/{{z}}/{{x}}/{{y}}{path}", "x")
    except InputError:
        return
    assert made is not None
    assert set(made.source) <= set("https://abcdefghijklmnopqrstuvwxyz0123456789.-:")
    assert not set(made.url) & set("\"'<>\\ \n;*`")


@pytest.mark.parametrize("attribution", [None, "", "   ", "x" * 501])
def test_tiles_without_attribution_are_refused(attribution: str | None) -> None:
    with pytest.raises(InputError) as caught:
        base_map(GOOD, attribution)
    assert caught.value.code == "tiles_without_attribution"


def test_nothing_given_is_no_base_map_and_attribution_alone_is_a_mistake() -> None:
    assert base_map(None, None) is None
    with pytest.raises(InputError) as caught:
        base_map(None, "© x")
    assert caught.value.code == "attribution_without_tiles"
