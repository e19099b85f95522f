// The micrograph is dragged, and its feature map is computed anew for every frame of the drag, here in
// the browser. Where it came to rest goes to Python, for the link.

const SHIFT_GAP = 16, STAGE_WIDTH = 1180, SEND_MS = 400, FAR_PX = 8, NONE = 1e-9;
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const HEADS = [
  ["Flatten + dense", "a weight for each pixel of the map"],
  ["Pool + dense", "a weight for each of 8 × 8 windows"],
  ["Global average", "the mean of the whole map, nothing else"],
];

// Colours as the 32 bits of a pixel.
const words = (colors) => Uint32Array.from(colors, (color) => {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0xff000000 | (blue << 16) | (green << 8) | red;
});

class ShiftStage {
  constructor(root) {
    this.element = root.querySelector(".shifting");
    this.shift = [0, 0];
    this.pictures = {};
    this.listen();
    this.buildHeads();
    this.observer = new ResizeObserver(() => this.layOut());
    this.observer.observe(this.element);
  }

  destroy() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.sending);
  }

  find(selector) { return this.element.querySelector(selector); }

  listen() {
    const canvas = this.find(".micrograph");
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("dragged");
      this.grip = { x: event.clientX, y: event.clientY, from: this.shift };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.grip) return;
      const { x, y, from } = this.grip;
      // As large as it is seen, also on a stage that is enlarged as a whole.
      const scale = canvas.getBoundingClientRect().width / this.still.width;
      this.moveTo(from[0] + Math.round((event.clientY - y) / scale), from[1] + Math.round((event.clientX - x) / scale));
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => {
        this.grip = null;
        canvas.classList.remove("dragged");
      });
    }
    this.element.addEventListener("click", (event) => {
      const move = event.target.dataset?.move;
      if (move === "rest") this.moveTo(0, 0);
      else if (move) this.moveBy(...move.split(",").map(Number));
    });
    canvas.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || !(arrow || event.key === "Home")) return;
      const far = event.shiftKey ? FAR_PX : 1;
      if (arrow) this.moveBy(far * arrow[0], far * arrow[1]);
      else this.moveTo(0, 0);
      event.preventDefault();
      event.stopPropagation();
    });
  }

  moveBy(rows, columns) { this.moveTo(this.shift[0] + rows, this.shift[1] + columns); }

  // Half the image at most, either way: what leaves on one side comes in on the other.
  moveTo(rows, columns) {
    if (!this.still) return;
    const { height, width } = this.still;
    const near = (at, length) => around(at + Math.floor(length / 2), length) - Math.floor(length / 2);
    const shift = [near(rows, height), near(columns, width)];
    if (shift[0] === this.shift[0] && shift[1] === this.shift[1]) return;
    this.shift = shift;
    this.schedule();
    clearTimeout(this.sending);
    this.sending = setTimeout(() => this.send("shift", { rows: shift[0], columns: shift[1] }), SEND_MS);
  }

  // ---- what Python sends

  async update(data, setStateValue) {
    this.send = setStateValue;
    const isFirst = !this.data;
    this.data = data;
    if (isFirst) this.shift = data.shift;
    const [grey, flat] = await Promise.all([this.pixels(data.url), this.pixels(data.heads.url)]);
    if (this.data !== data) return;
    this.still = image(grey.height, grey.width);
    for (let at = 0; at < this.still.values.length; at++) this.still.values[at] = grey.data[4 * at] / 255;
    this.heads = { ...data.heads, flat: flat.data, flatWidth: flat.width };
    this.rest = applied(this.still, data.layer);
    this.deviation = deviation(this.rest);
    this.scales = [data.scale, data.difference].map((scale) => ({ ...scale, table: words(scale.colors) }));
    this.atRest = headOutputs(this.rest, this.heads);
    this.canvas = document.createElement("canvas");
    Object.assign(this.canvas, { width: grey.width, height: grey.height });
    this.canvas.getContext("2d").putImageData(grey, 0, 0);
    this.find(".comparison").hidden = data.show !== "map";
    this.find(".heads").hidden = data.show !== "heads";
    this.layOut();
  }

  // The bytes of a picture, kept for the next layer.
  pixels(url) {
    this.pictures[url] ??= new Promise((resolve, reject) => {
      const picture = new Image();
      picture.onload = () => {
        const canvas = document.createElement("canvas");
        Object.assign(canvas, { width: picture.naturalWidth, height: picture.naturalHeight });
        const context = canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(picture, 0, 0);
        resolve(context.getImageData(0, 0, canvas.width, canvas.height));
      };
      picture.onerror = reject;
      picture.src = url;
    });
    return this.pictures[url];
  }

  buildHeads() {
    const tag = (name, className = "", text = "") => Object.assign(document.createElement(name), { className, textContent: text });
    this.bars = HEADS.map(([title, words]) => {
      const head = tag("div", "head"), moved = tag("span", "moved");
      const bars = [0, 1, 2].map(() => {
        const bar = tag("div", "bar");
        bar.append(tag("u"), tag("i"), tag("b"));
        return bar;
      });
      head.append(moved, tag("h4", "", title), ...bars, tag("small", "", words));
      this.find(".heads").append(head);
      return { moved, bars };
    });
  }

  // ---- drawing

  layOut() {
    if (!this.still) return;
    const { onStage } = this.data;
    // In a larger window than 1280 x 720 a larger stage.
    const larger = Math.max(1, Math.min(innerWidth / 1280, innerHeight / 720));
    const width = onStage ? STAGE_WIDTH * larger : this.element.clientWidth;
    if (!width) return;
    Object.assign(this.element.style, onStage ? { width: `${width}px`, margin: "0 auto" } : { width: "", margin: "" });
    const enlarged = onStage ? Math.max(1, this.element.getBoundingClientRect().width / width) : 1;
    const top = this.element.getBoundingClientRect().top + this.scrolled();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const room = onStage ? width : Math.max(240, window.innerHeight - top - 8 * rem);
    const columns = width < 340 ? 1 : width < 700 ? 2 : 3;
    const wide = (width - SHIFT_GAP * (columns - 1)) / columns;
    const side = columns === 3 ? Math.min(wide, room) : wide;
    this.element.classList.toggle("short", side < 18 * rem);
    this.scale = side / Math.max(this.still.height, this.still.width);
    this.size = [this.still.height * this.scale, this.still.width * this.scale];
    for (const canvas of this.element.querySelectorAll("canvas")) {
      const ratio = (window.devicePixelRatio || 1) * enlarged;
      canvas.height = Math.round(this.size[0] * ratio);
      canvas.width = Math.round(this.size[1] * ratio);
      Object.assign(canvas.style, { height: `${this.size[0]}px`, width: `${this.size[1]}px` });
      canvas.parentElement.style.width = `${this.size[1]}px`;
    }
    Object.assign(this.find(".heads").style, { width: `${this.size[1]}px`, minHeight: `${this.size[0] + 1.35 * rem}px` });
    this.schedule();
  }

  scrolled() {
    let part = this.element.getRootNode().host;
    while (part && part.scrollHeight <= part.clientHeight + 1) part = part.parentElement;
    return part?.scrollTop ?? 0;
  }

  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    this.frame = requestAnimationFrame(() => {
      this.scheduled = false;
      this.draw();
    });
  }

  draw() {
    if (!this.still) return;
    const { data, shift } = this, { stride } = data.layer;
    const first = applied(rolled(this.still, ...shift), data.layer);
    const after = rolled(this.rest, ...shift.map((by) => Math.trunc(by / stride)));
    const found = compared(first, after, this.deviation || 1);
    this.drawMicrograph();
    this.paint(".map", first, this.scales[0]);
    if (data.show === "map") this.paint(".difference", found.difference, this.scales[1]);
    else this.showHeads(headOutputs(first, this.heads));
    this.write(first, found);
  }

  drawMicrograph() {
    const canvas = this.find(".micrograph"), context = canvas.getContext("2d");
    const { height, width } = this.still;
    const [rows, columns] = [around(this.shift[0], height), around(this.shift[1], width)];
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    for (const y of [rows - height, rows]) for (const x of [columns - width, columns]) context.drawImage(this.canvas, x, y);
  }

  paint(selector, { height, width, values }, { low, high, table }) {
    const canvas = this.find(selector), small = Object.assign(document.createElement("canvas"), { width, height });
    const pixels = new ImageData(width, height), shown = new Uint32Array(pixels.data.buffer);
    for (let at = 0; at < shown.length; at++) {
      const part = (values[at] - low) / (high - low);
      shown[at] = table[Math.round(255 * Math.min(1, Math.max(0, part)))];
    }
    small.getContext("2d").putImageData(pixels, 0, 0);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }

  showHeads(now) {
    this.bars.forEach(({ moved, bars }, head) => {
      const rest = this.atRest[head], most = 1.6 * Math.max(...rest.map(Math.abs), NONE);
      const share = movedBy(rest, now[head]);
      moved.textContent = share < NONE ? "unchanged" : `changes by ${Number((100 * share).toPrecision(2))} %`;
      bars.forEach((bar, output) => {
        const at = Math.min(1, Math.max(-1, now[head][output] / most));
        Object.assign(bar.querySelector("i").style, {
          left: `${50 + Math.min(0, 50 * at)}%`,
          width: `${50 * Math.abs(at)}%`,
        });
        bar.classList.toggle("low", at < 0);
        bar.querySelector("b").style.left = `${50 + (50 * rest[output]) / most}%`;
      });
    });
  }

  write(map, { largest, differing, relative }) {
    const { data, shift } = this, { name, stride } = data.layer;
    const px = (by) => (data.nm ? `${Math.abs(by)} px (${Number((Math.abs(by) * data.nm).toPrecision(3))} nm)` : `${Math.abs(by)} px`);
    this.find(".by").textContent = `${px(shift[0])} ${shift[0] < 0 ? "up" : "down"}, ${px(shift[1])} ${shift[1] < 0 ? "left" : "right"}`;
    this.find(".map-title").textContent = `Its feature map, ${map.width} × ${map.height}, live`;
    const digits = (value) => Number(value.toPrecision(3));
    this.find(".numbers").textContent =
      `largest difference ${digits(largest)} · ${digits(100 * differing)} % of the pixels differ · difference / contrast ${digits(relative)}`;
    const verdict = this.find(".verdict");
    const holds = largest <= NONE;
    verdict.classList.toggle("holds", holds);
    const isOff = shift.some((by) => by % stride);
    if (!shift[0] && !shift[1]) verdict.textContent = "Not shifted. Drag the micrograph.";
    else if (holds) verdict.textContent = data.show === "map" ? `${name}: the map moves with the image, exactly. It is equivariant.` : "The map moves with the image, and its mean stays: only the global average is invariant.";
    else if (isOff) verdict.textContent = `${name}: this shift is not a multiple of the stride of ${stride}; other pixels are sampled, and no shift of the map can undo that.`;
    else verdict.textContent = `${name}: the map follows everywhere except at the border, which does not move.`;
    this.element.dataset.shift = shift.join(",");
  }
}

export default mounted(ShiftStage);
