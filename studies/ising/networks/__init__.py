"""The networks of the Ising study, their weights, and what was measured with them."""
