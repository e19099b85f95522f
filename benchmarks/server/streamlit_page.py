"""What stands on a page of the app, kept as a browser keeps it from Streamlit's messages."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class StreamlitError(Exception):
    """The server, or the page on it, did not do what a user would expect."""


@dataclass(frozen=True, eq=False)
class Element:
    """An element on the page. ``message``: of its ``kind``, as Streamlit's protobuf has it.

    ``fragment``: the id of the fragment that drew it, or "". ``run``: the number of the run.
    """

    kind: str
    message: Any
    fragment: str
    run: int

    @property
    def key(self) -> str:
        """The key that the page gave it, or ""."""
        parts = getattr(self.message, "id", "").split("-", 2)
        return parts[2] if len(parts) == 3 and parts[2] != "None" else ""

    @property
    def label(self) -> str:
        """What stands beside it, or ""."""
        return getattr(self.message, "label", "")


@dataclass
class Poll:
    """A fragment with ``run_every``: when it is due on the monotonic clock, and how often."""

    due: float
    interval: float


class StreamlitPage:
    """The elements of a page by their place, and what the next request to the server needs.

    ``query``: the address after its question mark. ``script``: the hash of the page's script;
    ``scripts``: of each page by its address. ``polls``: by fragment. ``cached``: messages that the
    server need not send again. ``is_finished``: whether the last run has ended.
    """

    def __init__(self) -> None:
        self.elements: dict[tuple[int, ...], Element] = {}
        self.query = self.script = self.session = ""
        self.scripts: dict[str, str] = {}
        self.polls: dict[str, Poll] = {}
        self.cached: dict[str, ForwardMsg] = {}
        self.is_finished = False
        self._run = 0
        self._fragments: frozenset[str] = frozenset()

    def find(self, name: str, *kinds: str) -> Element:
        """Return the widget of a key, of a label, or of the beginning of a key.

        Raises:
            StreamlitError: no such widget; the message lists those that are there.
        """
        shown = [one for one in self.elements.values() if not kinds or one.kind in kinds]
        for fits in (
            lambda one: one.key == name,
            lambda one: one.label == name,
            lambda one: one.key.startswith(name),
        ):
            found = next(filter(fits, shown), None)
            if found is not None:
                return found
        known = ", ".join(one.key or one.label for one in shown if one.key or one.label)
        raise StreamlitError(f'No widget is called "{name}"; there are: {known}.')

    def has(self, name: str, *kinds: str) -> bool:
        """Return whether a widget is on the page."""
        try:
            self.find(name, *kinds)
        except StreamlitError:
            return False
        return True

    def component_data(self, name: str) -> dict[str, Any]:
        """Return what a component of ours was given to draw."""
        message = self.find(name, "bidi_component").message
        return json.loads(message.mixed.json or message.json)

    def text(self) -> str:
        """Return everything that is written on the page, a line an element."""
        lines = []
        for path in sorted(self.elements):
            message = self.elements[path].message
            written = getattr(message, "body", "") or getattr(message, "text", "")
            lines += [written] if isinstance(written, str) and written else []
        return "\n".join(lines)

    def take(self, message: ForwardMsg) -> None:
        """Do what a message of the server asks for.

        Raises:
            StreamlitError: the page shows an exception, or its script cannot be compiled.
        """
        if message.metadata.cacheable:
            self.cached[message.hash] = message
        match message.WhichOneof("type"):
            case "ref_hash":
                known = ForwardMsg()
                known.CopyFrom(self.cached[message.ref_hash])
                known.metadata.CopyFrom(message.metadata)
                self.take(known)
            case "new_session":
                self._begin(message)
            case "delta":
                self._draw(tuple(message.metadata.delta_path), message.delta)
            case "script_finished":
                self._end(message.script_finished)
            case "navigation":
                self.script = message.navigation.page_script_hash
                pages = message.navigation.app_pages
                self.scripts = {one.url_pathname: one.page_script_hash for one in pages}
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                asked = message.auto_rerun
                poll = Poll(time.monotonic() + asked.interval, asked.interval)
                self.polls.setdefault(asked.fragment_id, poll)
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self.polls.pop(fragment, None)

    def _begin(self, message: ForwardMsg) -> None:
        self._run += 1
        self.session = message.new_session.initialize.session_id or self.session
        self._fragments = frozenset(message.metadata.run.fragment_ids)
        if not self._fragments:
            self.polls.clear()

    def _draw(self, path: tuple[int, ...], delta: Delta) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        message = getattr(delta.new_element, kind)
        if kind == "exception":
            raise StreamlitError(f"The page failed: {message.type} {message.message}")
        self.elements[path] = Element(kind, message, delta.fragment_id, self._run)

    def _end(self, status: int) -> None:
        """Take away what this run did not draw again."""
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise StreamlitError("The page's script cannot be compiled.")
        self.elements = {
            path: one
            for path, one in self.elements.items()
            if one.run == self._run or (self._fragments and one.fragment not in self._fragments)
        }
        self.is_finished = True
