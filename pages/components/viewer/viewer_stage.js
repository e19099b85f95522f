// Part of the viewer: pointers, wheel and keys that move the view, point at a pixel, or begin a
// stroke. What a press does there, a class built on this one says.

const CLICK_SLACK = 4; // CSS px a pointer may move and still click
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

class Stage extends Moving {
  constructor(root) {
    super(root);
    this.pointers = new Map();
    this.holding = false; // the space bar: strokes rest and a drag moves the view
  }

  // Whether a stroke began, went on, or ended: then the pointer moves and chooses nothing.
  beginStroke() {
    return false;
  }

  extendStroke() {
    return false;
  }

  endStroke() {
    return false;
  }

  // A second finger came down, or the system took the pointer: as if it had not begun.
  dropStroke() {
    this.stroke = null;
  }

  listen() {
    const { canvas, element } = this;
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.release(event));
    canvas.addEventListener("pointercancel", (event) => {
      this.pointers.delete(event.pointerId);
      this.dropStroke();
    });
    canvas.addEventListener("pointerleave", () => this.read(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("keyup", (event) => this.keyUp(event));
    element.addEventListener("click", (event) => {
      const action = event.target.closest("[data-action]")?.dataset.action;
      if (action) this.act(action);
    });
    for (const name of [".labels-opacity", ".layer-opacity"]) {
      this.find(name)?.addEventListener("input", () => this.schedule());
    }
  }

  stopListening() {
    this.observer.disconnect();
    window.removeEventListener(MOVED, this.follower);
    cancelAnimationFrame(this.frame);
  }

  // ---- what Python sends of the image

  showImage(data) {
    const before = this.data;
    this.data = data;
    this.element.style.setProperty("--most", `${data.height}px`);
    this.element.style.setProperty("--aspect", data.image.width / data.image.height);
    this.element.setAttribute("aria-label", data.image.alt);
    const changed = before.image && before.image.digest !== data.image.digest;
    const resized =
      !before.image || before.image.width !== data.image.width || before.image.height !== data.image.height;
    if (resized) this.fitted = true;
    if (data.focus && JSON.stringify(before.focus) !== JSON.stringify(data.focus)) {
      this.focused = true;
      this.fitted = true;
    }
    if (changed) this.cross = null;
    this.find(".facts").textContent = data.facts;
    return before;
  }

  // ---- pointing

  // How many times larger than laid out the page is shown: as presenter it is fitted to the window.
  get enlarged() {
    return this.stage.getBoundingClientRect().width / this.stage.clientWidth || 1;
  }

  // A point of the window from the stage's corner, in px as laid out.
  within(clientX, clientY) {
    const { left, top } = this.stage.getBoundingClientRect();
    return [(clientX - left) / this.enlarged, (clientY - top) / this.enlarged];
  }

  imagePoint(event) {
    const [across, down] = this.within(event.clientX, event.clientY);
    const x = Math.floor(across / this.scale + this.left);
    const y = Math.floor(down / this.scale + this.top);
    const { width, height } = this.data.image;
    return x >= 0 && y >= 0 && x < width && y < height ? { x, y } : null;
  }

  press(event) {
    this.element.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.moved = this.pointers.size > 1;
    if (this.moved) this.dropStroke();
    this.pressed = { x: event.clientX, y: event.clientY };
    this.beginStroke(event);
  }

  drag(event) {
    if (this.extendStroke(event)) return this.read(this.imagePoint(event));
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.read(this.imagePoint(event));
    const now = { x: event.clientX, y: event.clientY };
    const far = Math.hypot(now.x - this.pressed.x, now.y - this.pressed.y) > CLICK_SLACK;
    if (!this.moved && !far) return undefined;
    this.moved = true;
    this.canvas.classList.add("moving");
    const other = [...this.pointers.entries()].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.hypot(before.x - other.x, before.y - other.y);
      this.zoom(factor, ...this.within((now.x + other.x) / 2, (now.y + other.y) / 2));
      this.move((before.x - now.x) / 2 / this.enlarged, (before.y - now.y) / 2 / this.enlarged);
    } else {
      this.move((before.x - now.x) / this.enlarged, (before.y - now.y) / this.enlarged);
    }
    this.pointers.set(event.pointerId, now);
    return undefined;
  }

  release(event) {
    const known = this.pointers.delete(event.pointerId);
    this.canvas.classList.remove("moving");
    const point = this.imagePoint(event);
    if (!this.endStroke(event) && known && !this.moved && point) this.choose(point, event);
    // What was drawn or merged may be another object there.
    this.read(point);
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0018));
    this.zoom(factor, ...this.within(event.clientX, event.clientY));
  }

  // The first move only shows the cross, in the middle of the view.
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

  // ---- actions and keys of the view; whether there was one

  actOnView(action) {
    if (action === "in") this.zoom(1.5);
    else if (action === "out") this.zoom(1 / 1.5);
    else if (action === "fit") this.fitAll();
    else if (action === "pixels") this.zoom(1 / devicePixelRatio / this.scale);
    else if (action === "help") this.toggleHelp();
    else return false;
    return true;
  }

  keyOfView(event) {
    const step = ARROWS[event.key];
    if (step && event.shiftKey) this.moveCross(...step);
    else if (step) this.move(step[0] * 60, step[1] * 60);
    else if (event.key === "Escape" && !this.find(".help").hidden) this.toggleHelp();
    else return this.actOnView({ "+": "in", "=": "in", "-": "out", 0: "fit", "?": "help" }[event.key]);
    return true;
  }

  keyUp(event) {
    if (event.key === " ") this.holding = false;
  }

  toggleHelp() {
    const help = this.find(".help");
    help.hidden = !help.hidden;
    this.find('[data-action="help"]').setAttribute("aria-expanded", !help.hidden);
  }
}
