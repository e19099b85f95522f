"""Tell the axis of a spectrum from one of an image."""

from __future__ import annotations

_UNITS = ("ev", "kev", "mev", "cm^-1", "cm-1", "1/cm")
_NAMES = ("energy", "wavelength", "wavenumber", "raman")


def is_spectral(unit: str, name: str) -> bool:
    """Whether a spectrum runs along an axis; that of wavelengths has a unit of length as well."""
    plain = unit.strip(" []").replace("_", "").lower()
    return plain in _UNITS or any(word in name.lower() for word in _NAMES)
