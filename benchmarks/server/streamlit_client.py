"""A browser's side of Streamlit's protocol, without a browser: open a page, use it, read it.

    with StreamlitClient(address) as client:
        client.open("segment", sample="gold-tem")
        client.press("segment")
        client.wait_for(lambda: client.page.has("download-all"))
        client.download("download-all")

What a browser sends goes over the same websocket and in the same protobuf messages, so a script
runs exactly as for a user, and dozens of clients cost this machine next to nothing. A widget is
named by its key, the beginning of its key, or its label. A client is for one thread.

Made for the Streamlit that requirements.lock pins: the protocol is not a public interface.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from benchmarks.server.streamlit_page import StreamlitError, StreamlitPage

Value = bool | float | str | Sequence[float] | Sequence[str]
XSRF_COOKIE = "_streamlit_xsrf"
# Of the kinds that a user can set, how each is sent.
VALUE_FIELDS = {
    "button": "trigger_value",
    "button_group": "string_array_value",
    "checkbox": "bool_value",
    "multiselect": "string_array_value",
    "number_input": "double_value",
    "radio": "string_value",
    "selectbox": "string_value",
    "slider": "double_array_value",
    "text_area": "string_value",
    "text_input": "string_value",
}


@dataclass(frozen=True)
class Run:
    """One run of a script, from the click to its end.

    ``seconds``: on the clock. ``messages``, ``size_bytes``: what the server sent meanwhile.
    """

    seconds: float
    messages: int
    size_bytes: int


class StreamlitClient:
    """One tab of a browser. ``address``: of the app, with its base path, without a slash at the
    end. ``timeout_s``: after which a run counts as lost. ``cookies``: of the same browser, from
    the :attr:`cookies` of a tab before."""

    def __init__(
        self, address: str, timeout_s: float = 120, cookies: Mapping[str, str] | None = None
    ) -> None:
        self.page = StreamlitPage()
        self.timeout_s = timeout_s
        self._address = address
        self._open = ExitStack()
        self._http = self._open.enter_context(
            httpx.Client(timeout=timeout_s, cookies=dict(cookies or {}))
        )
        self._messages = self._bytes = 0
        self._answer: ForwardMsg | None = None
        # As a browser: the cookies first, which the socket and every upload have to show.
        for path, accept in (("_stcore/health", "*/*"), ("segment", "text/html")):
            answer = self._http.get(f"{address}/{path}", headers={"Accept": accept})
            answer.raise_for_status()
        self._token = self._http.cookies[XSRF_COOKIE]
        self.cookies = {one.name: one.value or "" for one in self._http.cookies.jar}
        sent = "; ".join(map("=".join, self.cookies.items()))
        # Each tab gets one of its own.
        del self.cookies[XSRF_COOKIE]
        parts = urlsplit(address)
        socket = connect(
            f"ws://{parts.netloc}{parts.path}/_stcore/stream",
            origin=f"{parts.scheme}://{parts.netloc}",
            subprotocols=["streamlit", self._token],
            additional_headers={"Cookie": sent},
            max_size=None,
            open_timeout=timeout_s,
        )
        self._socket = self._open.enter_context(socket)

    def __enter__(self) -> StreamlitClient:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._open.close()

    def open(self, page: str, **link: str) -> Run:
        """Open a page by its address, as from a link in an e-mail. ``link``: its parameters."""
        self.page.query = urlencode(link)
        self.page.script = self.page.scripts.get(page, "")
        return self._rerun(page=page)

    def rerun(self) -> Run:
        """Run the page again with nothing changed."""
        return self._rerun()

    def press(self, name: str) -> Run:
        """Press a button."""
        return self.set(name, True)

    def set(self, name: str, value: Value) -> Run:
        """Give a widget another value; a choice by the words on screen."""
        element = self.page.find(name, *VALUE_FIELDS)
        field = VALUE_FIELDS[element.kind]
        if element.kind == "slider" and element.message.options:
            field = "string_array_value"
        state = WidgetState(id=element.message.id)
        if field.endswith("array_value"):
            values = value if isinstance(value, list | tuple) else [value]
            getattr(state, field).data.extend(values)
        else:
            setattr(state, field, value)
        return self._rerun(state, element.fragment)

    def set_component(self, name: str, state: dict[str, object]) -> Run:
        """Give a component of ours another state, such as a click in the viewer."""
        element = self.page.find(name, "bidi_component")
        sent = WidgetState(id=element.message.id, json_value=json.dumps(state))
        return self._rerun(sent, element.fragment)

    def upload(self, name: str, files: dict[str, bytes]) -> Run:
        """Give files, contents by name, to an uploader, and wait until the page has them."""
        element = self.page.find(name, "file_uploader")
        state = WidgetState(id=element.message.id)
        for urls, (title, data) in zip(self._urls_for(list(files)), files.items(), strict=True):
            self._http.put(
                f"{self._address}{urls.upload_url}",
                files={title: (title, data)},
                headers={"X-Xsrftoken": self._token},
            ).raise_for_status()
            state.file_uploader_state_value.uploaded_file_info.append(
                UploadedFileInfo(name=title, size=len(data), file_id=urls.file_id, file_urls=urls)
            )
        return self._rerun(state, element.fragment)

    def download(self, name: str) -> bytes:
        """Return the file behind a download button."""
        return self.fetch(self.page.find(name, "link_button").message.url)

    def fetch(self, path: str) -> bytes:
        """Return what lies at a path of the server, such as a picture of the viewer."""
        parts = urlsplit(self._address)
        return self._http.get(f"{parts.scheme}://{parts.netloc}{path}").raise_for_status().content

    def post(self, path: str, body: bytes) -> bytes:
        """Return what the server answers to a body that is sent to a path of its own."""
        parts = urlsplit(self._address)
        answer = self._http.post(f"{parts.scheme}://{parts.netloc}{path}", content=body)
        return answer.raise_for_status().content

    def wait_for(self, condition: Callable[[], bool], timeout_s: float | None = None) -> float:
        """Let the page poll, as fragments with ``run_every`` do, until a condition holds.

        Returns the seconds that it took.

        Raises:
            StreamlitError: a condition that does not hold in time, or that nothing can change.
        """
        started = time.monotonic()
        end = started + (timeout_s or self.timeout_s)
        while not condition():
            if not self.page.polls:
                raise StreamlitError(f"The page waits for nothing. It says: {self.page.text()}")
            fragment, poll = min(self.page.polls.items(), key=lambda one: one[1].due)
            if poll.due > end:
                raise StreamlitError(f"Not in time. The page says: {self.page.text()}")
            time.sleep(max(0.0, poll.due - time.monotonic()))
            poll.due = time.monotonic() + poll.interval
            self._rerun(fragment=fragment, is_poll=True)
        return time.monotonic() - started

    def _rerun(
        self,
        state: WidgetState | None = None,
        fragment: str = "",
        page: str = "",
        is_poll: bool = False,
    ) -> Run:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self.page.query, self.page.script
        asked.page_name, asked.fragment_id, asked.is_auto_rerun = page, fragment, is_poll
        asked.cached_message_hashes.extend(self.page.cached)
        # The server keeps the values of widgets that are not mentioned.
        if state is not None:
            asked.widget_states.widgets.append(state)
        started, messages, size_bytes = time.monotonic(), self._messages, self._bytes
        self._send(message)
        self.page.is_finished = False
        self._receive_until(lambda: self.page.is_finished)
        return Run(time.monotonic() - started, self._messages - messages, self._bytes - size_bytes)

    def _urls_for(self, names: list[str]) -> Sequence[FileURLs]:
        message = BackMsg()
        message.file_urls_request.request_id = uuid.uuid4().hex
        message.file_urls_request.session_id = self.page.session
        message.file_urls_request.file_names.extend(names)
        answer = self._ask(message).file_urls_response
        if answer.error_msg:
            raise StreamlitError(f"The files cannot be uploaded: {answer.error_msg}")
        return answer.file_urls

    def _ask(self, message: BackMsg) -> ForwardMsg:
        self._answer = None
        self._send(message)
        self._receive_until(lambda: self._answer is not None)
        return self._answer

    def _send(self, message: BackMsg) -> None:
        self._socket.send(message.SerializeToString())

    def _receive_until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + self.timeout_s
        while not condition():
            try:
                data = self._socket.recv(max(0.0, end - time.monotonic()))
            except TimeoutError:
                raise StreamlitError(f"No end after {self.timeout_s:g} s.") from None
            self._messages += 1
            self._bytes += len(data)
            message = ForwardMsg.FromString(data)
            if message.WhichOneof("type") == "file_urls_response":
                self._answer = message
            self.page.take(message)
