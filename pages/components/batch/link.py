"""The page Batch's part of the link: which batch, and how a new one is measured."""

from __future__ import annotations

from pages.components.frame.page_link import PageLink
from pages.components.measure.link import CHOICES

LINK = PageLink("batch", ("batch", "column", *CHOICES))
