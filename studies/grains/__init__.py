"""Synthetic Voronoi microstructures to real grain boundaries."""
