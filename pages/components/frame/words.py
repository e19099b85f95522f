"""How names are written on the pages."""

from __future__ import annotations


def capital(name: str) -> str:
    """Return ``name`` with a capital first letter and the rest as it is: "Tc" stays "Tc"."""
    return name[:1].upper() + name[1:]
