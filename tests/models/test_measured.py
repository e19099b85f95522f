"""What was measured of a model, from its file to the card's text, the figure and the page."""

from dataclasses import replace

import pytest

from core.evaluation import choices, score_tables
from core.evaluation.initialization_scores import (
    InitializationRun,
    InitializationScore,
    add_initialization_score,
    initializations_of,
    read_initialization_scores,
)
from core.evaluation.measured import ConfidenceCalibration, Measured, ReliabilityBin
from core.evaluation.seed_scores import SeedScore, by_score, read_seed_scores, write_seed_scores
from core.figures.reliability import reliability_figure
from core.measurement.bootstrap import Estimate
from core.types.model_card import Score
from models import catalogue, zoo
from models.measured import FOLDER, measured
from research.model_cards import card_text

FILES = sorted(path.stem for path in FOLDER.glob("*.json") if "." not in path.stem)
CAREFUL = [name for name in FILES if zoo.card(name).careful]
SEEDS = sorted(path.name.removesuffix(".seeds.csv") for path in FOLDER.glob("*.seeds.csv"))
NAN = float("nan")
# A smaller gain is not worth showing other probabilities than the network's own.
WORTH_APPLYING = 0.01


def seeds_of(name: str) -> tuple[SeedScore, ...]:
    return read_seed_scores(FOLDER / f"{name}.seeds.csv")


# Measured of the shipped weights only; those of the other seeds were not kept.
OF_THE_SHIPPED_SEED = {"mean_diameter_absolute_error", "objects_f1_iou50_micro"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_belongs_to_the_shipped_weights_and_agrees_with_the_card(name):
    card, found = zoo.card(name), measured(name)
    assert found.model == name and found.weights_sha256 == card.weights.sha256, (
        f"measure the shipped weights again: make measure NAME={name}"
    )
    assert found.phases == tuple(phase.name for phase in card.phases)
    keyed = [score for score in card.scores if score.key]
    assert keyed, "name the key of at least one score, so that the card can tell its images"
    for score in keyed:
        assert score.value == pytest.approx(found.scores[score.key].value, abs=5.1e-4), score.key
        if score.key in found.groups:
            assert f"({found.groups[score.key]} images)" in score.metric
    rows = (FOLDER / f"{name}.images.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + found.images


# How much better an ensemble may be; one pass of the steel's is 0.010 behind, and of the
# superalloy's 0.008, as their cards say.
LITTLE = {"carbon-steel": 0.0105, "superalloy": 0.0085}


@pytest.mark.parametrize("name", CAREFUL)
def test_an_ensemble_that_can_be_chosen_is_better_and_little_better(name):
    card, one, careful = zoo.card(name), measured(name), measured(name, careful=True)
    assert careful.weights_sha256 == card.weights.sha256
    first = next(score.key for score in card.scores if score.key)
    assert 0 <= careful.scores[first].value - one.scores[first].value < LITTLE.get(name, 0.003)
    text = choices.careful_text(card, one, careful)
    assert text in card_text(card)
    assert f"{careful.scores[first].value:.3f} in place of {one.scores[first].value:.3f}" in text


def test_one_of_the_seeds_is_shipped_and_scored_alike():
    for name in SEEDS:
        card = catalogue.all_cards()[name]
        # The other seeds were scored with the ensemble, and their weights were not kept.
        rows, found = seeds_of(name), measured(name, careful=name in CAREFUL)
        assert len({one.seed for one in rows}) >= 3
        shipped = [one for one in rows if one.weights_sha256 == card.weights.sha256]
        assert {one.seed for one in shipped} == {catalogue.recipe(name).seed}
        on_card = {score.key: score.value for score in card.scores if score.key}
        assert {one.score for one in shipped} == set(on_card) - OF_THE_SHIPPED_SEED
        for one in shipped:
            # A card rounds to three digits, a file of scores to six.
            wanted, within = on_card[one.score], 5.1e-4
            if found:
                wanted, within = found.scores[one.score].value, 5e-5
            assert one.value == pytest.approx(wanted, abs=within)
        # Every seed has every score, once.
        assert len(rows) == len({one.seed for one in rows}) * len(shipped)


def test_seed_scores_come_back_and_replace_their_own_seed_only(tmp_path):
    path = tmp_path / "m.seeds.csv"
    first = SeedScore(2, None, None, "ab", "mean_iou", 0.5)
    write_seed_scores(path, [first, replace(first, score="iou.oxide", value=0.25)])
    write_seed_scores(path, [replace(first, seed=1)])
    write_seed_scores(path, [replace(first, value=0.75)])
    found = read_seed_scores(path)
    assert [(one.seed, one.value) for one in found] == [(1, 0.5), (2, 0.75)]
    assert found[0].step is None and found[1] == replace(first, value=0.75)
    assert by_score(found) == {"mean_iou": (0.5, 0.75)}
    assert read_seed_scores(tmp_path / "none.csv") == ()


def test_starts_come_back_and_are_compared_by_their_mean(tmp_path):
    path = tmp_path / "initializations.csv"
    run = InitializationRun("m", "tu-tf_efficientnet_lite0", "imagenet", 2, 150, 4, 192)
    made = [
        InitializationScore(run, 0.8, 60),
        InitializationScore(replace(run, seed=1), 0.6, 61),
        InitializationScore(replace(run, init="scratch"), 0.5, 62),
        InitializationScore(replace(run, model="other"), 0.9, 63),
    ]
    for one in made:
        add_initialization_score(path, one)
    assert read_initialization_scores(path) == tuple(made)
    scratch, imagenet = initializations_of("m", read_initialization_scores(path))
    assert (scratch.init, scratch.scores) == ("scratch", (0.5,))
    assert (imagenet.scores, imagenet.mean) == ((0.6, 0.8), pytest.approx(0.7))
    row = score_tables.initialization_rows([imagenet])[0]
    assert (row.init, row.encoder) == ("ImageNet", "EfficientNet-Lite0")
    assert (row.scores, row.mean) == ("0.600, 0.800", "0.700")
    assert "150 steps of 4 crops of 192 px" in score_tables.initialization_caption([imagenet])
    assert read_initialization_scores(tmp_path / "none.csv") == ()


@pytest.mark.parametrize("name", FILES)
def test_a_temperature_is_on_the_card_where_it_is_worth_applying_and_only_there(name):
    card, calibration = zoo.card(name), measured(name).confidence_calibration
    gain = calibration.error_without - calibration.error_with
    expected = calibration.temperature if gain > WORTH_APPLYING else 1.0
    assert card.temperature == pytest.approx(expected, abs=5.1e-3)


def test_every_file_that_cards_read_is_of_a_model_with_masks():
    assert {"grains", "particles", "particles-resnet18"} <= set(FILES) <= set(zoo.CARDS)


def test_the_file_of_particles_holds_what_was_counted():
    found = measured("particles")
    assert found.images == 54
    assert found.scores["foreground_iou_macro"].value == pytest.approx(0.900, abs=5e-4)
    # The published number of bins, and shares that add up.
    assert len(found.confidence_calibration.bins) == 15
    assert sum(one.share for one in found.confidence_calibration.bins) == pytest.approx(1, abs=1e-5)
    gaps = [
        one.share * abs(one.accuracy - one.confidence) for one in found.confidence_calibration.bins
    ]
    error = sum(gap for gap in gaps if gap == gap)
    assert error == pytest.approx(found.confidence_calibration.error, abs=1e-5)
    assert measured("otsu") is None


BINS = (
    ReliabilityBin(0.6, 0.8, 0.7, 0.6, 0.25),
    ReliabilityBin(0.8, 0.9, NAN, NAN, 0.0),
    ReliabilityBin(0.9, 1.0, 0.95, 0.9, 0.75),
)


def invented(**changes) -> Measured:
    scores = {
        "mean_iou": Estimate(0.8, 0.7, 0.9),
        "expected_calibration_error": Estimate(0.0625, 0.05, 0.07),
        "mean_diameter_error": Estimate(-0.021, -0.1, 0.05),
        "mean_diameter_absolute_error": Estimate(0.04, NAN, NAN),
    }
    for key in ("iou", "dice", "boundary_f1_2px"):
        scores[f"{key}.oxide"] = Estimate(0.5, 0.4, 0.6)
    scores["boundary_f1_2px.oxide"] = Estimate(NAN, NAN, NAN)
    scores["phase_fraction_error_points.oxide"] = Estimate(-1.5, -2.0, 0.5)
    scores["phase_fraction_absolute_error_points.oxide"] = Estimate(1.5, 1.0, 2.0)
    found = Measured(
        "m", None, 4, ("oxide",), scores, ConfidenceCalibration(BINS, 0.0625, 0.0625, NAN, NAN, NAN)
    )
    return replace(found, **changes)


def rows(found) -> dict:
    return {one.name: (one.value, one.interval) for one in found}


def test_scores_in_words():
    overall = rows(score_tables.overall_rows(invented()))
    assert overall[score_tables.OVERALL["mean_iou"]] == (
        "0.800",
        "0.700 to 0.900",
    )
    signed = overall[score_tables.RELATIVE["mean_diameter_error"]]
    assert signed == ("-2.1 %", "-10.0 % to +5.0 %")
    assert overall[score_tables.RELATIVE["mean_diameter_absolute_error"]] == ("4.0 %", "")
    by_phase = rows(score_tables.phase_rows(invented(), "oxide"))
    assert by_phase[score_tables.BY_PHASE["boundary_f1_2px"]] == ("not known", "")
    fraction = by_phase[score_tables.POINTS["phase_fraction_error_points"]]
    assert fraction == ("-1.50", "-2.00 to +0.50")


def test_few_images_show_their_values_and_no_interval():
    few = invented(by_image={"mean_iou": (0.7, 0.8, 0.9)})
    overall = rows(score_tables.overall_rows(few))
    assert overall[score_tables.OVERALL["mean_iou"]] == ("0.800", "0.700, 0.800, 0.900")
    assert overall[score_tables.RELATIVE["mean_diameter_error"]] == ("-2.1 %", "")
    steel, particles = measured("carbon-steel"), measured("particles")
    assert len(steel.by_image["mean_iou"]) == steel.images == 4 and not particles.by_image
    assert all(one.low != one.low for one in steel.scores.values())
    assert steel.by_image["iou.Widmanstätten cementite"][0] == pytest.approx(0.551312, abs=1e-4)


def test_intervals_of_grains_are_over_micrographs():
    found = measured("grains")
    assert found.images == 96 and found.cluster == "source_image"
    assert "source image" in score_tables.interval_note(found)


def test_a_score_tells_its_interval_its_seeds_and_whose_test_set_it_is():
    ours = Score("mean IoU", 0.8, "4 images", "mean_iou")
    (row,) = score_tables.card_score_rows([ours], invented(), {"mean_iou": (0.78, 0.8, 0.82)})
    assert row.interval == "0.700 to 0.900"
    assert row.name == "mean IoU (3 seeds: mean 0.800, 0.780 to 0.820)"
    assert score_tables.card_score_rows([ours], invented(), {})[0].name == "mean IoU"
    assert score_tables.test_set_note([ours]) == score_tables.TEST_SETS["ours"]
    authors, made = replace(ours, test_set="authors"), replace(ours, test_set="made")
    assert score_tables.test_set_note([authors]) == score_tables.TEST_SETS["authors"]
    assert score_tables.test_set_note([made]) == ""
    (row,) = score_tables.card_score_rows([ours], None, {"mean_iou": (0.78, 0.8, 0.82)})
    assert row.interval == "" and row.name.startswith("mean IoU (3 seeds: mean 0.800")


def test_calibration_and_speed_in_words():
    card, error = zoo.card("grains"), Estimate(0.0625, 0.05, 0.07)
    plain = ConfidenceCalibration(BINS, 0.0625, 0.0625, 2.0, 0.06, 0.02)
    applied = score_tables.confidence_calibration_text(replace(card, temperature=2.0), plain, error)
    assert "overconfident by 6.2 percentage points" in applied
    assert "from 0.060 to 0.020" in applied and "at a temperature of 2.00" in applied
    left = score_tables.confidence_calibration_text(replace(card, temperature=1.0), plain, error)
    assert "It is not applied" in left
    timid = replace(plain, overconfidence=-0.01)
    assert "underconfident" in score_tables.confidence_calibration_text(card, timid, error)
    busy = invented(seconds=6.0, processor_seconds=1.6, machine="CPU, 1 of 2 cores")
    assert score_tables.speed_text(busy) == (
        "1.6 s of processor time per megapixel, 6.0 s wall-clock time (CPU, 1 of 2 cores)"
    )
    gpu = invented(seconds=0.0211, processor_seconds=0.02, machine="NVIDIA L4")
    assert score_tables.speed_text(gpu) == "0.021 s per megapixel (NVIDIA L4)"


def test_the_reliability_curve_has_a_point_for_each_bin_with_pixels():
    figure = reliability_figure(BINS)
    diagonal, curve = figure.data
    assert list(curve.x) == [0.7, 0.95] and list(curve.y) == [0.6, 0.9]
    # Areas stand as the shares do: 1 to 3.
    small, large = curve.marker.size
    assert (large / small) ** 2 == pytest.approx(3)
    assert list(diagonal.x) == list(diagonal.y) == [0, 1]


def test_the_card_of_particles_tells_what_was_measured():
    text = card_text(zoo.card("particles"))
    assert "| IoU of particles, mean over images | 0.900 | 0.869 to 0.925 |" in text
    assert score_tables.TEST_SETS["ours"] in text and "Expected calibration error" in text
    assert "perforated carbon film" in text
    assert "## All scores" not in card_text(zoo.card("otsu"))
