// Part of the viewer: its pictures, as bitmaps, and the regions in them.

async function fetchBitmap(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("gone");
  const blob = await answer.blob();
  return createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
}

// Halved copies, so that a zoomed-out frame never touches all pixels of a large image.
async function pyramid(bitmap) {
  const levels = [bitmap];
  let { width, height } = bitmap;
  while (Math.max(width, height) > 1024) {
    width = Math.max(1, width >> 1);
    height = Math.max(1, height >> 1);
    const options = { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" };
    levels.push(await createImageBitmap(levels[levels.length - 1], options));
  }
  return levels;
}

// The packed RGBA values of a bitmap, read in strips so that no second full copy exists.
function packedPixels(bitmap) {
  const { width, height } = bitmap;
  const packed = new Uint32Array(width * height);
  const rows = Math.max(1, Math.min(height, Math.floor(4e6 / width)));
  const strip = new OffscreenCanvas(width, rows);
  const context = strip.getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
    packed.set(new Uint32Array(context.getImageData(0, 0, width, count).data.buffer), top * width);
  }
  return packed;
}

// Outlines of regions of equal id at full size and halved; halving keeps every line.
async function outlinePyramid(regions) {
  const { width, height, ids, colors } = regions;
  let lines = new Uint32Array(width * height);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const id = ids[at];
      if (id === 0) continue;
      const edge =
        (column > 0 && ids[at - 1] !== id) ||
        (column < width - 1 && ids[at + 1] !== id) ||
        (row > 0 && ids[at - width] !== id) ||
        (row < height - 1 && ids[at + width] !== id);
      if (edge) lines[at] = colors(at);
    }
  }
  const levels = [];
  for (let w = width, h = height; ; ) {
    const data = new ImageData(new Uint8ClampedArray(lines.buffer), w, h);
    levels.push(await createImageBitmap(data));
    if (Math.max(w, h) <= 512) return levels;
    const nextW = w >> 1;
    const nextH = h >> 1;
    const next = new Uint32Array(nextW * nextH);
    for (let row = 0, at = 0; row < nextH; row++) {
      for (let column = 0, from = 2 * row * w; column < nextW; column++, at++, from += 2) {
        next[at] = lines[from] || lines[from + 1] || lines[from + w] || lines[from + w + 1];
      }
    }
    lines = next;
    w = nextW;
    h = nextH;
  }
}

function cssColor(packed) {
  return `rgb(${packed & 255}, ${(packed >> 8) & 255}, ${(packed >> 16) & 255})`;
}

function line(path, ax, ay, bx, by) {
  path.moveTo(ax, ay);
  path.lineTo(bx, by);
}

// Loads what the data asks for into `pictures`, and finds regions: objects where they are given,
// else phases.
class Pictures {
  constructor(root) {
    this.element = root.querySelector(".viewer");
    this.stage = root.querySelector(".stage");
    this.find = (selector) => this.element.querySelector(selector);
    this.probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    this.pictures = {}; // kind -> { digest, levels, box, turn }
    this.wanted = {}; // kind -> digest asked for
    this.turn = 0; // how many were asked for
    this.data = {};
    this.modes = { outline: false, swipe: false, blink: false };
  }

  async load(kind, source) {
    if (!source) {
      delete this.pictures[kind];
      delete this.wanted[kind];
      this.forget(kind);
      return;
    }
    if (this.wanted[kind] === source.digest) return;
    this.wanted[kind] = source.digest;
    const turn = ++this.turn;
    try {
      const levels = await pyramid(await fetchBitmap(source.url));
      if (this.wanted[kind] !== source.digest && !this.showsLate(kind, levels[0], turn)) return;
      this.pictures[kind] = { digest: source.digest, levels, box: source.box, turn };
      this.forget(kind);
      if (kind === "image") this.find(".message").hidden = true;
      if (this.modes.outline) this.prepareOutlines();
      this.mark();
      this.schedule();
    } catch {
      if (this.wanted[kind] !== source.digest) return;
      delete this.wanted[kind];
      if (kind !== "image") return;
      const message = this.find(".message");
      message.textContent = "The server no longer has this image. Open it again to see it.";
      message.hidden = false;
    }
  }

  // Where pictures follow one another faster than they load, as of a running simulation, one that was
  // overtaken is better than none. Not of an image with something over it, which would not fit.
  showsLate(kind, bitmap, turn) {
    const { width, height } = this.data.image;
    const fits = bitmap.width === width && bitmap.height === height;
    const isAlone = !this.data.labels && !this.data.objects && !this.data.layer;
    return kind === "image" && fits && isAlone && turn > (this.pictures.image?.turn ?? 0);
  }

  forget(kind) {
    if (kind === "labels" || kind === "objects") {
      this.regions = null;
      this.outlines = null;
      this.selectedPath = null;
    }
  }

  findRegions() {
    if (this.regions || !this.pictures.labels) return this.regions;
    const labels = this.pictures.labels.levels[0];
    const colors = packedPixels(labels);
    let ids = colors;
    const objects = this.pictures.objects?.levels[0];
    if (objects) {
      ids = packedPixels(objects);
      for (let at = 0; at < ids.length; at++) ids[at] &= 0xffffff;
    } else {
      ids = colors.map((value) => (value >>> 24 ? value : 0));
    }
    const fallback = 0xffffffff;
    const color = (at) => (colors[at] >>> 24 ? colors[at] : fallback);
    this.regions = { width: labels.width, height: labels.height, ids, colors: color };
    return this.regions;
  }

  async prepareOutlines() {
    const regions = this.findRegions();
    if (!regions || this.outlines) return;
    const levels = await outlinePyramid(regions);
    if (this.regions === regions) this.outlines = levels;
    this.element.dataset.outlines = "ready";
    this.schedule();
  }

  pathOfSelected() {
    if (this.selectedPath || !this.data.selected || !this.pictures.objects) return this.selectedPath;
    const { width, height, ids } = this.findRegions() ?? {};
    if (!ids) return null;
    const path = new Path2D();
    const wanted = this.data.selected;
    let box = [width, height, 0, 0];
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at++) {
        if (ids[at] !== wanted) continue;
        box = [Math.min(box[0], column), Math.min(box[1], row), Math.max(box[2], column + 1), row + 1];
        if (row === 0 || ids[at - width] !== wanted) line(path, column, row, column + 1, row);
        if (row === height - 1 || ids[at + width] !== wanted) line(path, column, row + 1, column + 1, row + 1);
        if (column === 0 || ids[at - 1] !== wanted) line(path, column, row, column, row + 1);
        if (column === width - 1 || ids[at + 1] !== wanted) line(path, column + 1, row, column + 1, row + 1);
      }
    }
    this.selectedPath = path;
    this.element.dataset.selected = wanted;
    this.bringIntoSight(box, this.data.image.width / width);
    return path;
  }

  valueAt(kind, point) {
    const bitmap = this.pictures[kind]?.levels[0];
    if (!bitmap) return null;
    const x = Math.min(bitmap.width - 1, Math.floor((point.x * bitmap.width) / this.data.image.width));
    const y = Math.min(bitmap.height - 1, Math.floor((point.y * bitmap.height) / this.data.image.height));
    this.probe.clearRect(0, 0, 1, 1);
    this.probe.drawImage(bitmap, x, y, 1, 1, 0, 0, 1, 1);
    return this.probe.getImageData(0, 0, 1, 1).data;
  }

  phaseAt(point) {
    const value = this.valueAt("labels", point);
    if (!value || !this.data.phases.length) return null;
    const through = this.data.phases.find((phase) => phase.transparent);
    if (value[3] < 128) return through?.name;
    const hex = "#" + [value[0], value[1], value[2]].map((part) => part.toString(16).padStart(2, "0")).join("");
    return this.data.phases.find((phase) => phase.color.toLowerCase() === hex)?.name;
  }
}
