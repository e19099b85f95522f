"""What reads and writes ONNX and BioImage.IO packages, where it is installed."""

from __future__ import annotations

from importlib.util import find_spec

from core.errors import ModelError

PACKAGES = ("onnx", "onnxruntime", "yaml")


def is_installed() -> bool:
    """Return whether ONNX and BioImage.IO packages can be read and written here."""
    return all(find_spec(package) for package in PACKAGES)


def check_installed() -> None:
    """Do nothing where they can.

    Raises:
        ModelError: the extra ``exchange`` is not installed.
    """
    if not is_installed():
        raise ModelError(
            "ONNX and BioImage.IO packages need the extra `exchange`: "
            "pip install 'lamella[exchange]'."
        )
