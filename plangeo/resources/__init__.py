"""What a run will take: how much there is to do, how long and how much memory that needs, what may be spent, how far it is."""
