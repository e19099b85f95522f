"""Segmentation -> tables: regions, particle size, phase fraction, agreement with a reference."""
