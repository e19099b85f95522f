// Part of the corrector: edits of whole objects. Each looks at the box around its object and no
// farther; ids are never renumbered.

const SMOOTHING_PX = 2;

// A box of pixels with a yes or no for each. `room`: px around the box, as far as the map goes.
class Crop {
  constructor(map, [left, top, right, bottom], room = 0) {
    this.map = map;
    this.left = Math.max(0, left - room);
    this.top = Math.max(0, top - room);
    this.width = Math.min(map.width, right + room) - this.left;
    this.height = Math.min(map.height, bottom + room) - this.top;
    this.inside = new Uint8Array(this.width * this.height);
  }

  // Marks the pixels whose value satisfies `is`.
  mark(is) {
    for (let y = 0, at = 0; y < this.height; y++) {
      let from = (this.top + y) * this.map.width + this.left;
      for (let x = 0; x < this.width; x++, at++) if (is(this.map.values[from++])) this.inside[at] = 1;
    }
    return this;
  }

  // Numbers what is marked by connected parts, from 1; `corners`: whether pixels touch at corners.
  // Returns { parts, sizes }: sizes[0] is 0.
  connected(corners) {
    const parts = new Uint32Array(this.inside.length);
    const sizes = [0];
    for (let start = 0; start < parts.length; start++) {
      if (!this.inside[start] || parts[start]) continue;
      sizes.push(this.spread(parts, start, sizes.length, corners));
    }
    return { parts, sizes };
  }

  // Gives the part around `start` its number and returns how many pixels it has.
  spread(parts, start, number, corners) {
    const { width, height, inside } = this;
    const waiting = [start];
    parts[start] = number;
    let size = 0;
    const look = (x, y) => {
      if (x < 0 || y < 0 || x >= width || y >= height) return;
      const at = y * width + x;
      if (!inside[at] || parts[at]) return;
      parts[at] = number;
      waiting.push(at);
    };
    while (waiting.length) {
      const at = waiting.pop();
      const x = at % width;
      const y = (at - x) / width;
      size++;
      look(x - 1, y);
      look(x + 1, y);
      look(x, y - 1);
      look(x, y + 1);
      if (!corners) continue;
      for (const side of [-1, 1]) {
        look(x + side, y - 1);
        look(x + side, y + 1);
      }
    }
    return size;
  }

  // Writes the pixels where `giveAt(position)` is what to give them, row by row.
  write(writer, giveAt) {
    for (let y = 0, at = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; ) {
        const give = giveAt(at);
        const from = x;
        do {
          x++;
          at++;
        } while (x < this.width && giveAt(at) === give);
        if (give) writer.row(this.top + y, this.left + from, this.left + x, give);
      }
    }
  }
}

const isOf = (id) => (value) => idOf(value) === id;

// Makes of the pixels of object `from`, of phase `phase`, those of object `to`, of phase `newPhase`.
// What it encloses of another phase keeps that phase.
export function recolor(writer, from, phase, to, newPhase) {
  const box = writer.map.boxes.get(from);
  if (!box) return;
  const give = (value) => {
    if (idOf(value) !== from) return value;
    return valueOf(to, phaseOf(value) === phase ? newPhase : phaseOf(value));
  };
  for (let y = box[1]; y < box[3]; y++) writer.row(y, box[0], box[2], give);
}

// Cuts an object along a line of pixels, [x, y] each, or without one into the parts that do not
// touch. The largest part keeps the id, the others get ids from `newId()`, which are returned.
export function split(writer, id, cut, newId) {
  const { map } = writer;
  const shown = new Crop(map, map.tightBox(id)).mark(isOf(id));
  const { left, top, width, height, inside } = shown;
  const onCut = [];
  for (const [x, y] of cut) {
    const at = (y - top) * width + x - left;
    if (x < left || y < top || x >= left + width || y >= top + height || !inside[at]) continue;
    inside[at] = 0;
    onCut.push(at);
  }
  const { parts, sizes } = shown.connected(true);
  if (sizes.length < 3) return [];
  giveToNeighbors(shown, parts, onCut);
  const largest = sizes.indexOf(Math.max(...sizes));
  const ids = sizes.map((_, part) => (part === 0 || part === largest ? null : newId()));
  const gives = ids.map((one) => one && ((value) => (idOf(value) === id ? valueOf(one, phaseOf(value)) : value)));
  shown.write(writer, (at) => gives[parts[at]]);
  return ids.filter(Boolean);
}

// The pixels of a cut go to the parts beside it, from the parts inwards.
function giveToNeighbors({ width }, parts, onCut) {
  let left = onCut;
  while (left.length) {
    const found = [];
    for (const at of left) {
      const [first, last] = [at % width === 0, at % width === width - 1];
      const sides = [at - width, first ? at : at - 1, last ? at : at + 1, at + width];
      const beside = sides.find((one) => parts[one]);
      if (beside !== undefined) found.push([at, parts[beside]]);
    }
    if (!found.length) return;
    for (const [at, part] of found) parts[at] = part;
    left = left.filter((at) => !parts[at]);
  }
}

// Fills what an object encloses; `give`: what its new pixels get.
export function fillHoles(writer, id, give) {
  const { map } = writer;
  const shown = new Crop(map, map.tightBox(id)).mark((value) => idOf(value) !== id);
  const { width, height } = shown;
  const { parts, sizes } = shown.connected(false);
  const isHole = sizes.map((size) => size > 0);
  for (let at = 0; at < parts.length; at++) {
    const x = at % width;
    if (x === 0 || x === width - 1 || at < width || at >= width * (height - 1)) isHole[parts[at]] = false;
  }
  if (isHole.includes(true)) shown.write(writer, (at) => isHole[parts[at]] && give);
}

// Smooths an outline: a pixel belongs to the object where most of a small disc around it does.
// `give`, `leave`: what pixels get that join it and that leave it.
export function smooth(writer, id, give, leave) {
  const { map } = writer;
  const shown = new Crop(map, map.tightBox(id), SMOOTHING_PX + 1).mark(isOf(id));
  const { inside } = shown;
  const next = mostOfDiscs(shown);
  shown.write(writer, (at) => {
    if (next[at] === inside[at]) return null;
    return next[at] ? give : leave;
  });
}

// For each pixel of a crop whether more than half of the disc around it is marked.
function mostOfDiscs({ width, height, inside }) {
  const disc = [];
  for (let y = -SMOOTHING_PX; y <= SMOOTHING_PX; y++) {
    for (let x = -SMOOTHING_PX; x <= SMOOTHING_PX; x++) {
      if (x * x + y * y <= (SMOOTHING_PX + 0.25) ** 2) disc.push([x, y]);
    }
  }
  return Uint8Array.from(inside, (_, at) => {
    const x = at % width;
    const y = (at - x) / width;
    let [marked, seen] = [0, 0];
    for (const [dx, dy] of disc) {
      if (x + dx < 0 || y + dy < 0 || x + dx >= width || y + dy >= height) continue;
      seen++;
      marked += inside[at + dy * width + dx];
    }
    return Number(2 * marked > seen);
  });
}

// The connected pixels of one value around a point, inside a box: { size, write(writer, give) }.
export function regionAround(map, x, y, box) {
  const wanted = map.at(x, y);
  const shown = new Crop(map, box).mark((value) => value === wanted);
  const parts = new Uint32Array(shown.inside.length);
  const size = shown.spread(parts, (y - shown.top) * shown.width + x - shown.left, 1, false);
  return { size, write: (writer, give) => shown.write(writer, (at) => parts[at] && give) };
}
