"""Correcting a segmentation by hand: pixels, objects, and each change of them kept and undone."""
