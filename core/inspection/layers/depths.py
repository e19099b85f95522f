"""A first, a middle and a deep layer of a network, to show its hierarchy with."""

from __future__ import annotations

from collections.abc import Mapping

from core.inspection.layers.layers import LayerTable


def layers_with_maps(table: LayerTable) -> dict[str, int]:
    """Return the rows of the maps of each layer that has any, by its name, in their order."""
    rows = [row for row in table.rows if row.is_module and len(row.layer.shape) == 3]
    return {row.layer.name: row.layer.shape[1] for row in rows if row.layer.shape[1] > 1}


def first_middle_deepest(heights: Mapping[str, int]) -> list[str]:
    """Return the first layer, a middle and the deepest one on the way down, each once.

    ``heights``: rows of the maps of each layer, in their order, see :func:`layers_with_maps`.
    """
    names, lowest = list(heights), min(heights.values())
    deepest = max(index for index, name in enumerate(names) if heights[name] == lowest)
    way = names[: deepest + 1]
    wanted = (heights[way[0]] * lowest) ** 0.5
    nearest = min((heights[name] for name in way), key=lambda height: abs(height - wanted))
    middle = next(name for name in reversed(way) if heights[name] == nearest)
    return list(dict.fromkeys([way[0], middle, way[-1]]))
