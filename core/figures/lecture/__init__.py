"""Figures that only the lecture shows."""
