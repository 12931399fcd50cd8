"""Measure plans against themselves, against administrative units, against each other and against their earlier versions."""
