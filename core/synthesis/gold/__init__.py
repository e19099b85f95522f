"""Simulated TEM images of gold nanoparticles on carbon."""
