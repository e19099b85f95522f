// Part of the kernel's stage: the kernel's way over the patch. Playing, stepping and pointing stay
// here; only another patch and a chosen pixel go back to Python. A position counts the outputs, row by
// row. What is drawn, a class built on this one says.

const SEND_MS = 400, STEP_PX = 4;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

class Playing {
  constructor(root) {
    this.slide = root.querySelector(".slide");
    this.pictures = { micrograph: new Image(), whole: new Image() };
    for (const picture of Object.values(this.pictures)) picture.onload = () => this.schedule();
    this.way = 0; // the position, with a fraction while the kernel slides to the next
    this.reached = 1; // how many pixels of the map are filled
    this.hover = null;
    this.rate = 8;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.listen();
    this.observer = new ResizeObserver(() => this.layOut());
    this.observer.observe(this.slide);
  }

  destroy() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.sending);
  }

  find(selector) { return this.slide.querySelector(selector); }

  listen() {
    this.slide.addEventListener("keydown", (event) => this.key(event));
    this.slide.addEventListener("click", (event) => this.act(event.target.dataset?.action));
    this.find(".speed input").addEventListener("input", (event) => this.setSpeed(Number(event.target.value)));
    const pointAt = { map: (place) => this.outputAt(place), patch: (place) => this.outputOver(place) };
    for (const [name, find] of Object.entries(pointAt)) {
      const canvas = this.find(`.${name} canvas`);
      canvas.addEventListener("pointermove", (event) => this.point(find(this.cellOf(event))));
      canvas.addEventListener("pointerdown", (event) => this.choose(find(this.cellOf(event))));
      canvas.addEventListener("pointerleave", () => this.point(null));
    }
    for (const name of ["micrograph", "whole"]) {
      this.find(`.${name}`).addEventListener("click", (event) => this.choosePlace(event));
    }
    this.setSpeed(3);
  }

  // ---- what Python sends

  update(data, setStateValue) {
    this.send = setStateValue;
    const content = JSON.stringify([data.padded, data.kernel, data.stride, data.dilation]);
    const isNew = content !== this.content;
    this.data = data;
    this.content = content;
    this.middle = null;
    this.load("micrograph", data.micrograph.url);
    this.load("whole", data.wholeMap.url);
    if (isNew) this.begin();
    this.layOut();
  }

  load(name, url) {
    const picture = this.pictures[name];
    if (picture.dataset.url === url) return;
    picture.dataset.url = url;
    picture.src = url;
  }

  begin() {
    const { map, pixel } = this.data;
    this.columns = map[0].length;
    this.count = map.length * this.columns;
    this.hover = null;
    const isHeld = pixel !== null || this.still.matches;
    const [row, column] = pixel ?? [0, 0];
    this.way = Math.min(row, map.length - 1) * this.columns + Math.min(column, this.columns - 1);
    this.reached = isHeld ? this.count : 1;
    this.buildSum();
    this.play(!isHeld);
  }

  // ---- playing

  play(isPlaying) {
    this.playing = isPlaying;
    this.before = performance.now();
    this.find(".main").textContent = isPlaying ? "Pause" : this.isOver() ? "Play again" : "Play";
    this.slide.dataset.playing = isPlaying;
    this.schedule();
  }

  isOver() { return this.reached >= this.count; }

  start() {
    this.forget();
    if (this.isOver()) {
      this.way = 0;
      this.reached = 1;
    }
    this.play(true);
  }

  act(action) {
    if (action === "play") this.playing ? this.play(false) : this.start();
    else if (action === "step") this.moveTo(Math.min(this.at() + 1, this.count - 1), true);
    else if (action === "again" || action === "all") {
      this.forget();
      this.way = action === "all" ? this.count - 1 : 0;
      this.reached = action === "all" ? this.count : 1;
      this.play(false);
    }
  }

  setSpeed(step) {
    this.rate = 2 ** Math.min(8, Math.max(0, step));
    this.find(".speed input").value = Math.log2(this.rate);
    this.find(".rate").textContent = `${this.rate} pixels/s`;
  }

  at() { return Math.floor(this.way); }

  shown() { return this.hover ?? this.at(); }

  moveTo(position, isStep = false) {
    this.way = position;
    this.reached = Math.max(this.reached, isStep ? position + 1 : 0);
    this.play(false);
  }

  schedule() {
    if (this.scheduled || !this.data) return;
    this.scheduled = true;
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  tick(now) {
    this.scheduled = false;
    if (this.playing && this.hover === null) {
      // After a pause of the browser the kernel goes on where it was.
      const passed = Math.min(100, Math.max(0, now - this.before)) / 1000;
      this.way = Math.min(this.way + passed * this.rate, this.count - 1);
      this.reached = Math.max(this.reached, this.at() + 1);
      if (this.way >= this.count - 1) this.play(false);
    }
    this.before = now;
    this.draw();
    if (this.playing) this.schedule();
  }

  // ---- pointing

  cellOf(event) {
    return [Math.floor(event.offsetY / this.cell), Math.floor(event.offsetX / this.cell)];
  }

  outputAt([row, column]) {
    const isInside = row >= 0 && column >= 0 && row < this.data.map.length && column < this.columns;
    return isInside ? row * this.columns + column : null;
  }

  // The output whose kernel lies closest around a pixel of the padded patch.
  outputOver(place) {
    const { kernel, dilation, stride, map } = this.data;
    const half = (dilation * (kernel.length - 1)) / 2;
    const [row, column] = place.map((at, axis) => {
      const last = (axis ? this.columns : map.length) - 1;
      return Math.min(last, Math.max(0, Math.round((at - half) / stride)));
    });
    return row * this.columns + column;
  }

  point(position) {
    if (position === this.hover) return;
    this.hover = position;
    this.schedule();
  }

  choose(position) {
    if (position === null) return;
    this.moveTo(position);
    this.remember(0);
  }

  // The chosen pixel goes into the link when nothing was pressed for a while.
  remember(wait = SEND_MS) {
    clearTimeout(this.sending);
    const position = this.at();
    this.sending = setTimeout(() => {
      const [row, column] = this.rowColumn(position);
      this.send("pixel", { row, column });
    }, wait);
  }

  forget() {
    clearTimeout(this.sending);
    if (this.data.pixel !== null) this.send("pixel", { row: null, column: null });
  }

  rowColumn(position) { return [Math.floor(position / this.columns), position % this.columns]; }

  choosePlace(event) {
    const { height, width } = this.data.micrograph;
    const box = event.currentTarget.getBoundingClientRect();
    this.movePlace(
      Math.floor(((event.clientY - box.top) / box.height) * height),
      Math.floor(((event.clientX - box.left) / box.width) * width),
      0,
    );
  }

  movePlace(row, column, wait) {
    const { height, width } = this.data.micrograph;
    this.middle = [Math.min(height - 1, Math.max(0, row)), Math.min(width - 1, Math.max(0, column))];
    clearTimeout(this.placing);
    const [sentRow, sentColumn] = this.middle;
    this.placing = setTimeout(() => this.send("place", { row: sentRow, column: sentColumn }), wait);
    this.schedule();
  }

  placeMiddle() {
    const { top, left, height, width } = this.data.place;
    return this.middle ?? [top + Math.floor(height / 2), left + Math.floor(width / 2)];
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, target } = event, arrow = ARROWS[key];
    if (target.matches("input") || (target.matches("button") && (key === " " || key === "Enter"))) return;
    if (arrow && target.matches(".micrograph")) {
      const [row, column] = this.placeMiddle();
      this.movePlace(row + STEP_PX * arrow[0], column + STEP_PX * arrow[1], SEND_MS);
    } else if (arrow) {
      const [row, column] = this.rowColumn(this.shown());
      const to = this.outputAt([row + arrow[0], column + arrow[1]]);
      this.hover = null;
      if (to !== null) this.moveTo(to);
      this.remember();
    } else if (key === " ") this.act("play");
    else if (key === "s") this.act("step");
    else if (key === "Home") this.act("again");
    else if (key === "End") this.act("all");
    else if (key === "+" || key === "=") this.setSpeed(Math.log2(this.rate) + 1);
    else if (key === "-") this.setSpeed(Math.log2(this.rate) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
