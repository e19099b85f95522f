"""Scenes in one file, so that a run that is taken up again need not read and draw them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.interaction.scenes import Scene, Scenes

HELD_OUT = "held out"


def kept_scenes(
    path: Path, read: Callable[[], tuple[Scenes, tuple[Scene, ...]]]
) -> tuple[Scenes, tuple[Scene, ...]]:
    """Return the scenes in the file ``path``; where there is none, what ``read`` gives, which is
    left there then."""
    if not path.is_file():
        train, held_out = read()
        named = {**train, HELD_OUT: held_out}
        arrays = {
            f"{name}|{number:05d}|{part}": getattr(scene, part)
            for name, scenes in named.items()
            for number, scene in enumerate(scenes)
            for part in ("image", "ids")
        }
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **arrays)
        unfinished.replace(path)
        return train, held_out
    found: dict[str, list[Scene]] = {}
    with np.load(path) as stored:
        for key in sorted(name for name in stored.files if name.endswith("|image")):
            source = key.split("|")[0]
            ids = stored[key.removesuffix("image") + "ids"]
            found.setdefault(source, []).append(Scene(stored[key], ids))
    scenes = {name: tuple(some) for name, some in found.items()}
    return scenes, scenes.pop(HELD_OUT, ())
