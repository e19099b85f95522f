"""Frozen dataclasses from JSON that anybody may have written."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from core.errors import LamellaError


def read(kind: Any, value: Any) -> Any:
    """Return ``value``, as json.loads gives it, as one of type ``kind``: a dataclass, a tuple, a
    dict with str keys, a union, a literal, str, int, float or bool.

    A field that is missing has its default.

    Raises:
        ValueError: it is no such value.
    """
    if is_dataclass(kind):
        return _dataclass(kind, value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        return _one_of(arguments, value)
    if origin is tuple and isinstance(value, list):
        if arguments[-1] is Ellipsis:
            return tuple(read(arguments[0], one) for one in value)
        return tuple(read(each, one) for each, one in zip(arguments, value, strict=True))
    if origin is dict and isinstance(value, dict):
        return {name: read(arguments[1], one) for name, one in value.items()}
    if origin is Literal and value in arguments:
        return value
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    if kind is types.NoneType and value is None:
        return value
    raise ValueError(f"{value!r:.60} is no {kind}")


def _dataclass(kind: Any, value: Any) -> Any:
    hints = get_type_hints(kind)
    if not isinstance(value, dict) or not value.keys() <= hints.keys():
        raise ValueError(f"{value!r:.60} has not the fields of {kind.__name__}")
    try:
        return kind(**{name: read(hints[name], one) for name, one in value.items()})
    except (TypeError, LamellaError) as error:
        raise ValueError(str(error)) from error


def _one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    for kind in kinds:
        try:
            return read(kind, value)
        except ValueError:
            continue
    names = ", ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
    raise ValueError(f"{value!r:.60} is none of {names}")
