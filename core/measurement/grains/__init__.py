"""Grain size after ASTM E112 and ISO 643: by counting, and by test lines."""
