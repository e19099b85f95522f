"""The library's part of the link: what is looked for, and which image is open."""

from __future__ import annotations

from pages.components.frame.page_link import PageLink

LINK = PageLink(
    "library", ("find", "tag", "by", "added", "sorted", "page", "item", "left", "right")
)
