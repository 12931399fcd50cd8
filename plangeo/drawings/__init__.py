"""Drawings (DXF, DGN) as plans: levels, closed shapes, labels."""
