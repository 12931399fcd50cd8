"""Administrative units with their days, and what written places mean."""
