"""Average the weights of several runs: python -m research.average OUT WEIGHTS WEIGHTS...

Runs that began with the same weights lie in one basin, and the mean of theirs is often better than
each, and than what they began with. OUT is a file that `lamella evaluate --weights` reads.

Source: Wortsman et al. 2022, arXiv:2203.05482.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from models.weights_file import save_weights, unpacked


def average(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of each tensor of real numbers, the first of each other one."""
    return {
        name: torch.stack([state[name] for state in states]).mean(0)
        if value.is_floating_point()
        else value
        for name, value in states[0].items()
    }


def main() -> None:
    """Write the average, and print its SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("weights", type=Path, nargs="+")
    options = parser.parse_args()
    print(
        save_weights(average([unpacked(one.read_bytes()) for one in options.weights]), options.out)
    )


if __name__ == "__main__":
    main()
