"""Plotly figures and pictures from core types."""
