import math

import pytest
import torch

from core.interaction.losses import click_loss, dice_loss, normalized_focal_loss


def test_normalized_focal_loss_of_two_pixels_by_hand() -> None:
    # Probabilities of the truth 0.9 and 0.5: weights 0.01 and 0.25.
    logits = torch.tensor([math.log(9.0), 0.0]).reshape(1, 1, 1, 2)
    truth = torch.ones(1, 1, 1, 2)
    wanted = 0.5 * (0.01 * -math.log(0.9) + 0.25 * -math.log(0.5)) / 0.26
    assert normalized_focal_loss(logits, truth).item() == pytest.approx(wanted, rel=1e-5)


def test_dice_loss_is_a_third_where_the_answer_is_half_everywhere_and_all_is_meant() -> None:
    assert dice_loss(torch.zeros(2, 1, 4, 4), torch.ones(2, 1, 4, 4)).item() == pytest.approx(1 / 3)


def test_right_answers_cost_nothing_and_the_gradient_points_to_them() -> None:
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., 2:6, 2:6] = 1
    assert click_loss(40 * (2 * truth - 1), truth).item() == pytest.approx(0, abs=1e-5)
    logits = torch.zeros(1, 1, 8, 8, requires_grad=True)
    click_loss(logits, truth).backward()
    assert logits.grad is not None
    assert ((logits.grad < 0) == (truth > 0)).all()
