// Part of the viewer: a ruler that is laid along a burnt-in scale bar. Its ends are kept here, in
// image pixels; its length goes to Python with what the user types.

const RULER_REACH = 12; // CSS px: how near an end is to a bar's end to snap to it, or to the pointer
const LEVEL_SLACK = 40; // of 255: greys along a bar, after JPEG
const LEVEL_STEP = 48; // of 255: least difference between a bar and what lies beyond its ends

const median = (values) => Float64Array.from(values).sort()[values.length >> 1];

// Where a row's grey leaves `level`, going from `start` by `side`; half-way between the two greys.
function endOfRun(row, start, side, level) {
  let at = start;
  while (at + side >= 0 && at + side < row.length && Math.abs(row[at + side] - level) <= LEVEL_SLACK) at += side;
  const beyond = [2, 3, 4].map((away) => row[at + side * away]).filter((grey) => grey !== undefined);
  if (!beyond.length) return null;
  const ground = median(beyond);
  if (Math.abs(ground - level) < LEVEL_STEP) return null;
  const middle = (level + ground) / 2;
  const sign = level > ground ? 1 : -1;
  let here = at - 2 * side;
  while (sign * (row[here + side] - middle) >= 0) here += side;
  const share = (row[here] - middle) / (row[here] - row[here + side]);
  return here + 0.5 + side * share;
}

// The ends of a horizontal bar of one grey near those of a stroke, else null. `patch`: greys of the
// image from (left, top) on.
export function barNear({ grey, width, height, left, top }, [from, to], reach) {
  const [start, end] = from[0] <= to[0] ? [from, to] : [to, from];
  if (Math.abs(end[1] - start[1]) > Math.max(reach, 0.1 * (end[0] - start[0]))) return null;
  const inner = Math.min(reach, (end[0] - start[0]) / 4);
  const [first, last] = [Math.ceil(start[0] + inner - left), Math.floor(end[0] - inner - left)];
  const centre = (start[1] + end[1]) / 2 - top;
  const found = [];
  for (let y = Math.max(0, Math.floor(centre - reach)); y <= Math.min(height - 1, centre + reach); y++) {
    const row = grey.subarray(y * width, (y + 1) * width);
    const inside = row.subarray(first, last + 1);
    if (!inside.length) return null;
    const level = median(inside);
    if (inside.some((value) => Math.abs(value - level) > LEVEL_SLACK)) continue;
    const ends = [endOfRun(row, first, -1, level), endOfRun(row, last, 1, level)];
    if (ends.includes(null)) continue;
    const [a, b] = [ends[0] + left, ends[1] + left];
    if (Math.abs(a - start[0]) <= reach && Math.abs(b - end[0]) <= reach) found.push({ y, a, b });
  }
  if (!found.length) return null;
  const [a, b] = [median(found.map((one) => one.a)), median(found.map((one) => one.b))];
  const rows = found.filter((one) => Math.abs(one.a - a) <= 1.5 && Math.abs(one.b - b) <= 1.5);
  const y = median(rows.map((one) => one.y)) + 0.5 + top;
  return from[0] <= to[0] ? [[a, y], [b, y]] : [[b, y], [a, y]];
}

class Ruler extends Strokes {
  constructor(root) {
    super(root);
    this.ends = null; // [[x, y], [x, y]]
    this.end = 1; // which of them moves
    this.pulling = false;
  }

  // ---- what Python sends

  updateRuler(before) {
    const { ruler } = this.data;
    const begins = ruler && ruler.turn !== before.ruler?.turn;
    if (!ruler || begins) this.ends = null;
    this.find(".ruler-tools").hidden = this.find(".ruler-keys").hidden = !ruler;
    // Many scale bars lie in its corner.
    this.find(".legend").hidden = Boolean(ruler);
    if (begins) {
      this.find(".ruler-text").value = "";
      this.element.scrollIntoView({ block: "nearest" });
      this.element.focus({ preventScroll: true });
    }
    this.find(".ruler-refused").textContent = ruler?.refused ?? "";
    this.showRuler();
  }

  get rulerLength() {
    return this.ends ? Math.hypot(this.ends[1][0] - this.ends[0][0], this.ends[1][1] - this.ends[0][1]) : 0;
  }

  showRuler() {
    const length = this.rulerLength;
    this.find(".ruler-told").hidden = Boolean(this.ends);
    this.find(".ruler-length").hidden = !this.ends;
    this.find(".ruler-px").textContent = `${length.toFixed(1)} px`;
    this.find('[data-action="ruler-set"]').disabled = length < 1;
    if (this.ends) this.element.dataset.ruler = length.toFixed(1);
    else delete this.element.dataset.ruler;
    this.schedule();
  }

  // ---- dragging

  beginStroke(event) {
    const { ruler } = this.data;
    if (!ruler || this.pointers.size > 1 || event.button || this.holding) {
      this.pulling = false;
      if (!ruler) super.beginStroke(event);
      return;
    }
    const point = this.pointAt(event);
    const near = (end) => Math.hypot(end[0] - point[0], end[1] - point[1]) * this.scale <= RULER_REACH;
    const grabbed = this.ends ? this.ends.findIndex(near) : -1;
    this.end = grabbed < 0 ? 1 : grabbed;
    if (grabbed < 0) this.ends = [point, point];
    this.pulling = true;
    this.showRuler();
  }

  extendStroke(event) {
    if (!this.data.ruler) return super.extendStroke(event);
    if (!this.pulling) return false;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.ends = this.ends.with(this.end, this.pointAt(event));
    this.showRuler();
    return true;
  }

  endStroke(event) {
    if (!this.data.ruler) return super.endStroke(event);
    if (!this.pulling) return false;
    this.pulling = false;
    if (this.rulerLength * this.scale < RULER_REACH / 2) this.ends = null;
    else this.snapRuler();
    this.showRuler();
    if (this.ends) this.find(".ruler-text").focus();
    return true;
  }

  // To the bar below, where there is one; not in pictures that were thinned for display.
  snapRuler() {
    const bitmap = this.pictures.image?.levels[0];
    const { width, height } = this.data.image;
    if (!bitmap || bitmap.width !== width) return;
    const reach = Math.max(3, RULER_REACH / this.scale);
    const [xs, ys] = [0, 1].map((axis) => this.ends.map((end) => end[axis]));
    const margin = reach + 8;
    const left = Math.max(0, Math.floor(Math.min(...xs) - margin));
    const top = Math.max(0, Math.floor(Math.min(...ys) - margin));
    const right = Math.min(width, Math.ceil(Math.max(...xs) + margin));
    const bottom = Math.min(height, Math.ceil(Math.max(...ys) + margin));
    if (right <= left || bottom <= top) return;
    const context = new OffscreenCanvas(right - left, bottom - top).getContext("2d");
    context.drawImage(bitmap, -left, -top);
    const { data } = context.getImageData(0, 0, right - left, bottom - top);
    const grey = Uint8Array.from({ length: data.length / 4 }, (_, at) => data[4 * at]);
    const patch = { grey, width: right - left, height: bottom - top, left, top };
    this.ends = barNear(patch, this.ends, reach) ?? this.ends;
  }

  // ---- keys and buttons

  // Whether the key was the ruler's.
  keyRuler(event) {
    if (!this.data.ruler) return false;
    const typing = event.target.matches(".ruler-text");
    if (event.key === "Escape") this.leaveRuler();
    else if (typing && event.key === "Enter") this.sendRuler();
    else if (typing) {
      event.stopPropagation();
      return true;
    } else if (event.target.matches("button, input") || event.ctrlKey || event.metaKey || event.altKey) return false;
    else if (ARROWS[event.key]) this.stepRuler(ARROWS[event.key], event.shiftKey ? 10 : 1);
    else if (event.key.toLowerCase() === "e" && this.ends) this.end = 1 - this.end;
    else if (event.key === "Enter" && this.ends) this.find(".ruler-text").focus();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    this.schedule();
    return true;
  }

  // The first step only lays the ruler down, in the middle of the view.
  stepRuler([dx, dy], step) {
    if (this.ends) {
      const { width, height } = this.data.image;
      const [x, y] = this.ends[this.end];
      const moved = [Math.min(width, Math.max(0, x + dx * step)), Math.min(height, Math.max(0, y + dy * step))];
      this.ends = this.ends.with(this.end, moved);
    } else {
      const across = (share) => Math.round(this.left + (share * this.stage.clientWidth) / this.scale);
      const y = Math.round(this.top + this.stage.clientHeight / this.scale / 2);
      this.ends = [[across(0.35), y], [across(0.65), y]];
    }
    this.showRuler();
  }

  actRuler(action) {
    if (action === "ruler-set") this.sendRuler();
    else if (action === "ruler-cancel") this.leaveRuler();
    else return false;
    return true;
  }

  sendRuler() {
    if (this.rulerLength < 1) return;
    this.tellRuler({ length_px: this.rulerLength, text: this.find(".ruler-text").value });
  }

  leaveRuler() {
    this.tellRuler({ length_px: 0, text: "" });
  }

  tellRuler(said) {
    this.setStateValue("ruler", { digest: this.data.image.digest, ...said, serial: Date.now() });
  }

  // ---- showing

  drawStrokes() {
    super.drawStrokes();
    if (!this.ends) return;
    const [[ax, ay], [bx, by]] = this.ends;
    const length = this.rulerLength || 1;
    const [nx, ny] = [(by - ay) / length, (ax - bx) / length].map((part) => (part * 8) / this.scale);
    const path = new Path2D();
    line(path, ax, ay, bx, by);
    for (const [x, y] of this.ends) line(path, x - nx, y - ny, x + nx, y + ny);
    this.strokeTwice(path, "#ffd54a", 1.5);
    const [x, y] = this.ends[this.end];
    const ring = new Path2D();
    ring.arc(x, y, 5 / this.scale, 0, 2 * Math.PI);
    this.strokeTwice(ring, "#ffd54a", 1.5);
    // Beside it, since the bar's label is above or below.
    const [right, down] = ax > bx ? [ax, ay] : [bx, by];
    this.write(`${this.rulerLength.toFixed(1)} px`, right + 14 / this.scale, down, 5);
  }
}
