"""Synthetic grain microstructures as an SEM or optical microscope shows them."""
