"""The store of results holds its bound: what had to make room is gone, whoever looked at it."""

from __future__ import annotations

import gc
import io
import weakref

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.analysis import remeasure
from core.analysis.analysis import Analysis
from core.jobs import segmentation
from core.segmentation.engines.engine import Engine
from models import zoo
from pages.components.frame import stores
from pages.components.frame.work import networks
from tests.pages.running import finish, opened, phases_only
from tests.pages.test_pages import DarkIsParticle

SESSIONS = 10
SIDE = 96
KEPT = 3


def one_square(seed: int) -> bytes:
    """Return a PNG of SIDE x SIDE px, a dark square on light ground, of another grey each seed."""
    image = np.full((SIDE, SIDE), 200, np.uint8)
    image[20:60, 20:60] = 40 + seed
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Analysis]:
    """Return the analyses that are alive, of all that were made or regrouped."""
    networks.engine.clear()
    monkeypatch.setattr(
        zoo,
        "load",
        lambda name, **choice: Engine(phases_only(zoo.card(name)), DarkIsParticle(), "cpu"),
    )
    return watched(monkeypatch)


def watched(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref]:
    """Return a list that fills with weak references to the object images of all analyses that are
    made for a page, or grouped anew."""
    seen = []
    for module, name in ((segmentation, "analyse"), (remeasure, "regroup")):
        original = getattr(module, name)

        def record(*given: object, original=original, **named: object) -> Analysis:
            found = original(*given, **named)
            seen.append(weakref.ref(found.objects.base))
            return found

        monkeypatch.setattr(module, name, record)
    return seen


def segmented(seed: int) -> AppTest:
    """Return a session that segmented an image of its own, and then asked for other objects."""
    app = opened("segment")
    app = app.file_uploader[0].upload(f"{seed}.png", one_square(seed), "image/png").run()
    finish(app.button(key="segment").click().run())
    assert app.dataframe[0].value["area_px2"].tolist() == [1600]
    return app.number_input("minimum_area_px").set_value(2).run()


def test_ten_users_hold_no_more_than_the_store(
    made: list[weakref.ref], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Labels uint8, two probabilities float16, grey levels float32, and object numbers uint32 of the
    # settings before and after; beside them the tables.
    pixels = SIDE * SIDE * (1 + 2 * 2 + 4 + 4 + 4)
    monkeypatch.setattr(stores, "RESULT_BYTES", round((KEPT + 0.9) * pixels))
    apps = [segmented(seed) for seed in range(SESSIONS)]
    gc.collect()
    assert len(made) == 2 * SESSIONS
    alive = [one for one in made if one() is not None]
    assert 2 <= len(alive) <= 2 * KEPT
    assert len(apps) == SESSIONS
    assert KEPT * pixels < stores.results().bytes <= stores.RESULT_BYTES


def test_a_session_holds_no_image_by_its_controls(made: list[weakref.ref]) -> None:
    # What earlier tests opened may be in their hands still.
    stores.micrographs().discard(lambda key: True)
    app = segmented(SESSIONS)
    alive = [weakref.ref(read[0].pixels) for _, read in stores.micrographs().items()]
    for store in (stores.micrographs(), stores.results()):
        store.discard(lambda key: True)
    gc.collect()
    # Streamlit keeps a session with its callbacks for two minutes after its tab is closed.
    assert alive and not any(one() is not None for one in alive)
    assert app.dataframe[0].value is not None
