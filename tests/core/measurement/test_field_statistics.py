"""Means over fields of view: the worked examples of ASTM E562 and E112."""

import pytest

from core.errors import DataError
from core.measurement.field_statistics import field_statistics
from core.measurement.grains.grain_size import g_from_count


def test_no_field_is_refused():
    with pytest.raises(DataError, match="No field"):
        field_statistics([])


def test_grains_in_five_fields():
    found = field_statistics([177, 190, 165, 183, 171])
    assert found.mean == pytest.approx(177.2)
    assert found.standard_deviation == pytest.approx(9.808, abs=1e-3)
    half = found.confidence_interval_95
    assert half == pytest.approx(12.178, abs=1e-3)
    assert found.relative_accuracy_percent == pytest.approx(6.873, abs=1e-3)
    assert g_from_count(found.mean - half) == pytest.approx(4.413, abs=2e-3)
    assert g_from_count(found.mean + half) == pytest.approx(4.611, abs=2e-3)


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
