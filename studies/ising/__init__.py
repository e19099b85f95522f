"""Ising snapshots: phase and temperature from pictures of spins."""
