"""Net2Net: a deeper network that begins as a trained shallower one.

A residual block whose last scale is 0 adds nothing, so a ResNet-34 can hold a trained ResNet-18 and
16 blocks that have still to learn.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from core.errors import ModelError

STAGES = ("layer1", "layer2", "layer3", "layer4")


def net2deeper(encoder: nn.Module, trained: nn.Module) -> None:
    """Put the ResNet ``trained`` into the deeper ResNet ``encoder``, in place.

    Each stage takes the trained blocks first; the blocks after them get a last batch norm whose
    scale and shift are 0, so that their output is their input and ``encoder`` computes what
    ``trained`` does. A stage that ``encoder`` does not have is left out.

    Raises:
        ModelError: a stage is shorter than the trained one, or its blocks have another shape.

    Source: Net2Net, Chen et al. 2016, arXiv:1511.05641; zero-scale residual blocks, Goyal et al.
    2017, arXiv:1706.02677.
    """
    try:
        for name in ("conv1", "bn1"):
            encoder.get_submodule(name).load_state_dict(trained.get_submodule(name).state_dict())
        for name in STAGES:
            _net2deeper_stage(getattr(encoder, name), getattr(trained, name))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise ModelError(
            f"The trained encoder does not fit into the deeper one: {reason}"
        ) from error


def _net2deeper_stage(stage: nn.Module, trained: nn.Module) -> None:
    if isinstance(stage, nn.Identity):
        return
    mine, theirs = list(stage.children()), list(trained.children())
    if len(mine) < len(theirs):
        raise ModelError(f"A stage of {len(mine)} blocks cannot hold {len(theirs)} trained ones.")
    for block, donor in zip(mine, theirs, strict=False):
        block.load_state_dict(donor.state_dict())
    for block in mine[len(theirs) :]:
        last = [module for module in block.modules() if isinstance(module, nn.BatchNorm2d)][-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)


def decoder_without_deepest(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a U-Net decoder's tensors for a U-Net of one stage less.

    ``state``: of the decoder of segmentation_models_pytorch's U-Net. The deepest block goes, and
    the next one, whose input changes with it, does too.
    """
    kept = {}
    for name, value in state.items():
        blocks, index, rest = name.split(".", 2)
        if int(index) > 1:
            kept[f"{blocks}.{int(index) - 1}.{rest}"] = value
    return kept
