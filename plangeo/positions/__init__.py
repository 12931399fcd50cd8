"""Positions: coordinates in columns, cells and lists of corners, and the system a sheet states."""
