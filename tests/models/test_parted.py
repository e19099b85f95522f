"""A class parted from the last one, with numbers worked out by hand."""

import pytest
import torch

from models.architectures.parted import PartedLinear


def test_the_last_class_is_shared_and_the_others_stay():
    layer = PartedLinear(1, 4)
    with torch.no_grad():
        # Of three classes 1/6, 2/6, 3/6; the last is parted 3 : 1.
        layer.weight[:] = torch.log(torch.tensor([[1.0], [2.0], [3.0], [3.0]]))
        layer.bias.zero_()
        found = layer(torch.ones(1, 1)).softmax(1)[0]
    assert found.tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 8, 1 / 8])
