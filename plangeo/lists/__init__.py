"""Tables as offices write them: header, projects, groups and totals, forms known by name."""
