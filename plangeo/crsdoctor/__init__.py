"""The CRS doctor: every plausible reading of bare coordinates, weighed, told, never applied."""
