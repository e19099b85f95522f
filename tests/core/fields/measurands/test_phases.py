"""Phase fractions of a field, by area and by points; and no number of a field that isn't one."""

import numpy as np
import pytest

from core.errors import DataError
from core.fields.field import measure_field
from core.fields.settings import KINDS, MeasureSettings
from core.measurement.uncertainty import ModelError
from tests.core.fields.made_analysis import analysis_of, card_of, discs

STEEL = card_of("matrix", "pearlite", "pore", objects=None)


def half():
    labels = np.zeros((100, 100), np.uint8)
    labels[:, :40] = 1
    labels[:10, 90:] = 2
    return labels


def test_fractions_by_area_and_by_points():
    errors = (ModelError("fraction.pearlite", 0.5, 2.0, 4),)
    found = measure_field(analysis_of(half(), card=STEEL), MeasureSettings(phase=1), errors)
    assert found.kind == "phases" and found.headline.name == "Fraction of pearlite"
    assert (found.headline.value, found.headline.unit) == (40, "%")
    assert found.headline.interval is None and "One field" in found.headline.reason
    (part,) = found.headline.parts
    assert (part.source, part.above, part.shared) == ("model", 2.0, 0.25)
    assert [one.value for one in found.quantities[:3]] == [59, 40, 1]
    assert found.table["area_nm2"].tolist() == [590_000, 400_000, 10_000]
    by_points = measure_field(
        analysis_of(half(), card=STEEL), MeasureSettings(phase=1, phase_method="point count")
    )
    # Ten columns of points at 5, 15, ..., 95: four lie in the phase.
    assert by_points.headline.value == 40 and by_points.headline.n == 100
    assert by_points.drawing.hits.counts.sum() == 40
    assert "E562" in by_points.method and "E1245" in found.method


def test_an_info_bar_has_no_phase():
    found = measure_field(
        analysis_of(half(), card=STEEL, bar=50), MeasureSettings(kind="phases", phase=2)
    )
    assert found.headline.value == 2


def test_a_phase_that_is_not_there_is_zero_and_says_so():
    found = measure_field(analysis_of(np.zeros((50, 50)), card=STEEL), MeasureSettings(phase=1))
    assert found.headline.value == 0 and found.is_empty
    assert "The phase pearlite was not found" in found.warnings[0]
    with pytest.raises(DataError, match="the phases are 0 to 2"):
        measure_field(analysis_of(half(), card=STEEL), MeasureSettings(phase=3))


HARD = {
    "nothing": np.zeros((60, 60), np.uint8),
    "one": discs(np.array([(30, 30)]), np.array([12.0]), (60, 60)),
    "all at the edge": discs(np.array([(0, 40), (59, 10)]), np.array([9.0, 6.0]), (60, 60)),
    "everything": np.ones((60, 60), np.uint8),
    "tiny": (np.indices((60, 60)) % 3 == 0).all(0).astype(np.uint8),
    "two rows": np.repeat(np.arange(60) < 2, 60).reshape(60, 60).astype(np.uint8),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "nm"), [*((name, 10.0) for name in HARD), ("one", None)])
def test_hard_fields_give_numbers_that_are_some_or_a_sentence(kind, name, nm):
    found = measure_field(analysis_of(HARD[name], nm), MeasureSettings(kind=kind))
    for one in found.quantities:
        assert one.value is None or np.isfinite(one.value)
        assert one.interval is not None or one.reason.endswith(".")
        assert "nan" not in one.name and (one.unit or one.symbol)
    assert found.headline in found.quantities
    assert found.method.count(". ") >= 1 and found.scale
    if found.is_empty:
        assert found.warnings and found.warnings[0].endswith(".")
    if found.headline.value is None:
        assert found.warnings
    numbers = found.table.select_dtypes("number").to_numpy()
    assert not np.isinf(numbers).any()
    for shown in (found.distribution, *found.further):
        assert shown is None or np.isfinite(shown.values).all()
