"""Corrections of results: a log that only grows, and what follows from it."""
