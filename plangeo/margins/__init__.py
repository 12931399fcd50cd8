"""Margins: one index of borders, distances inside and outside of ground, displacement."""
