"""A class over HTTP: what is kept, and what is refused in a sentence."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lecture.classroom import Shown
from pages.components.lecture.class_route import NO_CLASS, class_address, class_route, classrooms

SHOWN = Shown("ann", "sample:gold-tem")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[class_route("")]))


@pytest.fixture
def address() -> str:
    return class_address(classrooms().open(SHOWN))


def sent(visitor: object, choice: object) -> str:
    return json.dumps({"visitor": visitor, "choice": choice})


def test_sixty_students_answer(client: TestClient, address: str) -> None:
    for number in range(60):
        answer = client.post(
            f"{address}/predict-size", content=sent(f"student {number}", number % 3)
        )
        assert answer.status_code == 200
    assert client.get(f"{address}/predict-size").json() == {"counts": [20, 20, 20, 0]}


@pytest.mark.parametrize(
    "body",
    [
        *(sent("a", 4), sent("a", -1), sent("a", "0"), sent("a", True), sent(7, 0), sent("", 0)),
        *(sent("a" * 65, 0), "[]", "no json", "", "x" * 501),
    ],
)
def test_what_is_no_answer_is_refused(client: TestClient, address: str, body: str) -> None:
    assert client.post(f"{address}/predict-size", content=body).status_code == 400
    assert client.get(f"{address}/predict-size").json() == {"counts": [0, 0, 0, 0]}


def test_without_a_class_nothing_is_kept(client: TestClient) -> None:
    path = class_address("no-class")
    answer = client.post(f"{path}/predict-size", content=sent("a", 0))
    assert (answer.status_code, answer.json()) == (404, {"sentence": NO_CLASS})
    assert client.get(f"{class_address(classrooms().open(SHOWN))}/pooling").status_code == 404
