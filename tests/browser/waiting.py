"""Playwright's ``expect``, which waits without work for the page.

Playwright 1.65 describes the whole page, for its message, at every look that fails and not only at
the last one. That keeps the page itself from being drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, TimeoutError
from playwright.sync_api import expect as described_expect

STATES = {"to_be_visible": "visible", "to_be_hidden": "hidden"}


def expect(found: Locator | Page) -> Waiting:
    """Return what asserts of a locator or a page what Playwright's ``expect`` asserts, once it was
    waited for; what does not come is Playwright's to say."""
    return Waiting(found)


class Waiting:
    """Assertions by the names that Playwright gives them."""

    def __init__(self, found: Locator | Page) -> None:
        self._found = found

    def __getattr__(self, name: str) -> Callable[..., None]:
        check = getattr(described_expect(self._found), name)

        def wait(*given: object, **options: float) -> None:
            try:
                self._wait(name, *given, **options)
            except TimeoutError:
                options["timeout"] = 1
            check(*given, **options)

        return wait

    def _wait(self, name: str, *given: object, **options: float) -> None:
        if isinstance(self._found, Locator):
            if name.startswith("to_") and name != "to_have_count":
                state = STATES.get(name, "attached")
                # Of several the first: how many there may be is for the assertion to say.
                self._found.first.wait_for(state=state, timeout=options.get("timeout"))
        elif name == "to_have_url":
            (url,) = given
            there = url.search if isinstance(url, re.Pattern) else url.__eq__
            self._found.wait_for_url(
                lambda one: bool(there(one)), wait_until="commit", timeout=options.get("timeout")
            )
