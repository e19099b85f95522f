"""XML of instruments, parsed so that it cannot grow or fetch anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse_xml(text: str) -> Element | None:
    """Return the root element of ``text``, or None when it is not sound XML."""
    start, end = text.find("<"), text.rfind(">")
    if start < 0 or end < start:
        return None
    body = _CONTROL.sub("", text[start : end + 1])
    # A declared encoding says nothing about text that is decoded already.
    body = re.sub(r"^<\?xml[^>]*\?>", "", body)
    try:
        return fromstring(body)
    except Exception:
        return None


def local_name(element: Element) -> str:
    """Return the tag of ``element`` without its namespace."""
    return element.tag.rpartition("}")[2]


def find_all(root: Element, *names: str) -> Iterator[Element]:
    """Yield the elements reached from anywhere in ``root`` by child after child of ``names``."""
    for element in root.iter():
        if local_name(element) == names[0]:
            yield from _descend(element, names[1:])


def _descend(element: Element, names: tuple[str, ...]) -> Iterator[Element]:
    if not names:
        yield element
        return
    for child in element:
        if local_name(child) == names[0]:
            yield from _descend(child, names[1:])


def first_text(root: Element, *names: str) -> str:
    """Return the text of the first element that ``find_all`` yields, "" when there is none."""
    element = next(find_all(root, *names), None)
    return (element.text or "").strip() if element is not None else ""
