// The lecture on the whole window: one picture at a time, stepped with arrow keys, Page Down, Page Up
// or a clicker. The pictures come as figures by HTTP; the next one is drawn before it is asked for,
// so that a step is a change of visibility.

const WIDTH = 1280, HEIGHT = 720, UPRIGHT = 640, SWIPE_PX = 60, RETRY_MS = 1500, LEAFING_MS = 120;
const AHEAD = 2;
const GONE = "404";
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown", " ", "Enter"]);
const BACK = new Set(["ArrowLeft", "ArrowUp", "PageUp", "Backspace"]);
const TYPED = "input, textarea, select, [contenteditable=true]";

let library;
const plotly = (address) => {
  library ??= new Promise((resolve, reject) => {
    if (globalThis.Plotly) return resolve(globalThis.Plotly);
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(globalThis.Plotly);
    script.onerror = () => {
      library = undefined;
      script.remove();
      reject(new Error("The drawing library could not be loaded."));
    };
    document.head.append(script);
  });
  return library;
};

class Deck {
  constructor(root) {
    this.root = root;
    this.deck = root.querySelector(".lecture-deck");
    this.figures = new Map();
    this.places = new Map();
    this.at = -1;
    this.questions = new Questions(this);
    this.onKey = (event) => this.key(event);
    this.onResize = () => this.fit();
    document.addEventListener("keydown", this.onKey, true);
    addEventListener("resize", this.onResize);
    let touch = null;
    this.deck.addEventListener("touchstart", (event) => { touch = event.changedTouches[0]; }, { passive: true });
    this.deck.addEventListener("touchend", (event) => this.swipe(touch, event.changedTouches[0]), { passive: true });
    for (const [name, by] of [[".back", -1], [".on", 1]]) {
      this.find(name).addEventListener("click", () => this.go(this.at + by));
    }
    this.find(".reveal").addEventListener("click", () => this.questions.reveal());
    this.find(".leave").addEventListener("click", () => this.leave());
    this.find(".live").addEventListener("click", (event) => {
      event.preventDefault();
      this.leave("live");
    });
    this.fit();
  }

  destroy() {
    document.removeEventListener("keydown", this.onKey, true);
    removeEventListener("resize", this.onResize);
    clearInterval(this.player);
    this.questions.stop();
    for (const key of [...this.places.keys()]) this.drop(key);
    this.destroyed = true;
  }

  find(selector) { return this.deck.querySelector(selector); }

  update(data, setTrigger) {
    this.setTrigger = setTrigger;
    const isNew = !this.data || this.data.steps[0].figure !== data.steps[0].figure;
    this.data = data;
    if (!isNew) return;
    for (const key of [...this.places.keys()]) this.drop(key);
    this.figures.clear();
    this.find(".note").textContent = data.note;
    this.find(".live").textContent = data.live;
    const asked = new URL(location.href).searchParams.get("step") ?? data.step;
    const found = data.steps.findIndex((step) => step.key === asked);
    this.at = -1;
    this.go(Math.max(0, found));
  }

  // ---- keys

  key(event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target instanceof Element && target.closest(TYPED)) return;
    const onButton = target instanceof Element && target.closest("button, a");
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    const last = this.data.steps.length - 1;
    if (this.blank && event.key !== "Escape") this.setBlank(false);
    else if (event.key === " " && this.frames) this.play(!this.player);
    else if (event.key === " " && this.questions.isOpen(this.current())) this.questions.reveal();
    else if (FORWARD.has(event.key)) this.go(this.at + 1);
    else if (BACK.has(event.key)) this.go(this.at - 1);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(last);
    else if (event.key === "b" || event.key === ".") this.setBlank(true);
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  leave(where = "") {
    this.setTrigger("left", { step: this.data.steps[this.at].key, where });
  }

  setBlank(blank) {
    this.blank = blank;
    this.deck.classList.toggle("blank", blank);
  }

  // ---- steps

  go(at) {
    const { steps } = this.data;
    if (at < 0 || at >= steps.length || at === this.at) return;
    this.at = at;
    const step = steps[at];
    this.find(".part").textContent = step.part;
    this.find("h1").textContent = step.title;
    const isOpen = this.questions.isOpen(step);
    this.find(".sentence").textContent = isOpen ? "" : step.sentence;
    this.find(".reveal").hidden = !isOpen;
    this.questions.stop();
    this.find(".place").textContent = `${at + 1} / ${steps.length}`;
    this.find(".bar").style.width = `${(100 * (at + 1)) / steps.length}%`;
    this.find(".live").hidden = !step.page;
    this.deck.dataset.step = step.key;
    const address = new URL(location.href);
    address.searchParams.set("step", step.key);
    history.replaceState(history.state, "", address);
    this.show(step);
  }

  async show(step) {
    this.play(false);
    this.frames = null;
    for (const [key, place] of this.places) place.classList.toggle("shown", key === step.key);
    this.find(".wait").hidden = this.places.has(step.key);
    if (!this.figures.has(step.key) && !step.choices.length) {
      // Whoever leafs through is not held up by what they pass.
      await new Promise((resolve) => setTimeout(resolve, LEAFING_MS));
      if (this.destroyed || this.current() !== step) return;
    }
    try {
      const place = await this.place(step);
      if (this.destroyed || this.current() !== step) return;
      place.classList.add("shown");
      this.find(".wait").hidden = true;
      this.deck.dataset.drawn = step.key;
      const meta = place.layout?.meta ?? {};
      this.find(".note").textContent = meta.note ?? this.data.note;
      if (step.choices.length) this.questions.ask(step);
      this.frames = meta.frames;
      this.rate = meta.per_second;
      this.find(".playing").hidden = !this.frames;
      if (this.frames && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play(true);
    } catch (error) {
      if (this.destroyed || this.current() !== step) return;
      if (this.data.answers && error.message === GONE) {
        this.find(".note").textContent = "The class is over: its pictures are gone.";
        return;
      }
      this.find(".note").textContent = "The picture is not here yet; it is asked for again.";
      setTimeout(() => this.current() === step && !this.destroyed && this.show(step), RETRY_MS);
      return;
    }
    this.prepare();
  }

  current() { return this.data.steps[this.at]; }

  // What comes next is drawn, what lies further ahead is fetched; what lies far behind is let go.
  async prepare() {
    const { steps } = this.data, at = this.at;
    const near = steps.slice(Math.max(0, at - 1), at + AHEAD + 1);
    for (const key of [...this.places.keys()]) {
      if (!near.some((step) => step.key === key)) this.drop(key);
    }
    // A phone in a class fetches what it will show soon; a projector all of the lecture.
    const isLarge = innerWidth >= 0.75 * WIDTH;
    const order = isLarge ? [...steps.slice(at + 1), ...steps.slice(0, at).reverse()] : near;
    for (const step of order) {
      try {
        if (near.includes(step)) await this.place(step);
        else await this.figure(step);
      } catch {
        // It is asked for again when it is its turn.
      }
      if (this.at !== at || this.destroyed) return;
    }
  }

  async figure(step) {
    if (step.choices.length) return "";
    let found = this.figures.get(step.key);
    if (!found) {
      const answer = await fetch(step.figure);
      if (!answer.ok) throw new Error(`${answer.status}`);
      found = await answer.text();
      this.figures.set(step.key, found);
    }
    return found;
  }

  async place(step) {
    if (this.places.has(step.key)) return this.places.get(step.key);
    const [Plotly, text] = step.choices.length
      ? []
      : await Promise.all([plotly(this.data.library), this.figure(step)]);
    if (this.places.has(step.key)) return this.places.get(step.key);
    const place = document.createElement("div");
    place.className = "picture";
    const stage = this.find(".stage");
    stage.append(place);
    this.places.set(step.key, place);
    if (step.choices.length) return this.questions.draw(step, place);
    const { data, layout } = JSON.parse(text);
    const { color, fontFamily } = getComputedStyle(this.deck);
    layout.font = { ...layout.font, color, family: fontFamily };
    layout.width = stage.clientWidth;
    layout.height = stage.clientHeight;
    layout.autosize = false;
    layout.hoverlabel = { ...layout.hoverlabel, bgcolor: "#202326", font: { ...layout.hoverlabel?.font, color: "#ffffff" } };
    await Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: false, doubleClick: false });
    return place;
  }

  drop(key) {
    const place = this.places.get(key);
    if (place.layout) globalThis.Plotly.purge(place);
    place.remove();
    this.places.delete(key);
  }

  // ---- a picture that moves

  play(on) {
    clearInterval(this.player);
    this.player = null;
    if (!on || !this.frames) return;
    const place = this.places.get(this.current().key), frames = this.frames;
    let frame = 0;
    this.player = setInterval(() => {
      globalThis.Plotly.relayout(place, { ...frames[frame] });
      frame += 1;
      if (frame === frames.length) this.play(false);
    }, 1000 / this.rate);
  }

  // All is laid out on 1280 x 720 and enlarged to the window, so that it looks the same on each.
  // A phone held upright gets a narrow one, with type as large as it can be read.
  fit() {
    const isUpright = innerHeight > innerWidth;
    const width = isUpright ? UPRIGHT : WIDTH;
    const height = isUpright ? (UPRIGHT * innerHeight) / innerWidth : HEIGHT;
    const scale = Math.min(innerWidth / width, innerHeight / height);
    const slide = this.find(".slide");
    slide.style.width = `${width}px`;
    slide.style.height = `${height}px`;
    slide.style.transform = `scale(${scale})`;
    slide.style.left = `${(innerWidth - width * scale) / 2}px`;
    slide.style.top = `${(innerHeight - height * scale) / 2}px`;
    const laidOut = `${width} ${height}`;
    if (this.data && this.laidOut !== laidOut) {
      for (const key of [...this.places.keys()]) this.drop(key);
      this.show(this.current());
    }
    this.laidOut = laidOut;
  }

  swipe(from, to) {
    const across = to.clientX - from.clientX, down = to.clientY - from.clientY;
    if (Math.abs(across) > SWIPE_PX && Math.abs(across) > 2 * Math.abs(down)) {
      this.go(this.at - Math.sign(across));
    }
  }
}

export default mounted(Deck, "setTriggerValue");
