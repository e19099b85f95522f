"""Micrographs with a known answer."""
