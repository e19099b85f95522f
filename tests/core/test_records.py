"""Dataclasses as rows of a CSV file: what is written comes back, and a file is written whole."""

from dataclasses import dataclass

import pytest

from core.records import read_records, read_table, write_records, write_table


@dataclass(frozen=True)
class Network:
    name: str
    skips: bool


@dataclass(frozen=True)
class Row:
    network: Network
    without: tuple[str, ...]
    step: int | None
    dice: float


ROWS = (
    Row(Network("a, b", True), (), None, 0.123456789),
    Row(Network("c", False), ("blur", "noise"), 12, 1e-7),
)


def test_records_come_back_to_six_digits(tmp_path):
    path = tmp_path / "rows.csv"
    write_records(path, Row, ROWS)
    assert path.read_text().splitlines() == [
        "name,skips,without,step,dice",
        '"a, b",yes,,,0.123457',
        "c,no,blur noise,12,1e-07",
    ]
    first, second = read_records(path, Row)
    assert first == Row(ROWS[0].network, (), None, 0.123457) and second == ROWS[1]


def test_a_file_that_is_not_there_has_no_rows_and_one_without_a_column_is_refused(tmp_path):
    assert (
        read_records(tmp_path / "none.csv", Row) == () and read_table(tmp_path / "none.csv") == []
    )
    write_table(tmp_path / "short.csv", ["name"], [["a"]])
    with pytest.raises(KeyError, match="skips"):
        read_records(tmp_path / "short.csv", Row)


def test_a_write_that_fails_leaves_the_file_of_before(tmp_path):
    path = tmp_path / "rows.csv"
    write_records(path, Row, ROWS)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_table(path, ["a"], ([1 / zero] for zero in (1, 0)))
    assert path.read_bytes() == before
