"""The answers of a class over HTTP: neither asking nor answering costs a run of the script.

GET gives how many chose each answer; POST ``{"visitor": "...", "choice": 0}`` keeps one.
"""

from __future__ import annotations

import json
from functools import cache

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lecture.classroom import Classrooms
from lecture.steps import STEPS

PREFIX = "/lamella/class"
MOST_BYTES, MOST_LETTERS = 500, 64
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
NO_CLASS = "This class is over; open the lecture's link again."
NOT_UNDERSTOOD = "An answer is the number of a choice; nothing was kept."
NOT_FOUND, BAD_REQUEST = 404, 400


@cache
def classrooms() -> Classrooms:
    """Return the classes of this process, the same ones for the pages and for the route."""
    return Classrooms()


def class_address(code: str) -> str:
    """Return the path of a class's answers, to which the key of a step is appended."""
    return f"{PREFIX}/{code}"


def class_route(base_path: str) -> Route:
    """Return the route of answers below ``server.baseUrlPath``, which st.App does not add."""
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    return Route(f"{base}{PREFIX}/{{code}}/{{step}}", serve_class, methods=["GET", "POST"])


async def serve_class(request: Request) -> Response:
    """Answer the counts, after a POST with the new answer among them; else a sentence."""
    code, key = request.path_params["code"], request.path_params["step"]
    step = STEPS.get(key)
    if step is None or step.question is None:
        return JSONResponse({"sentence": NOT_UNDERSTOOD}, NOT_FOUND, HEADERS)
    choices = len(step.question.choices)
    if request.method == "POST":
        given = await _given(request, choices)
        if given is None:
            return JSONResponse({"sentence": NOT_UNDERSTOOD}, BAD_REQUEST, HEADERS)
        classrooms().answer(code, key, *given)
    counts = classrooms().counts(code, key, choices)
    if counts is None:
        return JSONResponse({"sentence": NO_CLASS}, NOT_FOUND, HEADERS)
    return JSONResponse({"counts": counts}, 200, HEADERS)


async def _given(request: Request, choices: int) -> tuple[str, int] | None:
    """Return visitor and choice of a request; None where it is not an answer."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    try:
        sent = json.loads(bytes(body))
    except ValueError:
        return None
    if not isinstance(sent, dict):
        return None
    visitor, choice = sent.get("visitor"), sent.get("choice")
    if not isinstance(visitor, str) or not 0 < len(visitor) <= MOST_LETTERS:
        return None
    if type(choice) is not int or not 0 <= choice < choices:
        return None
    return visitor, choice


def is_open(code: str) -> bool:
    """Return whether there is a class of this code."""
    return classrooms().shown(code) is not None
