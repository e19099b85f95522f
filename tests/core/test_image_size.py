from __future__ import annotations

from core.image_size import width_x_height


def test_the_width_comes_first() -> None:
    assert width_x_height((480, 640)) == "640 x 480"
    assert width_x_height(("3 nm", "5 nm"), "×") == "5 nm × 3 nm"
