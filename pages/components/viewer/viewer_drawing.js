// Part of the viewer: drawing a frame.

const GROUND = "#131416";
const HALO = "rgba(0, 0, 0, 0.7)";
const EDGE_SCALE = 3; // from here on outlines follow the pixel edges

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

// How far from the sides of a corner a plate of `size` lies, in px: wholly on the `ground` beside the
// image where that has room across or down, else wholly over the image.
export function insetInCorner(ground, size) {
  const margin = 10;
  const isBeside = ground.some((room, axis) => room >= size[axis] + margin);
  return ground.map((room) => margin + (isBeside ? 0 : Math.max(0, Math.round(room))));
}

// Where the text of an edge stands, in CSS px from the top of the stage: `below` px under the edge, but
// whole where the edge is in sight.
export function textDown(edge, below, rem) {
  return edge < 0 ? edge + below : Math.max(edge + below, 0.8 * rem + 2);
}

class Drawing extends Pictures {
  constructor(root) {
    super(root);
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.scale = 1; // CSS px per image pixel
    this.left = 0; // image coordinate at the left edge of the stage
    this.top = 0;
    this.swipe = 0.5;
    this.cross = null;
  }

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
    this.drawInfoBars();
    this.drawBoxes();
    this.drawSelected();
    this.drawStrokes();
    this.drawPoints();
    this.drawScale();
    this.placeInCorner(this.find(".legend"), "left");
  }

  toImage() {
    const s = this.scale * devicePixelRatio;
    this.context.setTransform(s, 0, 0, s, -this.left * s, -this.top * s);
  }

  // Draws the visible part only, from the copy that is just fine enough. `box`: top, left, bottom
  // and right of where the picture lies in the image; null is all of it.
  drawPicture(levels, smooth, finest = 0, box = null) {
    const [top, left, bottom, right] = box ?? [0, 0, this.data.image.height, this.data.image.width];
    const { context } = this;
    const need = this.scale * devicePixelRatio * ((right - left) / levels[0].width);
    const level = Math.max(finest, Math.min(levels.length - 1, Math.floor(Math.log2(1 / need))));
    const picture = levels[Math.min(level, levels.length - 1)];
    const sx = picture.width / (right - left);
    const sy = picture.height / (bottom - top);
    const seenLeft = this.left - left;
    const seenTop = this.top - top;
    const x0 = Math.max(0, Math.floor(seenLeft * sx));
    const y0 = Math.max(0, Math.floor(seenTop * sy));
    const x1 = Math.min(picture.width, Math.ceil((seenLeft + this.stage.clientWidth / this.scale) * sx) + 1);
    const y1 = Math.min(picture.height, Math.ceil((seenTop + this.stage.clientHeight / this.scale) * sy) + 1);
    if (x1 <= x0 || y1 <= y0) return;
    context.imageSmoothingEnabled = smooth;
    const place = [left + x0 / sx, top + y0 / sy, (x1 - x0) / sx, (y1 - y0) / sy];
    context.drawImage(picture, x0, y0, x1 - x0, y1 - y0, ...place);
  }

  drawOverlays() {
    const { context, pictures, modes } = this;
    if (pictures.layer) {
      context.globalAlpha = this.find(".layer-opacity").value / 100;
      this.drawPicture(pictures.layer.levels, false, 0, pictures.layer.box);
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
      this.drawPicture(this.outlines, false, Math.max(0, Math.round(Math.log2(2 / need))));
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

  drawInfoBars() {
    const [top, bottom] = this.data.bar_rows;
    const { height } = this.data.image;
    if (top) this.drawInfoBar(0, top, top, -6);
    if (bottom) this.drawInfoBar(height - bottom, bottom, height - bottom, 16);
  }

  drawInfoBar(first, rows, edge, below) {
    const { width } = this.data.image;
    const { context } = this;
    context.fillStyle = "rgba(19, 20, 22, 0.55)";
    context.fillRect(0, first, width, rows);
    const path = new Path2D();
    line(path, 0, edge, width, edge);
    context.setLineDash([8 / this.scale, 6 / this.scale]);
    this.strokeTwice(path, "#ffffff", 1.5);
    context.setLineDash([]);
    const beside = (this.find(".legend")?.offsetWidth ?? 0) + 20;
    this.write("left out of the measurement", beside / this.scale, edge, below);
  }

  drawBoxes() {
    for (const box of this.data.boxes) {
      const path = new Path2D();
      path.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      this.context.setLineDash(box.dashed ? [8 / this.scale, 6 / this.scale] : []);
      const color = box.color ?? "#ffffff";
      this.strokeTwice(path, color, color === "#ffffff" ? 1.5 : 2.5);
      this.context.setLineDash([]);
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
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    context.font = `${0.8125 * rem}px ${getComputedStyle(this.element).fontFamily}`;
    const wide = context.measureText(text).width;
    const across = Math.max(4, Math.min((x - this.left) * this.scale, this.stage.clientWidth - wide - 4));
    const down = textDown((y - this.top) * this.scale, below, rem);
    context.fillStyle = HALO;
    context.fillRect(across - 3, down - rem * 0.8, wide + 6, rem * 1.05);
    context.fillStyle = "#ffffff";
    context.fillText(text, across, down);
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
    this.placeInCorner(scale, "right");
  }

  // Puts a plate either wholly beside the image or wholly over it, never across its edge.
  placeInCorner(plate, side) {
    const { width, height } = this.data.image;
    const { clientWidth, clientHeight } = this.stage;
    const beside = side === "left" ? -this.left * this.scale : clientWidth - (width - this.left) * this.scale;
    const below = clientHeight - (height - this.top) * this.scale;
    const inset = insetInCorner([beside, below], [plate.offsetWidth, plate.offsetHeight]);
    plate.style[side] = `${inset[0]}px`;
    plate.style.bottom = `${inset[1]}px`;
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
}
