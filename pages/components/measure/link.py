"""The page Measure's part of the link: what is measured, and how."""

from __future__ import annotations

from pages.components.frame.page_link import PageLink

LINK = PageLink(
    "measure", ("what", "phase", "method", "points", "unweighted", "fit", "error", "unit")
)
