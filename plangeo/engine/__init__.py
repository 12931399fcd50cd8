"""The measuring engine: zones cut and indexed, sites partitioned, sums that prove themselves."""
