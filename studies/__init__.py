"""The three case studies: their numbers, figures and networks. Imports models and core."""
