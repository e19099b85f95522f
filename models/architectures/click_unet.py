"""A U-Net that is told which object is meant: prompts join the image in its first layer."""

from __future__ import annotations

from typing import cast

from timm.layers import Conv2dSame
from torch import Tensor, nn

from models.architectures.unet import build_lite0_unet

PROMPTS = 4
PROMPT_WIDTH = 16
STEM = "encoder.model.conv_stem"


class PromptedStem(nn.Module):
    """The first convolution of an encoder, plus what the prompts add to its output.

    (N, 1 + 4, H, W) -> (N, C, H/2, W/2): grey levels, then the maps of
    ``core.interaction.prompts``. The last layer of the prompts starts at zero, so that the network
    begins as the one it was.

    Source: Sofiiuk et al. 2021, arXiv:2102.06583, section 3.1 ("Conv1S"); start at zero: Zhang et
    al. 2023, arXiv:2302.05543.
    """

    def __init__(self, image: nn.Conv2d) -> None:
        super().__init__()
        self.image = image
        joined = Conv2dSame(PROMPT_WIDTH, image.out_channels, 3, stride=2)
        nn.init.zeros_(joined.weight)
        nn.init.zeros_(cast("nn.Parameter", joined.bias))
        self.prompts = nn.Sequential(nn.Conv2d(PROMPTS, PROMPT_WIDTH, 1), nn.LeakyReLU(0.2), joined)

    def forward(self, seen: Tensor) -> Tensor:
        """Return the sum of both parts."""
        return self.image(seen[:, :1]) + self.prompts(seen[:, 1:])


def build_click_unet() -> nn.Module:
    """Return the untrained network: (N, 5, H, W) float32, normalized grey levels and four maps of
    prompts -> (N, 1, H, W) logits of the object that is meant. H and W: multiples of 32."""
    network = build_lite0_unet(1)
    stem = cast("nn.Conv2d", network.get_submodule(STEM))
    network.set_submodule(STEM, PromptedStem(stem))
    return network


def take_over(network: nn.Module, trained: nn.Module) -> None:
    """Put the weights of a segmentation U-Net of two phases into the click network, in place: its
    output begins as the log odds of phase 1 against phase 0."""
    state = dict(trained.state_dict())
    state[f"{STEM}.image.weight"] = state.pop(f"{STEM}.weight")
    head = "segmentation_head.0"
    for kind in ("weight", "bias"):
        value = state[f"{head}.{kind}"]
        state[f"{head}.{kind}"] = (value[1] - value[0])[None]
    left = network.load_state_dict(state, strict=False)
    if left.unexpected_keys or any(".prompts." not in name for name in left.missing_keys):
        raise RuntimeError(f"the weights do not fit: {left}")
