"""The networks of the gold study, their weights, and what was measured with them."""
