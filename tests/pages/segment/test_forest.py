"""The random forest on the page Segment: strokes in, a segmentation out, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.segmentation.forest.marks import marks_of, mask_png, named_phases, read_marks
from core.segmentation.forest.strokes import ERASER, Stroke, draw_strokes
from models import zoo
from pages.components.frame import session, stores
from pages.components.segment import files, marking, objects, results
from pages.components.viewer import brush
from pages.components.viewer.brush import strokes_from, strokes_to
from tests.pages.running import fetched, finish, opened, texts
from tests.pages.test_pages import two_disks, upload

PHASES = named_phases(["background", "object"])
DISK = Stroke(1, 9.0, ((50.0, 85.0), (50.0, 95.0)))
GROUND = Stroke(0, 9.0, ((85.0, 20.0), (85.0, 60.0)))


@pytest.fixture
def app() -> AppTest:
    """Return the page with two dark disks on a light ground and the forest chosen."""
    stores._store.clear("results", stores.RESULT_BYTES)
    return upload(opened("segment", model="random-forest"), "disks.png", two_disks())


def draw(app: AppTest, *strokes: Stroke) -> AppTest:
    """Put strokes where the brush would, and run the page as it would."""
    memory = app.session_state["lamella"]
    (digest,) = {digest_of(app)}
    drawn = memory.drawn.get(digest, marking.Drawing())
    memory.drawn[digest] = marking.replace(drawn, strokes=strokes)
    return app.run()


def digest_of(app: AppTest) -> str:
    from core import formats

    return formats.read(two_disks(), "disks.png").digest


def test_it_says_what_to_draw_and_what_is_missing(app: AppTest) -> None:
    assert not app.exception
    assert marking.NOTHING in texts(app) and marking.DRAW in texts(app)
    assert not [one for one in app.button if one.key in ("segment", "marks-example")]
    draw(app, GROUND)
    assert marking.DRAW_IN.format("object") in texts(app)
    assert not app.session_state["lamella"].jobs.get("segment")


def test_two_strokes_start_it_and_the_result_is_as_of_any_model(app: AppTest) -> None:
    app = finish(draw(app, GROUND, DISK))
    assert not app.exception
    (table,) = app.table
    rows = table.value.iloc[:, 0]
    # Disks of radius 12 and 20 px on 96 x 128 px.
    share = np.pi * (12**2 + 20**2) / (96 * 128)
    assert float(rows["Object"].split()[0]) == pytest.approx(100 * share, abs=7)
    assert rows[objects.OBJECTS] == "2" and "Mean confidence" in rows
    assert files.EXPORT in [one.value for one in app.subheader]


def test_while_the_next_stroke_is_learned_the_last_result_stays(app: AppTest) -> None:
    app = finish(draw(app, GROUND, DISK))
    more = Stroke(1, 5.0, ((30.0, 30.0), (30.0, 34.0)))
    app = draw(app, GROUND, DISK, more)
    assert app.session_state["lamella"].jobs["segment"]
    assert results.RESULT in [one.value for one in app.subheader]
    assert results.RESULT in [one.value for one in finish(app).subheader]
    # Undo: what was computed is there at once.
    app = draw(app, GROUND, DISK)
    assert not app.session_state["lamella"].jobs.get("segment")


def test_a_cancelled_run_does_not_begin_again_by_itself(app: AppTest) -> None:
    app = draw(app, GROUND, DISK)
    job = app.session_state["lamella"].jobs.get("segment")
    if job is not None:
        job.cancel()
        finish(app)
        if app.session_state["lamella"].stopped:
            assert app.button(key="segment")
            assert not app.session_state["lamella"].jobs.get("segment")


def phase_names(app: AppTest) -> list[str]:
    return [one.value for one in app.text_input if one.key.startswith("phase-name-")]


def test_phases_are_named_added_and_removed(app: AppTest) -> None:
    app.text_input(key="phase-name-1").set_value("particle").run()
    app.button(key="phase-add").click().run()
    assert phase_names(app) == ["background", "particle", "phase 3"]
    third = Stroke(2, 3.0, ((5.0, 5.0), (5.0, 25.0)))
    draw(app, GROUND, DISK, third)
    app.text_input(key="phase-name-2").set_value("particle").run()
    assert "need names that differ" in texts(app)
    app.button(key="phase-remove").click().run()
    assert app.session_state["lamella"].drawn[digest_of(app)].strokes == (GROUND, DISK)
    app = finish(app)
    assert "Particle" in app.table[0].value.index


def test_a_mask_marks_too_and_a_wrong_one_is_told(app: AppTest) -> None:
    def put(data: bytes) -> AppTest:
        uploader = next(one for one in app.file_uploader if "mask" in one.label)
        return uploader.upload("m.png", data, "image/png").run()

    put(mask_png(np.ones((9, 9), np.uint8)))
    assert "9 x 9 px and its image 128 x 96 px" in texts(app)
    values = np.zeros((96, 128), np.uint8)
    values[85:95, 20:60], values[45:55, 85:95], values[2:5, 2:5] = 1, 2, 3
    put(mask_png(values))
    assert phase_names(app) == ["background", "object", "phase 3"]
    assert marking.ANNOTATED.format(
        "400 px of background, 100 px of object, 9 px of phase 3"
    ) in texts(app)
    assert results.RESULT in [one.value for one in finish(app).subheader]
    app.button(key="mask-remove").click().run()
    assert marking.NOTHING in texts(app)


def test_a_sample_shows_an_example() -> None:
    app = opened("segment", sample="gold-tem", model="random-forest")
    app = app.button(key="marks-example").click().run()
    memory = app.session_state["lamella"]
    (drawn,) = memory.drawn.values()
    assert len(drawn.strokes) == 4 and drawn.revision == 1
    assert "segment" in memory.jobs
    memory.jobs["segment"].cancel()


def sent(*strokes: object, **changed: object) -> dict[str, object]:
    rows = [list(one) if isinstance(one, tuple) else one for one in strokes]
    return {"digest": "d1", "revision": 0, "strokes": rows, **changed}


def test_strokes_come_back_as_they_were_sent() -> None:
    strokes = (GROUND, DISK, Stroke(ERASER, 1.0, ((0.5, 3.5),)))
    rows = strokes_to(strokes)
    assert rows[2] == [-1, 1.0, [[3.5, 0.5]]]
    assert strokes_from(sent(*rows), "d1", 2) == strokes
    assert strokes_from(sent(), "d1", 2) == ()


@pytest.mark.parametrize(
    "what",
    [
        None,
        "strokes",
        sent(digest="of another image"),
        sent(revision="0"),
        sent(strokes="x"),
        sent([2, 5, [[1, 1]]]),
        sent([-2, 5, [[1, 1]]]),
        sent([0, 31, [[1, 1]]]),
        sent([0, 5, []]),
        sent([0, 5, [[1]]]),
        sent([0, 5, [[1, "1"]]]),
        sent([0, 5, [[1, float("nan")]]]),
        sent([0, 5, [[1, 1e300]]]),
        sent([0, 5, [[0, 0], [9e4, 0]] * 20]),
        sent(*[[0, 5, [[1, 1]]]] * (brush.MOST_STROKES + 1)),
    ],
)
def test_anything_else_is_no_stroke(what: object) -> None:
    assert strokes_from(what, "d1", 2) is None


def test_downloaded_marks_teach_the_same(app: AppTest) -> None:
    app = draw(app, GROUND, DISK)
    # It is made when it is asked for, also where the store had to drop the marks.
    stores.marks().discard(lambda _: True)
    answer = fetched(app, "marks-download")
    assert 'filename="disks.marks.png"' in answer.headers["content-disposition"]
    marks = read_marks(answer.content, "m", (96, 128))
    assert np.array_equal(marks, draw_strokes((GROUND, DISK), (96, 128)))
    counts = marks_of(marks, PHASES).pixels_of_phases()
    said = f"{counts['background']} px of background, {counts['object']} px of object"
    assert marking.ANNOTATED.format(said) in texts(app)


def test_a_forest_has_nothing_to_look_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "model", lambda: zoo.card("random-forest"))
    assert session.network_model().name == session.DEFAULT_MODEL
