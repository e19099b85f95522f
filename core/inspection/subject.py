"""What is inspected: a network and the field of a micrograph that it looks at."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from core.inspection.field import Field, choose_field
from core.inspection.folding import folded
from core.inspection.receptive_field.receptive_field import Box, check_inside
from core.inspection.receptive_field.trace import Trace, trace_network
from core.inspection.view import private_copy, reinitialized, run
from core.pixels.resampling import resample
from core.segmentation.preprocessing import ImageField, image_field
from core.types.arrays import read_only
from core.types.micrograph import Micrograph
from core.types.model_card import ModelCard


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is found out about a network once for all fields of one shape.

    ``network``: shared, never changed. ``shape``: (1, C, H, W) of its image. ``lock``: the
    network's own, held only while its module tree is copied.
    """

    network: nn.Module
    shape: tuple[int, ...]
    lock: AbstractContextManager | None = None

    @cached_property
    def trace(self) -> Trace:
        """What the network does with a field of this shape.

        Raises:
            LamellaError: it cannot take one.
        """
        return trace_network(self.network, self.shape, self.lock)

    @cached_property
    def folded(self) -> nn.Module:
        """A private copy without batch normalizations that could be folded, its channels last, as
        the processor's convolutions read them fastest; nobody may change it.

        Raises:
            LamellaError: the network cannot take a field of this shape.
        """
        weight = next(self.network.parameters())
        noise = torch.rand(self.shape, generator=torch.Generator().manual_seed(0))
        copy = private_copy(self.network, self.lock)
        made = folded(copy, noise.to(weight.device, next(copy.parameters()).dtype))
        return made.to(memory_format=torch.channels_last)


@dataclass(frozen=True, eq=False)
class Subject:
    """A network and what it looks at; every function of this room takes one.

    ``network``: shared, never changed. ``image``: (1, C, H, W) float32, normalized as the network
    expects. ``pixels``: (H, W) float32 in [0, 1], what ``image`` was made from; None takes the
    mean over the channels of ``image``. ``field``: where that lies in the micrograph. ``digest``,
    ``model``: name the micrograph and the network in caches. ``lock``: the network's own, held
    only while its module tree is copied. ``phases``: how many of the output's channels, the first
    ones, tell the class of a pixel; None = all. ``prepared``: of the same network for this shape,
    where another field of it was looked at before.
    """

    network: nn.Module
    image: Tensor
    # Never None after construction.
    pixels: np.ndarray = None  # type: ignore[assignment]
    field: Field = None  # type: ignore[assignment]
    digest: str = ""
    model: str = ""
    lock: AbstractContextManager | None = None
    phases: int | None = None
    # Never None after construction.
    prepared: Prepared = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        known, shape = self.prepared, tuple(self.image.shape)
        if known is None or known.network is not self.network or known.shape != shape:
            object.__setattr__(self, "prepared", Prepared(self.network, shape, self.lock))
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

    @property
    def trace(self) -> Trace:
        """What the network does with this field.

        Raises:
            LamellaError: it cannot take a field of this size.
        """
        return self.prepared.trace

    @cached_property
    def logits(self) -> np.ndarray:
        """(C, H, W) float32, or (C,) of a network that labels the whole field.

        Raises:
            LamellaError: it cannot take a field of this size.
        """
        with torch.no_grad():
            output = run(self.private_network(), self.image)
        return read_only(output[0].cpu().numpy())

    @property
    def class_logits(self) -> np.ndarray:
        """:attr:`logits` of the classes alone, without what else the network answers."""
        return self.logits[: self.phases]

    def private_network(self) -> nn.Module:
        """Return a copy in eval mode that shares the weights and nothing else."""
        return private_copy(self.network, self.lock)

    def with_random_weights(self, seed: int = 0, layers: Collection[str] | None = None) -> Subject:
        """Return the same field before a network with the same architecture and fresh weights.

        ``layers``: names of the modules that get them, None for all.
        """
        return Subject(
            network=reinitialized(self.network, seed, self.lock, layers),
            image=self.image,
            pixels=self.pixels,
            field=self.field,
            digest=self.digest,
            model=f"{self.model} random {seed} {layers or ''}".rstrip(),
            phases=self.phases,
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

    ``mean``, ``std``: of the grey levels in [0, 1]. ``pixel_size_nm``: that images are
    resampled to. ``side``: the fixed side of its image, None for any multiple of its stride.
    ``tta_scale``: factor by which the image is resized for a single forward pass. ``phases``: how
    many of its output channels are phases, None = all.
    """

    mean: float = 0.0
    std: float = 1.0
    pixel_size_nm: float | None = None
    side: int | None = None
    tta_scale: float = 1.0
    phases: int | None = None

    @classmethod
    def of(cls, card: ModelCard, scale: float | None = None) -> Expected:
        """Return what a trained model expects; of several ``tta_scales``, the last. ``scale``: at
        which it saw the image in place of them."""
        return cls(
            card.mean,
            card.std,
            card.pixel_size_nm,
            tta_scale=scale or card.tta_scales[-1],
            phases=len(card.phases),
        )


def open_subject(
    micrograph: Micrograph,
    network: nn.Module,
    expected: Expected,
    model: str,
    centre: tuple[int, int] | None = None,
    side: int = 512,
    lock: AbstractContextManager | None = None,
    prepared: Prepared | None = None,
    seen: ImageField | None = None,
) -> Subject:
    """Return the field of ``micrograph`` around ``centre`` (row, column) before ``network``.

    It is cut from what the network would segment, :func:`image_field`, at ``tta_scale``.
    ``side``: longest side of the field in the network's pixels. ``prepared``: of a field of the
    same network, taken where its shape is that of this one. ``seen``: the image at the pixel size
    that is expected, where another field of it was looked at before.

    Raises:
        LamellaError: a pixel outside the image, or an image smaller than the network's stride.
    """
    seen = image_field(micrograph, expected.pixel_size_nm) if seen is None else seen
    grey, rows = seen.grey, micrograph.image_rows
    shape = rows.stop - rows.start, micrograph.shape[1]
    down, across = grey.shape[0] / shape[0], grey.shape[1] / shape[1]
    scale = expected.tta_scale * down, expected.tta_scale * across
    multiple = expected.side or network_stride(network)
    if centre is not None:
        centre = centre[0] - rows.start, centre[1]
    field = choose_field(shape, centre, expected.side or side, multiple, scale)
    pixels = resample(np.ascontiguousarray(_cut(grey, field.box, shape)), field.shape)
    field = field.below(rows.start)
    weight = next(network.parameters())
    image = torch.from_numpy((pixels - expected.mean) / expected.std).float()
    image = image.expand(1, input_channels(network), *image.shape).contiguous()
    image = image.to(weight.device)
    if prepared is None:
        prepared = Prepared(network, tuple(image.shape), lock)
    return Subject(
        network, image, pixels, field, micrograph.digest, model, lock, expected.phases, prepared
    )


def _cut(grey: np.ndarray, box: Box, shape: tuple[int, int]) -> np.ndarray:
    """Return what lies in ``box`` of an image of ``shape`` (H, W), of its copy ``grey`` (h, w)."""
    (height, width), (rows, columns) = grey.shape, shape
    return grey[
        box.top * height // rows : -(-box.bottom * height // rows),
        box.left * width // columns : -(-box.right * width // columns),
    ]


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
