"""The two-dimensional Ising model: lattices, updates, exact results, snapshots."""
