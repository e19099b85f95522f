import numpy as np

from core.interaction.prompts import Box, Click
from core.interaction.windows import Window


def test_window_is_pushed_into_the_image_and_centred_where_it_is_larger() -> None:
    assert Window.around(2, 50, 40, (100, 100)) == Window(0, 30, 40)
    assert Window.around(99, 99, 40, (100, 100)) == Window(60, 60, 40)
    assert Window.around(10, 10, 200, (100, 60)) == Window(-50, -70, 200)
    assert Window.around(50, 50, 3, (100, 100)).side == 32


def test_window_follows_a_box() -> None:
    box = Box(39.5, 29.5, 59.5, 69.5)
    assert Window.of_box(box, 2.0, (200, 200)) == Window(10, 10, 80)


def test_places_keep_their_middle_when_scaled() -> None:
    window = Window(10, 20, 64)
    # The window's edges are those of the input: -0.5 and side - 0.5.
    assert window.click(Click(9.5, 19.5), 128) == Click(-0.5, -0.5)
    assert window.click(Click(10, 20, False), 128) == Click(0.5, 0.5, False)
    assert window.box(Box(9.5, 19.5, 73.5, 83.5), 128) == Box(-0.5, -0.5, 127.5, 127.5)


def test_cut_mirrors_beyond_the_image_and_place_takes_only_the_image_back() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    window = Window(-1, 0, 4)
    cut = window.cut(image, 4)
    assert np.array_equal(cut, np.stack([image[1], image[0], image[1], image[2]]))
    assert np.array_equal(window.place(cut, image.shape), image)


def test_window_of_twice_the_size_gives_means_and_back_the_same_flat_image() -> None:
    image = np.kron(np.array([[0, 1], [1, 0]], np.float32), np.ones((16, 16), np.float32))
    window = Window(0, 0, 32)
    assert np.array_equal(window.cut(image, 2), [[0, 1], [1, 0]])
    assert np.array_equal(
        window.place(np.full((8, 8), 0.25, np.float32), (32, 32)), 0.25 + 0 * image
    )
