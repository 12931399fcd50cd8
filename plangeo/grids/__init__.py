"""Rasters: opened safely, laid under sites cell by cell; slopes."""
