// Part of the corrector: the label map, which is the truth. Each pixel has one number, its object's
// id and its phase, and they are never read back from a canvas. What one operation changes is its
// patch: runs of pixels in row-major order, each with the number before and after, so that the way
// back is exact.

const NO_OBJECT = 0;
const OUTSIDE = 255; // the phase of what is no image, which nothing changes

export const valueOf = (id, phase) => ((id << 8) | phase) >>> 0;
export const idOf = (value) => value >>> 8;
export const phaseOf = (value) => value & 255;

export class LabelMap {
  // `ground`: the phase of what belongs to no object.
  constructor({ height, width, ground }) {
    Object.assign(this, { height, width, ground, values: new Uint32Array(height * width).fill(ground) });
    this.boxes = new Map(); // id -> [left, top, right, bottom] around it, perhaps with room to spare
    this.areas = new Map(); // id -> px
  }

  at(x, y) {
    return this.values[y * this.width + x];
  }

  areaOf(id) {
    return this.areas.get(id) ?? 0;
  }

  read(runs) {
    for (let at = 0; at < runs.length; at += MAP_RUN) this.put(runs[at + 1], runs[at + 2], NO_OBJECT, runs[at]);
  }

  // Gives a run of pixels that all have the value `before` the value `after`.
  put(start, length, before, after) {
    this.values.fill(after, start, start + length);
    const [from, to] = [idOf(before), idOf(after)];
    if (from === to && from === NO_OBJECT) return;
    if (from) this.areas.set(from, this.areaOf(from) - length);
    if (!to) return;
    this.areas.set(to, this.areaOf(to) + length);
    this.boxes.set(to, united(this.boxes.get(to), this.boxOfRun(start, length)));
  }

  boxOfRun(start, length) {
    const top = Math.floor(start / this.width);
    const bottom = Math.floor((start + length - 1) / this.width) + 1;
    if (bottom - top > 1) return [0, top, this.width, bottom];
    const left = start - top * this.width;
    return [left, top, left + length, bottom];
  }

  // Applies a patch and returns the box around what changed; null where nothing did.
  apply(patch) {
    let box = null;
    for (let at = 0; at < patch.length; at += PATCH_RUN) {
      this.put(patch[at], patch[at + 1], patch[at + 2], patch[at + 3]);
      box = united(box, this.boxOfRun(patch[at], patch[at + 1]));
    }
    return box;
  }

  // The box around an object, found anew where the one that is known may be too large.
  tightBox(id) {
    const known = this.boxes.get(id);
    if (!known || !this.areaOf(id)) return null;
    let box = null;
    for (let y = known[1]; y < known[3]; y++) {
      const start = y * this.width;
      let [left, right] = [known[0], known[2]];
      while (left < right && idOf(this.values[start + left]) !== id) left++;
      while (right > left && idOf(this.values[start + right - 1]) !== id) right--;
      if (left < right) box = united(box, [left, y, right, y + 1]);
    }
    if (box) this.boxes.set(id, box);
    return box;
  }

  // A pixel of an object, near the middle of its box.
  pixelOf(id) {
    const box = this.tightBox(id);
    if (!box) return null;
    const middle = { x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 };
    let [best, least] = [null, Infinity];
    for (let y = box[1]; y < box[3]; y++) {
      for (let x = box[0]; x < box[2]; x++) {
        const away = Math.hypot(x + 0.5 - middle.x, y + 0.5 - middle.y);
        if (away < least && idOf(this.at(x, y)) === id) [best, least] = [{ x, y }, away];
      }
    }
    return best;
  }
}

export function inverse(patch) {
  const back = patch.slice();
  for (let at = 0; at < back.length; at += PATCH_RUN) {
    [back[at + 2], back[at + 3]] = [patch[at + 3], patch[at + 2]];
  }
  return back;
}

// The objects that lost or gained pixels.
export function idsOf(patch) {
  const ids = new Set();
  for (let at = 0; at < patch.length; at += PATCH_RUN) ids.add(idOf(patch[at + 2])).add(idOf(patch[at + 3]));
  ids.delete(NO_OBJECT);
  return ids;
}

function united(box, other) {
  if (!box || !other) return box ?? other;
  return [
    Math.min(box[0], other[0]),
    Math.min(box[1], other[1]),
    Math.max(box[2], other[2]),
    Math.max(box[3], other[3]),
  ];
}

// Changes a map and notes how: the patch of one operation, in which no pixel changes twice.
export class PatchWriter {
  constructor(map) {
    this.map = map;
    this.runs = [];
    this.box = null; // around what changed since it was taken last
  }

  // Gives the pixels from `left` to before `right` of a row what `give(value)` makes of theirs.
  row(y, left, right, give) {
    const { map, runs } = this;
    const { values, width } = map;
    if (y < 0 || y >= map.height) return;
    const end = y * width + Math.min(width, right);
    for (let at = y * width + Math.max(0, left); at < end; ) {
      const [start, before] = [at, values[at]];
      do at++;
      while (at < end && values[at] === before);
      const after = phaseOf(before) === OUTSIDE ? before : give(before);
      if (after === before) continue;
      map.put(start, at - start, before, after);
      runs.push([start, at - start, before, after]);
      this.box = united(this.box, map.boxOfRun(start, at - start));
    }
  }

  takeBox() {
    const { box } = this;
    this.box = null;
    return box;
  }

  // Puts back what it changed.
  takeBack() {
    return this.map.apply(inverse(this.patch()));
  }

  // The patch so far, in ascending order, runs of a row that continue each other joined.
  patch() {
    this.runs.sort((one, other) => one[0] - other[0]);
    const joined = [];
    for (const run of this.runs) {
      const last = joined[joined.length - 1];
      const goesOn = last && last[0] + last[1] === run[0] && last[2] === run[2] && last[3] === run[3];
      if (goesOn && run[0] % this.map.width) last[1] += run[1];
      else joined.push([...run]);
    }
    return Uint32Array.from(joined.flat());
  }
}
