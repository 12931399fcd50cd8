"""Amounts: numbers with units, areas, capital, dates and phases as cells write them."""
