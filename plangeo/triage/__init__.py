"""What an office should do first: the order of projects, the zones whose amendment admits most, what to survey again."""
