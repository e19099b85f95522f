"""Libraries that must not be used while another session imports them."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

import pytest

from core.errors import LamellaError
from pages.components.frame.work import networks
from tests.pages.running import REPOSITORY, opened


def test_no_page_runs_before_the_libraries_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_yet() -> None:
        raise LamellaError("not yet")

    monkeypatch.setattr(networks, "import_libraries", not_yet)
    monkeypatch.setattr(networks, "_imported", Event)
    app = opened("models")
    assert not app.title and (app.exception or app.error)


def test_they_are_those_that_plotly_and_scipy_look_up_in_sys_modules() -> None:
    program = (
        "import sys\nfrom pages.components.frame.work import networks\n"
        "networks.import_libraries()\nprint({'torch', 'pandas'} - set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "set()"
