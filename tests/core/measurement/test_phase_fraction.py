"""Phase fractions: counted by hand."""

import numpy as np
import pytest

from core.errors import DataError
from core.measurement.phase_fraction import phase_fractions
from core.types.pixel_size import PixelSize
from core.types.segmentation import Phase

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
