"""The processor that networks run on: its cores that this process may use, and its numbers.

Imports no library that computes, so that asking costs nothing.
"""

from __future__ import annotations

import math
import os
import platform
import sys
from functools import cache
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
GPU_DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd", "C:/Windows/System32/nvcuda.dll")
"""What NVIDIA's driver, Windows under Linux, AMD's driver and NVIDIA's on Windows leave behind."""


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Return how many cores this process may keep busy, at least 1.

    The smallest of the machine's cores, those that the process is bound to, and the quota of its
    container, ``cpu.max`` of cgroup 2 or ``cpu.cfs_quota_us`` of cgroup 1; PyTorch, OpenVINO and
    OpenCV would count the host's.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.max.
    """
    bound = getattr(os, "sched_getaffinity", None)
    cores = len(bound(0)) if bound else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """Return the cores that the container's quota allows; infinity without one."""
    for names in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            words = " ".join((cgroup / name).read_text("ascii") for name in names).split()
            quota, period = int(words[0]), int(words[1])
        except (OSError, ValueError, IndexError):
            continue
        if quota > 0 and period > 0:
            return quota / period
    return math.inf


def threads() -> int:
    """Return how many threads a library may use: the usable cores, or fewer where
    ``OMP_NUM_THREADS`` says so."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return min(usable_cores(), int(asked)) if asked.isdecimal() and int(asked) else usable_cores()


def share_threads() -> None:
    """Let OpenCV, and PyTorch where it is imported, use no more than :func:`threads`."""
    import cv2

    limit = threads()
    if cv2.getNumThreads() > limit:
        cv2.setNumThreads(limit)
    torch = sys.modules.get("torch")
    # Another thread may be importing it; whoever runs a network in it calls this again.
    if torch is None or not hasattr(torch, "set_num_threads"):
        return
    if torch.get_num_threads() > limit:
        torch.set_num_threads(limit)


def may_have_gpu() -> bool:
    """Return whether it is worth importing PyTorch to look for a GPU: a driver or Apple silicon."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return True
    return any(Path(driver).exists() for driver in GPU_DRIVERS)


@cache
def bfloat16_units() -> str:
    """Return what multiplies bfloat16 in this processor, "amx" or "avx512"; "" where nothing does,
    or the system does not say.

    ``ONEDNN_MAX_CPU_ISA`` limits it as it limits OpenVINO: AVX512_CORE_BF16 leaves AMX unused.

    Source: oneDNN, CPU dispatcher control, https://uxlfoundation.github.io/oneDNN.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8", "replace").partition("\nflags")[2]
    except OSError:
        return ""
    found = set(flags.partition("\n")[0].split())
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    amx = limit in ("", "ALL", "DEFAULT") or "AMX" in limit
    avx512 = amx or any(named in limit for named in ("BF16", "FP16", "AVX10"))
    if amx and "amx_bf16" in found:
        return "amx"
    return "avx512" if avx512 and "avx512_bf16" in found else ""


def machine_in_words(device: str) -> str:
    """Return where something runs, for a reader who compares times: the GPU's name, or threads and
    cores, and whether other programs took the processor at the same time."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    cores = usable_cores()
    words = f"{device.upper()}, {threads()} of {cores} cores"
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"{words}, with other work on all of them" if load > cores else words
