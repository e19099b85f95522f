"""What the tests of pages share."""

from __future__ import annotations

import pytest

from pages.components.frame import networks


@pytest.fixture(autouse=True, scope="module")
def own_engines() -> None:
    """Begin each file without the networks that another put in the place of the zoo's."""
    networks.engine.clear()
