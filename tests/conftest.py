"""For every test: property tests have no deadline, for no test measures time; in CI they draw the same examples each time."""

from hypothesis import settings

settings.register_profile("plangeo", settings.default, deadline=None)
settings.load_profile("plangeo")
