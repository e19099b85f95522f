"""The part of the link that is the page *Train*'s own."""

from __future__ import annotations

from pages.components.frame.page_link import PageLink

LINK = PageLink("train", ("training", "source", "shown"))
