"""Why a label: sums that must come out, maps whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.errors import Cancelled, LamellaError
from core.inspection.attribution.attribution import (
    class_probabilities,
    further_outputs,
    layer_with_evidence,
    seg_grad_cam,
    split_logit,
)
from core.inspection.attribution.occlusion import occlusion
from core.inspection.attribution.sanity import sanity_check
from core.inspection.receptive_field.receptive_field import receptive_field
from core.inspection.subject import Subject
from models.architectures.lenet import build_lenet, build_lenet_1998
from models.architectures.small import SmallUnet, build_stack


def unet_subject(side: int = 32) -> Subject:
    torch.manual_seed(2)
    network = SmallUnet(classes=3, widths=(4, 6))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return Subject(network, torch.rand(1, 1, side, side))


class UpsampledHead(nn.Module):
    """A 3 x 3 head at half the resolution, enlarged linearly, as in an FPN."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 5, 3, stride=2, padding=1)
        self.head = nn.Conv2d(5, 2, 3, padding=1)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.head(torch.relu(self.body(x))))


def bright_and_dark() -> nn.Module:
    """Return a network that calls bright pixels phase 1: channel 0 is x, channel 1 is 1 - x."""
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 1, bias=False))
    with torch.no_grad():
        network[0].weight[:] = torch.tensor([1.0, -1.0])[:, None, None, None]
        network[0].bias[:] = torch.tensor([0.0, 1.0])
        network[2].weight[:] = torch.tensor([[0.0, 1.0], [1.0, 0.0]])[:, :, None, None]
    return network


def test_probabilities_are_the_softmax() -> None:
    network = nn.Conv2d(1, 3, 1)
    with torch.no_grad():
        network.weight.zero_()
        network.bias[:] = torch.tensor([0.0, math.log(2), math.log(5)])
    found = class_probabilities(Subject(nn.Sequential(network), torch.rand(1, 1, 8, 8)), 2, 3)
    np.testing.assert_allclose(found, [1 / 8, 2 / 8, 5 / 8], rtol=1e-6)


def test_outputs_that_are_no_phases_win_no_pixel() -> None:
    network = nn.Conv2d(1, 4, 1)
    with torch.no_grad():
        network.weight.zero_()
        network.bias[:] = torch.tensor([0.0, math.log(3), 9.0, 0.0])
    subject = Subject(network, torch.rand(1, 1, 8, 8), phases=2)
    assert class_probabilities(subject, 0, 0) == pytest.approx([0.25, 0.75])
    assert further_outputs(subject, 0, 0) == pytest.approx([1 / (1 + math.exp(-9)), 0.5])
    assert split_logit(subject, 0, 0).logit == pytest.approx(math.log(3))
    assert occlusion(subject, 0, 0, 2).phase == 1
    assert further_outputs(Subject(network, subject.image), 0, 0).size == 0


def test_probability_of_a_single_logit() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1))
    nn.init.constant_(network[0].weight, 0)
    nn.init.constant_(network[0].bias, math.log(3))
    found = class_probabilities(Subject(network, torch.rand(1, 1, 8, 8)), 0, 0)
    np.testing.assert_allclose(found, [0.25, 0.75], rtol=1e-6)


@pytest.mark.parametrize("pixel", [(0, 0), (7, 20), (31, 31)])
@pytest.mark.parametrize("phase", [None, 0, 2])
def test_contributions_add_up_to_the_logit(pixel: tuple[int, int], phase: int | None) -> None:
    subject = unet_subject()
    split = split_logit(subject, *pixel, phase)
    logits = subject.logits[:, pixel[0], pixel[1]]
    assert split.phase == (int(logits.argmax()) if phase is None else phase)
    assert split.logit == pytest.approx(float(logits[split.phase]), abs=1e-5)
    assert split.total == pytest.approx(split.logit, abs=1e-4)
    assert split.bias == pytest.approx(float(subject.network.head.bias.detach()[split.phase]))
    assert split.contributions.shape == (4,)


def test_contributions_by_hand() -> None:
    image = torch.full((1, 1, 4, 4), 0.25)
    image[0, 0, 1, 2] = 0.75
    split = split_logit(Subject(bright_and_dark(), image), 1, 2)
    assert (split.layer, split.phase, split.bias) == ("2", 1, 0.0)
    np.testing.assert_allclose(split.contributions, [0.75, 0], atol=1e-7)
    assert split.strongest.tolist() == [0, 1]


def test_split_through_a_window_and_an_enlargement() -> None:
    torch.manual_seed(0)
    subject = Subject(UpsampledHead(), torch.rand(1, 1, 16, 16))
    for row, column in ((0, 0), (5, 8), (15, 15)):
        split = split_logit(subject, row, column)
        expected = float(subject.logits[split.phase, row, column])
        assert (split.layer, split.total) == ("head", pytest.approx(expected, abs=1e-4))


def test_split_of_a_network_that_labels_the_whole_field() -> None:
    torch.manual_seed(0)
    subject = Subject(build_lenet(), torch.rand(1, 1, 32, 32))
    split = split_logit(subject, 5, 5)
    assert split.contributions.shape == (84,)
    assert split.total == pytest.approx(float(subject.logits.max()), abs=1e-4)


def test_output_that_is_not_linear_cannot_be_split() -> None:
    subject = Subject(build_lenet_1998(), torch.rand(1, 1, 32, 32))
    with pytest.raises(LamellaError, match="what follows f6 in this network is not linear"):
        split_logit(subject, 5, 5)


def test_seg_grad_cam_by_hand() -> None:
    # The logit of phase 1 is channel 0, so its weight is 1 / N at each unit and the map is x / N.
    image = torch.rand(1, 1, 8, 8)
    subject = Subject(bright_and_dark(), image)
    whole = seg_grad_cam(subject, "1", phase=1)
    np.testing.assert_allclose(whole.heat, image[0, 0].numpy(), rtol=1e-5)
    assert whole.units == (8, 8)
    pixel = np.zeros((8, 8), bool)
    pixel[3, 3] = True
    one = seg_grad_cam(subject, "1", phase=1, region=pixel)
    np.testing.assert_allclose(one.heat, image[0, 0].numpy() / 64, rtol=1e-5)
    # Phase 0 is the darkness.
    dark = seg_grad_cam(subject, "1", phase=0)
    np.testing.assert_allclose(dark.heat, 1 - image[0, 0].numpy(), rtol=1e-5)


def test_a_layer_without_evidence_is_passed_over() -> None:
    black, white = (torch.full((1, 1, 8, 8), level) for level in (0.0, 1.0))
    assert not seg_grad_cam(Subject(bright_and_dark(), black), "1", phase=1).heat.any()
    assert layer_with_evidence(Subject(bright_and_dark(), black), ["1"], 1) is None
    assert layer_with_evidence(Subject(bright_and_dark(), white), ["1"], 1) == "1"


def test_seg_grad_cam_of_any_layer_and_of_an_object() -> None:
    subject = unet_subject()
    region = np.zeros((32, 32), bool)
    region[8:16, 4:12] = True
    for layer in ("down.1", "down.1.conv2", "up.0.convolutions.relu1", "head", "pool"):
        found = seg_grad_cam(subject, layer, 2, region)
        assert found.heat.shape == (32, 32)
        assert found.heat.min() >= 0 and np.isfinite(found.heat).all()
    assert found.units == (16, 16)


def test_seg_grad_cam_refuses_what_it_cannot_answer() -> None:
    subject = unet_subject()
    with pytest.raises(LamellaError, match="There is no class 3; this network has 3"):
        seg_grad_cam(subject, "down.1", 3)
    with pytest.raises(LamellaError, match="needs at least one"):
        seg_grad_cam(subject, "down.1", 1, np.zeros((32, 32), bool))
    with pytest.raises(LamellaError, match="The region is 8 x 8 px"):
        seg_grad_cam(subject, "down.1", 1, np.ones((8, 8), bool))
    lenet = Subject(build_lenet(), torch.rand(1, 1, 32, 32))
    with pytest.raises(LamellaError, match="f6 has no rows and columns"):
        seg_grad_cam(lenet, "f6", 1)


def test_occlusion_by_hand() -> None:
    # Phase 1 at a pixel is its grey level; covering it with the mean takes away what is above.
    image = torch.full((1, 1, 8, 8), 0.5)
    image[0, 0, 4, 5] = 1.0
    mean = float(image.mean())
    found = occlusion(Subject(bright_and_dark(), image), 4, 5, square_px=1, phase=1)
    assert found.logit == 1
    assert found.drop[4, 5] == pytest.approx(1 - mean)
    assert np.count_nonzero(found.drop) == 1


def test_occlusion_tries_only_what_the_pixel_sees_and_reports() -> None:
    torch.manual_seed(0)
    subject = Subject(build_stack(3), torch.rand(1, 1, 32, 32))
    calls: list[tuple[int, int]] = []
    found = occlusion(subject, 16, 16, 4, on_progress=lambda *done: calls.append(done))
    seen = receptive_field(subject.trace, None, 16, 16).seen
    # Squares every 2 px that touch rows 13 to 19: from 10 to 18, five each way.
    assert calls == [(done, 25) for done in range(1, 26)]
    outside = found.drop.copy()
    outside[seen.top - 3 : seen.bottom + 3, seen.left - 3 : seen.right + 3] = 0
    assert found.drop.any() and not outside.any()


def test_occlusion_can_be_stopped_and_checks_its_square() -> None:
    subject = unet_subject()

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        occlusion(subject, 3, 3, 8, on_progress=stop)
    with pytest.raises(LamellaError, match="A square of 40 px does not fit"):
        occlusion(subject, 3, 3, 40)
    with pytest.raises(LamellaError, match="Row 32, column 0 lies outside"):
        occlusion(subject, 32, 0, 4)


def test_sanity_check_tells_a_map_of_the_network_from_one_of_the_image() -> None:
    subject = unet_subject()
    of_image = sanity_check(subject, lambda s: s.pixels)
    assert all(stage.rank_correlation == pytest.approx(1) for stage in of_image.stages)
    of_network = sanity_check(subject, lambda s: s.logits[1])
    assert abs(of_network.stages[-1].rank_correlation) < 0.95
    assert not np.array_equal(of_network.trained, of_network.stages[-1].heat)
    constant = sanity_check(subject, lambda s: np.ones((4, 4)))
    assert math.isnan(constant.stages[0].rank_correlation)


def test_sanity_check_randomizes_from_the_output_down() -> None:
    """The first convolution keeps its maps until the last stage; the logits change at the first."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
        nn.Conv2d(4, 2, 1),
    )  # fmt: skip
    subject = Subject(network, torch.rand(1, 1, 16, 16))

    def first_map(one: Subject) -> np.ndarray:
        with torch.no_grad():
            return one.private_network()[0](one.image)[0, 0].numpy()

    early = sanity_check(subject, first_map).stages
    assert [stage.down_to for stage in early] == ["4", "2", "0"]
    assert [stage.rank_correlation for stage in early[:2]] == pytest.approx([1, 1])
    assert abs(early[2].rank_correlation) < 0.99
    late = sanity_check(subject, lambda s: s.logits[1]).stages
    assert not np.array_equal(late[0].heat, subject.logits[1])
    # What was randomized at one stage stays so at the next.
    whole = subject.with_random_weights(0)
    assert np.array_equal(late[2].heat, whole.logits[1])
    head = dict(whole.network.named_parameters())["4.weight"]
    partly = dict(subject.with_random_weights(0, ["4"]).network.named_parameters())
    assert torch.equal(partly["4.weight"], head)
    assert torch.equal(partly["0.weight"], network[0].weight)


def test_a_deep_network_is_randomized_in_eight_stages() -> None:
    stages = sanity_check(unet_subject(), lambda s: s.logits[1]).stages
    assert len(stages) == 8
    assert stages[0].down_to != stages[-1].down_to == "down.0.conv1"
