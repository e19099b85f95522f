// The corrector: a segmentation over its micrograph, changed by hand. Everything is drawn and
// remembered here at once and sent to the server operation by operation.

const TELL_MS = 6000;
const NEWS_MS = 120; // so long after what was done last, once it is saved, the page's numbers follow

class Corrector extends MarkedPlace {
  constructor(root) {
    super(root);
    this.whole = true; // the next frame draws everything
    this.part = null; // else this box of the image
    this.listen();
    this.find(".brush-size").addEventListener("input", () => this.showState());
    this.leaving = () => this.correction?.leave();
    this.hiding = () => document.visibilityState === "hidden" && this.correction?.hide();
    window.addEventListener("pagehide", this.leaving);
    document.addEventListener("visibilitychange", this.hiding);
  }

  destroy() {
    this.stopListening();
    window.removeEventListener("pagehide", this.leaving);
    document.removeEventListener("visibilitychange", this.hiding);
    clearTimeout(this.newsTimer);
    this.correction?.close();
  }

  // ---- what Python sends

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    const before = this.showImage(data);
    this.load("image", data.image);
    if (before.correction?.name !== data.correction.name) this.openCorrection(data.correction);
    else this.correction.moveTo(data.correction.url);
    if (data.go && data.go.turn !== before.go?.turn && this.correction.isOpen) this.goTo(data.go.id);
    this.markPlace(data.place);
    this.resize();
  }

  openCorrection({ url, name }) {
    this.correction?.close();
    this.tiles = null;
    this.selected = 0;
    delete this.element.dataset.revision;
    this.correction = new Correction({
      address: url,
      name,
      shown: (box) => this.showPart(box),
      told: () => this.showState(),
    });
    this.correction.open().catch((error) => this.failed(error));
  }

  failed(error) {
    this.say(`The segmentation cannot be loaded: ${error.message || "the server does not answer"}. Reload the page.`);
  }

  say(sentence, canTakeOver = false) {
    const banner = this.find(".banner");
    banner.hidden = !sentence;
    banner.querySelector("span").textContent = sentence;
    banner.querySelector("button").hidden = !canTakeOver;
  }

  // A word at the foot of the image that goes away again; `stays`: only when another comes.
  tell(sentence, stays = false) {
    const told = this.find(".told");
    told.textContent = sentence;
    clearTimeout(this.telling);
    if (!stays) this.telling = setTimeout(() => (told.textContent = ""), TELL_MS);
  }

  // Takes a sentence back, where no other has come since.
  untell(sentence) {
    if (this.find(".told").textContent === sentence) this.tell("");
  }

  // ---- drawing: all, or only the rectangle that changed

  schedule() {
    this.whole = true;
    super.schedule();
  }

  // A box of the map changed, all of it where there is none.
  showPart(box) {
    if (!box && box !== null) return;
    if (!this.tiles || this.tiles.map !== this.correction.map) {
      this.tiles = new LabelTiles(this.correction.map, (value) => this.paints(value));
      this.mixPaints();
      box = null;
    }
    this.tiles.touch(box ?? undefined);
    if (!box) return this.schedule();
    this.part = united(this.part, box);
    return super.schedule();
  }

  draw() {
    const part = this.whole ? null : this.part;
    this.whole = false;
    this.part = null;
    const { context, canvas } = this;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (part) this.clipTo(part);
    context.fillStyle = GROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.toImage();
    if (this.pictures.image) {
      this.drawPicture(this.pictures.image.levels, this.scale * devicePixelRatio < 1);
      if (!this.hidden) this.drawTiles(part);
      this.drawInfoBars();
    }
    context.restore();
    this.mark();
    if (part) return;
    this.drawPreview();
    this.drawScale();
  }

  clipTo(box) {
    const s = this.scale * devicePixelRatio;
    const [x0, y0] = [Math.floor((box[0] - this.left) * s) - 2, Math.floor((box[1] - this.top) * s) - 2];
    const [x1, y1] = [Math.ceil((box[2] - this.left) * s) + 2, Math.ceil((box[3] - this.top) * s) + 2];
    this.context.beginPath();
    this.context.rect(x0, y0, x1 - x0, y1 - y0);
    this.context.clip();
  }

  drawTiles(part) {
    if (!this.tiles) return;
    const { map } = this.correction;
    const room = part && [part[0] - 8, part[1] - 8, part[2] + 8, part[3] + 8];
    const seen = common(room ?? [0, 0, map.width, map.height], this.visibleBox());
    const box = seen && common(seen, [0, 0, map.width, map.height]);
    if (!box) return;
    this.context.imageSmoothingEnabled = false;
    this.context.globalAlpha = this.find(".labels-opacity").value / 100;
    this.tiles.draw(this.context, box, LabelTiles.levelFor(this.scale * devicePixelRatio));
    this.context.globalAlpha = 1;
  }

  placeDivider() {}

  // ---- colours

  mixPaints() {
    const outlined = this.modes.outline;
    const clear = { fill: 0, edge: 0 };
    this.colors = this.correction.phases.map(({ color }) => ({
      open: { fill: outlined ? 0 : packed(color, FILL), edge: packed(color, EDGE) },
      confirmed: { fill: outlined ? 0 : packed(color, CONFIRMED_FILL), edge: packed(color, EDGE) },
      chosen: { fill: packed(color, outlined ? 0 : FILL), edge: packed("#ffffff", EDGE) },
      uncounted: { fill: outlined ? 0 : packed(color, CONFIRMED_FILL), edge: packed(color, FILL) },
    }));
    this.clear = clear;
  }

  paints(value) {
    const id = idOf(value);
    const { objects, ground, objectsPhase } = this.correction;
    if (!id) {
      const phase = phaseOf(value);
      if (phase === ground || phase === OUTSIDE) return this.clear;
      return phase === objectsPhase ? this.colors[phase].uncounted : this.colors[phase].open;
    }
    const record = objects.get(id);
    const colors = this.colors[record ? record[PHASE] : phaseOf(value)];
    if (id === this.selected) return colors.chosen;
    return record?.[CONFIRMED] ? colors.confirmed : colors.open;
  }

  // ---- words

  read(point) {
    if (!point || !this.pictures.image || !this.correction?.isOpen) {
      this.find(".here").textContent = "";
      return;
    }
    const value = this.correction.map.at(point.x, point.y);
    const parts = [`row ${point.y}, column ${point.x}`, `grey ${this.valueAt("image", point)[0]} of 255`];
    if (phaseOf(value) !== OUTSIDE) parts.push(this.correction.phases[phaseOf(value)].name);
    if (idOf(value)) parts.push(`object ${idOf(value)}`);
    this.find(".here").textContent = parts.join("  ·  ");
  }

  // The object that is selected goes to Python, for its numbers.
  selectionChanged() {
    this.correction.changedAt = performance.now();
    this.news();
  }

  // The page runs again, but not while a stroke is drawn: new charts would make it stutter.
  news(wait = this.correction.changedAt + NEWS_MS - performance.now()) {
    clearTimeout(this.newsTimer);
    this.newsTimer = setTimeout(() => {
      const { name, outbox } = this.correction;
      if (this.stroke) this.news(NEWS_MS);
      else this.setStateValue("state", { name, revision: outbox.revision, selected: this.selected });
    }, Math.max(0, wait));
  }

  showState() {
    const { correction, element } = this;
    if (!correction?.isOpen) return;
    const { outbox } = correction;
    // Another tab may have taken it away.
    if (!correction.objects.has(this.selected)) this.selected = 0;
    if (element.dataset.revision !== String(outbox.revision)) {
      const isFirst = element.dataset.revision === undefined;
      element.dataset.revision = outbox.revision;
      if (isFirst) this.phase = correction.objectsPhase ?? Math.min(1, correction.phases.length - 1);
      else this.news();
    }
    element.dataset.unsent = outbox.waiting.length;
    element.dataset.chosen = this.selected;
    showWords(this);
    showControls(this);
  }
}

export default mounted(Corrector);
