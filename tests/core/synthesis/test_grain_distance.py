"""How far two looks are apart: known histograms, known spectra, a fit that finds its way back."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import Cancelled, LamellaError
from core.synthesis.grains.distance import feature_distance, fit_settings, look, look_distance
from core.synthesis.grains.effects import Blur, Channelling, Noise, Seeds, Tone
from core.synthesis.grains.image import generate
from core.synthesis.grains.settings import GrainSettings

SETTINGS = GrainSettings(seeds=Seeds(40), tone=Tone())


def test_an_image_is_at_no_distance_from_itself():
    image = np.random.default_rng(0).random((96, 96)).astype(np.float32)
    distance = look_distance(look(image), look(image))
    assert distance.grey == distance.spectrum == distance.total == 0


def test_opposite_greys_are_a_whole_range_apart():
    dark, light = np.zeros((2, 64, 64), np.float32)
    # All but the share that the stretch cuts off.
    dark[:2] = 1
    light[2:] = 1
    assert look_distance(look(dark), look(light)).grey == pytest.approx(1 - 4 / 64, abs=0.03)


def test_a_wave_has_its_power_at_its_frequency():
    wave = np.sin(2 * np.pi * 0.125 * np.arange(256)) * np.ones((256, 1))
    found = look(wave.astype(np.float32))
    assert found.frequency[found.power.argmax()] == pytest.approx(0.125, rel=0.15)


def test_white_noise_has_a_flat_spectrum():
    found = look(np.random.default_rng(1).standard_normal((256, 256)).astype(np.float32))
    fine = found.power[found.frequency > 0.05]
    assert fine.max() / fine.min() < 1.5


def test_a_fit_comes_closer_and_finds_the_blur():
    truth = replace(SETTINGS, blur=Blur(2.2, 1.0), noise=Noise(1000), channelling=Channelling(0.25))
    image = generate(truth, (256, 256), 9).grey / 255
    fit = fit_settings(replace(SETTINGS, blur=Blur(0.5, 1.0), noise=Noise(30)), image)
    assert fit.after.total < 0.5 * fit.before.total
    assert fit.settings.blur.sigma_px == pytest.approx(2.2, rel=0.35)
    assert fit.settings.noise.electrons > 300
    assert fit.settings.seeds == SETTINGS.seeds


def test_a_fit_can_be_stopped_and_refuses_a_stamp():
    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fit_settings(SETTINGS, np.zeros((64, 64), np.float32), stop)
    with pytest.raises(LamellaError, match="32 px"):
        fit_settings(SETTINGS, np.zeros((16, 16), np.float32))


def test_feature_distance_of_two_normal_distributions():
    random = np.random.default_rng(0)
    one, other = random.standard_normal((2, 100, 100))

    def features(image: np.ndarray) -> np.ndarray:
        return np.stack([image.ravel(), 2 * image.ravel()])

    assert feature_distance([one], [one], features) == 0
    # Means one deviation apart, same spread.
    assert feature_distance([one], [other + 1], features) == pytest.approx(1, abs=0.03)
