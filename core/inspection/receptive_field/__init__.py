"""What a unit can see, operation by operation, and how much of it the unit uses."""
