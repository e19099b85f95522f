"""A result in a library, as a row of the database and as a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.by_hand import ByHand
from core.segmentation.settings import ObjectSettings
from core.types.model_card import ModelCard
from core.workspace.corrections import corrections
from core.workspace.results import run_record

COLUMNS = "id, owner, micrograph, key, model, title, run, provenance, bytes, created, used"
SELECT = f"""
SELECT {COLUMNS}, (SELECT counts FROM correction WHERE result = result.id AND revision > 0),
    (SELECT json_group_object(name, blob) FROM result_file WHERE result = result.id)
FROM result
"""


@dataclass(frozen=True)
class Stored:
    """A result in the library of ``owner``.

    ``key``: of all that decides its labels. ``run``: what
    :func:`core.workspace.results.stored_analysis.load` needs beside the files, as JSON.
    ``provenance``: its run.json. ``files``: SHA-256 by name. ``created``, ``used``: seconds since
    1970. ``by_hand``: what was corrected in it since.
    """

    id: str
    owner: str
    micrograph: str
    key: str
    model: str
    title: str
    run: str
    provenance: str
    bytes: int
    created: float
    used: float
    by_hand: ByHand | None
    files: Mapping[str, str]

    @property
    def object_settings(self) -> ObjectSettings:
        """How its objects were found."""
        return run_record.from_json(self.run).objects

    @property
    def lab_card(self) -> ModelCard | None:
        """The card of the model of this lab that made it, which may be removed since; None of a
        model of the zoo."""
        return run_record.from_json(self.run).lab_model_card()


def stored_of(row: tuple[Any, ...]) -> Stored:
    """Return the result that ``row`` of ``SELECT`` says."""
    *own, counted, files = row
    by_hand = corrections.read_counts(counted) if counted else None
    return Stored(*(*own, by_hand, json.loads(files)))
