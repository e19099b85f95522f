"""The decoder of one U-Net on the encoder of another, by least squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from core.training.augmentation import Augmentation, Pair, random_crop
from core.training.feature_distillation import fold, make_adapters
from core.types.model_card import ModelCard
from models.weights import read_weights
from models.weights_file import unpacked

BATCHES, CROPS, SIDE = 30, 8, 256
PIXELS = 4000
RIDGE = 1e-4


@torch.no_grad()
def with_decoder_of(
    teacher: nn.Module,
    card: ModelCard,
    pairs: Sequence[Pair],
    augmentation: Augmentation,
    batches: int = BATCHES,
    seed: int = 5,
) -> nn.Module:
    """Return a network of ``card`` with its own encoder's weights and the decoder and head of
    ``teacher``, in eval mode.

    The teacher's feature maps follow from the student's by a linear map at each stage, by least
    squares over crops of ``pairs``, that is folded into the decoder. Source: as of
    ``core.training.feature_distillation``.
    """
    assert card.build is not None and card.weights is not None
    network = card.build().eval().requires_grad_(False)
    encoder, wanted = (one.get_submodule("encoder") for one in (network, teacher))
    state = unpacked(read_weights(card.weights))
    prefix = "encoder."
    encoder.load_state_dict(
        {
            name.removeprefix(prefix): value
            for name, value in state.items()
            if name.startswith(prefix)
        }
    )
    adapters = make_adapters(network, teacher)
    random, picks = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    sums: list[list[Tensor | float]] = [[0.0, 0.0] for _ in adapters]
    for _ in range(batches):
        chosen = random.integers(len(pairs), size=CROPS)
        crops = [random_crop(pairs[one], SIDE, augmentation, random)[0] for one in chosen]
        seen = (torch.from_numpy(np.stack(crops))[:, None] - card.mean) / card.std
        seen = seen.to(memory_format=torch.channels_last)
        for held, mine, theirs in zip(sums, encoder(seen)[1:], wanted(seen)[1:], strict=True):
            some = torch.randperm(mine[:, 0].numel(), generator=picks)[:PIXELS]
            x, y = (one.movedim(1, -1).flatten(0, 2)[some].double() for one in (mine, theirs))
            x = torch.cat([x, x.new_ones(len(x), 1)], 1)
            held[0], held[1] = held[0] + x.T @ x, held[1] + x.T @ y
    for adapter, (square, mixed) in zip(adapters, sums, strict=True):
        assert isinstance(square, Tensor) and isinstance(adapter, nn.Conv2d)
        assert isinstance(mixed, Tensor) and adapter.bias is not None
        # A channel that answers nowhere gets no weight.
        damping = RIDGE * square.diagonal().clamp(min=1e-6)
        found = torch.linalg.solve(square + damping.diag(), mixed).float()
        adapter.weight.copy_(found[:-1].T[:, :, None, None])
        adapter.bias.copy_(found[-1])
    fold(network, teacher, adapters)
    return network
