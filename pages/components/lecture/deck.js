// The lecture on the whole window: one picture at a time, stepped with arrow keys, Page Down, Page Up
// or a clicker. The pictures come as figures by HTTP; the next one is drawn before it is asked for,
// so that a step is a change of visibility.

const WIDTH = 1280, HEIGHT = 720, RETRY_MS = 1500, LEAFING_MS = 120;
const AHEAD = 2;
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
    this.onKey = (event) => this.key(event);
    this.onResize = () => this.fit();
    document.addEventListener("keydown", this.onKey, true);
    addEventListener("resize", this.onResize);
    for (const [name, by] of [[".back", -1], [".on", 1]]) {
      this.find(name).addEventListener("click", () => this.go(this.at + by));
    }
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
    for (const place of this.places.values()) globalThis.Plotly?.purge(place);
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
    this.find(".sentence").textContent = step.sentence;
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
    if (!this.figures.has(step.key)) {
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
      this.frames = meta.frames;
      this.rate = meta.per_second;
      this.find(".playing").hidden = !this.frames;
      if (this.frames && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play(true);
    } catch {
      if (this.destroyed || this.current() !== step) return;
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
    const order = [...steps.slice(at + 1), ...steps.slice(0, at).reverse()];
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
    const [Plotly, text] = await Promise.all([plotly(this.data.library), this.figure(step)]);
    if (this.places.has(step.key)) return this.places.get(step.key);
    const place = document.createElement("div");
    place.className = "picture";
    const stage = this.find(".stage");
    stage.append(place);
    this.places.set(step.key, place);
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
    globalThis.Plotly?.purge(place);
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
  fit() {
    const scale = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const slide = this.find(".slide");
    slide.style.transform = `scale(${scale})`;
    slide.style.left = `${(innerWidth - WIDTH * scale) / 2}px`;
    slide.style.top = `${(innerHeight - HEIGHT * scale) / 2}px`;
  }
}

const decks = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  let deck = decks.get(root);
  if (!deck) {
    deck = new Deck(root);
    decks.set(root, deck);
  }
  deck.update(component.data, component.setTriggerValue);
  return () => {
    decks.delete(root);
    deck.destroy();
  };
}
