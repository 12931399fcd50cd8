"""The catalogue: every finding, problem of a row and fault has a permanent code; what each means and what to do."""
