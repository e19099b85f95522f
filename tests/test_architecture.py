"""The doors between the rooms: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "core": {"streamlit", "pages", "commands", "models", "app", "cli"},
    "models": {"streamlit", "pages", "commands", "app", "cli"},
    "pages": {"numpy", "torch", "cv2", "commands", "app", "cli"},
    "commands": {"numpy", "torch", "cv2", "streamlit", "pages", "app", "cli"},
}


def imported_packages(source: str) -> set[str]:
    """Return the top-level names of every import, also those inside functions."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # A relative import stays in its own room, or leaves the rooms for a top-level one.
            module = node.module or ""
            names.add("." * node.level or module.partition(".")[0])
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            argument = node.args[0] if node.args else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                names.add(argument.value.partition(".")[0])
    return names


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def trespasses(room: str, source: str) -> set[str]:
    """Return what ``source`` imports although its room may not; relative imports count."""
    return imported_packages(source) & (FORBIDDEN[room] | {".", "..", "..."})


@pytest.mark.parametrize("room", FORBIDDEN)
def test_room_imports_only_through_its_doors(room: str) -> None:
    files = sorted((REPOSITORY / room).rglob("*.py"))
    assert files, f"no Python file in {room}/"
    found = {
        str(path.relative_to(REPOSITORY)): sorted(names)
        for path in files
        if (names := trespasses(room, path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    ("room", "source", "found"),
    [
        ("core", "import streamlit as st", {"streamlit"}),
        ("core", "import numpy, models.zoo", {"models"}),
        ("core", "def run():\n    from pages.components import viewer", {"pages"}),
        ("core", "if True:\n    import importlib\n    importlib.import_module('cli')", {"cli"}),
        ("core", "from ..models import zoo", {".."}),
        ("models", "try:\n    from app import app\nexcept ImportError:\n    app = None", {"app"}),
        ("models", "import torch, cv2, numpy\nfrom core.types import Phase", set()),
        ("pages", "import numpy.typing as npt", {"numpy"}),
        ("pages", "from torch import nn", {"torch"}),
        ("pages", "import cv2", {"cv2"}),
        ("pages", "import streamlit\nfrom core.analysis import analyse\nimport models.zoo", set()),
        ("core", "from models_of_mind import x\nimport applied, cliff", set()),
        ("core", '"""import streamlit"""\n# import models', set()),
    ],
)
def test_the_walker_sees_what_it_must(room: str, source: str, found: set[str]) -> None:
    assert trespasses(room, source) == found


def test_no_room_but_the_entries_imports_an_entry() -> None:
    for path in (REPOSITORY / "benchmarks").rglob("*.py"):
        assert not imported_packages(path.read_text(encoding="utf-8")) & {"app", "cli"}, path
