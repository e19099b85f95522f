"""A checkpoint of a run on the disk: whole or not at all, and of one recipe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from core.errors import LamellaError


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write the ``state`` of a run, which names its "recipe", in place of an earlier one."""
    unfinished = path.with_suffix(".part")
    torch.save(dict(state), unfinished)
    unfinished.replace(path)


def read_checkpoint(path: Path, recipe: str) -> dict[str, Any]:
    """Return the state that was written of a run of ``recipe``, in words.

    Raises:
        LamellaError: it is of another recipe.
    """
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if state["recipe"] != recipe:
        raise LamellaError(
            f"{path.parent} holds a run of another recipe, so it cannot go on; train into "
            "another folder to keep it, or delete this one to start anew."
        )
    return state
