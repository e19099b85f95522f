"""How long the answers of the Inspect page take: python -m benchmarks.speed.inspection

A U-Net on ResNet-18 with random weights (time does not depend on them) before a 512 x 512 field of
noise. Each line is the median and the slowest of several repeats, and the median processor time of
all threads together, which other jobs on the machine disturb less, beside the target of the design.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import torch

from core.figures.inspection.feature_maps import channel_thumbnails
from core.figures.inspection.overlays import DIVERGING, channel_overlay
from core.inspection.cache import ActivationCache
from core.inspection.feature_maps import Measure, rank_channels
from core.inspection.layers.layers import layer_table
from core.inspection.receptive_field.effective_field import effective_field
from core.inspection.receptive_field.receptive_field import receptive_field
from core.inspection.receptive_field.trace import trace_network
from core.inspection.subject import Subject
from models.architectures import ARCHITECTURES

SIDE = 512
THREADS = 2
SHOWN = 24


def seconds(job: Callable[[], object], repeats: int) -> tuple[list[float], list[float]]:
    """Return wall and processor time of each of ``repeats`` runs, after one to warm up."""
    wall, processor = [], []
    for attempt in range(repeats + 1):
        started, busy = time.perf_counter(), time.process_time()
        job()
        if attempt:
            wall.append(time.perf_counter() - started)
            processor.append(time.process_time() - busy)
    return wall, processor


def jobs(subject: Subject, cache: ActivationCache) -> dict[str, tuple[float, int, Callable]]:
    """Return what is timed: its target in seconds, its repeats, and the job."""
    maps = cache.feature_maps(subject, "encoder.layer1")

    def cached_channel() -> None:
        held = cache.feature_maps(subject, "encoder.layer1")
        channel_overlay(held.activations[7], subject.shape)

    def cached_colors() -> None:
        held = cache.feature_maps(subject, "encoder.layer1")
        ranking = rank_channels(held, Measure.VARIANCE)
        channel_overlay(held.activations[7], subject.shape, scale=DIVERGING)
        channel_thumbnails(held, ranking, count=SHOWN, scale=DIVERGING)

    def cached_layer() -> None:
        held = cache.feature_maps(subject, "encoder.layer1")
        channel_thumbnails(held, rank_channels(held, Measure.VARIANCE), count=64)

    shape = tuple(subject.image.shape)
    return {
        "receptive field of a click, trace held": (
            0.3,
            20,
            lambda: receptive_field(subject.trace, None, 200, 301),
        ),
        "receptive field of a click, from nothing": (
            0.3,
            5,
            lambda: receptive_field(trace_network(subject.network, shape), None, 200, 301),
        ),
        "effective field, one pixel": (2.0, 5, lambda: effective_field(subject, [(200, 301)])),
        "another channel, activations held": (0.3, 20, cached_channel),
        f"other colours, {SHOWN} channels drawn": (0.3, 10, cached_colors),
        f"another layer, {len(maps.activations)} channels held": (0.3, 10, cached_layer),
        "layer table, trace held": (0.3, 5, lambda: layer_table(subject.trace)),
    }


def main() -> None:
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    subject = Subject(ARCHITECTURES["unet-resnet18"].build(), torch.rand(1, 1, SIDE, SIDE))
    cache = ActivationCache(limit_bytes=500_000_000)
    load = os.getloadavg()[0]
    print(f"{THREADS} threads, {os.cpu_count()} cores, load average {load:.1f} at the start")
    print(f"{'':44}{'median':>10}{'slowest':>10}{'processor':>11}{'target':>10}")
    for name, (target, repeats, job) in jobs(subject, cache).items():
        wall, processor = seconds(job, repeats)
        columns = statistics.median(wall), max(wall), statistics.median(processor), target
        widths = 7, 7, 8, 7
        numbers = (f"{c * 1e3:>{w}.0f} ms" for c, w in zip(columns, widths, strict=True))
        print(f"{name:44}" + "".join(numbers))


if __name__ == "__main__":
    main()
