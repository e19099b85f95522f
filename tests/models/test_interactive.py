from dataclasses import replace

import numpy as np
import torch

from core.interaction.network import ClickNetwork
from core.interaction.prompts import Click, prompt_maps
from models import interactive
from models.architectures.click_unet import build_click_unet, take_over
from models.architectures.unet import build_lite0_unet

CARD = replace(interactive.CARDS["click"], weights=None)


def test_it_begins_as_the_network_whose_weights_it_takes_over() -> None:
    """Whatever the prompts are: log odds of phase 1 against phase 0."""
    torch.manual_seed(0)
    segmenting, clicking = build_lite0_unet(4).eval(), build_click_unet().eval()
    take_over(clicking, segmenting)
    seen = torch.rand(1, 5, 64, 64)
    with torch.inference_mode():
        wanted = segmenting(seen[:, :1])
        found = clicking(seen)
    assert torch.allclose(found[:, 0], wanted[:, 1] - wanted[:, 0], atol=1e-5)


def test_openvino_answers_as_pytorch_does_at_two_sizes() -> None:
    torch.manual_seed(1)
    module = build_click_unet().eval()
    for parameter in module.get_submodule("encoder.model.conv_stem.prompts").parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    network = ClickNetwork(CARD, lambda: module)
    for side in (64, 96):
        random = np.random.default_rng(side)
        grey = random.random((2, side, side), np.float32)
        maps = np.stack([prompt_maps((side, side), [Click(20, 30)])] * 2)
        seen = np.concatenate([((grey - CARD.mean) / CARD.std)[:, None], maps], 1)
        with torch.inference_mode():
            wanted = module(torch.from_numpy(seen.astype(np.float32))).sigmoid()[:, 0].numpy()
        assert np.abs(network.probabilities(grey, maps) - wanted).max() < 1e-4
