"""The steps of an assessment: what holds for a run, what is measured of some sites and judged, and how parts are put together."""
