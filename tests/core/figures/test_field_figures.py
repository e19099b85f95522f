"""Charts of many fields and of single distributions: axes that can be read."""

from dataclasses import replace

import numpy as np
import pytest

from core.fields.many.pooled import pool
from core.fields.result import Distribution
from core.figures.fields import fields_figure, places
from core.figures.size_distribution import size_distribution_figure
from tests.core.fields.many.test_pooled import fractions


@pytest.mark.parametrize(("count", "step"), [(3, 1), (10, 1), (37, 5), (200, 20)])
def test_fields_are_numbered_in_round_steps(count: int, step: int) -> None:
    axis = fields_figure(pool(fractions(np.linspace(10, 20, count)))).layout.xaxis
    assert axis.dtick == step
    assert axis.range[0] > 0 and axis.range[1] > count


def test_a_field_without_a_value_is_not_drawn_and_keeps_its_number() -> None:
    fields = fractions([10, 20, 30])
    nothing = replace(fields[1].headline, value=None, interval=None, reason="nothing found")
    empty = replace(fields[1], headline=nothing, quantities=(nothing,))
    pooled = pool([fields[0], empty, fields[2]])
    assert places(pooled) == (0, 2)
    assert tuple(fields_figure(pooled).data[0].x) == (1, 3)


def shown(values: list[float], unit: str = "px") -> object:
    sizes = np.array(values)
    return size_distribution_figure(
        Distribution("d", "Diameter", unit, sizes, np.ones(len(sizes)), "particles")
    ).layout


def test_sizes_that_are_alike_are_not_drawn_from_zero() -> None:
    assert shown([130, 132, 133, 138]).xaxis.rangemode == "normal"
    assert shown([10, 40, 90]).xaxis.rangemode == "tozero"


def test_names_of_quantiles_do_not_lie_on_each_other() -> None:
    assert [one.yshift for one in shown([*[10.0] * 50, *[10.1] * 50, 90]).annotations] == [0, 12, 0]
    assert [one.yshift for one in shown([10, 40, 90]).annotations] == [0, 0, 0]


def test_directions_have_no_quantiles() -> None:
    assert not shown([-80, 10, 60], "°").annotations
