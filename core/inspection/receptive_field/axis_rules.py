"""Which inputs one output of an operation depends on, along one axis.

A rule maps the interval [low, high] of output positions to the interval of input positions that it
needs. Rows and columns are independent in every operation that a convolutional network is made of,
so two rules describe one. All methods take and return int64 arrays, one element a unit, so a whole
axis of units is followed at once. An interval with low > high is empty.

Source: Dumoulin & Visin 2016, arXiv:1603.07285 (the arithmetic); Araujo et al. 2019,
doi 10.23915/distill.00021 (receptive fields as intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

EMPTY_LOW, EMPTY_HIGH = 2**40, -(2**40)


@dataclass(frozen=True, eq=False)
class Interval:
    """Input positions ``low`` to ``high``, both included; int64 arrays of one shape."""

    low: np.ndarray
    high: np.ndarray

    def union(self, other: Interval) -> Interval:
        """Return the smallest interval that holds both."""
        return Interval(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def clipped(self, size: int) -> Interval:
        """Return the part inside [0, size - 1]."""
        return Interval(np.maximum(self.low, 0), np.minimum(self.high, size - 1)).normalized()

    def normalized(self) -> Interval:
        """Return the same with every empty interval written in the one way that unites well."""
        empty = self.low > self.high
        return Interval(
            np.where(empty, EMPTY_LOW, self.low), np.where(empty, EMPTY_HIGH, self.high)
        )


def _nothing(like: Interval) -> Interval:
    return Interval(np.full_like(like.low, EMPTY_LOW), np.full_like(like.high, EMPTY_HIGH))


@dataclass(frozen=True)
class AxisRule:
    """One position depends on the same position: activations, batch norm, addition."""

    def sources(self, output: Interval) -> Interval:
        """Return what is needed when the input goes on for ever on both sides."""
        return output

    def sources_inside(self, output: Interval, size: int) -> Interval:
        """Return what is needed of an input of ``size`` positions."""
        return self.sources(output).clipped(size)

    @property
    def step(self) -> Fraction:
        """Input positions between neighbouring output positions; 0 when there is one output."""
        return Fraction(1)


SAME = AxisRule()


@dataclass(frozen=True)
class Everything(AxisRule):
    """Each position depends on all ``size`` of the input: dense layers, global pooling."""

    size: int

    def sources(self, output: Interval) -> Interval:
        zeros = np.zeros_like(output.low)
        return Interval(zeros, zeros + self.size - 1)

    @property
    def step(self) -> Fraction:
        return Fraction(0)


@dataclass(frozen=True)
class Broadcast(AxisRule):
    """The input has one position, which is spread over all of the output."""

    def sources(self, output: Interval) -> Interval:
        zeros = np.zeros_like(output.low)
        return Interval(zeros, zeros)

    @property
    def step(self) -> Fraction:
        return Fraction(0)


@dataclass(frozen=True)
class Window(AxisRule):
    """Convolution and pooling: output o reads o * stride - padding + dilation * (0 ... kernel-1).

    ``wraps``: circular padding, so a window over an edge reaches the other one.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    wraps: bool = False

    def sources(self, output: Interval) -> Interval:
        low = output.low * self.stride - self.padding
        high = output.high * self.stride - self.padding + self.dilation * (self.kernel - 1)
        return Interval(low, high)

    def sources_inside(self, output: Interval, size: int) -> Interval:
        if self.wraps:
            found = self.sources(output)
            over = (found.low < 0) | (found.high >= size)
            return Interval(np.where(over, 0, found.low), np.where(over, size - 1, found.high))
        found = _nothing(output)
        for tap in range(self.kernel):
            # The outputs whose tap lies inside; with a dilation the outermost may lie in padding.
            shift = self.dilation * tap - self.padding
            low = np.maximum(output.low, -(shift // self.stride))
            high = np.minimum(output.high, (size - 1 - shift) // self.stride)
            reached = Interval(low * self.stride + shift, high * self.stride + shift)
            found = found.union(reached.normalized())
        return found

    @property
    def step(self) -> Fraction:
        return Fraction(self.stride)


@dataclass(frozen=True)
class TransposedWindow(AxisRule):
    """Transposed convolution: o reads each i with o = i * stride - padding + dilation * j."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def sources(self, output: Interval) -> Interval:
        found = _nothing(output)
        for tap in range(self.kernel):
            shift = self.padding - self.dilation * tap
            low = -((-(output.low + shift)) // self.stride)
            high = (output.high + shift) // self.stride
            found = found.union(Interval(low, high).normalized())
        return found

    @property
    def step(self) -> Fraction:
        return Fraction(1, self.stride)


@dataclass(frozen=True)
class Shift(AxisRule):
    """Padding, cropping, slicing: output o reads start + o * stride."""

    start: int
    stride: int = 1

    def sources(self, output: Interval) -> Interval:
        return Interval(
            output.low * self.stride + self.start, output.high * self.stride + self.start
        )

    @property
    def step(self) -> Fraction:
        return Fraction(self.stride)


@dataclass(frozen=True)
class Reflect(Shift):
    """Reflection padding by -``start``: beyond an edge the input is read backwards."""

    def sources_inside(self, output: Interval, size: int) -> Interval:
        found = self.sources(output)
        inside = found.clipped(size)
        before = Interval(-np.minimum(found.high, -1), -found.low).normalized()
        last = 2 * (size - 1)
        after = Interval(last - found.high, last - np.maximum(found.low, size)).normalized()
        return inside.union(before).union(after).clipped(size)


@dataclass(frozen=True)
class Replicate(Shift):
    """Replication padding by -``start``: beyond an edge the edge itself is read."""

    def sources_inside(self, output: Interval, size: int) -> Interval:
        found = self.sources(output)
        return Interval(np.clip(found.low, 0, size - 1), np.clip(found.high, 0, size - 1))


@dataclass(frozen=True)
class NearestUpsample(AxisRule):
    """Nearest neighbour: output o reads floor(o * ``scale``); ``scale`` is input to output."""

    scale: Fraction

    def sources(self, output: Interval) -> Interval:
        top, bottom = self.scale.numerator, self.scale.denominator
        return Interval(output.low * top // bottom, output.high * top // bottom)

    @property
    def step(self) -> Fraction:
        return self.scale


@dataclass(frozen=True)
class LinearUpsample(AxisRule):
    """Linear or cubic interpolation of ``taps`` (2 or 4) neighbours.

    Output o lies at o * ``scale`` + ``offset`` of the input. A neighbour whose weight is exactly
    0 is not read. Beyond an edge the edge itself is read.
    """

    scale: Fraction
    offset: Fraction
    taps: int = 2

    def sources(self, output: Interval) -> Interval:
        common = self.scale.denominator * self.offset.denominator
        scale, offset = int(self.scale * common), int(self.offset * common)
        low, high = output.low * scale + offset, output.high * scale + offset
        reach = self.taps // 2
        on_grid_low, on_grid_high = low % common == 0, high % common == 0
        return Interval(
            np.where(on_grid_low, low // common, low // common - reach + 1),
            np.where(on_grid_high, high // common, high // common + reach),
        )

    def sources_inside(self, output: Interval, size: int) -> Interval:
        found = self.sources(output)
        return Interval(np.clip(found.low, 0, size - 1), np.clip(found.high, 0, size - 1))

    @property
    def step(self) -> Fraction:
        return self.scale


@dataclass(frozen=True)
class AdaptiveWindow(AxisRule):
    """Adaptive pooling from ``inputs`` to ``outputs`` positions, in windows as even as can be."""

    inputs: int
    outputs: int

    def sources(self, output: Interval) -> Interval:
        low = output.low * self.inputs // self.outputs
        high = -(-(output.high + 1) * self.inputs // self.outputs) - 1
        return Interval(low, high)

    @property
    def step(self) -> Fraction:
        return Fraction(self.inputs, self.outputs)
