"""The table of objects: in which order its rows stand, and what is a choice that was made in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pages.components.segment import objects

TABLE = pd.DataFrame({"id": [1, 2, 3], "area_px2": [9.0, 8.0, 7.0]})


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, Any], list[int]]]:
    """Return a function that draws the table, and gives what Streamlit is told and a list of what
    was selected."""

    def draw(
        selected: int, begins_with: int, ticked: list[int]
    ) -> tuple[dict[str, Any], list[int]]:
        told: dict[str, Any] = {}
        chosen: list[int] = []
        for module, name, value in (
            ("selection", "selected", lambda digest: selected),
            ("selection", "table_begins_with", lambda digest: begins_with),
            ("selection", "table_turn", lambda: 1),
            ("selection", "select", lambda *given, **ways: None),
            ("session", "component_state", lambda key: {"selection": {"rows": ticked}}),
            ("st", "dataframe", lambda rows, **given: told.update(given, rows=rows)),
        ):
            monkeypatch.setattr(getattr(objects, module), name, value)
        objects.rows(TABLE, "digest", chosen.append)
        return told, chosen

    return draw


def test_what_is_clicked_in_the_image_comes_first_and_stays_there(
    drawn: Callable[..., tuple[dict[str, Any], list[int]]],
) -> None:
    told, _ = drawn(selected=2, begins_with=2, ticked=[])
    assert told["rows"]["id"].tolist() == [2, 1, 3]
    assert told["selection_default"] == {"selection": {"rows": [0]}}
    # Then a row is clicked: the rows stay where they are, or another one would be marked.
    told, _ = drawn(selected=1, begins_with=2, ticked=[])
    assert told["rows"]["id"].tolist() == [2, 1, 3]


def test_a_table_that_repeats_what_it_was_told_has_selected_nothing(
    drawn: Callable[..., tuple[dict[str, Any], list[int]]],
) -> None:
    for ticked, expected in (([0], []), ([2], [3]), ([], [0])):
        told, chosen = drawn(selected=2, begins_with=2, ticked=ticked)
        told["on_select"]()
        assert chosen == expected
