"""The scripts that trained and measured what is shipped can at least be started."""

from importlib import import_module
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for path in (REPOSITORY / "research").rglob("*.py")
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_finds_what_it_imports_and_says_what_it_does(name: str) -> None:
    assert import_module(name).__doc__


def test_the_page_on_research_names_every_command() -> None:
    text = (REPOSITORY / "docs" / "research.md").read_text("utf-8")
    commands = [name for name in SCRIPTS if "argparse" in vars(import_module(name))]
    assert len(commands) > 8
    assert [name for name in commands if f"python -m {name}" not in text] == []
