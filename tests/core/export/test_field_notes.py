from __future__ import annotations

from core.export.field_notes import NO_PIXEL_SIZE, fields_by_note, notes_of_field


def test_what_was_decided_while_reading_is_noted() -> None:
    warnings = ("Few objects.",)
    read = {
        "pixel_size_nm": None,
        "info_bar_rows": 59,
        "top_bar_rows": 0,
        "notes": ["JPEG compression changes grey levels."],
    }
    assert notes_of_field(warnings, {"input": read}) == (
        "Few objects.",
        NO_PIXEL_SIZE,
        "An info bar of 59 rows was left out.",
        "JPEG compression changes grey levels.",
    )
    known = {**read, "pixel_size_nm": 2.0, "info_bar_rows": 0, "top_bar_rows": 7, "notes": []}
    assert notes_of_field(warnings, {"input": known}) == (
        "Few objects.",
        "An info bar of 7 rows at the top was left out.",
    )
    assert notes_of_field(warnings, {}) == ("Few objects.",)


def test_a_note_is_told_once_for_all_fields_that_have_it() -> None:
    noted = [("a", ("one", "two", "one")), ("b", ("two",)), ("c", ())]
    assert fields_by_note(noted) == {"one": ["a"], "two": ["a", "b"]}
