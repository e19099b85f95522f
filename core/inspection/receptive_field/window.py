"""A part of a feature map that stands for all of it, so that nothing is computed outside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from core.inspection.receptive_field.receptive_field import Box

ELEMENTWISE = frozenset(
    {
        *(functional.relu, torch.relu, torch.relu_, functional.relu6, functional.hardtanh),
        *(functional.leaky_relu, functional.elu, functional.gelu, functional.silu),
        *(functional.hardswish, functional.hardsigmoid, functional.sigmoid, functional.tanh),
        *(torch.sigmoid, torch.tanh, torch.clone, Tensor.clone, Tensor.sigmoid, Tensor.tanh),
    }
)
"""What may be done to a part alone; the first argument is the feature map."""
SUMS = frozenset({torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, Tensor.__iadd__})


class Window(Tensor):
    """The units in :attr:`box` of a feature map (1, C, h, w); the others may hold anything.

    Activations, normalizations, sums, concatenations and upsampling by whole numbers of a window
    are windows. Whatever else is done to one is done to the whole map, with 0 around the box.
    """

    box: Box
    sizes: tuple[int, int]
    _whole: Tensor | None

    @staticmethod
    def of(part: Tensor, box: Box, sizes: tuple[int, int]) -> Window:
        """Return ``part`` (1, C, rows, columns) as what lies in ``box`` of a map of ``sizes``."""
        window = part.as_subclass(Window)
        window.box, window.sizes, window._whole = box, sizes, None
        return window

    def whole(self) -> Tensor:
        """Return the map, (1, C, h, w); from then on the window is that map."""
        if self._whole is None:
            box, (height, width) = self.box, self.sizes
            around = box.left, width - box.right, box.top, height - box.bottom
            self._whole = functional.pad(self.as_subclass(Tensor), around)
        return self._whole

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            given = dict(kwargs or {})
            if all(one._whole is None for one in _windows(args)):
                for windowed in (_size, _elementwise, _joined, _upsampled):
                    found = windowed(func, args, given)
                    if found is not None:
                        return found
            return func(*_plain(args), **{name: _plain(one) for name, one in given.items()})


def cut(image: Tensor, box: Box) -> Tensor:
    """Return the units in ``box`` of a map or of a window, of which they are part."""
    if not isinstance(image, Window) or image._whole is not None or not box.is_inside(image.box):
        return _plain(image)[(..., *box.slices)]
    top, left = image.box.top, image.box.left
    inner = Box(box.top - top, box.left - left, box.bottom - top, box.right - left)
    return image.as_subclass(Tensor)[(..., *inner.slices)]


def _windows(value: Any) -> list[Window]:
    if isinstance(value, Window):
        return [value]
    return [one for part in value for one in _windows(part)] if _is_list(value) else []


def _plain(value: Any) -> Any:
    if isinstance(value, Window):
        return value.whole()
    return type(value)(_plain(part) for part in value) if _is_list(value) else value


def _is_list(value: Any) -> bool:
    return type(value) in (list, tuple)


def _size(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
    """Return the shape of the whole map, where that is asked."""
    window = args[0] if args else None
    if not isinstance(window, Window) or given:
        return None
    size = torch.Size((*window.as_subclass(Tensor).shape[:2], *window.sizes))
    if func in (Tensor.dim, Tensor.ndim.__get__):  # type: ignore[attr-defined]
        return len(size)
    if func not in (Tensor.shape.__get__, Tensor.size):  # type: ignore[attr-defined]
        return None
    return size[args[1]] if len(args) > 1 else size


def _elementwise(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
    is_normal = func is functional.batch_norm and not (
        given.get("training") or args[5:6] == (True,)
    )
    if func not in ELEMENTWISE and not is_normal:
        return None
    if not args or not isinstance(args[0], Window) or _windows(args[1:]):
        return None
    window = args[0]
    part = func(window.as_subclass(Tensor), *args[1:], **given)
    return Window.of(part, window.box, window.sizes)


def _joined(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
    """Return a sum of two maps, or a concatenation along the channels, in the box of all."""
    if func is torch.cat and (args[1:] == (1,) or given == {"dim": 1}):
        maps = list(args[0])
    elif func in SUMS and len(args) == 2 and not given:
        maps = list(args)
    else:
        return None
    windows = _windows(maps)
    sizes = windows[0].sizes
    if any(not isinstance(one, Tensor) or one.dim() != 4 for one in maps):
        return None
    if any(tuple(_size_of(one)) != sizes for one in maps):
        return None
    box = Box(
        max(one.box.top for one in windows),
        max(one.box.left for one in windows),
        min(one.box.bottom for one in windows),
        min(one.box.right for one in windows),
    )
    if min(box.size) <= 0:
        return None
    parts = [cut(one, box) for one in maps]
    part = torch.cat(parts, 1) if func is torch.cat else func(*parts)
    return Window.of(part, box, sizes)


def _size_of(value: Tensor) -> tuple[int, ...]:
    return value.sizes if isinstance(value, Window) else tuple(value.shape[2:])


def _upsampled(func: Callable[..., Any], args: Sequence[Any], given: dict[str, Any]) -> Any:
    """Return a map repeated a whole number of times, its nearest neighbours."""
    if func is not functional.interpolate or len(args) != 1 or given.get("mode") != "nearest":
        return None
    window, box = args[0], args[0].box
    if given.get("size") is not None:
        factors = [new / old for new, old in zip(_pair(given["size"]), window.sizes, strict=True)]
    else:
        factors = list(_pair(given.get("scale_factor")))
    if any(one is None or one != int(one) for one in factors):
        return None
    down, across = (int(one) for one in factors)
    rows, columns = box.size
    part = functional.interpolate(
        window.as_subclass(Tensor), size=(rows * down, columns * across), mode="nearest"
    )
    larger = Box(box.top * down, box.left * across, box.bottom * down, box.right * across)
    return Window.of(part, larger, (window.sizes[0] * down, window.sizes[1] * across))


def _pair(value: Any) -> tuple[Any, Any]:
    return tuple(value) if _is_list(value) or isinstance(value, torch.Size) else (value, value)
