"""What a reader decided survives being kept as JSON."""

from __future__ import annotations

import json

from plangeo.reading import Decision, decision_rows, decisions_of


def test_decisions_come_back_as_they_were():
    told = [Decision("shape", "plan.dxf", "2 shape(s)", "ODT", 0.5), Decision("column", "b", "c")]
    about = {"notes": ["a"], "decisions": told}
    assert decisions_of(json.loads(json.dumps(about))) == told
    assert decision_rows(about)[0]["confidence"] == 0.5
    assert decisions_of({"notes": []}) == []
