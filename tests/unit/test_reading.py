"""What a reader decided survives being kept as JSON."""

from __future__ import annotations

import json

from plangeo.reading import Decision, from_plain, to_plain


def test_decisions_come_back_as_they_were():
    about = {"notes": ["a"], "decisions": [Decision("shape", "plan.dxf", "2 shape(s)", "ODT", 0.5), Decision("column", "b", "c")]}
    assert from_plain(json.loads(json.dumps(to_plain(about)))) == about
    assert to_plain({"notes": []}) == from_plain({"notes": []}) == {"notes": []}
