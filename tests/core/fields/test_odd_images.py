"""Segmentations that nobody hopes for: every kind of measurement gives numbers or words."""

from __future__ import annotations

import numpy as np
import pytest

from core.export.tables import csv_bytes, xlsx_bytes
from core.fields.field import measure_field
from core.fields.many.pooled import pool
from core.fields.record import from_json, to_json
from core.fields.settings import FITS, GRAIN_METHODS, KINDS, PHASE_METHODS, MeasureSettings
from core.fields.values import values_table
from core.fields.words import interval_in_words, value_in_words
from tests.core.fields.made_analysis import analysis_of, card_of

SIDE = 64


def drawn(name: str) -> np.ndarray:
    image = np.zeros((SIDE, SIDE), np.uint8)
    if name == "everything":
        image[:] = 1
    elif name == "one pixel":
        image[20, 30] = 1
    elif name == "one object":
        image[20:40, 20:40] = 1
    elif name == "all at the edge":
        image[:10, :20] = image[-8:, 30:50] = image[20:40, :5] = 1
    elif name == "a thousand of one pixel":
        image[1:-1:2, 1:-1:2] = 1
    elif name == "one from edge to edge":
        image[30:34] = 1
    elif name == "equal ones":
        for place in range(4, 60, 12):
            image[place : place + 6, 4:10] = image[place : place + 6, 30:36] = 1
    return image


IMAGES = (
    "nothing",
    "everything",
    "one pixel",
    "one object",
    "all at the edge",
    "a thousand of one pixel",
    "one from edge to edge",
    "equal ones",
)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_measurement_is_numbers_or_words(kind: str, name: str) -> None:
    for card in (None, card_of("grain", "grain boundary", objects=0, boundary=1)):
        for nm, error in ((None, None), (1e-3, 10.0), (1e6, 0.1)):
            given = {} if card is None else {"card": card}
            analysis = analysis_of(drawn(name), nm, **given)
            settings = MeasureSettings(kind=kind, grid_points=5, pixel_size_error_percent=error)
            found = measure_field(analysis, settings)
            written = (
                csv_bytes(values_table(found)) + csv_bytes(found.table) + to_json(found).encode()
            )
            for word in (b"nan,", b"inf,", b"NaN", b"Infinity"):
                assert word not in written
            for one in found.quantities:
                shown = f"{value_in_words(one)} {interval_in_words(one)}"
                assert "nan" not in shown and "inf" not in shown and "e+" not in shown
            assert found.warnings or not found.is_empty
            assert all(one.endswith(".") for one in (*found.warnings, *found.notes))
            twice = pool([found, from_json(to_json(found))])
            assert xlsx_bytes({"values": values_table(found), "all": twice.table})


@pytest.mark.parametrize("name", IMAGES)
def test_every_method_of_every_kind_too(name: str) -> None:
    chosen = [MeasureSettings(kind="particles", edge_correction=False, fit=fit) for fit in FITS]
    chosen += [MeasureSettings(kind="grains", grain_method=one) for one in GRAIN_METHODS]
    chosen += [
        MeasureSettings(kind="phases", phase_method=one, grid_points=40) for one in PHASE_METHODS
    ]
    for settings in chosen:
        found = measure_field(analysis_of(drawn(name), 10.0), settings)
        assert found.headline.value is not None or found.headline.reason.endswith(".")
