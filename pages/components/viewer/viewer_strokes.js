// Part of the viewer: marking pixels with a brush. Strokes are kept in image pixels, for each image,
// and go to Python whole after every change, so that none is lost when messages cross.

const SEND_MS = 120;
const STROKE_ALPHA = 0.8;
const ERASER = -1;

// Douglas and Peucker 1973: fewer points, none farther than `tolerance` from the line left out.
export function simplified(points, tolerance) {
  if (points.length < 3) return points;
  const [ax, ay] = points[0];
  const [bx, by] = points[points.length - 1];
  const length = Math.hypot(bx - ax, by - ay);
  let farthest = 0;
  let at = 0;
  for (let index = 1; index < points.length - 1; index++) {
    const [x, y] = points[index];
    const away = length
      ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length
      : Math.hypot(x - ax, y - ay);
    if (away > farthest) [farthest, at] = [away, index];
  }
  if (farthest <= tolerance) return [points[0], points[points.length - 1]];
  const before = simplified(points.slice(0, at + 1), tolerance);
  return [...before.slice(0, -1), ...simplified(points.slice(at), tolerance)];
}

class Strokes extends Stage {
  constructor(root) {
    super(root);
    this.drawn = new Map(); // image digest -> { revision, strokes: [{ phase, width, points }] }
    this.drawing = true;
    this.phase = 0;
    this.erasing = false;
    this.stroke = null; // being drawn now
    this.hover = null;
    this.find(".brush-size").addEventListener("input", () => this.showBrush());
    this.canvas.addEventListener("pointerleave", () => this.hoverAt(null));
  }

  get brush() {
    return this.data.brush;
  }

  get strokes() {
    return this.drawn.get(this.data.image.digest)?.strokes ?? [];
  }

  get width() {
    return Number(this.find(".brush-size").value);
  }

  // ---- what Python sends: its strokes count where it changed them itself, or where none are here

  updateBrush() {
    const { brush, image } = this.data;
    for (const part of [".brush-tools", ".brush-keys"]) this.find(part).hidden = !brush;
    this.canvas.classList.toggle("drawing", Boolean(brush) && this.drawing);
    if (!brush) {
      this.stroke = this.hover = null;
      return;
    }
    const mine = this.drawn.get(image.digest);
    if (!mine || brush.revision > mine.revision) {
      const strokes = brush.strokes.map(([phase, width, points]) => ({ phase, width, points }));
      this.drawn.set(image.digest, { revision: brush.revision, strokes });
    }
    if (this.phase >= brush.phases.length) this.phase = 0;
    this.showBrush();
  }

  showBrush() {
    const phases = this.find(".brush-phases");
    phases.replaceChildren();
    this.brush.phases.forEach((phase, index) => {
      const button = document.createElement("button");
      const swatch = document.createElement("i");
      swatch.style.background = phase.color;
      button.type = "button";
      button.dataset.action = `phase-${index}`;
      button.title = `Annotate ${phase.name} (${index + 1})`;
      button.setAttribute("aria-pressed", !this.erasing && this.phase === index);
      button.append(swatch, document.createTextNode(phase.name));
      phases.append(button);
    });
    this.find('[data-action="draw"]').setAttribute("aria-pressed", this.drawing);
    this.find('[data-action="erase"]').setAttribute("aria-pressed", this.erasing);
    this.find(".brush-width").textContent = `${this.width} px`;
    for (const name of ["undo", "clear"]) {
      this.find(`[data-action="${name}"]`).disabled = !this.strokes.length;
    }
    this.schedule();
  }

  // ---- drawing

  pointAt(event) {
    const [across, down] = this.within(event.clientX, event.clientY);
    const x = across / this.scale + this.left;
    const y = down / this.scale + this.top;
    return [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
  }

  beginStroke(event) {
    this.stroke = null;
    const alone = this.pointers.size === 1;
    if (!this.brush || !this.drawing || !alone || event.button || this.holding) return;
    this.stroke = { phase: this.erasing ? ERASER : this.phase, width: this.width, points: [this.pointAt(event)] };
    this.schedule();
  }

  // Whether the pointer drew; with a second finger down it moves the view instead.
  extendStroke(event) {
    if (this.brush && this.drawing) this.hoverAt(this.pointAt(event));
    if (!this.stroke) return false;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const point = this.pointAt(event);
    const last = this.stroke.points[this.stroke.points.length - 1];
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= 0.5) this.stroke.points.push(point);
    this.schedule();
    return true;
  }

  endStroke() {
    const { stroke } = this;
    this.stroke = null;
    if (!stroke) return false;
    this.keep([...this.strokes, { ...stroke, points: simplified(stroke.points, Math.max(0.3, stroke.width / 16)) }]);
    return true;
  }

  // A dot from the keyboard; whether there is a brush to make it.
  dot({ x, y }) {
    if (!this.brush || !this.drawing) return false;
    this.stroke = { phase: this.erasing ? ERASER : this.phase, width: this.width, points: [[x + 0.5, y + 0.5]] };
    return this.endStroke();
  }

  keep(strokes) {
    const { digest } = this.data.image;
    this.drawn.set(digest, { revision: this.drawn.get(digest)?.revision ?? 0, strokes });
    this.showBrush();
    clearTimeout(this.sending);
    this.sending = setTimeout(() => this.send(digest), SEND_MS);
  }

  send(digest) {
    clearTimeout(this.sending);
    this.sending = 0;
    const { revision, strokes } = this.drawn.get(digest);
    this.setStateValue("strokes", {
      digest,
      revision,
      strokes: strokes.map(({ phase, width, points }) => [phase, width, points]),
      serial: Date.now(),
    });
  }

  actBrush(action) {
    if (!this.brush) return false;
    const phase = /^phase-(\d)$/.exec(action)?.[1];
    if (phase !== undefined) {
      if (phase >= this.brush.phases.length) return false;
      this.phase = Number(phase);
      this.erasing = false;
      this.drawing = true;
    } else if (action === "draw") this.drawing = !this.drawing;
    else if (action === "erase") {
      this.erasing = !this.erasing;
      this.drawing = true;
    } else if (action === "undo") this.keep(this.strokes.slice(0, -1));
    else if (action === "clear") this.keep([]);
    else return false;
    this.hover = null;
    this.canvas.classList.toggle("drawing", this.drawing);
    this.showBrush();
    return true;
  }

  keyBrush(event) {
    if (!this.brush) return false;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) return key === "z" && this.actBrush("undo");
    if (key === "d") return this.actBrush("draw");
    if (!this.drawing) return false;
    if (/^[1-8]$/.test(key)) return this.actBrush(`phase-${key - 1}`);
    if (key === "[" || key === "]") {
      this.find(".brush-size").value = this.width + (key === "]" ? 1 : -1);
      this.showBrush();
      return true;
    }
    return this.actBrush({ e: "erase", u: "undo" }[key]);
  }

  // ---- showing

  hoverAt(point) {
    this.hover = point;
    this.schedule();
  }

  drawStrokes() {
    if (!this.brush) return;
    const { canvas, context } = this;
    this.sheet ??= document.createElement("canvas");
    this.sheet.width = canvas.width;
    this.sheet.height = canvas.height;
    const sheet = this.sheet.getContext("2d");
    const s = this.scale * devicePixelRatio;
    sheet.setTransform(s, 0, 0, s, -this.left * s, -this.top * s);
    sheet.lineCap = sheet.lineJoin = "round";
    for (const stroke of [...this.strokes, this.stroke]) if (stroke) this.drawStroke(sheet, stroke);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = STROKE_ALPHA;
    context.drawImage(this.sheet, 0, 0);
    context.restore();
    this.drawBrushRing();
    this.element.dataset.strokes = this.strokes.length;
  }

  drawStroke(sheet, { phase, width, points }) {
    const path = new Path2D();
    path.moveTo(...points[0]);
    // The middle of a dot is a line of no length, which some browsers leave out.
    if (points.length === 1) path.lineTo(points[0][0] + 0.001, points[0][1]);
    for (const point of points.slice(1)) path.lineTo(...point);
    sheet.globalCompositeOperation = phase === ERASER ? "destination-out" : "source-over";
    if (phase !== ERASER) {
      sheet.lineWidth = width + 3 / this.scale;
      sheet.strokeStyle = "#ffffff";
      sheet.stroke(path);
    }
    sheet.lineWidth = width;
    sheet.strokeStyle = this.brush.phases[phase]?.color ?? "#000000";
    sheet.stroke(path);
  }

  drawBrushRing() {
    if (!this.hover || !this.drawing) return;
    const path = new Path2D();
    path.arc(...this.hover, this.width / 2, 0, 2 * Math.PI);
    this.strokeTwice(path, this.erasing ? "#ffffff" : this.brush.phases[this.phase].color, 1.5);
  }
}
