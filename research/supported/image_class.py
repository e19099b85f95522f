"""Teach the classifier of micrographs one more class: supported metal particles.

    python -m research.supported.image_class DIR FILE --start WEIGHTS

DIR is the folder of `lamella train micrograph-type`, WEIGHTS those of a network without the class.
Only the new row of the last layer is fitted, which parts the new class from other; what the network
says of all further classes stays as it was. FILE gets the weights.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.classification.data import SUPPORTED, classification_data
from models import classifiers
from models.weights_file import save_weights, unpacked

BATCHES, STEPS, SEED = 150, 400, 7
RATE, DECAY = 0.05, 1e-3


def with_a_new_class(state: dict[str, Tensor], index: int) -> dict[str, Tensor]:
    """Return ``state`` with one more row of the last layer at ``index``, of zeros."""
    grown = {}
    for name in ("fc.weight", "fc.bias"):
        rows = state[name]
        grown[name] = torch.cat([rows[:index], torch.zeros_like(rows[:1]), rows[index:]])
    return state | grown


def fit_row(last: nn.Linear, features: Tensor, classes: Tensor, index: int) -> float:
    """Fit row ``index`` of the ``last`` layer in place; return the cross-entropy of telling class
    ``index`` from the one after it. ``features``: (N, D). ``classes``: (N,)."""
    chosen = classes >= index
    seen, is_new = features[chosen], (classes[chosen] == index).float()
    row = last.weight[index].detach().clone().requires_grad_()
    bias = last.bias[index].detach().clone().requires_grad_()
    optimizer = torch.optim.AdamW([row, bias], RATE, weight_decay=DECAY)
    loss = torch.zeros(())
    for _ in range(STEPS):
        loss = functional.binary_cross_entropy_with_logits(seen @ row + bias, is_new)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        last.weight[index], last.bias[index] = row, bias
    return float(loss.detach())


def main() -> None:
    """Fit the row and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--start", type=Path, required=True, metavar="WEIGHTS")
    options = parser.parse_args()
    name = classifiers.MICROGRAPH_TYPE
    card, recipe = classifiers.card(name), classifiers.recipe(name)
    state = unpacked(options.start.read_bytes())
    if len(state["fc.bias"]) < len(card.phases):
        state = with_a_new_class(state, SUPPORTED)
    network = card.build()
    network.load_state_dict(state)
    network.eval()
    last = network.get_submodule("fc")
    assert isinstance(last, nn.Linear)
    network.fc = nn.Identity()
    data, random = classification_data(options.data, recipe), np.random.default_rng(SEED)
    features, classes = [], []
    for _ in range(BATCHES):
        crops = data.crops(recipe, random)
        images = torch.from_numpy(np.stack([image for image, _ in crops]))[:, None]
        with torch.inference_mode():
            features.append(network((images - card.mean) / card.std))
        classes += [int(image_class) for _, image_class in crops]
    network.fc = last
    print("loss", fit_row(last, torch.cat(features).clone(), torch.tensor(classes), SUPPORTED))
    print(save_weights(network.state_dict(), options.file))


if __name__ == "__main__":
    main()
