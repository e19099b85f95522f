"""The doors between the rooms: who may import whom."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

NOT_INSTALLED = {"research", "benchmarks", "tests"}
ENTRIES = {"app", "cli"}
FORBIDDEN = {
    "core": {"streamlit", "pages", "commands", "lecture", "studies", "models"}
    | ENTRIES
    | NOT_INSTALLED,
    "models": {"streamlit", "pages", "commands", "lecture", "studies"} | ENTRIES | NOT_INSTALLED,
    "studies": {"streamlit", "pages", "commands", "lecture"} | ENTRIES | NOT_INSTALLED,
    "lecture": {"streamlit", "pages", "commands"} | ENTRIES | NOT_INSTALLED,
    "pages": {"numpy", "torch", "cv2", "commands"} | ENTRIES | NOT_INSTALLED,
    "commands": {"numpy", "torch", "cv2", "streamlit", "pages"} | ENTRIES | NOT_INSTALLED,
    "research": {"streamlit", "pages", "tests"} | ENTRIES,
    "benchmarks": {"tests"} | ENTRIES,
}

# From the top: a room imports from rows below its own, never from its own row or above.
ORDER_IN_CORE = (
    ("jobs", "exchange"),
    ("workspace",),
    ("correction",),
    ("export",),
    ("figures",),
    ("fields",),
    ("evaluation", "classification", "concepts", "interaction"),
    ("training", "analysis"),
    ("inspection", "synthesis", "scale_bar"),
    ("segmentation",),
    ("measurement", "formats"),
    ("pixels",),
    ("types", "palette", "settings", "bounded_store", "records", "typed", "by_hand", "image_size"),
    ("errors", "execution"),
)


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
        ("models", "import torch, cv2, numpy\nfrom core.types.segmentation import Phase", set()),
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


def imported_modules(source: str, known: set[str]) -> set[str]:
    """Return the modules out of ``known`` that ``source`` imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (parts & known) or {node.module}
    return names & known


def import_graph() -> dict[str, set[str]]:
    """Return, for each module of ours, the modules of ours that it imports."""
    sources = {}
    for room in FORBIDDEN:
        for path in (REPOSITORY / room).rglob("*.py"):
            parts = path.relative_to(REPOSITORY).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            sources[name] = path.read_text(encoding="utf-8")
    return {name: imported_modules(text, set(sources)) for name, text in sources.items()}


def climbs(graph: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Return every import inside ``core`` that does not run downwards."""
    row_of = {room: row for row, rooms in enumerate(ORDER_IN_CORE) for room in rooms}
    found = []
    for module, imported in graph.items():
        for other in imported:
            if module.startswith("core.") and other.startswith("core."):
                room, below = module.split(".")[1], other.split(".")[1]
                if room != below and row_of[room] >= row_of[below]:
                    found.append((module, other))
    return sorted(found)


def test_no_import_in_core_runs_upwards() -> None:
    graph = import_graph()
    rooms = {name.split(".")[1] for name in graph if name.startswith("core.")}
    assert rooms == {room for row in ORDER_IN_CORE for room in row}
    assert climbs(graph) == []


def test_no_module_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(import_graph()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]), pytrace=False)


def test_the_graph_sees_what_it_must() -> None:
    known = {"core.a", "core.a.b", "core.c"}
    source = "import core.c\ndef f():\n    from core.a import b\n    from core.a import B"
    assert imported_modules(source, known) == {"core.c", "core.a.b", "core.a"}
    graph = {"core.measurement.x": {"core.figures.y"}, "core.figures.y": {"core.types"}}
    assert climbs(graph) == [("core.measurement.x", "core.figures.y")]


# What a file must define to be its own registration.
REGISTRATIONS = {
    "core/formats": {"TITLE", "EXTENSIONS", "sniff", "read"},
    "core/formats/vendors": {"RANK", "find"},
    "models/zoo": {"CARD", "recipe"},
    "pages": {"PAGE"},
    "commands": {"HELP", "add_options", "run"},
}


def defined(source: str) -> set[str]:
    """Return the names that a module defines or imports at its top level."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("folder", REGISTRATIONS)
def test_every_file_of_a_room_is_its_own_registration(folder: str) -> None:
    files = [path for path in (REPOSITORY / folder).glob("*.py") if path.name != "__init__.py"]
    assert files
    incomplete = {
        path.name: sorted(missing)
        for path in files
        if (missing := REGISTRATIONS[folder] - defined(path.read_text(encoding="utf-8")))
    }
    assert not incomplete


@pytest.mark.parametrize("folder", REGISTRATIONS)
def test_nothing_but_the_folder_names_a_registration(folder: str) -> None:
    """A list elsewhere would have to be edited for each new file."""
    named = {path.stem for path in (REPOSITORY / folder).glob("*.py")} - {"__init__"}
    module = folder.replace("/", ".")
    entries = [REPOSITORY / "app.py", REPOSITORY / "cli.py", REPOSITORY / folder / "__init__.py"]
    for entry in filter(Path.is_file, entries):
        tree = ast.parse(entry.read_text(encoding="utf-8"))
        imported = {
            f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        } | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not imported & {f"{module}.{name}" for name in named}, entry


def test_defined_sees_what_it_must() -> None:
    source = "A = B = 1\nC: int = 2\nfrom x import d as E\ndef f():\n    G = 3\n"
    assert defined(source) == {"A", "B", "C", "E", "f"}


def test_openvino_is_imported_through_its_door_alone() -> None:
    """Imported elsewhere first, it would report to a server of its makers."""
    files = [path for room in FORBIDDEN for path in (REPOSITORY / room).rglob("*.py")]
    found = {
        path.name for path in files if "openvino" in imported_packages(path.read_text("utf-8"))
    }
    assert found == {"openvino_runtime.py"}
