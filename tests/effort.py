"""How many examples a property is tried on: few at every change, many on demand (``make deep``).

``PLANGEO_EFFORT`` (2 when nobody says) multiplies the number each test names; in CI hypothesis draws the same examples each time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EFFORT = float(os.environ.get("PLANGEO_EFFORT", "2"))


def examples(number: int) -> settings:
    """Settings of one property: twice ``number`` examples at every change, and no deadline, for no test measures time."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=max(1, round(number * EFFORT)), deadline=None, suppress_health_check=slow)
