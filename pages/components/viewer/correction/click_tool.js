// Part of the corrector: clicks that a network turns into an object. Clicks show at once, the object
// when the server has answered; Enter makes it an ordinary correction, Esc forgets it.

const SLOW_MS = 300; // after which it says that it is at work
const DRAG_PX = 4; // CSS px that a pointer moves before it draws a box
const MEANT_FILL = "rgba(255, 255, 255, 0.45)";
const DOT_PX = 7;

class ClickTool extends KeyedTools {
  constructor(root) {
    super(root);
    this.outside = false; // what the next click says
    // { clicks: [[row, column, inside]], box, rough, id, rows, isAwaited } of one object;
    // `isAwaited`: Enter was pressed before there were `rows`.
    this.meant = null;
    this.asking = null; // what can end the question that the server has not answered yet
    this.turn = 0;
    this.asker = Math.random().toString(36).slice(2);
    this.canvas.addEventListener("contextmenu", (event) => this.tool === "click" && event.preventDefault());
  }

  get actions() {
    return { ...super.actions, flip: () => (this.outside = !this.outside) };
  }

  // ---- pointer: a click, or a box where it is dragged

  beginStroke(event) {
    if (this.tool !== "click") return super.beginStroke(event);
    const alone = this.pointers.size === 1;
    if (!this.correction?.canEdit || !alone || this.holding || ![0, 2].includes(event.button)) return undefined;
    this.stroke = { from: this.exactPoint(event), at: [event.clientX, event.clientY], to: null };
    return undefined;
  }

  extendStroke(event) {
    if (!this.stroke?.from) return super.extendStroke(event);
    const [x, y] = this.stroke.at;
    const far = Math.hypot(event.clientX - x, event.clientY - y) > DRAG_PX;
    if (far || this.stroke.to) this.stroke.to = this.exactPoint(event);
    this.drawPreview();
    return true;
  }

  endStroke(event) {
    const { stroke } = this;
    if (!stroke?.from) return super.endStroke(event);
    this.stroke = null;
    if (!event) return true;
    if (stroke.to) this.boxBetween(stroke.from, stroke.to);
    else this.clickAt(stroke.from, event.button === 2 || event.shiftKey);
    return true;
  }

  choose(point, event) {
    if (this.tool !== "click") return super.choose(point, event);
    return this.clickAt([point.x + 0.5, point.y + 0.5], event?.shiftKey);
  }

  // ---- what is said about the object

  clickAt([x, y], otherwise) {
    const { width, height } = this.correction.map;
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const meant = this.begun();
    const inside = this.outside === Boolean(otherwise);
    meant.clicks = [...meant.clicks, [y - 0.5, x - 0.5, inside]];
    this.ask();
  }

  boxBetween([x, y], [other, below]) {
    const meant = this.begun();
    const [top, bottom] = [Math.min(y, below), Math.max(y, below)].map((value) => value - 0.5);
    const [left, right] = [Math.min(x, other), Math.max(x, other)].map((value) => value - 0.5);
    meant.box = [top, left, bottom, right];
    this.ask();
  }

  // The object that is meant: the selected one, to be corrected, or a new one.
  begun() {
    const id = this.selected;
    this.meant ??= { clicks: [], box: null, rough: id ? this.rowsOf(id) : null, id, rows: null };
    return this.meant;
  }

  rowsOf(id) {
    const { map } = this.correction;
    const box = map.tightBox(id);
    const rows = [];
    for (let y = box?.[1] ?? 0; y < (box?.[3] ?? 0); y++) {
      for (let x = box[0]; x < box[2]; x++) {
        if (idOf(map.at(x, y)) !== id) continue;
        const left = x;
        while (x < box[2] && idOf(map.at(x, y)) === id) x++;
        rows.push([y, left, x]);
      }
    }
    return rows;
  }

  async ask() {
    const { meant } = this;
    this.drawPreview();
    const { clicks, box, rough } = meant;
    const view = Math.max(this.stage.clientWidth, this.stage.clientHeight) / this.scale;
    const answer = await this.askServer({ view, clicks, box, rough }, "Looking for the object.");
    if (answer) this.show(meant, answer.rows);
    else if (!this.asking) meant.isAwaited = false;
  }

  // The answer; null where there is none, or a newer question took its place on the way.
  async askServer(question, words) {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const slow = setTimeout(() => this.tell(words, true), SLOW_MS);
    try {
      const answer = await fetch(new URL(this.data.clicks, location.href), {
        method: "POST",
        body: JSON.stringify({ asker: this.asker, turn: ++this.turn, ...question }),
        signal: asking.signal,
      });
      if (answer.status === 204) return null;
      const found = await (answer.ok ? answer.json() : answer.text());
      if (this.asking !== asking) return null;
      if (answer.ok) return found;
      this.tell(found);
    } catch (error) {
      if (error.name !== "AbortError") this.tell("The server does not answer; try again.");
    } finally {
      clearTimeout(slow);
      if (this.asking === asking) {
        this.asking = null;
        this.untell(words);
      }
    }
    return null;
  }

  show(meant, rows) {
    if (this.meant !== meant) return;
    meant.rows = rows;
    this.element.dataset.meant = rows.reduce((sum, [, left, right]) => sum + right - left, 0);
    this.tell(rows.length ? "Enter keeps this object, Esc forgets it." : "Nothing is found there; click again.");
    this.drawPreview();
    if (meant.isAwaited && rows.length) this.accept();
    meant.isAwaited = false;
  }

  // ---- Enter, Esc, Backspace

  // Before the answer to the last click is there, it keeps what that will be.
  keyOfEnter() {
    if (!this.meant) super.keyOfEnter();
    else if (this.asking) this.meant.isAwaited = true;
    else if (this.meant.rows?.length) this.accept();
  }

  // One operation: what the object loses, and what it gains.
  accept() {
    const { rows, id } = this.meant;
    const { ground } = this.correction;
    const known = this.meant.rough ?? [];
    this.forget();
    this.select(this.correction.objects.has(id) ? id : 0);
    this.drawOnce(
      "click",
      false,
      (writer, give) => {
        const kept = rowsBetween(rows);
        const losing = (value) => (idOf(value) === id && !this.locked.has(phaseOf(value)) ? ground : value);
        for (const [y, left, right] of known) {
          for (let x = left; x < right; x++) {
            if (!kept(x, y)) writer.row(y, x, x + 1, losing);
          }
        }
        for (const [y, left, right] of rows) writer.row(y, left, right, give);
      },
      "clicked",
    );
    // The next click is about another object.
    this.select(0);
  }

  forget() {
    const was = this.meant;
    this.asking?.abort();
    this.meant = null;
    delete this.element.dataset.meant;
    this.drawPreview();
    return Boolean(was);
  }

  cancelStroke() {
    const was = this.meant ? this.forget() : false;
    return super.cancelStroke() || was;
  }

  // Takes the last click back, or the box where there is none.
  dropVertex() {
    if (!this.meant) return super.dropVertex();
    const { meant } = this;
    if (meant.clicks.length) meant.clicks = meant.clicks.slice(0, -1);
    else meant.box = null;
    if (meant.box || meant.clicks.some(([, , inside]) => inside) || (meant.rough && meant.clicks.length)) this.ask();
    else this.forget();
    return true;
  }

  // ---- what is shown before it is kept

  drawPath() {
    super.drawPath();
    if (this.stroke?.from && this.stroke.to) this.drawBox(this.stroke.from, this.stroke.to);
    if (!this.meant) return;
    const path = new Path2D();
    for (const [y, left, right] of this.meant.rows ?? []) path.rect(left, y, right - left, 1);
    this.context.fillStyle = MEANT_FILL;
    this.context.fill(path);
    // White on a bright ground is seen by its outline alone.
    const outline = new Path2D();
    for (const [x0, y0, x1, y1] of edgesOfRows(this.meant.rows ?? [])) {
      outline.moveTo(x0, y0);
      outline.lineTo(x1, y1);
    }
    this.strokeTwice(outline, "#ffffff", 1.5);
    const { box } = this.meant;
    if (box) this.drawBox([box[1] + 0.5, box[0] + 0.5], [box[3] + 0.5, box[2] + 0.5]);
    for (const click of this.meant.clicks) this.drawDot(click);
  }

  drawBox([x, y], [other, below]) {
    const path = new Path2D();
    path.rect(x, y, other - x, below - y);
    this.strokeTwice(path, RING_EDGE, 1.5);
  }

  // A plus where the object is, a minus where it is not.
  drawDot([row, column, inside]) {
    const size = DOT_PX / this.scale;
    const [x, y] = [column + 0.5, row + 0.5];
    const path = new Path2D();
    path.moveTo(x - size, y);
    path.lineTo(x + size, y);
    if (inside) {
      path.moveTo(x, y - size);
      path.lineTo(x, y + size);
    }
    this.strokeTwice(path, inside ? "#ffffff" : "#ffb454", 2.5);
  }
}

// The edges [x0, y0, x1, y1] between the pixels of runs of rows and all others.
function edgesOfRows(rows) {
  const edges = rows.flatMap(([y, left, right]) => [left, right].map((x) => [x, y, x, y + 1]));
  // Along a line between two rows, an end of a run in either of them begins an edge or ends it.
  const ends = new Map();
  for (const [y, left, right] of rows) {
    for (const line of [y, y + 1]) ends.set(line, [...(ends.get(line) ?? []), left, right]);
  }
  for (const [y, xs] of ends) {
    xs.sort((one, other) => one - other);
    for (let at = 0; at < xs.length; at += 2) if (xs[at] < xs[at + 1]) edges.push([xs[at], y, xs[at + 1], y]);
  }
  return edges;
}

// Whether a pixel lies in runs of rows.
function rowsBetween(rows) {
  const byRow = new Map();
  for (const [y, left, right] of rows) byRow.set(y, [...(byRow.get(y) ?? []), [left, right]]);
  return (x, y) => (byRow.get(y) ?? []).some(([left, right]) => x >= left && x < right);
}
