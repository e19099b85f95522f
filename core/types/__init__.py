"""The vocabulary: what every room of Lamella talks about.

Axis order is (row, column) everywhere; only the viewer speaks x, y. Arrays inside these types are
read-only, so that a value can be shared between users and cached by its digest.
"""
