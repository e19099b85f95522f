import numpy as np

from core.interaction.prompts import Box, Click, prompt_maps


def test_a_click_is_a_disk_of_81_pixels_and_the_last_one_counts_where_two_overlap() -> None:
    maps = prompt_maps((32, 32), [Click(10, 12)])
    assert maps.shape == (4, 32, 32)
    assert maps[0].sum() == 81
    assert maps[1:].sum() == 0
    maps = prompt_maps((32, 32), [Click(10, 12), Click(10, 12, inside=False)])
    assert maps[0].sum() == 0
    assert maps[1].sum() == 81


def test_box_fills_the_pixels_whose_middle_it_holds_and_is_found_again() -> None:
    box = Box(1.5, 2.5, 4.5, 8.5)
    maps = prompt_maps((10, 12), [], None, box)
    assert maps[3].sum() == 3 * 6
    assert maps[3, 2:5, 3:9].all()
    assert Box.around(maps[3] > 0) == box
    assert (box.height, box.width) == (3, 6)


def test_the_answer_before_is_taken_over_as_it_is() -> None:
    before = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    assert np.array_equal(prompt_maps((8, 8), [], before)[2], before)
