"""The quota of a plan: hectares allotted by class, unit and period, and what projects take of them."""
