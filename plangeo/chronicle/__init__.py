"""Date: every plan with its state and what replaced it, what still rests on plans that ended, the register on several days."""
