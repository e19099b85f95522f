// Part of the corrector: what its buttons and its keys do.

const HOLD_MS = 300; // V held longer shows the segmentation again when it is let go
const NOTCH = 50; // of a mouse wheel; a pinch on a touch pad comes in smaller steps
const TOOL_KEYS = { i: "pick", b: "brush", d: "brush", e: "eraser", p: "polygon", l: "lasso", f: "fill", m: "merge", x: "split", s: "click", r: "area" };
const ACTION_KEYS = {
  n: "new", h: "holes", g: "smooth", k: "switch", v: "hide", o: "outline", Delete: "delete", ".": "next", ",": "previous", t: "flip", a: "like",
};

class KeyedTools extends ObjectTools {
  constructor(root) {
    super(root);
    this.hidden = false;
    this.hideKeyDown = 0; // when V was pressed
  }

  act(action) {
    if (this.actOnView(action)) return;
    if (!this.correction?.isOpen) return;
    // What is drawn so far is a step of its own before anything else is done.
    if (this.stroke?.writer) this.endStroke();
    const [, kind, which] = /^(tool|phase|lock)-(\w+)$/.exec(action) ?? [];
    if (kind === "tool") this.chooseTool(which);
    else if (kind === "phase") this.choosePhase(Number(which));
    else if (kind === "lock") this.toggleLock(Number(which));
    else this.actions[action]?.();
    this.showState();
  }

  get actions() {
    return {
      undo: () => this.step(true),
      redo: () => this.step(false),
      keep: () => (this.overwrite = false),
      overwrite: () => (this.overwrite = true),
      switch: () => (this.overwrite = !this.overwrite),
      new: () => this.beginNew(),
      delete: () => this.remove(),
      holes: () => this.fillHoles(),
      smooth: () => this.smooth(),
      pieces: () => this.separate(),
      confirm: () => this.confirmAndNext(),
      enter: () => this.keyOfEnter(),
      next: () => this.goTo(this.correction.nextFrom(this.selected, false, false)),
      previous: () => this.goTo(this.correction.nextFrom(this.selected, true, false)),
      hide: () => this.toggleHidden(),
      outline: () => this.toggleOutline(),
      "take-over": () => this.correction.takeOver().catch((error) => this.failed(error)),
    };
  }

  chooseTool(tool) {
    this.cancelStroke();
    this.tool = tool;
    this.dot = null;
    if (tool === "merge") this.tell(this.selected ? MERGE : MERGE_FIRST);
  }

  choosePhase(phase) {
    if (phase >= this.correction.phases.length) return;
    if (this.tool === "pick" && this.selected) this.changePhase(phase);
    // Of an object of another phase nothing more is drawn.
    else if (this.correction.objects.get(this.selected)?.[PHASE] !== phase) this.select(0);
    this.phase = phase;
  }

  toggleLock(phase) {
    if (phase >= this.correction.phases.length) return;
    if (!this.locked.delete(phase)) this.locked.add(phase);
  }

  beginNew() {
    this.select(0);
    if (!this.isDrawing && !PATH_TOOLS.includes(this.tool)) this.chooseTool("brush");
  }

  toggleHidden(hidden = !this.hidden) {
    this.hidden = hidden;
    this.schedule();
  }

  toggleOutline() {
    this.modes.outline = !this.modes.outline;
    this.mixPaints();
    this.showPart(null);
  }

  setWidth(width) {
    this.find(".brush-size").value = width;
    this.drawPreview();
    this.showState();
  }

  // ---- wheel and keys

  wheel(event) {
    if (!event.ctrlKey || !this.isDrawing || Math.abs(event.deltaY) < NOTCH) return super.wheel(event);
    event.preventDefault();
    return this.setWidth(this.widthAfter(event.deltaY < 0));
  }

  // A tenth wider or narrower, by 1 px at least.
  widthAfter(wider) {
    const step = Math.max(1, Math.round(this.width / 10));
    return this.width + (wider ? step : -step);
  }

  key(event) {
    if (event.target.matches("input") && event.key.startsWith("Arrow")) return;
    const isButton = event.target.matches("button");
    if (isButton && [" ", "Enter"].includes(event.key)) return;
    if (!this.keyOfCorrection(event) && !this.keyOfView(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Whether the key meant something here.
  keyOfCorrection(event) {
    const { key, code } = event;
    const letter = key.length === 1 ? key.toLowerCase() : key;
    if (event.ctrlKey || event.metaKey) return this.keyWithControl(event, letter);
    if (event.altKey) return false;
    const digit = /^Digit([1-8])$/.exec(code)?.[1];
    if (digit) this.act(`${event.shiftKey ? "lock" : "phase"}-${digit - 1}`);
    else if (code === "BracketLeft" || key === "[") this.setWidth(this.widthAfter(false));
    else if (code === "BracketRight" || key === "]") this.setWidth(this.widthAfter(true));
    else if (letter === "x" && event.shiftKey) this.act("pieces");
    else if (letter === "v") this.keyOfHiding(event);
    else if (TOOL_KEYS[letter]) this.act(`tool-${TOOL_KEYS[letter]}`);
    else if (ACTION_KEYS[letter]) this.act(ACTION_KEYS[letter]);
    else return this.keyOfStroke(event);
    return true;
  }

  keyWithControl(event, letter) {
    if (letter === "z") this.act(event.shiftKey ? "redo" : "undo");
    else if (letter === "y") this.act("redo");
    else if (event.shiftKey && ARROWS[event.key]) this.moveCross(...ARROWS[event.key].map((step) => 10 * step));
    else return false;
    return true;
  }

  keyOfHiding(event) {
    if (event.repeat) return;
    this.hideKeyDown = event.timeStamp;
    this.act("hide");
  }

  keyOfStroke(event) {
    if (event.key === " ") this.keyOfSpace(event);
    else if (event.key === "Enter") this.keyOfEnter();
    else if (event.key === "Backspace") return this.dropVertex();
    else if (event.key === "Escape") return this.cancelStroke() || this.deselect();
    else return false;
    return true;
  }

  // Held, it lets a drag pan; pressed and let go, it acts at the cross.
  keyOfSpace(event) {
    if (event.repeat) return;
    this.holding = true;
    this.acted = false;
  }

  keyUp(event) {
    if (event.key === "v" && this.hidden && event.timeStamp - this.hideKeyDown > HOLD_MS) this.act("hide");
    if (event.key !== " " || !this.holding) return;
    this.holding = false;
    if (this.acted || this.stroke || event.target.matches("button")) return;
    if (!this.cross) this.moveCross(0, 0);
    else this.choose(this.cross, event);
  }

  press(event) {
    this.acted = true;
    super.press(event);
  }

  keyOfEnter() {
    if (this.path.length) this.endPath();
    else this.act("confirm");
  }

  deselect() {
    if (!this.selected || !this.find(".help").hidden) return false;
    this.select(0);
    return true;
  }
}
