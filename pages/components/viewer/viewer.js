// The viewer: a micrograph on a canvas, with overlays. Coordinates here are x, y in image pixels;
// what goes back to Python is (row, column). Moving, zooming, opacity, swipe and blink stay here.

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

class View extends Strokes {
  constructor(root) {
    super(root);
    this.pointers = new Map();
    this.listen();
  }

  destroy() {
    this.observer.disconnect();
    window.removeEventListener(MOVED, this.follower);
    clearInterval(this.blinker);
    cancelAnimationFrame(this.frame);
    if (this.sending) this.send(this.data.image.digest);
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
    this.updateBrush();
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

  // ---- reading

  imagePoint(event) {
    const stage = this.stage.getBoundingClientRect();
    const x = Math.floor((event.clientX - stage.left) / this.scale + this.left);
    const y = Math.floor((event.clientY - stage.top) / this.scale + this.top);
    const { width, height } = this.data.image;
    return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null;
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
    if (this.dot(point)) return;
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
    canvas.addEventListener("pointercancel", (event) => {
      this.pointers.delete(event.pointerId);
      this.stroke = null;
    });
    canvas.addEventListener("pointerleave", () => this.read(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
    // While the space bar is down the brush rests and a drag moves the view.
    element.addEventListener("keyup", (event) => event.key === " " && (this.holding = false));
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
    this.beginStroke(event);
  }

  drag(event) {
    if (this.extendStroke(event)) return undefined;
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
    if (this.endStroke()) return;
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
    if (this.actBrush(action)) return;
    if (action === "in") this.zoom(1.5);
    else if (action === "out") this.zoom(1 / 1.5);
    else if (action === "fit") this.fitAll();
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
    if (this.keyBrush(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    const target = event.target;
    if (step && target.matches("input")) return;
    if (event.key === " " && this.brush && !target.matches("button")) this.holding = true;
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
      else if (!this.holding) return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
