"""The pure parts of the corrector's JavaScript: shapes, patches, edits of objects, undo, sending.

They run in an empty tab, against values worked out by hand, and against Python where both draw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from core.correction.codec import decode_steps
from core.correction.state import Box
from core.segmentation.forest.strokes import Stroke, draw_strokes
from pages.components.viewer.corrector import SCRIPT

# A map from text: "." ground, a letter an object of phase 1, "#" outside the image.
TOOLS = """
const idOfLetter = (letter) => (letter === "." || letter === "#" ? 0 : letter.charCodeAt(0) - 96);
const mapOf = (...rows) => {
  const map = new LabelMap({ height: rows.length, width: rows[0].length, ground: 0 });
  rows.join("").split("").forEach((letter, at) => {
    if (letter === "#") map.values[at] = OUTSIDE;
    else if (letter !== ".") map.put(at, 1, 0, valueOf(idOfLetter(letter), 1));
  });
  return map;
};
const textOf = (map) => {
  const letters = Array.from(map.values, (value) =>
    value === OUTSIDE ? "#" : idOf(value) ? String.fromCharCode(96 + idOf(value)) : ".");
  return Array.from({ length: map.height }, (_, y) =>
    letters.slice(y * map.width, (y + 1) * map.width).join(""));
};
const edited = (rows, edit) => {
  const map = mapOf(...rows);
  const before = map.values.slice();
  const writer = new PatchWriter(map);
  edit(writer, map);
  const text = textOf(map);
  const patch = writer.patch();
  map.apply(inverse(patch));
  const back = before.every((value, at) => value === map.values[at]);
  return { text, back, patch: Array.from(patch) };
};
const memory = () => ({ keep() {}, drop() {}, clear() {}, all: async () => [] });
"""


@pytest.fixture(scope="module")
def evaluate(browser: Browser) -> Iterator[Callable[[str], Any]]:
    """Return a function that runs JavaScript beside the corrector's own and gives its value."""
    page = browser.new_page()
    named = re.sub(r"^export (default .*)?", "", SCRIPT, flags=re.MULTILINE)
    page.add_script_tag(content=named + TOOLS)
    yield page.evaluate
    page.close()


def test_brush_marks_the_pixels_that_python_marks(evaluate: Callable[[str], Any]) -> None:
    random = np.random.default_rng(0)
    strokes = [
        [float(random.integers(1, 30)), *np.round(random.uniform(-8, 56, 4), 1).tolist()]
        for _ in range(50)
    ]
    found = evaluate(f"""{strokes}.map(([width, ax, ay, bx, by]) => {{
      const marks = Array.from({{ length: 48 }}, () => new Array(40).fill(0));
      capsule([ax, ay], [bx, by], width, (y, left, right) => {{
        for (let x = Math.max(0, left); x < Math.min(40, right); x++) if (marks[y]) marks[y][x] = 1;
      }});
      return marks;
    }})""")
    for marks, (width, ax, ay, bx, by) in zip(found, strokes, strict=True):
        expected = draw_strokes([Stroke(0, width, ((ay, ax), (by, bx)))], (48, 40))
        np.testing.assert_array_equal(marks, expected)


def test_polygon_holds_the_pixels_whose_middle_it_encloses(
    evaluate: Callable[[str], Any],
) -> None:
    random = np.random.default_rng(1)
    polygons = [np.round(random.uniform(-5, 45, (n, 2)), 1).tolist() for n in (3, 4, 5, 7, 9) * 6]
    found = evaluate(f"""{polygons}.map((points) => {{
      const marks = Array.from({{ length: 40 }}, () => new Array(40).fill(0));
      polygon(points, 40, (y, left, right) => {{
        for (let x = Math.max(0, left); x < Math.min(40, right); x++) marks[y][x] ^= 1;
      }});
      return marks;
    }})""")
    row, column = np.mgrid[:40, :40] + 0.5
    for marks, points in zip(found, polygons, strict=True):
        inside = np.zeros((40, 40), bool)
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            if ay != by:
                crossed = (ay <= row) != (by <= row)
                inside ^= crossed & (column >= ax + (row - ay) / (by - ay) * (bx - ax))
        np.testing.assert_array_equal(marks, inside)


def test_a_cut_lets_nothing_through_at_corners(evaluate: Callable[[str], Any]) -> None:
    assert evaluate("lineOfPixels([[0.5, 0.5], [2.5, 2.5]])") == [
        *([0, 0], [1, 0], [1, 1], [2, 1], [2, 2]),
    ]
    steps = evaluate("""() => {
      const path = lineOfPixels([[3.2, 40.1], [17.9, 4.6], [60.3, 5.5]]);
      const far = path.slice(1).map(([x, y], at) =>
        Math.abs(x - path[at][0]) + Math.abs(y - path[at][1]));
      return [path[0], path[path.length - 1], Math.max(...far), Math.min(...far)];
    }""")
    assert steps == [[3, 40], [60, 5], 1, 1]


def test_patch_has_what_was_before_and_never_touches_what_is_no_image(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""edited(["..aab#", "......"], (writer) => {
      writer.row(0, 1, 9, () => valueOf(3, 1));
      writer.row(1, -4, 2, () => valueOf(3, 1));
    })""")
    c, a, b = 3 * 256 + 1, 256 + 1, 2 * 256 + 1
    assert found["text"] == [".cccc#", "cc...."]
    assert found["patch"] == [*(1, 1, 0, c), *(2, 2, a, c), *(4, 1, b, c), *(6, 2, 0, c)]
    assert found["back"]


@pytest.mark.parametrize(
    ("rows", "edit", "expected"),
    [
        (
            ["aaa.aaaa", "aaaaaaaa", "aaa.aaaa"],
            "split(writer, 1, lineOfPixels([[3.5, 0.5], [3.5, 2.5]]), () => 2)",
            ["bbb.aaaa", "bbbbaaaa", "bbb.aaaa"],
        ),
        (
            ["aa..a", "aa..."],
            "split(writer, 1, [], () => 2)",
            ["aa..b", "aa..."],
        ),
        (["aaa", "aaa"], "split(writer, 1, [[1, 0]], () => 2)", ["aaa", "aaa"]),
        (["aab", "abb"], "recolor(writer, 2, 1, 1, 1)", ["aaa", "aaa"]),
        (["aab", "abb"], "recolor(writer, 1, 1, NO_OBJECT, 0)", ["..b", ".bb"]),
        (
            ["aaaaaa.", "a..a.aa", "aaaa..a", "......a"],
            "fillHoles(writer, 1, (value) => (idOf(value) ? value : valueOf(1, 1)))",
            ["aaaaaa.", "aaaa.aa", "aaaa..a", "......a"],
        ),
        (
            [".......", ".......", ".......", "...a...", ".......", ".......", "......."],
            "smooth(writer, 1, (value) => valueOf(1, 1), () => 0)",
            ["......."] * 7,
        ),
    ],
    ids=["cut", "pieces", "cut inside", "merge", "delete", "holes", "smooth"],
)
def test_edits_of_objects_and_the_way_back(
    evaluate: Callable[[str], Any], rows: list[str], edit: str, expected: list[str]
) -> None:
    found = evaluate(f"edited({rows}, (writer, map) => {edit})")
    assert found["text"] == expected
    assert found["back"]


def test_fill_takes_the_region_around_a_pixel_as_far_as_it_is_seen(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""edited(["..a...", "..a.a.", "..aaa."], (writer, map) => {
      const region = regionAround(map, 0, 0, [0, 0, 4, 2]);
      if (region.size !== 4) throw new Error(String(region.size));
      region.write(writer, () => valueOf(2, 1));
    })""")
    assert found["text"] == ["bba...", "bba.a.", "..aaa."]


RANDOM = """async () => {
  let seed = 7;
  const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
  const correction = Object.create(Correction.prototype);
  const map = new LabelMap({ height: 48, width: 64, ground: 0 });
  Object.assign(correction, {
    map, objects: new Map(), history: new History(), nextId: 1, shown() {}, told() {},
    isOpen: true, outbox: { state: "saved", add() {} },
  });
  const edit = (id, kind, change) => {
    const writer = new PatchWriter(map);
    change(writer);
    correction.commit(kind, writer, new Map([[id, 1 + (id % 2)]]));
  };
  const whole = () => JSON.stringify([Array.from(map.values), [...correction.objects].sort(),
    [...map.areas].filter(([, area]) => area).sort()]);
  const states = [whole()];
  for (let turn = 0; turn < 190; turn++) {
    const ids = [...correction.objects.keys()];
    const id = ids.length && random(3) ? ids[random(ids.length)] : correction.newId();
    const phase = 1 + (id % 2);
    const from = [random(64), random(48)];
    const to = [random(64), random(48)];
    const known = correction.objects.has(id);
    if (known && turn % 5 === 0) edit(id, "delete", (w) => recolor(w, id, phase, 0, 0));
    else if (known && turn % 7 === 0) {
      const writer = new PatchWriter(map);
      const found = split(writer, id, lineOfPixels([from, to]), () => correction.newId());
      correction.commit("split", writer, new Map([id, ...found].map((one) => [one, phase])));
    } else edit(id, "brush", (w) =>
      capsule(from, to, 1 + random(9), (y, l, r) => w.row(y, l, r, () => valueOf(id, phase))));
    if (correction.history.undoable.length === states.length) states.push(whole());
  }
  const steps = states.length - 1;
  let wrong = 0;
  for (let at = steps; at > 0; at--) {
    correction.step(true);
    if (whole() !== states[at - 1]) wrong++;
  }
  for (let at = 1; at <= steps; at++) {
    correction.step(false);
    if (whole() !== states[at]) wrong++;
  }
  return { steps, wrong, left: correction.history.redoable.length };
}"""


def test_more_than_100_steps_are_undone_and_made_again_exactly(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate(RANDOM)
    assert found["steps"] > 150
    assert (found["wrong"], found["left"]) == (0, 0)


def test_operations_wait_for_the_connection_and_go_in_their_order(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const said = [], sent = [];
      let reachable = false;
      window.fetch = async (address, { body }) => {
        if (!reachable) throw new TypeError("no network");
        const bytes = await body.arrayBuffer();
        for (let at = 0; at < bytes.byteLength; ) {
          const length = new DataView(bytes).getUint32(at, true);
          const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, at + 4, length)));
          sent.push([head.base, head.kind]);
          at += 4 + length + 16 * head.runs;
        }
        return new Response(JSON.stringify({ revision: 7 + sent.length }));
      };
      const box = new Outbox({ address: "x", revision: 7, store: memory(), changed() {} });
      const patch = Uint32Array.of(0, 1, 0, 257);
      const operation = (kind) => ({ serial: kind, kind, objects: [], patch });
      for (const kind of ["brush", "fill", "undo"]) box.add(operation(kind));
      await new Promise((done) => setTimeout(done));
      said.push([box.state, box.waiting.length]);
      reachable = true;
      box.online();
      while (box.waiting.length) await new Promise((done) => setTimeout(done));
      said.push([box.state, box.revision]);
      return { said, sent };
    }""")
    assert found["said"] == [["offline", 3], ["saved", 10]]
    assert found["sent"] == [[7, "brush"], [8, "fill"], [9, "undo"]]


def test_a_revision_of_another_tab_stops_the_sending(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""async () => {
      window.fetch = async () => new Response("Changed in another tab.", { status: 409 });
      const box = new Outbox({ address: "x", revision: 7, store: memory(), changed() {} });
      box.add({ serial: "a", kind: "brush", objects: [], patch: new Uint32Array(0) });
      while (box.state !== "refused") await new Promise((done) => setTimeout(done));
      box.add({ serial: "b", kind: "brush", objects: [], patch: new Uint32Array(0) });
      return [box.sentence, box.waiting.length];
    }""")
    assert found == ["Changed in another tab.", 2]


def test_a_tile_shows_edges_where_neighbours_differ_and_repaints_only_what_changed(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""() => {
      const map = mapOf("aaab", "aaab", "aaab", "....");
      const tiles = new LabelTiles(map, (value) => ({ fill: 1, edge: value ? 2 : 0 }));
      const context = new OffscreenCanvas(4, 4).getContext("2d");
      tiles.draw(context, [0, 0, 4, 4], 0);
      const [tile] = tiles.tiles.values();
      const before = Array.from(tile.colors);
      tiles.paints = () => ({ fill: 3, edge: 3 });
      tiles.touch([3, 3, 4, 4]);
      tiles.draw(context, [0, 0, 4, 4], 0);
      return [before, Array.from(tile.colors)];
    }""")
    before = [*(1, 1, 2, 2), *(1, 1, 2, 2), *(2, 2, 2, 2), *(0, 0, 0, 0)]
    after = [*(1, 1, 2, 2), *(1, 1, 2, 2), *(2, 2, 3, 3), *(0, 0, 3, 3)]
    assert found == [before, after]


def test_areas_that_overlap_count_once(evaluate: Callable[[str], Any]) -> None:
    areas = "[[0, 0, 5, 10], [0, 5, 10, 10]]"
    words = f"{{ map: {{ width: 10, height: 20 }}, areas: {areas} }}"
    assert evaluate(
        f"Object.assign(Object.create(Correction.prototype), {words}).areasShare"
    ) == pytest.approx(75 / 200)
    nothing = "{ map: { width: 10, height: 20 }, areas: [] }"
    assert (
        evaluate(f"Object.assign(Object.create(Correction.prototype), {nothing}).areasShare") == 0
    )


def test_a_confirmed_area_is_undone_and_made_again(evaluate: Callable[[str], Any]) -> None:
    step = "{ serial: 'a', objects: [], areas: [[], [[1, 2, 3, 4]]], patch: NOTHING }"
    found = evaluate(
        f"(() => {{ const history = new History(); history.add({step});"
        " return [history.undo().areas, history.redo().areas]; })()"
    )
    assert found == [[[[1, 2, 3, 4]], []], [[], [[1, 2, 3, 4]]]]


def test_an_operation_is_sent_with_its_areas(evaluate: Callable[[str], Any]) -> None:
    made = "{ serial: 'a', kind: 'area', objects: [], areas: [[], [[1, 2, 3, 4]]], patch: NOTHING }"
    sent = evaluate(f"Array.from(encodeOperation({made}, 7))")
    (step,) = decode_steps(bytes(sent))
    assert (step.base, step.kind, step.change.areas) == (7, "area", ((), (Box(1, 2, 3, 4),)))


def test_what_is_done_while_a_newer_state_is_on_its_way_is_not_taken_away(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const taken = [];
      let arrive;
      const of = (waiting) => Object.assign(Object.create(Correction.prototype), {
        outbox: { revision: 7, waiting }, fetchState: () => new Promise((done) => (arrive = done)),
        take: (state) => taken.push(state),
      });
      const idle = of([]), busy = of([]);
      let following = idle.follow(8);
      arrive("newer");
      await following;
      following = busy.follow(8);
      busy.outbox.waiting.push("confirm");
      arrive("newer still");
      await following;
      await of([]).follow(7);
      return taken;
    }""")
    assert found == ["newer"]


def test_enter_before_the_answer_keeps_what_the_last_click_outlines(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const kept = [];
      const answers = [];
      window.fetch = (address, { signal }) => new Promise((done, fail) => {
        answers.push((rows) => done(new Response(JSON.stringify({ rows }))));
        signal.addEventListener("abort", () => fail(new DOMException("", "AbortError")));
      });
      const tool = Object.assign(Object.create(ClickTool.prototype), {
        data: { clicks: "https://x" }, element: { dataset: {} }, stage: {}, scale: 1, turn: 0,
        selected: 0, meant: null, asking: null, outside: false, drawPreview() {},
        tell() {}, untell() {},
        correction: { map: { width: 9, height: 9 } },
        accept() { kept.push(this.meant.rows); this.forget(); },
      });
      const turn = () => new Promise((done) => setTimeout(done, 50));
      tool.clickAt([4, 4], false);
      answers.shift()([[4, 4, 5]]);
      await turn();
      tool.clickAt([6, 4], false);
      tool.keyOfEnter();
      const before = kept.length;
      answers.shift()([[4, 4, 7]]);
      await turn();
      // What is forgotten is not kept by a late answer.
      tool.clickAt([1, 1], false);
      tool.keyOfEnter();
      tool.forget();
      await turn();
      return [before, kept, tool.meant];
    }""")
    assert found == [0, [[[4, 4, 7]]], None]


def test_it_says_that_it_looks_for_an_object_until_there_is_an_answer(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const told = { textContent: "" };
      window.fetch = () => new Promise(() => {});
      const tool = Object.assign(Object.create(Corrector.prototype), {
        data: { clicks: "https://x" }, find: () => told, asking: null, turn: 0,
      });
      tool.askServer({}, "Looking.");
      await new Promise((done) => setTimeout(done, SLOW_MS + 50));
      const staying = [told.textContent, tool.telling];
      tool.untell("Another.");
      staying.push(told.textContent);
      tool.untell("Looking.");
      return [...staying, told.textContent];
    }""")
    assert found == ["Looking.", None, "Looking.", ""]


def test_edges_lie_between_what_a_click_outlines_and_the_rest(
    evaluate: Callable[[str], Any],
) -> None:
    """Two rows, the lower one reaching one pixel less to the left and one more to the right."""
    found = evaluate("edgesOfRows([[5, 2, 4], [6, 3, 5]])")
    assert sorted(found) == [
        *([2, 5, 2, 6], [2, 5, 4, 5], [2, 6, 3, 6], [3, 6, 3, 7], [3, 7, 5, 7], [4, 5, 4, 6]),
        *([4, 6, 5, 6], [5, 6, 5, 7]),
    ]
    hole = evaluate("edgesOfRows([[0, 0, 3], [1, 0, 1], [1, 2, 3], [2, 0, 3]])")
    assert sum(abs(x1 - x0) + abs(y1 - y0) for x0, y0, x1, y1 in hole) == 12 + 4


def test_what_a_tool_cannot_do_is_said(evaluate: Callable[[str], Any]) -> None:
    found = evaluate("""() => {
      const said = [];
      const tool = Object.assign(Object.create(Corrector.prototype), {
        correction: { map: mapOf("a..b"), objects: new Map([[1, [1]], [2, [1]]]), ground: 0,
          commit: (kind, writer) => writer.runs.length > 0 },
        selected: 1, overwrite: false, locked: new Set(), showPart() {},
        tell: (one) => said.push(one),
      });
      tool.cut([[1.5, 0.5], [2.5, 0.5]]);
      tool.drawOnce("eraser", true, (writer, give) => writer.row(0, 3, 4, give));
      tool.drawOnce("eraser", true, (writer, give) => writer.row(0, 0, 1, give));
      return said;
    }""")
    assert found == [
        "The line crosses no object. Shift + X separates what does not touch.",
        "Only the selected object is erased; select another, or Overwrite.",
    ]


def test_operations_made_while_an_answer_is_read_are_sent_once_and_in_their_order(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      const made = [];
      // As the server: a step that it knows is not made again.
      window.fetch = async (address, { body }) => {
        const bytes = await body.arrayBuffer();
        for (let at = 0; at < bytes.byteLength; ) {
          const length = new DataView(bytes).getUint32(at, true);
          const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, at + 4, length)));
          at += 4 + length + 16 * head.runs;
          if (made.includes(head.serial)) continue;
          if (head.base !== made.length) return new Response("Changed elsewhere.", { status: 409 });
          made.push(head.serial);
        }
        const revision = made.length;
        const json = () => new Promise((done) => setTimeout(() => done({ revision }), 20));
        return { ok: true, status: 200, json };
      };
      const box = new Outbox({ address: "x", revision: 0, store: memory(), changed() {} });
      const serials = Array.from({ length: 40 }, (_, number) => String(number));
      for (const serial of serials) {
        box.add({ serial, kind: "confirm", objects: [], patch: NOTHING });
        await new Promise((done) => setTimeout(done, 5));
      }
      const isBusy = () => box.waiting.length && box.state !== "refused";
      while (isBusy()) await new Promise((done) => setTimeout(done));
      return [box.state, box.revision, made.join() === serials.join()];
    }""")
    assert found == ["saved", 40, True]


def test_what_an_earlier_tab_left_is_sent_in_parts_and_kept_until_it_is_answered(
    evaluate: Callable[[str], Any],
) -> None:
    found = evaluate("""async () => {
      let status = 200;
      const sizes = [];
      window.fetch = async (address, { body }) => {
        sizes.push(Math.round(body.size / 1e6));
        return new Response("A sentence.", { status });
      };
      const storeOf = (count) => {
        const entries = Array.from({ length: count }, (_, number) => (
          { number, base: number, serial: "s", kind: "brush", objects: [],
            patch: new Uint32Array(750_000) }
        ));
        const at = (number) => entries.findIndex((one) => one.number === number);
        const drop = (number) => entries.splice(at(number), 1);
        const clear = () => (entries.length = 0);
        return { entries, drop, clear, all: async () => [...entries] };
      };
      const all = storeOf(3);
      const said = [await Outbox.deliver("x", all), all.entries.length];
      status = 404;
      const gone = storeOf(2);
      const failed = await Outbox.deliver("x", gone).catch((error) => error.message);
      status = 409;
      const stale = storeOf(2);
      const refused = [await Outbox.deliver("x", stale), stale.entries.length];
      return [sizes, said, [failed, gone.entries.length], refused];
    }""")
    assert found == [
        [3, 3, 3, 3, 3],
        ["", 0],
        ["A sentence.", 2],
        ["A sentence.", 0],
    ]
