"""Micrograph + network -> segmentation: preprocessing, tiles, engine, objects."""
