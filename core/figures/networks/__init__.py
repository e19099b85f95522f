"""Figures of whole networks and their parts."""
