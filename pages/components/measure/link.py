"""The page Measure's part of the link: what is measured, and how."""

from __future__ import annotations

from pages.components.correct.link import RESULT
from pages.components.frame.page_link import PageLink

CHOICES = ("what", "phase", "method", "points", "unweighted", "fit", "error", "unit")
"""What is measured, and how, also of a batch."""
LINK = PageLink("measure", (RESULT, *CHOICES))
