"""How many are there, how many are missing, and how sure that is: pure functions on counts and arrays."""
