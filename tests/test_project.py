"""The project's own promises: versions, locks, commands, and tests that cannot be left out."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli import build_parser
from core.settings import Limits, WorkerLimits, WorkspaceLimits
from models import classifiers, zoo

REPOSITORY = Path(__file__).resolve().parents[1]

# Put together from parts, or this file would name them itself.
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("download", "pytorch", "org"),
        ("registry", "npmjs", "org"),
        ("conda", "anaconda", "org"),
    )
)


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def pinned(name: str) -> list[str]:
    """Return what a lock file pins: "numpy==2.4.6 ; python_full_version < '3.12'"."""
    return re.findall(r"^([A-Za-z0-9_.-]+==[^\\\n]+?) *\\?$", text_of(name), re.MULTILINE)


def names_in(lock: str) -> set[str]:
    return {line.partition("==")[0] for line in pinned(lock)}


def test_version_is_the_changelogs_newest() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    entries = re.findall(r"^## \[([^\]]+)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert [entry for entry in entries if entry != "Unreleased"][0] == version


def test_image_gets_the_very_versions_that_are_tested() -> None:
    assert {"torch", "torchvision", "streamlit"} <= names_in("requirements-image.lock")
    assert set(pinned("requirements-image.lock")) <= set(pinned("requirements.lock"))


def test_image_holds_each_network_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r'^RUN python -c "(.*?)"$', text_of("Dockerfile"), re.DOTALL | re.M)
    done: list[str] = []
    monkeypatch.setattr(zoo, "load", lambda name, device: done.append(f"{name} on {device}"))
    monkeypatch.setattr(classifiers, "micrograph_classifier", lambda: done.append("classifier"))
    exec(program.replace("\\\n", ""), {})
    networks = [f"{card.name} on cpu" for card in zoo.CARDS.values() if card.build and card.weights]
    assert networks and sorted(done) == sorted([*networks, "classifier"])


def test_image_has_neither_gpl_nor_development_tools() -> None:
    left_out = {"rosettasciio", "pytest", "ruff", "playwright"}
    assert left_out <= names_in("requirements.lock")
    assert not left_out & names_in("requirements-image.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_lock_has_hashes_and_no_address(lock: str) -> None:
    text = text_of(lock)
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)[1:]
    assert len(blocks) == len(pinned(lock)) > 50
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", text)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    asked = tomllib.loads(text_of("pyproject.toml"))["project"]["dependencies"]
    names = {re.match(r"[A-Za-z0-9-]+", one)[0] for one in asked}  # type: ignore[index]
    assert names <= names_in(lock)


def test_image_gets_every_room() -> None:
    tools = tomllib.loads(text_of("pyproject.toml"))["tool"]["setuptools"]
    rooms = {name.rstrip("*") for name in tools["packages"]["find"]["include"]}
    rooms |= {f"{name}.py" for name in tools["py-modules"]}
    let_in = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    assert rooms | {".streamlit/config.toml", "requirements-image.lock"} <= let_in
    assert not {"tests", "benchmarks", "docs", ".git", ".venv"} & let_in


def test_readme_names_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(code_blocks(text_of("README.md")))))
    assert {"run", "test"} <= named <= targets


def code_blocks(markdown: str) -> list[str]:
    return re.findall(r"^```[a-z]*\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)


def test_readme_reaches_the_first_result_by_line_40() -> None:
    first = text_of("README.md").splitlines()[:40]
    assert any("make run" in line for line in first)
    assert any("lamella segment" in line for line in first)


def test_readme_gives_every_limit_with_its_default() -> None:
    row = r"^\| `LAMELLA_(?:MAX|MIN)_([A-Z_]+)` \|.*\| (\d+) \|$"
    documented = {
        name.lower(): int(default) for name, default in re.findall(row, text_of("README.md"), re.M)
    }
    kept = WorkspaceLimits()
    assert documented == vars(Limits()) | {
        "workspace_bytes": kept.owner_bytes,
        "free_bytes": kept.free_bytes,
        "cache_bytes": kept.cache_bytes,
        "worker_bytes": WorkerLimits().bytes,
    }


def test_readme_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", text_of("README.md"))
    here = [link for link in links if "://" not in link]
    assert here
    assert [link for link in here if not (REPOSITORY / link).exists()] == []


def test_no_file_names_a_package_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True
    ).stdout.decode()
    paths = [REPOSITORY / name for name in listed.split("\0") if name]
    contents = {path: path.read_bytes() for path in paths if path.is_file()}
    assert REPOSITORY / "pyproject.toml" in contents
    found = [
        (path, host)
        for path, content in contents.items()
        for host in REGISTRY_HOSTS
        if host.encode() in content
    ]
    assert found == []


LEFT_OUT = """
import pytest
def test_here(): pass
@pytest.mark.skip(reason="tired")
def test_skipped(): pass
@pytest.mark.xfail
def test_xfailed(): assert 0
def test_data(shared_data): shared_data("nothing here")
def test_network():
    import socket
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
"""


@pytest.mark.parametrize(
    ("everything", "closing"),
    [
        ("0", "2 passed, 2 skipped, 1 xfailed"),
        ("1", "2 failed, 2 passed, 1 error"),
    ],
)
def test_a_test_left_out_fails_when_everything_must_run(
    tmp_path: Path, everything: str, closing: str
) -> None:
    shutil.copy(REPOSITORY / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(LEFT_OUT)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "LAMELLA_TEST_ALL": everything},
        capture_output=True,
        text=True,
    )
    assert closing in ran.stdout.splitlines()[-1]
    assert ran.returncode == int(everything)


def usage(parser: argparse.ArgumentParser) -> list[str]:
    """Return the arguments of a command as the README writes them."""
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = (
            "|".join(action.choices) if action.choices else action.metavar or action.dest.upper()
        )
        if not action.option_strings:
            several = {"+": "{}...", "*": "[{}...]"}.get(action.nargs, "{}")
            found.append(several.format(action.metavar))
            continue
        option = (
            f"{action.option_strings[0]} {value}".strip()
            if action.nargs != 0
            else (action.option_strings[0])
        )
        found.append(option if action.required else f"[{option}]")
    return sorted(found)


def parsers(parser: argparse.ArgumentParser, name: str = "") -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command, by its name: "segment", "library list"."""
    found = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                found |= parsers(inner, f"{name} {word}".strip())
    return found or {name: parser}


def test_readme_lists_every_option_of_the_terminal() -> None:
    block = next(one for one in code_blocks(text_of("README.md")) if one.startswith("lamella app"))
    known = parsers(build_parser())
    written = {}
    for line in re.sub(r"\n +", " ", block).splitlines():
        words = line.removeprefix("lamella ")
        name = next(name for name in known if words.startswith(f"{name} "))
        options = words.removeprefix(name)
        written[name] = sorted(re.findall(r"\[[^\]]+\]|--\S+ \S+|\S+", options))
    assert written == {name: usage(parser) for name, parser in known.items()}
