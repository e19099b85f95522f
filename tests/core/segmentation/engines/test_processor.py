"""Which cores of the machine a process may use."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import cv2
import pytest

from core.segmentation.engines import processor
from core.segmentation.engines.processor import share_threads, threads, usable_cores


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "250000 100000\n"}, 3),
        ({"cpu.max": "10000 100000\n"}, 1),
        ({"cpu.max": "9900000 100000\n"}, 8),
        ({"cpu.max": "what\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
    ],
)
def test_the_quota_of_the_container_counts_and_not_the_host(eight_cores, tmp_path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(("asked", "found"), [("3", 3), ("64", 8), ("2,4", 2), ("0", 8), ("x", 8)])
def test_fewer_threads_than_cores_can_be_asked_for(
    eight_cores, monkeypatch, tmp_path, asked, found
):
    monkeypatch.setattr(processor, "CGROUP", tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert threads() == found


def test_libraries_get_no_more_threads_and_keep_fewer(monkeypatch):
    import torch

    before = cv2.getNumThreads(), torch.get_num_threads()
    try:
        cv2.setNumThreads(4)
        torch.set_num_threads(1)
        monkeypatch.setattr(processor, "threads", lambda: 2)
        share_threads()
        assert (cv2.getNumThreads(), torch.get_num_threads()) == (2, 1)
    finally:
        cv2.setNumThreads(before[0])
        torch.set_num_threads(before[1])


def test_a_pytorch_that_another_thread_imports_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    share_threads()


@pytest.mark.parametrize(
    ("flags", "units"),
    [("fpu avx512f avx512_bf16", "avx512"), ("fpu avx512_bf16 amx_bf16", "amx"), ("fpu avx2", "")],
)
def test_what_multiplies_bfloat16_is_read_from_the_processor(
    monkeypatch: pytest.MonkeyPatch, flags: str, units: str
) -> None:
    text = f"processor\t: 0\nmodel name\t: any\nflags\t\t: {flags}\nbugs\t\t: none\n"
    monkeypatch.setattr(Path, "read_text", lambda *_: text)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    assert processor.bfloat16_units.__wrapped__() == units


@pytest.mark.parametrize(
    ("limit", "units"),
    [
        ("DEFAULT", "amx"),
        ("AVX512_CORE_AMX", "amx"),
        ("avx512_core_bf16", "avx512"),
        ("AVX512_CORE_FP16", "avx512"),
        ("AVX512_CORE", ""),
        ("AVX2", ""),
    ],
)
def test_units_that_onednn_may_not_use_do_not_count(monkeypatch, limit, units):
    text = "flags\t\t: fpu avx512_bf16 amx_bf16\n"
    monkeypatch.setattr(Path, "read_text", lambda *_: f"processor\t: 0\n{text}")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert processor.bfloat16_units.__wrapped__() == units
