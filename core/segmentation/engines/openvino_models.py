"""Networks as OpenVINO reads them, converted from PyTorch once and kept.

The weights of the zoo are the truth. What is kept is a copy in another form, named by the digest of
the weights, of what the card puts around them, and of OpenVINO's version, so that it can never be
another network's; without it the network is converted again. With it PyTorch need not be imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import LamellaError
from core.segmentation.engines.backend import BackendError
from core.segmentation.engines.openvino_float32 import keep_first_layers_in_float32
from core.segmentation.engines.openvino_runtime import core, openvino
from core.settings import data_folder
from core.types.model_card import ModelCard

if TYPE_CHECKING:
    from torch import nn

# Counts how networks are converted: what an older Lamella kept is not taken for it.
FORM = 2
MOST_KEPT = 20
EXAMPLE_PX = 64


def folder_of(card: ModelCard) -> Path | None:
    """Return where the converted network of a card is kept; None of one without weights.

    Raises:
        BackendError: OpenVINO is missing.
    """
    if card.weights is None:
        return None
    around = [FORM, card.weights.sha256, card.mean, card.std, len(card.phases), card.object_outputs]
    named = hashlib.sha256(json.dumps([*around, openvino().__version__]).encode()).hexdigest()
    return data_folder() / "openvino" / f"{card.name}-{named[:16]}"


def forget(name: str) -> None:
    """Remove what was kept of the networks of this name, such as of a model that was removed."""
    for folder in (data_folder() / "openvino").glob(f"{name}-*"):
        if re.fullmatch(r"[0-9a-f]{16}", folder.name.removeprefix(f"{name}-")):
            shutil.rmtree(folder, ignore_errors=True)


def converted(
    card: ModelCard,
    network: Callable[[], nn.Module],
    kept: Path | None = None,
    answering: Callable[[ModelCard, nn.Module], nn.Module] | None = None,
    channels: int = 1,
) -> Any:
    """Return the network of ``card`` with its input and output in grey levels and probabilities:
    (N, channels, H, W) float32 -> (N, C, H, W) float32, sides multiples of its stride.

    ``network``: called for one on the processor, in eval mode, where it is not in the folder
    ``kept``, and left there then; None = nowhere. ``answering``: what is put around it; None for
    that of networks that segment.

    Raises:
        BackendError: it cannot be converted.
    """
    if kept is not None and (kept / "network.xml").is_file():
        # A copy that cannot be read is made anew, and put in its place.
        with contextlib.suppress(RuntimeError):
            return core().read_model(kept / "network.xml")
        shutil.rmtree(kept, ignore_errors=True)
    try:
        model = _convert(card, network(), answering, channels)
    except LamellaError:
        raise
    except Exception as error:
        raise BackendError(f"it cannot convert the network: {_first_line(error)}") from error
    return _kept(model, kept)


def _convert(
    card: ModelCard,
    network: nn.Module,
    answering: Callable[[ModelCard, nn.Module], nn.Module] | None,
    channels: int,
) -> Any:
    import torch

    from core.segmentation.engines.padding import fixed_padding
    from core.segmentation.engines.torch_backend import Answering

    with fixed_padding(network), warnings.catch_warnings():
        # Tracing warns that sizes become constants; those are checks of the input's shape.
        warnings.simplefilter("ignore")
        return openvino().convert_model(
            (answering or Answering)(card, network).eval(),
            example_input=torch.zeros(1, channels, EXAMPLE_PX, EXAMPLE_PX),
        )


def _kept(model: Any, place: Path | None) -> Any:
    """Return ``model`` as it is read back from a file, which is left in ``place`` where there is
    room and permission: straight from the conversion it would differ in the last digits."""
    with _folder_beside(place) as unfinished:
        openvino().save_model(model, unfinished / "network.xml", compress_to_fp16=False)
        keep_first_layers_in_float32(unfinished / "network.xml")
        found = core().read_model(unfinished / "network.xml")
        if place is not None:
            # Another process may have been quicker; its folder holds the same.
            with contextlib.suppress(OSError):
                os.rename(unfinished, place)
                _forget_oldest(place.parent)
    return found


@contextlib.contextmanager
def _folder_beside(place: Path | None) -> Iterator[Path]:
    """Return a new folder beside ``place``, else among the system's temporary ones, and delete it
    where it is still there at the end."""
    parent = None
    if place is not None:
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            parent = place.parent if os.access(place.parent, os.W_OK) else None
    made = Path(tempfile.mkdtemp(prefix=".", dir=parent))
    # A lab's folder of data is read by all of its users.
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _forget_oldest(folder: Path) -> None:
    kept = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    for entry in sorted(kept, key=lambda entry: entry.stat().st_mtime)[:-MOST_KEPT]:
        shutil.rmtree(entry, ignore_errors=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
