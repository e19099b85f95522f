"""Figures of what a network computes for one image."""
