"""Tables of groups as people save them: encodings, folders, what is missing or there twice."""

import codecs

import pytest

from core.errors import DataError
from core.fields.many.group_table import MOST_BYTES, read_groupings
from core.fields.many.groups import comparisons
from core.fields.quantity import Quantity
from tests.core.fields.many.test_pooled import field_of

ROWS = "Datei;Wärme\nf0.tif;gehärtet\nf1.tif;weich\n"


def assigned(table: bytes, *names: str) -> tuple[str | None, ...]:
    (grouping,) = read_groupings(table, "g.csv")
    return grouping.assigned(names)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_save_is_read(encoding: str, separator: str, end: str) -> None:
    text = ROWS.replace(";", separator).replace("\n", end)
    (grouping,) = read_groupings(text.encode(encoding), "g.csv")
    assert grouping.column == "Wärme"
    assert grouping.assigned(("f0.tif", "F1.PNG", "f2.tif")) == ("gehärtet", "weich", None)


def test_files_of_one_name_in_two_folders_are_of_two_groups() -> None:
    table = b"file,heat\nA/1.tif,soft\nB\\1.tif,hard\n"
    assert assigned(table, "A/1.tif", "B/1.tif") == ("soft", "hard")
    assert assigned(table, "data/A/1.tif", "data/B/1.tif") == ("soft", "hard")
    # Of which folder this one is nobody knows.
    assert assigned(table, "1.tif") == (None,)


def test_a_name_without_folder_names_no_two_files() -> None:
    (grouping,) = read_groupings(b"file,heat\n1.tif,soft\n2.tif,hard\n", "g.csv")
    names = ("A/1.tif", "B/1.tif", "2.tif")
    assert grouping.assigned(names) == (None, None, "hard")
    assert grouping.shared(names) == ("A/1.tif", "B/1.tif")


def test_a_point_in_a_name_is_no_extension() -> None:
    table = b"file,heat\n1.5kV,soft\n1.7kV,hard\n"
    assert assigned(table, "1.5kV.tif", "1.7kV.tif") == ("soft", "hard")


def test_columns_without_a_name_or_a_group() -> None:
    first, second = read_groupings(b"file,heat,,,\nf0,a,,x,\nf1,b,,y,\n", "g.csv")
    assert (first.column, second.column) == ("heat", "Column 4")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"", "needs a line of column names"),
        (b"\n\n,,\n", "needs a line of column names"),
        (b"file,heat\n", "needs a line of column names"),
        (b"file,heat\nf0,\nf1,\n", "has no group in any line"),
        (b"file,heat,heat\nf0,a,b\n", "has two columns called heat"),
        (b"file,heat\nf0,a\nF0.tif,b\n", "names f0 more than once"),
        (b"file,heat\n\0\0\0", "is no text"),
        (codecs.BOM_UTF16_LE + b"\0", "is no text"),
        (b"file,heat\nf0," + b"a" * 200_000, "is no table as CSV"),
        (b"a" * (MOST_BYTES + 1), "has 5 MB at most"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(table: bytes, said: str) -> None:
    with pytest.raises(DataError, match=r"^g\.csv .*\.$") as caught:
        read_groupings(table, "g.csv")
    assert said in str(caught.value)


def test_columns_that_cannot_be_compared_leave_the_others() -> None:
    fields = [
        field_of(Quantity("x", "X", value, "%", reason="r"), f"f{value}.png") for value in range(30)
    ]
    lines = [f"f{value},{'ab'[value % 2]},id{value},x" for value in range(30)]
    table = "\n".join(["file,heat,number,one", *lines]).encode()
    good, many, one = comparisons(fields, read_groupings(table, "g.csv"))
    assert good.test is not None
    assert many == (
        "The column number has 30 groups; up to 20 are compared, so choose another column."
    )
    assert "two are needed" in one.in_words
    (missing,) = comparisons(fields, read_groupings(b"file,heat\nother,a\n", "g.csv"))
    assert missing.startswith("The column heat names none of the 30 fields")
