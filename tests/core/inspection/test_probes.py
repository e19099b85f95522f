"""Linear probes: classifiers whose answer is known, and images whose masks are independent."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from torch import nn

from core.errors import Cancelled, LamellaError
from core.figures.inspection.probes import depth_label, probes_figure
from core.inspection.probe_images import CONCEPTS, probe_image
from core.inspection.probes import IMAGE, Probe, ProbeInput, linear_probes, probe_auc
from models.architectures.small import SmallUnet


def test_what_is_linear_in_the_features_is_found_and_noise_is_not() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(2000) % 2 == 0
    noise = random.standard_normal((2000, 5))
    told = noise.copy()
    told[:, 3] += 20 * labels
    aucs = [
        probe_auc(one[:1000], labels[:1000], one[1000:], labels[1000:]) for one in (told, noise)
    ]
    assert aucs[0] == pytest.approx(1, abs=1e-3)
    assert aucs[1] == pytest.approx(0.5, abs=0.06)


def test_constant_features_are_chance() -> None:
    labels = np.arange(100) % 2 == 0
    assert probe_auc(np.ones((100, 2)), labels, np.ones((100, 2)), labels) == 0.5


def test_masks_of_a_probe_image_do_not_tell_by_grey_level() -> None:
    made = probe_image(3)
    assert made.grey.shape == (256, 256) and made.grey.min() >= 0 and made.grey.max() <= 1
    edge, texture, inside = (made.masks[name] for name in CONCEPTS)
    assert not (edge & inside).any()
    assert 0.02 < edge.mean() < 0.2 and 0.3 < texture.mean() < 0.7 and 0.02 < inside.mean() < 0.4
    # Far from outlines, both textures and both sides of a closed outline have the same grey.
    ground = ~edge
    assert made.grey[ground & texture].mean() == pytest.approx(
        made.grey[ground & ~texture].mean(), abs=0.02
    )
    np.testing.assert_array_equal(made.grey, probe_image(3).grey)
    with pytest.raises(LamellaError, match="at least 96 px"):
        probe_image(0, 32)


class Copies(nn.Module):
    """Hands its image on at full and at a quarter of the resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.copy = nn.Conv2d(1, 1, 1, bias=False)
        self.small = nn.AvgPool2d(4)
        nn.init.ones_(self.copy.weight)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.small(self.copy(image))


def test_a_copy_of_the_image_tells_what_the_image_tells() -> None:
    probes = linear_probes(Copies(), ProbeInput(0.5, 0.1, side=128))
    found = {(one.layer, one.concept): one.auc for one in probes}
    assert list(found) == [
        (layer, concept) for layer in (IMAGE, "copy", "small") for concept in CONCEPTS
    ]
    for concept in CONCEPTS:
        assert found["copy", concept] == pytest.approx(found[IMAGE, concept], abs=1e-6)
    assert found[IMAGE, "texture"] == pytest.approx(0.5, abs=0.05)
    assert found[IMAGE, "object"] == pytest.approx(0.5, abs=0.05)


def test_figure_has_a_curve_for_each_concept_and_kind_of_weights() -> None:
    found = [Probe(layer, concept, 0.7) for layer in (None, "conv") for concept in CONCEPTS]
    figure = go.Figure(probes_figure(found, found, ("grey level", "1/2")).to_dict())
    assert [trace.name for trace in figure.data][:2] == ["edge", "edge, random weights"]
    assert len(figure.data) == 6
    assert depth_label(16, "43 px") == "1/16<br>sees 43 px"


def test_probes_can_be_stopped_and_leave_the_network_alone() -> None:
    network = SmallUnet(classes=2, widths=(4, 6)).train()

    def stop(done: int, total: int) -> None:
        assert (done, total) == (1, 10)
        raise Cancelled

    with pytest.raises(Cancelled):
        linear_probes(network, ProbeInput(side=96), on_progress=stop)
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
