"""What is inspected: a network and the field of a micrograph that it looks at."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from core.inspection.field import Field, choose_field
from core.inspection.receptive_field import Box, check_inside
from core.inspection.trace import Trace, trace_network
from core.inspection.view import private_copy, reinitialized, run
from core.pixels.resampling import resample
from core.segmentation.preprocessing import grey_levels
from core.types import Micrograph, ModelCard, read_only


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and what it looks at; every function of this room takes one.

    ``network``: shared, never changed. ``image``: (1, C, H, W) float32, normalized as the network
    expects. ``pixels``: (H, W) float32 in [0, 1], what ``image`` was made from; None takes the
    mean over the channels of ``image``. ``field``: where that lies in the micrograph. ``digest``,
    ``model``: name the micrograph and the network in caches. ``lock``: the network's own, held
    only while its module tree is copied.
    """

    network: nn.Module
    image: Tensor
    # Never None after construction.
    pixels: np.ndarray = None  # type: ignore[assignment]
    field: Field = None  # type: ignore[assignment]
    digest: str = ""
    model: str = ""
    lock: AbstractContextManager | None = None

    def __post_init__(self) -> None:
        pixels = self.pixels
        if pixels is None:
            pixels = self.image[0].float().mean(0).cpu().numpy()
        object.__setattr__(self, "pixels", read_only(pixels))
        if self.field is None:
            height, width = self.image.shape[-2:]
            object.__setattr__(self, "field", Field(Box(0, 0, height, width), (height, width)))

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of the field as the network sees it."""
        return tuple(self.image.shape[-2:])  # type: ignore[return-value]

    @cached_property
    def trace(self) -> Trace:
        """What the network does with this field.

        Raises:
            LamellaError: it cannot take a field of this size.
        """
        return trace_network(self.network, tuple(self.image.shape), self.lock)

    @cached_property
    def logits(self) -> np.ndarray:
        """(C, H, W) float32, or (C,) of a network that labels the whole field.

        Raises:
            LamellaError: it cannot take a field of this size.
        """
        with torch.no_grad():
            output = run(self.private_network(), self.image)
        return read_only(output[0].cpu().numpy())

    def private_network(self) -> nn.Module:
        """Return a copy in eval mode that shares the weights and nothing else."""
        return private_copy(self.network, self.lock)

    def with_random_weights(self, seed: int = 0) -> Subject:
        """Return the same field before a network with the same architecture and fresh weights."""
        return Subject(
            network=reinitialized(self.network, seed, self.lock),
            image=self.image,
            pixels=self.pixels,
            field=self.field,
            digest=self.digest,
            model=f"{self.model} random {seed}",
        )

    def check_pixel(self, row: int, column: int) -> None:
        """Refuse a pixel outside the field.

        Raises:
            LamellaError: it lies outside.
        """
        check_inside(row, column, *self.shape)


@dataclass(frozen=True)
class Expected:
    """What a network expects of its image.

    ``mean``, ``std``: of the grey levels in [0, 1]. ``pixel_size_nm``: of its training images, None
    for any. ``side``: the fixed side of its image, None for any multiple of its stride.
    ``tta_scale``: factor by which the image is resized for a single forward pass.
    """

    mean: float = 0.0
    std: float = 1.0
    pixel_size_nm: float | None = None
    side: int | None = None
    tta_scale: float = 1.0

    @classmethod
    def of(cls, card: ModelCard) -> Expected:
        """Return what a trained model expects; of several ``tta_scales``, the last."""
        return cls(card.mean, card.std, card.pixel_size_nm, tta_scale=card.tta_scales[-1])


def open_subject(
    micrograph: Micrograph,
    network: nn.Module,
    expected: Expected,
    model: str,
    centre: tuple[int, int] | None = None,
    side: int = 512,
    lock: AbstractContextManager | None = None,
) -> Subject:
    """Return the field of ``micrograph`` around ``centre`` (row, column) before ``network``.

    The info bar is left out. When the pixel sizes of the micrograph and of the training images are
    both known, the field is resampled to the latter. ``side``: longest side of the field in the
    network's pixels.

    Raises:
        LamellaError: a pixel outside the image, or an image smaller than the network's stride.
    """
    height, width = micrograph.shape
    scale = expected.tta_scale
    if micrograph.pixel_size is not None and expected.pixel_size_nm is not None:
        scale *= micrograph.pixel_size.nm / expected.pixel_size_nm
    image_shape = height - micrograph.info_bar_rows, width
    multiple = expected.side or network_stride(network)
    field = choose_field(image_shape, centre, expected.side or side, multiple, scale)
    seen = slice(0, micrograph.image_rows.stop)
    levels = micrograph.measurable[seen]
    grey = grey_levels(micrograph.pixels[seen], None if levels.all() else levels)
    pixels = resample(np.ascontiguousarray(grey[field.box.slices]), field.shape)
    weight = next(network.parameters())
    image = torch.from_numpy((pixels - expected.mean) / expected.std).float()
    image = image.expand(1, input_channels(network), *image.shape).contiguous()
    return Subject(network, image.to(weight.device), pixels, field, micrograph.digest, model, lock)


def network_stride(network: nn.Module) -> int:
    """Return the number whose multiples the image's sides must be; 1 for any size."""
    encoder = getattr(network, "encoder", network)
    return int(getattr(encoder, "output_stride", 1))


def input_channels(network: nn.Module) -> int:
    """Return the number of channels of the image that a network takes."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    return 1
