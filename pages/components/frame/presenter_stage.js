// A page on stage: its parts one after the other, each fitted to the window, nothing to scroll.
// Type grows with the window; what is too high for it is laid out wider and made smaller.

const WIDTH = 1280, HEIGHT = 720, BAR = 38, EDGE = 24;
const LEAST = 0.85; // Type smaller than that is not read from the last row: rather one screen more.
const SLACK = 1.2; // By so much may a line at the end of a part exceed the room, rather than stand alone.
const SMALL = 0.2; // Share of the room that a row of controls or a line of text has at most.
const MOST = 1.3; // Of what has room to spare.
const TYPED = "input, textarea, select, [contenteditable=true], [role=dialog], [role=listbox]";
const MOVED = `${TYPED}, [role=slider], [role=radio], [role=tab], [role=option], canvas, [tabindex="0"]`;
const CHART = '[data-testid="stPlotlyChart"], [data-testid="stImage"], [data-testid^="stBidiComponent"]';
const QUESTION = '[class*="-question"]';
const HIDDEN = [
  '[data-testid="stExpander"]', '[data-testid="stPageLink"]', ".st-key-page-heading", ".st-key-page-end",
].join(", ");

const style = `
[data-testid="stSidebar"], [data-testid="stHeader"], [data-testid="stSidebarCollapsedControl"],
[data-testid="stExpandSidebarButton"], [data-testid="stBottom"] { display: none !important; }
[data-testid="stMain"] { overflow: hidden !important; }
[data-testid="stMainBlockContainer"] {
  position: fixed !important; inset: 0 auto auto 0; max-width: none !important; min-width: 0 !important;
  padding: ${EDGE - 8}px ${EDGE}px 0 !important; transform-origin: 0 0; box-sizing: border-box;
}
[data-testid="stMainBlockContainer"] > div { position: relative; }
[data-testid="stPlotlyChart"] { display: flex; justify-content: center; }
:is(${HIDDEN}) { display: none !important; }
[data-offstage] {
  position: absolute !important; top: 0; left: 0; width: 100% !important;
  visibility: hidden !important; pointer-events: none !important;
}
[data-offstage] * { visibility: hidden !important; }
.presenter-bar {
  position: fixed; inset: auto 0 0 0; z-index: 999990; display: flex; align-items: center;
  border-top: 1px solid; box-sizing: border-box;
}
.presenter-bar .words { flex: 1; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.presenter-bar button {
  border: 1px solid; border-radius: 4px; background: transparent; color: inherit; font: inherit; cursor: pointer;
}`;

class Stage {
  constructor(root) {
    this.root = root;
    this.at = 0;
    this.screens = [[]];
    this.sheet = document.createElement("style");
    this.sheet.textContent = style;
    document.head.append(this.sheet);
    this.bar = document.createElement("div");
    this.bar.className = "presenter-bar";
    this.bar.innerHTML = `<span class="place"></span><span class="words"></span>
      <button type="button" class="back" aria-label="Step back">‹</button>
      <button type="button" class="on" aria-label="Step on">›</button>
      <button type="button" class="leave"></button>`;
    document.body.append(this.bar);
    this.find(".back").addEventListener("click", () => this.go(-1));
    this.find(".on").addEventListener("click", () => this.go(1));
    this.find(".leave").addEventListener("click", () => this.leave());
    this.onKey = (event) => this.key(event);
    this.onClicker = (event) => this.clicker(event);
    this.onResize = () => this.schedule();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("keydown", this.onClicker, true);
    addEventListener("resize", this.onResize);
    this.sizes = new ResizeObserver(this.onResize);
    this.observed = new WeakSet();
    this.nodes = new MutationObserver(this.onResize);
    this.nodes.observe(document.querySelector('[data-testid="stApp"]'), { childList: true, subtree: true });
  }

  get block() { return document.querySelector('[data-testid="stMainBlockContainer"]'); }

  find(selector) { return this.bar.querySelector(selector); }

  update({ title, leave }, setTrigger) {
    this.setTrigger = setTrigger;
    this.title = title;
    this.find(".leave").textContent = leave;
    const { backgroundColor, color, fontFamily } = getComputedStyle(document.querySelector('[data-testid="stApp"]'));
    Object.assign(this.bar.style, { backgroundColor, color, fontFamily });
    this.schedule();
  }

  destroy() {
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("keydown", this.onClicker, true);
    removeEventListener("resize", this.onResize);
    this.sizes.disconnect();
    this.nodes.disconnect();
    cancelAnimationFrame(this.frame);
    this.bar.remove();
    this.sheet.remove();
    for (const one of document.querySelectorAll("[data-offstage]")) one.removeAttribute("data-offstage");
    if (this.block) Object.assign(this.block.style, { width: "", transform: "" });
  }

  // ---- keys

  key(event) {
    const target = event.composedPath()[0];
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const isElement = target instanceof Element;
    if (event.key === "Escape" && !(isElement && target.closest(TYPED))) return this.leave();
    if (isElement && target.closest(MOVED)) return undefined;
    if (event.key === "ArrowRight") this.go(1);
    if (event.key === "ArrowLeft") this.go(-1);
    return undefined;
  }

  // Whatever was clicked last, also a slider: a clicker's two keys step.
  clicker(event) {
    const by = { PageDown: 1, PageUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(by);
  }

  leave() { this.setTrigger("escaped", Date.now()); }

  go(by) {
    const at = this.at + by;
    if (at >= 0 && at < this.screens.length) {
      this.at = at;
      document.activeElement?.blur?.();
      this.show();
      return;
    }
    // A page of several views, as a case study is: on to the next, or back to the one before.
    const ways = [...document.querySelectorAll(".st-key-presenter-way button")];
    const chosen = ways.findIndex((one) => /true/.test(one.ariaChecked ?? "") || /Active/.test(one.dataset.testid ?? ""));
    const next = chosen < 0 ? undefined : ways[chosen + by];
    if (!next) return;
    this.at = by > 0 ? 0 : this.at;
    next.click();
  }

  // ---- what is on which screen

  schedule() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.arrange());
  }

  // What is drawn, from top to bottom; what is too high for a screen, by its own parts.
  parts(parent, room) {
    const found = [];
    for (const one of parent.children) {
      if (!one.offsetHeight || one.matches(HIDDEN) || getComputedStyle(one).position === "fixed") continue;
      const inner = one.matches('[data-testid="stVerticalBlock"]') ? one : one.querySelector(':scope > [data-testid="stVerticalBlock"]');
      const isColumn = inner && inner.children.length > 1 && getComputedStyle(inner).flexDirection === "column";
      const isBordered = one.matches(".st-key-presenter-way") || getComputedStyle(one).borderTopWidth !== "0px";
      if (isColumn && !isBordered && one.offsetHeight > room) found.push(...this.parts(inner, room));
      else found.push(one);
    }
    return found;
  }

  arrange() {
    const block = this.block, top = block?.querySelector('[data-testid="stVerticalBlock"]');
    if (!top) return;
    const enlarged = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const room = (innerHeight - (BAR + EDGE) * enlarged) / LEAST;
    // What is off stage has no place in the page, so heights would be wrong.
    for (const one of document.querySelectorAll("[data-offstage]")) one.removeAttribute("data-offstage");
    block.style.width = `${innerWidth / LEAST}px`;
    const parts = this.parts(top, room);
    const gap = parseFloat(getComputedStyle(top).rowGap) || 16;
    const screens = [];
    let screen = [], height = 0, isBare = true, isOnlyHead = true;
    for (const one of parts) {
      const isQuestion = one.matches(QUESTION) || one.querySelector(QUESTION);
      const isHead = isQuestion || (one.querySelector("h2, h3") && one.offsetHeight < 120);
      const isWay = one.matches(".st-key-presenter-way") || one.querySelector(".st-key-presenter-way");
      const isSmall = !isQuestion && !one.querySelector(CHART) && one.offsetHeight < SMALL * room;
      const isFull = height + gap + one.offsetHeight > room * (isSmall ? SLACK : 1);
      if (screen.length && (isQuestion ? !isBare : !isOnlyHead && (isHead || isFull))) {
        screens.push(screen);
        [screen, height, isBare, isOnlyHead] = [[], 0, true, true];
      }
      screen.push(one);
      height += one.offsetHeight + gap;
      isBare &&= Boolean((isHead && !isQuestion) || isWay);
      isOnlyHead &&= isBare || (isSmall && height < 2 * SMALL * room);
    }
    if (screen.length) screens.push(screen);
    this.screens = screens.length ? screens : [[]];
    this.all = parts;
    this.at = Math.min(this.at, this.screens.length - 1);
    this.show();
    // Observed once: to observe anew is to be told anew.
    for (const one of parts.filter((part) => !this.observed.has(part))) {
      this.observed.add(one);
      this.sizes.observe(one);
    }
  }

  show() {
    const shown = new Set(this.screens[this.at]);
    for (const one of this.all) one.toggleAttribute("data-offstage", !shown.has(one));
    this.fit();
    this.bar.dataset.screen = `${this.at + 1} / ${this.screens.length}`;
    this.find(".place").textContent = this.bar.dataset.screen;
    this.find(".words").textContent = this.title;
  }

  // As large as the window holds: what is too high gets a wider page, which is then made smaller.
  fit() {
    const block = this.block, enlarged = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const room = innerHeight - BAR * enlarged;
    // A chart takes its width as it is seen, so that an enlarged one would be cut off.
    const hasCharts = this.screens[this.at].some((one) => one.querySelector(CHART));
    let shrink = hasCharts ? 1 : MOST, height = 0;
    for (let tries = 0; tries < 5; tries += 1) {
      block.style.width = `${innerWidth / shrink}px`;
      height = block.offsetHeight;
      if (height * shrink <= room) break;
      shrink = room / height;
    }
    const scale = Math.min(shrink, room / height);
    const width = (innerWidth / shrink) * scale;
    const place = [(innerWidth - width) / 2, Math.max(0, room - height * scale) / 2];
    block.style.transform = `translate(${place.join("px, ")}px) scale(${scale})`;
    Object.assign(this.bar.style, {
      height: `${BAR * enlarged}px`,
      fontSize: `${16 * enlarged}px`,
      gap: `${12 * enlarged}px`,
      padding: `0 ${EDGE * enlarged}px`,
    });
  }
}

export default mounted(Stage, "setTriggerValue");
