"""A second computation of what the engine measured: other formulas, rational numbers, no geometry library."""
