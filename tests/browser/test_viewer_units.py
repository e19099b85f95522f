"""The pure parts of the viewer's JavaScript: coordinates, zoom, lengths, strokes, regions.

They run in an empty tab of the browser that the other tests need anyway, against values worked out
by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from pages.components.viewer.viewer import SCRIPT

# A view without a page: what its methods read, and nothing that draws.
VIEW = """
const view = (kind, image, stage, rest = {}) => Object.assign(Object.create(kind.prototype), {
  data: { image: { digest: "a", ...image } },
  stage: { ...stage, getBoundingClientRect: () => ({ left: 10, top: 20 }) },
  schedule() {}, showBrush() {}, ...rest,
});
"""


@pytest.fixture(scope="module")
def evaluate(browser: Browser) -> Iterator[Callable[[str], Any]]:
    """Return a function that runs JavaScript beside the viewer's own and gives its value."""
    page = browser.new_page()
    named = re.sub(r"^export (default .*)?", "", SCRIPT, flags=re.MULTILINE)
    page.add_script_tag(content=named + VIEW)
    yield page.evaluate
    page.close()


def test_a_scale_bar_is_the_longest_of_1_2_5_that_fits(evaluate: Callable[[str], Any]) -> None:
    most = [9.99, 10, 4.9, 1.99, 1, 1000, 0.7, 1e6, 2, 0.03]
    assert evaluate(f"{most}.map(roundLength)") == pytest.approx(
        [5, 10, 2, 1, 1, 1000, 0.5, 1e6, 2, 0.02]
    )


def test_the_readout_follows_a_stroke_and_is_read_anew_after_it(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""() => {
      const seen = [];
      const at = view(Stage, { width: 9, height: 9 }, { clientWidth: 20, offsetWidth: 20 }, {
        scale: 2, left: 0, top: 0, pointers: new Map([[1, {}]]),
        canvas: { classList: { remove() {} } },
        extendStroke: () => true, endStroke: () => true, read: (point) => seen.push(point),
      });
      at.drag({ pointerId: 1, clientX: 15, clientY: 28 });
      at.release({ pointerId: 1, clientX: 17, clientY: 28 });
      at.drag({ pointerId: 1, clientX: 100, clientY: 28 });
      return seen;
    }""")
    assert found == [{"x": 2, "y": 4}, {"x": 3, "y": 4}, None]


def test_a_length_has_the_unit_that_reads_best(evaluate: Callable[[str], Any]) -> None:
    lengths = [0.25, 1, 999, 1000, 1234.5, 2e6]
    assert evaluate(f"{lengths}.map(lengthText)") == [
        "250 pm",
        "1 nm",
        "999 nm",
        "1 µm",
        "1.23 µm",
        "2 mm",
    ]


def test_a_plate_lies_on_the_ground_or_on_the_image_and_never_across_the_edge(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate(
        "[[[0, 0], [80, 40]], [[0, 60], [80, 40]], [[0, 30], [80, 40]], [[95, 0], [80, 40]],"
        " [[50, 0], [80, 40]], [[-400, -9], [80, 40]]].map(([ground, size]) =>"
        " insetInCorner(ground, size))"
    )
    assert found == [[10, 10], [10, 10], [10, 40], [10, 10], [60, 10], [10, 10]]


def test_the_label_of_a_box_at_the_top_of_the_stage_is_whole(
    evaluate: Callable[[str], Any],
) -> None:
    # The plate behind it begins 0.8 rem above its line; no box out of sight has its label in sight.
    found = evaluate("[40, 5, 0, -30].map((edge) => textDown(edge, -6, 15))")
    assert found == [34, 14, 14, -36]


def test_a_fitted_image_lies_in_the_middle(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const seen = view(Moving, { width: 1000, height: 500 },
                        { clientWidth: 500, clientHeight: 500 });
      seen.fit();
      return [seen.scale, seen.left, seen.top];
    }""")
    assert found == [0.5, 0, -250]


def test_zooming_keeps_the_point_under_the_pointer(evaluate: Callable[[str], Any]) -> None:
    scale, before, after = evaluate("""() => {
      const seen = view(Moving, { width: 1000, height: 1000 },
                        { clientWidth: 500, clientHeight: 500 });
      seen.fit();
      const at = () => [seen.left + 100 / seen.scale, seen.top + 400 / seen.scale];
      const before = at();
      seen.zoom(3, 100, 400);
      return [seen.scale, before, at()];
    }""")
    assert scale == pytest.approx(1.5)
    assert before == pytest.approx([200, 800])
    assert after == pytest.approx([200, 800])


def test_zoom_ends_at_64_px_a_pixel_and_at_half_the_fitted_size(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""() => {
      const seen = view(Moving, { width: 1000, height: 1000 },
                        { clientWidth: 500, clientHeight: 500 });
      seen.fit();
      seen.zoom(1e9);
      const most = seen.scale;
      seen.zoom(1e-9);
      return [most, seen.scale];
    }""")
    assert found == [64, 0.25]


def test_an_image_never_leaves_more_than_half_of_the_stage(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const seen = view(Moving, { width: 1000, height: 800 },
                        { clientWidth: 500, clientHeight: 400 });
      Object.assign(seen, { scale: 1, left: 0, top: 0 });
      seen.move(1e6, 1e6);
      const far = [seen.left, seen.top];
      seen.move(-1e6, -1e6);
      return [far, [seen.left, seen.top]];
    }""")
    assert found == [[750, 600], [-250, -200]]


def test_viewers_of_a_group_move_together_and_others_stay(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const size = { width: 1000, height: 1000 };
      const [first, narrow, other] = [["a", 500], ["a", 300], ["b", 500]].map(([group, width]) => {
        const seen = view(Moving, size, { clientWidth: width, clientHeight: 500 });
        seen.data.group = group;
        window.addEventListener(MOVED, (event) => seen.follow(event.detail));
        seen.fit();
        return seen;
      });
      const middle = (seen) => [
        seen.left + seen.stage.clientWidth / seen.scale / 2,
        seen.top + seen.stage.clientHeight / seen.scale / 2, seen.scale, seen.fitted];
      first.zoom(4);
      first.move(100, -50);
      const moved = [first, narrow, other].map(middle);
      first.fitAll();
      return [moved, middle(narrow)];
    }""")
    together = [550, 475, 2, False]
    assert found == [[together, together, [500, 500, 0.5, True]], [500, 500, 0.3, True]]


def test_a_selected_object_comes_to_the_middle_only_when_out_of_sight(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""() => {
      const seen = view(Moving, { width: 1000, height: 1000 },
                        { clientWidth: 100, clientHeight: 100 });
      Object.assign(seen, { scale: 1, left: 0, top: 0 });
      seen.bringIntoSight([20, 20, 40, 40], 2);
      const inSight = [seen.left, seen.top];
      seen.bringIntoSight([200, 300, 220, 320], 2);
      return [inSight, [seen.left, seen.top]];
    }""")
    # Its middle is (420, 620) in image px, the stage 100 px wide.
    assert found == [[0, 0], [370, 570]]


def test_a_pointer_names_the_pixel_below_it_and_none_outside(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""() => {
      const seen = view(View, { width: 8, height: 4 }, { clientWidth: 80, clientHeight: 40 });
      Object.assign(seen, { scale: 10, left: 0, top: 0 });
      const at = (clientX, clientY) => seen.imagePoint({ clientX, clientY });
      return [at(10, 20), at(19.9, 20), at(89.9, 59.9), at(9.9, 20), at(90, 20)];
    }""")
    assert found == [{"x": 0, "y": 0}, {"x": 0, "y": 0}, {"x": 7, "y": 3}, None, None]


@pytest.mark.parametrize(
    ("points", "tolerance", "kept"),
    [
        ([[0, 0], [5, 0.1], [10, 0]], 0.3, [[0, 0], [10, 0]]),
        ([[0, 0], [5, 5], [10, 0]], 0.3, [[0, 0], [5, 5], [10, 0]]),
        ([[0, 0], [9, 0], [9, 9], [0, 0]], 0.3, [[0, 0], [9, 0], [9, 9], [0, 0]]),
        ([[3, 3]], 0.3, [[3, 3]]),
    ],
    ids=["straight", "corner", "closed", "dot"],
)
def test_a_stroke_keeps_its_corners(
    evaluate: Callable[[str], Any], points: list[Any], tolerance: float, kept: list[Any]
) -> None:
    assert evaluate(f"simplified({points}, {tolerance})") == kept


def test_strokes_of_python_count_where_it_changed_them(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const seen = view(Strokes, { width: 8, height: 8 }, {}, {
        drawn: new Map(), phase: 0, canvas: document.createElement("canvas"), drawing: true,
        find: () => document.createElement("p"),
      });
      const given = (revision, points) => {
        seen.data.brush = { revision, phases: [{}], strokes: [[0, 4, points]] };
        seen.updateBrush();
        return seen.strokes.map((stroke) => stroke.points);
      };
      const first = given(1, [[1, 1]]);
      seen.drawn.set("a", { revision: 1, strokes: [{ phase: 0, width: 4, points: [[2, 2]] }] });
      return [first, given(1, [[1, 1]]), given(2, [[3, 3]])];
    }""")
    assert found == [[[[1, 1]]], [[[2, 2]]], [[[3, 3]]]]


def test_the_outline_of_a_region_is_its_own_pixels_at_its_border(
    evaluate: Callable[[str], Any],
) -> None:
    # Two regions that touch: each has an outline; what the image's edge cuts has none there.
    found = evaluate("""async () => {
      const ids = Uint32Array.from([
        1, 1, 1, 2, 2,
        1, 1, 1, 2, 2,
        1, 1, 1, 2, 2,
        0, 0, 0, 0, 0,
      ]);
      const [level] = await outlinePyramid({ width: 5, height: 4, ids, colors: () => 0xff0000ff });
      return Array.from(packedPixels(level), (value) => Number(value !== 0));
    }""")
    assert found == [
        *(0, 0, 1, 1, 0),
        *(0, 0, 1, 1, 0),
        *(1, 1, 1, 1, 1),
        *(0, 0, 0, 0, 0),
    ]


def test_halved_outlines_keep_every_line(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""async () => {
      const ids = new Uint32Array(1024 * 8);
      ids[4 * 1024 + 501] = 7;
      const colors = () => 0xff00ff00;
      const levels = await outlinePyramid({ width: 1024, height: 8, ids, colors });
      const last = packedPixels(levels[levels.length - 1]);
      return [levels.length, levels[1].width, Array.from(last).findIndex((value) => value !== 0)];
    }""")
    assert found == [2, 512, 2 * 512 + 250]


# A dark bar in the rows 8 to 11 and the columns 10 to 39 of 60 x 20 px, whose corner is (100, 50).
BAR = """
const bar = (width = 60) => {
  const grey = new Uint8Array(60 * 20).fill(200);
  for (let y = 8; y < 12; y++) grey.fill(10, y * 60 + 10, y * 60 + 40);
  return { grey, width: 60, height: 20, left: 100, top: 50 };
};
"""


@pytest.mark.parametrize(
    ("stroke", "ends"),
    [
        ([[107, 59], [143, 62]], [[110, 60.5], [140, 60.5]]),
        ([[143, 62], [107, 59]], [[140, 60.5], [110, 60.5]]),
        ([[107, 56], [143, 56]], [[110, 60.5], [140, 60.5]]),
        ([[101, 60], [143, 60]], None),
        ([[125, 51], [125, 69]], None),
        ([[110, 53], [140, 53]], None),
    ],
    ids=["along it", "backwards", "a little above", "too long", "across it", "beside it"],
)
def test_a_ruler_snaps_to_the_ends_of_a_bar_near_it(
    evaluate: Callable[[str], Any], stroke: list[Any], ends: list[Any] | None
) -> None:
    reach = 4 if ends is None else 6
    assert evaluate(f"() => {{ {BAR} return barNear(bar(), {stroke}, {reach}); }}") == ends


def test_a_blurred_end_is_where_the_grey_is_halfway(evaluate: Callable[[str], Any]) -> None:
    found = evaluate(f"""() => {{ {BAR}
      const patch = bar();
      for (let y = 8; y < 12; y++) patch.grey[y * 60 + 40] = 105;
      return barNear(patch, [[108, 60], [142, 60]], 6);
    }}""")
    assert found == [[110, 60.5], [140.5, 60.5]]


def test_a_ruler_is_moved_by_the_arrow_keys(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const seen = view(Ruler, { width: 1000, height: 500 },
                        { clientWidth: 500, clientHeight: 250 },
                        { ends: null, end: 1, scale: 0.5, left: 0, top: 0, showRuler() {} });
      seen.data.ruler = { turn: 1 };
      const press = (key, shiftKey = false) => seen.keyRuler({
        key, shiftKey, target: document.body, preventDefault() {}, stopPropagation() {} });
      press("ArrowLeft");
      const laid = seen.ends;
      press("ArrowRight");
      press("ArrowDown", true);
      press("e");
      press("ArrowLeft", true);
      const taken = press("o");
      return [laid, seen.ends, seen.rulerLength, taken];
    }""")
    ends = [[340, 250], [651, 260]]
    assert found[:2] == [[[350, 250], [650, 250]], ends]
    assert found[2] == pytest.approx((311**2 + 10**2) ** 0.5)
    assert found[3] is False


def test_a_call_that_a_newer_one_overtook_neither_shows_its_data_nor_ends_the_view(
    evaluate: Callable[[str], Any],
) -> None:
    # As Streamlit calls: what waited for the script comes in any order, and is ended at once.
    found = evaluate("""async () => {
      const told = [];
      const show = mounted(class {
        constructor() { told.push("made"); }
        update(data, set) { told.push(`${data} by ${set}`); }
        destroy() { told.push("ended"); }
      });
      const root = document.body.appendChild(document.createElement("div"));
      const call = (data) => show({ data, parentElement: root, setStateValue: "state" });
      const turn = () => new Promise((done) => setTimeout(done));
      const overtaken = (end) => Promise.resolve(end).then((run) => run());
      overtaken(call("first"));
      let end = call("second");
      overtaken(call("late"));
      await turn();
      call("third");
      end = call("fourth");
      await turn();
      root.remove();
      end();
      await turn();
      return told;
    }""")
    assert found == [
        "made",
        "second by state",
        "third by state",
        "fourth by state",
        "ended",
    ]


def test_a_place_that_leaves_the_page_before_it_was_told_ends_its_view_too(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const told = [];
      const show = mounted(class {
        update(data) { told.push(data); }
        destroy() { told.push("ended"); }
      });
      const root = document.body.appendChild(document.createElement("div"));
      const call = (data) => show({ data, parentElement: root });
      const turn = () => new Promise((done) => setTimeout(done));
      call("first");
      await turn();
      const end = call("second");
      root.remove();
      end();
      await turn();
      return told;
    }""")
    assert found == ["first", "ended"]


LOADING = """async (asked, rest = {}) => {
  const ended = {};
  fetchBitmap = (url) => new Promise((resolve, reject) => (ended[url] = { resolve, reject }));
  pyramid = async (bitmap) => [bitmap];
  const message = { hidden: false, textContent: "" };
  const at = view(Pictures, { width: 8, height: 4, ...rest }, {}, {
    pictures: {}, wanted: {}, turn: 0, modes: {}, find: () => message, mark() {},
  });
  Object.assign(at.data, rest);
  for (const digest of asked) at.load("image", { digest, url: digest });
  return async (digest, how = "resolve") => {
    ended[digest][how]({ width: 8, height: 4 });
    await new Promise((resolve) => setTimeout(resolve));
    return [at.pictures.image?.digest ?? null, message.hidden];
  };
}"""


def test_pictures_that_follow_faster_than_they_load_are_shown_in_their_order(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate(f"""async () => {{
      const end = await ({LOADING})(["a", "b", "c", "d"]);
      return [await end("b"), await end("a"), await end("c", "reject"), await end("d")];
    }}""")
    assert found == [["b", True], ["b", True], ["b", True], ["d", True]]


def test_a_late_picture_does_not_come_under_the_labels_of_another(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate(f"""async () => {{
      const end = await ({LOADING})(["a", "b"], {{ labels: {{ digest: "b" }} }});
      return [await end("a"), await end("b")];
    }}""")
    assert found == [[None, False], ["b", True]]
