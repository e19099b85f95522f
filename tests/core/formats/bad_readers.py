"""Readers that do what a damaged or malicious file may make one do; run in a child by the tests."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

import numpy as np

from core.errors import DataError


def crashes(folder, job, limits):
    """Read where there is nothing, as an overflow in C may."""
    ctypes.string_at(0)


def sleeps(folder, job, limits):
    time.sleep(60)


def spins(folder, job, limits):
    """Be busy in C, where Python handles no signal."""
    sum(range(10**13))


def takes_memory(folder, job, limits):
    return {"frame": np.ones(20_000_000_000, np.uint8)}, {}


def writes_much(folder, job, limits):
    with (folder / "large").open("wb") as file:
        for _ in range(100):
            file.write(bytes(1_000_000))
    return {}, {}


def opens_many(folder, job, limits):
    files = [(folder / "image").open() for _ in range(1000)]
    return {}, {"files": len(files)}


def fails(folder, job, limits):
    raise ZeroDivisionError


def refuses(folder, job, limits):
    raise DataError(f"{job['name']} is not what it says.")


def answers(folder, job, limits):
    """Answer with all that it got."""
    Path(folder / "left-behind").write_bytes(b"x")
    frame = np.frombuffer((folder / "image").read_bytes(), np.uint8)
    return {"frame": frame}, {"number": job["number"], "folder": str(folder)}
