// The viewer: a micrograph on a canvas, with overlays. Coordinates here are x, y in image pixels;
// what goes back to Python is (row, column). Moving, zooming, opacity, swipe and blink stay here.

const BLINK_MS = 700;
class View extends Ruler {
  constructor(root) {
    super(root);
    this.listen();
    const divider = this.find(".divider");
    divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
    divider.addEventListener("pointermove", (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const stage = this.stage.getBoundingClientRect();
      this.setSwipe((event.clientX - stage.left) / stage.width);
    });
  }

  destroy() {
    this.stopListening();
    clearInterval(this.blinker);
    if (this.sending) this.send(this.data.image.digest);
  }

  // ---- what Python sends

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const before = this.showImage(data);
    if (JSON.stringify(before.crosshair) !== JSON.stringify(data.crosshair) && data.crosshair) {
      this.cross = { x: data.crosshair[1], y: data.crosshair[0] };
    }
    for (const kind of ["image", "labels", "objects", "layer"]) this.load(kind, data[kind]);
    this.showLegend();
    this.updateBrush();
    this.updateRuler(before);
    this.find(".overlay-tools").hidden = !data.labels;
    this.find(".layer-tools").hidden = !data.layer;
    if (data.layer) this.find(".layer-title").textContent = data.layer.title;
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

  // ---- acting

  act(action) {
    if (!this.actRuler(action) && !this.actBrush(action) && !this.actOnView(action)) this.toggle(action);
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

  key(event) {
    if (this.keyRuler(event)) return;
    if (this.keyBrush(event) || this.keyOfPictures(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  // Whether the key meant something here.
  keyOfPictures(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { key, target } = event;
    const step = ARROWS[key];
    if (step && (target.matches("input") || (this.data.leaves_arrows && !event.shiftKey))) return false;
    if (key === " " && this.brush && !target.matches("button")) this.holding = true;
    if (step && target.matches(".divider")) this.setSwipe(this.swipe + 0.02 * step[0]);
    else if (key === "Enter" && !target.matches("button")) {
      if (!this.cross) this.moveCross(0, 0);
      this.choose(this.cross);
    } else if (key === "[" || key === "]") this.setOpacity(key === "]" ? 10 : -10);
    else {
      const action = { 1: "pixels", o: "outline", s: "swipe", b: "blink" }[key.toLowerCase()];
      if (action) this.act(action);
      else return this.keyOfView(event) || this.holding;
    }
    return true;
  }
}

export default mounted(View);
