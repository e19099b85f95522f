"""Phase fractions: counted by hand, and the worked example of ten fields."""

import numpy as np
import pytest

from core.errors import DataError
from core.measurement.phase_fraction import field_statistics, phase_fractions
from core.types import Phase, PixelSize

PHASES = (Phase("matrix", "#000000"), Phase("carbide", "#E69F00"), Phase("pore", "#56B4E9"))


def test_fractions_leave_the_info_bar_out():
    labels = np.zeros((10, 10), np.uint8)
    labels[:2], labels[2, :4] = 1, 2
    above = np.arange(10)[:, None] < np.full((1, 10), 8)
    table = phase_fractions(labels, PHASES, measurable=above)
    assert table.phase.tolist() == ["matrix", "carbide", "pore"]
    assert table.area_px2.tolist() == [56, 20, 4]
    assert table.area_fraction.tolist() == [0.7, 0.25, 0.05]
    calibrated = phase_fractions(labels, PHASES, PixelSize(3, "typed by user"), above)
    assert calibrated.area_nm2.tolist() == [504, 180, 36]
    assert "area_px2" not in calibrated


def test_what_cannot_be_counted_is_told():
    labels = np.full((4, 4), 3, np.uint8)
    with pytest.raises(DataError, match="go up to 3"):
        phase_fractions(labels, PHASES)
    with pytest.raises(DataError, match="leaves nothing"):
        phase_fractions(labels, PHASES, measurable=np.zeros((4, 4), bool))
    with pytest.raises(DataError, match="No field"):
        field_statistics([])


def test_ten_fields_of_a_point_count():
    found = field_statistics([18, 22, 20, 25, 15, 21, 19, 24, 17, 19])
    assert (found.fields, found.mean) == (10, 20)
    assert found.standard_deviation == pytest.approx(3.0912, abs=1e-4)
    assert found.confidence_interval_95 == pytest.approx(2.2113, abs=1e-4)
    assert found.relative_accuracy_percent == pytest.approx(11.057, abs=1e-3)
    assert found.wording.startswith("n = 10 fields: 95 % confidence interval ± 2.21,")


def test_one_field_has_no_interval():
    found = field_statistics([0.2])
    assert found.mean == 0.2
    assert found.confidence_interval_95 is None
    assert found.wording == "n = 1 field: no confidence interval"


def test_fields_without_the_phase():
    found = field_statistics([0, 0, 0])
    assert found.confidence_interval_95 == 0
    assert found.relative_accuracy_percent is None
