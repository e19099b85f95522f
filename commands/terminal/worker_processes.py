"""How many workers a machine gets, and what each of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.settings import WorkerLimits

CORES_OF_A_WORKER = 4


def worker_environments(
    environment: Mapping[str, str], limits: WorkerLimits, cores: int
) -> list[dict[str, str]]:
    """Return what the environment of each worker has beside the server's: its GPU, its threads."""
    gpus, count = visible_gpus(environment), limits.count
    if count is None:
        count = len(gpus) or max(1, cores // CORES_OF_A_WORKER)
    if gpus:
        return [{"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} for number in range(count)]
    if count < 2 or "OMP_NUM_THREADS" in environment:
        return [{} for _ in range(count)]
    return [{"OMP_NUM_THREADS": str(max(1, cores // count))} for _ in range(count)]


def visible_gpus(environment: Mapping[str, str], devices: Path = Path("/dev")) -> list[str]:
    """Return the names of NVIDIA's GPUs, as CUDA_VISIBLE_DEVICES has them, without asking CUDA."""
    chosen = environment.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    return [str(number) for number, _ in enumerate(devices.glob("nvidia[0-9]*"))]
