"""All steps of the lecture in their order."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lecture import convolution, fields, image_problem, networks, pooling, sharing, studies
from lecture.step import Part, Step

PARTS: tuple[Part, ...] = (
    image_problem.PART,
    convolution.PART,
    sharing.PART,
    pooling.PART,
    fields.FIELDS,
    fields.HIERARCHY,
    networks.CLASSIC,
    networks.RESIDUAL,
    networks.UNET,
    studies.STUDIES,
    studies.SUMMARY,
)
STEPS: Mapping[str, Step] = MappingProxyType(
    {step.key: step for part in PARTS for step in part.steps}
)
"""Every step by its key."""
