"""What the study of grain boundaries computes and draws, on images whose answer is known."""

import io

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from PIL import Image
from torch import nn

from core.errors import Cancelled, DataError, ModelError
from core.segmentation.engines.engine import Engine
from core.synthesis.grains.distance import look
from core.synthesis.grains.samples import GRAIN_SAMPLES, SHAPE
from core.training.recipe import Recipe
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard
from core.types.segmentation import Phase
from research.grains.measure import one_of_each, write
from studies.grains import figures
from studies.grains.networks.results import MICROSCOPE, Row, read_rows
from studies.grains.scoring import (
    encoder_features,
    find_grains,
    read_boundary_mask,
    train_live,
    without_bars,
)


class Halved(nn.Module):
    """The image at its own, half and a quarter of its resolution."""

    def forward(self, batch: torch.Tensor) -> list[torch.Tensor]:
        return [batch, batch[:, :, ::2, ::2], batch[:, :, ::4, ::4]]


class DarkIsBoundary(nn.Module):
    """Boundary where the grey level lies below the mean of the card."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Halved()
        self.scale = nn.Parameter(torch.tensor(8.0))

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return torch.cat([batch, -batch], 1) * self.scale


CARD = ModelCard(
    name="tiny",
    title="Tiny",
    purpose="",
    phases=(Phase("grain", "#000000"), Phase("boundary", "#ffffff")),
    build=DarkIsBoundary,
    weights=None,
    architecture="",
    mean=0.5,
    std=0.25,
    data="",
    licence="",
    reference="",
    boundary_phase=1,
)


def squares(side: int = 30, cells: int = 4) -> tuple[np.ndarray, np.ndarray]:
    place = np.indices((side * cells, side * cells)) % side
    lines = ((place < 2) | (place >= side - 2)).any(0)
    return np.where(lines, 0.2, 0.8).astype(np.float32), lines


def png(mask: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def engine() -> Engine:
    return Engine(CARD, DarkIsBoundary().eval(), "cpu")


def test_squares_are_found_measured_and_scored(engine):
    pixels, lines = squares()
    found = find_grains(engine, pixels, lines)
    assert found.count.inside + found.count.cut + found.count.corners == 16
    # Three crossings on each row and column of 120 px, more on the diagonals.
    lines = found.intercepts
    means = [one / hits for one, hits in zip(lines.length_px, lines.crossings, strict=True)]
    assert means[0] == means[2] == pytest.approx(40)
    assert means[1] < 40 and means[3] < 40
    assert found.agreement.band.f1 == found.agreement.line.f1 == 1
    assert found.agreement.intercept_error == 0
    assert find_grains(engine, pixels).agreement is None


def test_a_large_image_is_measured_in_its_middle(engine):
    pixels = np.tile(squares()[0], (10, 10))
    found = find_grains(engine, pixels, pixels < 0.5)
    assert found.grey.shape == (1024, 1024)
    assert found.agreement.band.f1 == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no image", "no readable"),
        (png(np.zeros((8, 8), np.uint8)), "marks no boundary"),
        (png(np.ones((8, 8, 3), np.uint8)), "one channel"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(data, words):
    with pytest.raises(DataError, match=words):
        read_boundary_mask(data, "mask.png")


def test_a_mask_must_fit_its_micrograph(engine):
    mask = read_boundary_mask(png(np.full((8, 8), 255, np.uint8)), "mask.png")
    assert mask.all()
    with pytest.raises(DataError, match="must be the same"):
        find_grains(engine, np.zeros((64, 64), np.float32), mask)


def test_a_mask_of_the_whole_file_loses_the_rows_of_both_info_bars():
    shown = Micrograph(
        np.zeros((20, 8), np.float32), "a.png", "ab" * 32, None, info_bar_rows=5, top_bar_rows=3
    )
    mask = np.arange(20)[:, None] * np.ones((20, 8), int)
    assert np.unique(without_bars(mask, shown)).tolist() == list(range(3, 15))
    assert without_bars(mask[3:15], shown).shape == (12, 8)


def test_features_come_from_the_middle_at_a_quarter(engine):
    image = np.random.default_rng(0).random((300, 280)).astype(np.float32)
    assert encoder_features(engine, image).shape == (1, 64 * 64)
    assert encoder_features(engine, image[:20, :20]).shape == (1, 8 * 8)


def without_package(network: nn.Module) -> str:
    raise ModelError("The package is not installed.")


def test_a_short_training_without_the_package_begins_from_scratch():
    recipe = Recipe(steps=100, initialize=without_package, masks="instances")
    seen: list[float] = []
    found = train_live(CARD, recipe, 2, seed=3, seen=seen.append)
    assert found.began == "from scratch"
    assert found.losses == tuple(seen) and len(seen) == 2
    assert 0 <= found.score <= 1


def test_a_short_training_can_be_stopped_and_needs_a_step():
    def stop(done: int, total: int) -> None:
        raise Cancelled

    recipe = Recipe(steps=100, initialize=without_package, masks="instances")
    with pytest.raises(Cancelled):
        train_live(CARD, recipe, 5, progress=stop)
    with pytest.raises(DataError, match="1 or more"):
        train_live(CARD, recipe, 0)


def test_lines_are_drawn_in_the_colours_of_the_legend():
    grey, lines = squares()
    picture = figures.boundary_picture(grey, lines, np.roll(lines, 15, (0, 1)), width_px=1)
    colors = {tuple(color) for color in picture.reshape(-1, 3).tolist()}
    expected = [figures.rgb(c) for c in (figures.FOUND, figures.REFERENCE, figures.BOTH)]
    assert {tuple(color.tolist()) for color in expected} <= colors
    assert len(colors) == 4


def test_every_figure_is_valid_to_plotly():
    looks = {"one": look(squares()[0]), "other": look(squares(20, 6)[0])}
    made = [
        figures.histogram_figure(looks),
        figures.spectrum_figure(looks),
        figures.learning_figure([1.0, 0.5], 10),
        figures.ablation_figure(["a", "b"], [0.7, 0.6], [0.02, 0.03], 0.72),
    ]
    for figure in made:
        go.Figure(figure.to_dict())
    assert list(made[3].data[0].y) == ["a", "b"]
    assert list(made[3].data[0].x) == [0.7, 0.6]


def test_the_middle_of_a_small_image_is_the_image():
    assert figures.middle_of(np.zeros((100, 40)), 60).shape == (60, 40)


@pytest.mark.parametrize("sample", GRAIN_SAMPLES, ids=lambda one: one.name)
def test_samples_are_made_with_their_truth(sample):
    micrograph, labels = sample.build()
    assert micrograph.shape == labels.shape == SHAPE
    assert micrograph.pixel_size.nm == sample.pixel_size_nm
    assert 0.03 < labels.mean() < 0.2


def test_a_table_of_the_ablation_comes_back_in_the_order_of_its_runs(tmp_path):
    rows = [Row(run, 0.5, 0.4, 0.6, 32, 90.0) for run in (("noise",), ("attack",), ())]
    write(rows, tmp_path / "ablation.csv")
    found = read_rows(tmp_path / "ablation.csv")
    assert [row.without for row in found] == [(), ("attack",), ("noise",)]
    assert found[0].title == "Nothing: all effects" and found[1].title == "Strong etching"
    assert found[0].half_interval == pytest.approx(0.1)
    assert Row(MICROSCOPE, 0, 0, 0, 1, 1).title == "The whole microscope"
    assert read_rows(tmp_path / "none.csv") == ()


def test_one_tile_of_each_micrograph_is_scored(tmp_path):
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    lines = ["stem,source_image"]
    for stem, source in (("a1", 1), ("a2", 1), ("b1", 2)):
        lines.append(f"{stem},{source}")
        mask = np.zeros((32, 32), np.uint8)
        mask[source] = 255
        Image.fromarray(mask).save(tmp_path / "images" / f"{stem}.png")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{stem}.png")
    (tmp_path / "index.csv").write_text("\n".join(lines) + "\n")
    found = one_of_each(tmp_path)
    assert [int(np.flatnonzero(one.boundary.any(1))[0]) for one in found] == [1, 2]
