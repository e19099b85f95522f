"""A workspace in a folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.workspace.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")
