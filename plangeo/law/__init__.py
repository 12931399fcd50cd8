"""The law of a day: plans and their state, the rulebook's form, what it says to a use on a class of ground."""
