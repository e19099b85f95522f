// The viewer: a micrograph on a canvas, with overlays. Coordinates here are x, y in image pixels;
// what goes back to Python is (row, column). Moving, zooming, opacity, swipe and blink stay here.

const GROUND = "#131416";
const HALO = "rgba(0, 0, 0, 0.7)";
const MAX_SCALE = 64; // CSS px per image pixel
const EDGE_SCALE = 3; // from here on outlines follow the pixel edges
const CLICK_SLACK = 4; // CSS px a pointer may move and still click
const BLINK_MS = 700;
const views = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  let view = views.get(root);
  if (!view) {
    view = new View(root);
    views.set(root, view);
  }
  view.update(component.data, component.setStateValue);
  return () => {
    views.delete(root);
    view.destroy();
  };
}

// ---- pictures -------------------------------------------------------------------------------

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

// ---- lengths --------------------------------------------------------------------------------

// The longest of 1, 2, 5 x 10^n nm that fits into `most` nm.
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  for (const factor of [5, 2]) if (factor * power <= most) return factor * power;
  return power;
}

export function lengthText(nm) {
  const [value, unit] =
    nm >= 1e6 ? [nm / 1e6, "mm"] : nm >= 1e3 ? [nm / 1e3, "µm"] : nm >= 1 ? [nm, "nm"] : [nm * 1e3, "pm"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

// ---- the view -------------------------------------------------------------------------------

class View {
  constructor(root) {
    this.element = root.querySelector(".viewer");
    this.stage = root.querySelector(".stage");
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.find = (selector) => this.element.querySelector(selector);
    this.probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    this.pictures = {}; // kind -> { digest, levels }
    this.wanted = {}; // kind -> digest asked for
    this.data = {};
    this.scale = 1; // CSS px per image pixel
    this.left = 0; // image coordinate at the left edge of the stage
    this.top = 0;
    this.fitted = true;
    this.swipe = 0.5;
    this.modes = { outline: false, swipe: false, blink: false };
    this.cross = null;
    this.pointers = new Map();
    this.listen();
  }

  destroy() {
    this.observer.disconnect();
    clearInterval(this.blinker);
    cancelAnimationFrame(this.frame);
  }

  // ---- what Python sends

  update(data, setStateValue) {
    const before = this.data;
    this.data = data;
    this.setStateValue = setStateValue;
    this.element.style.height = `${data.height}px`;
    this.element.setAttribute("aria-label", data.image.alt);
    const changed = before.image && before.image.digest !== data.image.digest;
    const resized =
      !before.image || before.image.width !== data.image.width || before.image.height !== data.image.height;
    if (resized) this.fitted = true;
    if (changed) this.cross = null;
    if (JSON.stringify(before.crosshair) !== JSON.stringify(data.crosshair) && data.crosshair) {
      this.cross = { x: data.crosshair[1], y: data.crosshair[0] };
    }
    for (const kind of ["image", "labels", "objects", "layer"]) this.load(kind, data[kind]);
    this.showLegend();
    this.find(".overlay-tools").hidden = !data.labels;
    this.find(".layer-tools").hidden = !data.layer;
    if (data.layer) this.find(".layer-title").textContent = data.layer.title;
    this.find(".facts").textContent = data.facts;
    if (before.selected !== data.selected) {
      this.selectedPath = null;
      delete this.element.dataset.selected;
    }
    this.resize();
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
    try {
      const levels = await pyramid(await fetchBitmap(source.url));
      if (this.wanted[kind] !== source.digest) return;
      this.pictures[kind] = { digest: source.digest, levels };
      this.forget(kind);
      if (kind === "image") this.find(".message").hidden = true;
      if (this.modes.outline) this.prepareOutlines();
      this.mark();
      this.schedule();
    } catch {
      delete this.wanted[kind];
      if (kind !== "image") return;
      const message = this.find(".message");
      message.textContent = "The server no longer keeps this image. Choose it again to see it.";
      message.hidden = false;
    }
  }

  forget(kind) {
    if (kind === "labels" || kind === "objects") {
      this.regions = null;
      this.outlines = null;
      this.selectedPath = null;
    }
  }

  // Markers for the tests: which pictures are on the canvas, and where the view stands.
  mark() {
    const shown = this.element.dataset;
    for (const kind of ["image", "labels", "objects", "layer"]) {
      if (this.pictures[kind]) shown[kind] = this.pictures[kind].digest;
      else delete shown[kind];
    }
    shown.scale = this.scale.toFixed(4);
    shown.left = this.left.toFixed(2);
    shown.top = this.top.toFixed(2);
  }

  showLegend() {
    const legend = this.find(".legend");
    legend.replaceChildren();
    if (!this.data.labels) return;
    for (const phase of this.data.phases) {
      const entry = document.createElement("li");
      const swatch = document.createElement("i");
      if (phase.transparent) entry.className = "through";
      else swatch.style.background = phase.color;
      entry.append(swatch, document.createTextNode(phase.name));
      legend.append(entry);
    }
  }

  // ---- regions: objects where they are given, else phases

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

  // A selected object that is out of sight comes to the middle, at the same zoom.
  bringIntoSight(box, zoom) {
    const [x0, y0, x1, y1] = box.map((value) => value * zoom);
    const width = this.stage.clientWidth / this.scale;
    const height = this.stage.clientHeight / this.scale;
    if (x1 > this.left && x0 < this.left + width && y1 > this.top && y0 < this.top + height) return;
    this.left = (x0 + x1 - width) / 2;
    this.top = (y0 + y1 - height) / 2;
    this.fitted = false;
    this.schedule();
  }

  // ---- drawing

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = GROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.mark();
    if (!this.pictures.image) return;
    this.toImage();
    this.drawPicture(this.pictures.image.levels, this.scale * devicePixelRatio < 1);
    if (!this.blinkedOff) {
      context.save();
      if (this.modes.swipe) {
        const x = this.left + (this.swipe * this.stage.clientWidth) / this.scale;
        context.beginPath();
        context.rect(x, 0, this.data.image.width - x, this.data.image.height);
        context.clip();
      }
      this.drawOverlays();
      context.restore();
    }
    this.drawInfoBar();
    this.drawBoxes();
    this.drawSelected();
    this.drawPoints();
    this.drawScale();
  }

  toImage() {
    const s = this.scale * devicePixelRatio;
    this.context.setTransform(s, 0, 0, s, -this.left * s, -this.top * s);
  }

  // Draws the visible part only, from the copy that is just fine enough.
  drawPicture(levels, smooth, finest = 0) {
    const { width, height } = this.data.image;
    const { context } = this;
    const need = this.scale * devicePixelRatio * (width / levels[0].width);
    const level = Math.max(finest, Math.min(levels.length - 1, Math.floor(Math.log2(1 / need))));
    const picture = levels[Math.min(level, levels.length - 1)];
    const sx = picture.width / width;
    const sy = picture.height / height;
    const x0 = Math.max(0, Math.floor(this.left * sx));
    const y0 = Math.max(0, Math.floor(this.top * sy));
    const x1 = Math.min(picture.width, Math.ceil((this.left + this.stage.clientWidth / this.scale) * sx) + 1);
    const y1 = Math.min(picture.height, Math.ceil((this.top + this.stage.clientHeight / this.scale) * sy) + 1);
    if (x1 <= x0 || y1 <= y0) return;
    context.imageSmoothingEnabled = smooth;
    context.drawImage(picture, x0, y0, x1 - x0, y1 - y0, x0 / sx, y0 / sy, (x1 - x0) / sx, (y1 - y0) / sy);
  }

  drawOverlays() {
    const { context, pictures, modes } = this;
    if (pictures.layer) {
      context.globalAlpha = this.find(".layer-opacity").value / 100;
      this.drawPicture(pictures.layer.levels, false);
    }
    context.globalAlpha = 1;
    if (!pictures.labels) return;
    if (!modes.outline) {
      context.globalAlpha = this.find(".labels-opacity").value / 100;
      this.drawPicture(pictures.labels.levels, this.scale * devicePixelRatio < 1);
      context.globalAlpha = 1;
    } else if (this.scale >= EDGE_SCALE) {
      this.drawEdges();
    } else if (this.outlines) {
      const need = this.scale * devicePixelRatio * (this.data.image.width / this.outlines[0].width);
      this.drawPicture(this.outlines, false, Math.max(0, Math.round(Math.log2(1 / need))));
    }
  }

  // Outlines along the pixel edges, of the visible pixels only.
  drawEdges() {
    const regions = this.findRegions();
    if (!regions) return;
    const { width, height, ids, colors } = regions;
    const zoom = this.data.image.width / width;
    const x0 = Math.max(0, Math.floor(this.left / zoom));
    const y0 = Math.max(0, Math.floor(this.top / zoom));
    const x1 = Math.min(width, Math.ceil((this.left + this.stage.clientWidth / this.scale) / zoom));
    const y1 = Math.min(height, Math.ceil((this.top + this.stage.clientHeight / this.scale) / zoom));
    const paths = new Map();
    const add = (at, other, ax, ay, bx, by) => {
      const color = colors(ids[at] ? at : other);
      if (!paths.has(color)) paths.set(color, new Path2D());
      line(paths.get(color), ax, ay, bx, by);
    };
    for (let row = y0; row < y1; row++) {
      for (let column = x0, at = row * width + x0; column < x1; column++, at++) {
        if (column + 1 < width && ids[at] !== ids[at + 1]) add(at, at + 1, column + 1, row, column + 1, row + 1);
        if (row + 1 < height && ids[at] !== ids[at + width]) add(at, at + width, column, row + 1, column + 1, row + 1);
      }
    }
    this.context.save();
    this.context.scale(zoom, zoom);
    for (const [color, path] of paths) this.strokeTwice(path, cssColor(color), 2 / zoom);
    this.context.restore();
  }

  strokeTwice(path, color, width) {
    const { context } = this;
    context.lineCap = "round";
    context.strokeStyle = HALO;
    context.lineWidth = (width + 2) / this.scale;
    context.stroke(path);
    context.strokeStyle = color;
    context.lineWidth = width / this.scale;
    context.stroke(path);
  }

  drawSelected() {
    const path = this.pathOfSelected();
    if (!path) return;
    const zoom = this.data.image.width / this.regions.width;
    this.context.save();
    this.context.scale(zoom, zoom);
    this.strokeTwice(path, "#ffffff", 2.5 / zoom);
    this.context.restore();
  }

  drawInfoBar() {
    const rows = this.data.info_bar_rows;
    if (!rows) return;
    const { width, height } = this.data.image;
    const { context } = this;
    context.fillStyle = "rgba(19, 20, 22, 0.55)";
    context.fillRect(0, height - rows, width, rows);
    const path = new Path2D();
    line(path, 0, height - rows, width, height - rows);
    context.setLineDash([8 / this.scale, 6 / this.scale]);
    this.strokeTwice(path, "#ffffff", 1.5);
    context.setLineDash([]);
    this.write("left out of the measurement", 8, height - rows, 16);
  }

  drawBoxes() {
    for (const box of this.data.boxes) {
      const path = new Path2D();
      path.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      this.strokeTwice(path, "#ffffff", 1.5);
      if (box.label) this.write(box.label, box.left, box.top, -6);
    }
  }

  drawPoints() {
    for (const marker of this.data.markers) {
      this.drawCross(marker.column + 0.5, marker.row + 0.5, 6);
      if (marker.label) this.write(marker.label, marker.column + 0.5, marker.row + 0.5, -8);
    }
    if (!this.cross) return;
    const { x, y } = this.cross;
    this.drawCross(x + 0.5, y + 0.5, 11);
    if (this.scale > 6) {
      const path = new Path2D();
      path.rect(x, y, 1, 1);
      this.strokeTwice(path, "#ffffff", 1);
    }
  }

  drawCross(x, y, arm) {
    const path = new Path2D();
    const inner = Math.max(3 / this.scale, this.scale > 6 ? 0.6 : 0);
    const outer = inner + arm / this.scale;
    for (const side of [-1, 1]) {
      line(path, x + side * inner, y, x + side * outer, y);
      line(path, x, y + side * inner, x, y + side * outer);
    }
    this.strokeTwice(path, "#ffffff", 1.5);
  }

  // Text at an image point, `below` CSS px under it.
  write(text, x, y, below) {
    const { context } = this;
    const ratio = devicePixelRatio;
    context.save();
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.font = `13px ${getComputedStyle(this.element).fontFamily}`;
    context.lineWidth = 3;
    context.strokeStyle = HALO;
    context.fillStyle = "#ffffff";
    const at = [text, (x - this.left) * this.scale, (y - this.top) * this.scale + below];
    context.strokeText(...at);
    context.fillText(...at);
    context.restore();
  }

  drawScale() {
    const scale = this.find(".scale");
    this.find(".zoom").textContent = `${Number((this.scale * devicePixelRatio * 100).toPrecision(3))} %`;
    const nm = this.data.pixel_size_nm;
    scale.hidden = !nm;
    if (!nm) return;
    const length = roundLength((Math.min(180, this.stage.clientWidth / 4) * nm) / this.scale);
    scale.querySelector(".length").textContent = lengthText(length);
    scale.querySelector(".bar").style.width = `${(length / nm) * this.scale}px`;
  }

  // ---- moving

  resize() {
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !this.data.image) return;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.fitted) this.fit();
    this.placeDivider();
    this.schedule();
  }

  fitScale() {
    const { width, height } = this.data.image;
    return Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height);
  }

  fit() {
    this.scale = this.fitScale();
    this.left = (this.data.image.width - this.stage.clientWidth / this.scale) / 2;
    this.top = (this.data.image.height - this.stage.clientHeight / this.scale) / 2;
    this.fitted = true;
    this.schedule();
  }

  // Zoom by a factor; the image point under (x, y), in CSS px of the stage, stays there.
  zoom(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const scale = Math.min(MAX_SCALE, Math.max(this.fitScale() / 2, this.scale * factor));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    this.fitted = false;
    this.keepInSight();
  }

  move(dx, dy) {
    this.left += dx / this.scale;
    this.top += dy / this.scale;
    this.fitted = false;
    this.keepInSight();
  }

  keepInSight() {
    const { width, height } = this.data.image;
    const halfWidth = this.stage.clientWidth / this.scale / 2;
    const halfHeight = this.stage.clientHeight / this.scale / 2;
    this.left = Math.min(width - halfWidth, Math.max(-halfWidth, this.left));
    this.top = Math.min(height - halfHeight, Math.max(-halfHeight, this.top));
    this.schedule();
  }

  // ---- reading

  imagePoint(event) {
    const stage = this.stage.getBoundingClientRect();
    const x = Math.floor((event.clientX - stage.left) / this.scale + this.left);
    const y = Math.floor((event.clientY - stage.top) / this.scale + this.top);
    const { width, height } = this.data.image;
    return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null;
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

  read(point) {
    if (!point || !this.pictures.image) {
      this.find(".here").textContent = "";
      return;
    }
    const parts = [`row ${point.y}, column ${point.x}`, `grey ${this.valueAt("image", point)[0]} of 255`];
    const phase = this.phaseAt(point);
    if (phase) parts.push(phase);
    const object = this.valueAt("objects", point);
    const id = object ? object[0] + 256 * object[1] + 65536 * object[2] : 0;
    if (id) parts.push(`object ${id}`);
    this.find(".here").textContent = parts.join("  ·  ");
  }

  choose(point) {
    this.cross = point;
    this.schedule();
    this.setStateValue("click", {
      row: point.y,
      column: point.x,
      digest: this.data.image.digest,
      serial: Date.now(), // so that a second click on the same pixel is news
    });
  }

  // ---- listening

  listen() {
    const { canvas, element } = this;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => this.read(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) this.act(action);
    });
    for (const name of [".labels-opacity", ".layer-opacity"]) {
      this.find(name).addEventListener("input", () => this.schedule());
    }
    const divider = this.find(".divider");
    divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
    divider.addEventListener("pointermove", (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const stage = this.stage.getBoundingClientRect();
      this.setSwipe((event.clientX - stage.left) / stage.width);
    });
  }

  press(event) {
    this.element.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.moved = this.pointers.size > 1;
    this.pressed = { x: event.clientX, y: event.clientY };
  }

  drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.read(this.imagePoint(event));
    const now = { x: event.clientX, y: event.clientY };
    const far = Math.hypot(now.x - this.pressed.x, now.y - this.pressed.y) > CLICK_SLACK;
    if (!this.moved && !far) return undefined;
    this.moved = true;
    this.canvas.classList.add("moving");
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const stage = this.stage.getBoundingClientRect();
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      this.zoom(factor, (now.x + other.x) / 2 - stage.left, (now.y + other.y) / 2 - stage.top);
    } else {
      this.move(before.x - now.x, before.y - now.y);
    }
    this.pointers.set(event.pointerId, now);
    return undefined;
  }

  release(event) {
    const known = this.pointers.delete(event.pointerId);
    this.canvas.classList.remove("moving");
    const point = this.imagePoint(event);
    if (known && !this.moved && point) this.choose(point);
  }

  wheel(event) {
    event.preventDefault();
    const stage = this.stage.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018));
    this.zoom(factor, event.clientX - stage.left, event.clientY - stage.top);
  }

  act(action) {
    if (action === "in") this.zoom(1.5);
    else if (action === "out") this.zoom(1 / 1.5);
    else if (action === "fit") this.fit();
    else if (action === "pixels") this.zoom(1 / devicePixelRatio / this.scale);
    else if (action === "help") this.toggleHelp();
    else this.toggle(action);
  }

  toggle(mode) {
    if (!this.data.labels && !this.data.layer) return;
    this.modes[mode] = !this.modes[mode];
    this.find(`[data-action="${mode}"]`).setAttribute("aria-pressed", this.modes[mode]);
    if (mode === "outline" && this.modes.outline) this.prepareOutlines();
    if (mode === "swipe") this.find(".divider").hidden = !this.modes.swipe;
    if (mode === "blink") this.startBlink();
    this.placeDivider();
    this.schedule();
  }

  startBlink() {
    clearInterval(this.blinker);
    this.blinkedOff = false;
    if (!this.modes.blink) return;
    this.blinker = setInterval(() => {
      this.blinkedOff = !this.blinkedOff;
      this.schedule();
    }, BLINK_MS);
  }

  toggleHelp() {
    const help = this.find(".help");
    help.hidden = !help.hidden;
    this.find('[data-action="help"]').setAttribute("aria-expanded", !help.hidden);
  }

  setSwipe(share) {
    this.swipe = Math.min(1, Math.max(0, share));
    this.placeDivider();
    this.schedule();
  }

  placeDivider() {
    const divider = this.find(".divider");
    divider.style.left = `${this.swipe * 100}%`;
    divider.setAttribute("aria-valuenow", Math.round(this.swipe * 100));
  }

  setOpacity(change) {
    const slider = this.find(".labels-opacity");
    slider.value = Number(slider.value) + change;
    this.schedule();
  }

  moveCross(dx, dy) {
    const { width, height } = this.data.image;
    const middle = {
      x: Math.floor(this.left + this.stage.clientWidth / this.scale / 2),
      y: Math.floor(this.top + this.stage.clientHeight / this.scale / 2),
    };
    const from = this.cross ?? middle;
    this.cross = {
      x: Math.min(width - 1, Math.max(0, from.x + (this.cross ? dx : 0))),
      y: Math.min(height - 1, Math.max(0, from.y + (this.cross ? dy : 0))),
    };
    this.read(this.cross);
    this.schedule();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    const target = event.target;
    if (step && target.matches("input")) return;
    if (step && target.matches(".divider")) this.setSwipe(this.swipe + 0.02 * step[0]);
    else if (step && event.shiftKey) this.moveCross(...step);
    else if (step) this.move(step[0] * 60, step[1] * 60);
    else if (event.key === "Enter" && !target.matches("button")) {
      if (!this.cross) this.moveCross(0, 0);
      this.choose(this.cross);
    } else {
      const actions = { "+": "in", "=": "in", "-": "out", 0: "fit", 1: "pixels", o: "outline", s: "swipe", b: "blink", "?": "help" };
      const action = actions[event.key.toLowerCase()];
      if (action) this.act(action);
      else if (event.key === "[") this.setOpacity(-10);
      else if (event.key === "]") this.setOpacity(10);
      else if (event.key === "Escape" && !this.find(".help").hidden) this.toggleHelp();
      else return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

function line(path, ax, ay, bx, by) {
  path.moveTo(ax, ay);
  path.lineTo(bx, by);
}
