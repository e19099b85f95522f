"""Pooling, and what it does to noise and to an image that moves."""
