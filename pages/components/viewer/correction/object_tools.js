// Part of the corrector: what is done with whole objects: select, merge, cut, delete, change phase,
// fill holes, smooth, confirm and go to the next.

const LEAST_SIDE = 24; // CSS px that the next object has on the screen
const VIEW_SHARE = 0.25; // of the view, where it has to be brought nearer
const MERGE = "Click what belongs to the selected object.";
const MERGE_FIRST = "Click an object, then what belongs to it.";

class ObjectTools extends DrawingTools {
  // ---- which one

  select(id) {
    const { map } = this.correction;
    const before = this.selected;
    this.selected = id;
    for (const one of new Set([before, id])) if (map.boxes.has(one)) this.showPart(map.boxes.get(one));
    if (before !== id) this.selectionChanged();
    this.showState();
  }

  // What a click at a pixel, or the space bar at the cross, does with the tool that is chosen.
  choose({ x, y }, event) {
    if (!this.correction?.isOpen) return;
    const middle = [x + 0.5, y + 0.5];
    const id = idOf(this.correction.map.at(x, y));
    if (this.tool === "pick") this.select(id);
    else if (!this.correction.canEdit) return;
    else if (PATH_TOOLS.includes(this.tool)) this.addVertex(middle, event);
    else if (this.tool === "fill") this.fillAt({ x, y }, event);
    else if (this.tool === "merge") this.merge(id);
    else this.dotAt(middle, event);
  }

  // A dot of the brush from the keyboard; with Shift a line from the one before.
  dotAt(point, event) {
    const from = event?.shiftKey && this.dot ? this.dot : point;
    this.beginBrush(from, this.tool === "eraser");
    this.brushTo(point);
    this.endStroke();
    this.dot = point;
  }

  recordOfSelected() {
    if (!this.correction?.canEdit) return null;
    const record = this.correction.objects.get(this.selected);
    if (!record) this.tell("Select an object first: press I and click it, or press Enter for the first.");
    else if (this.locked.has(record[PHASE])) this.tell("This phase is locked.");
    else return record;
    return null;
  }

  // ---- edits of the selected object

  // edit(writer, id, phase): what changes; `phase`: of the object afterwards.
  edit(kind, edit, phase) {
    const record = this.recordOfSelected();
    if (!record) return;
    const writer = new PatchWriter(this.correction.map);
    const worked = new Map([[this.selected, phase ?? record[PHASE]]]);
    for (const id of edit(writer, this.selected, record[PHASE]) ?? []) worked.set(id, record[PHASE]);
    if (writer.runs.length && !this.correction.commit(kind, writer, worked)) return;
    this.showPart(writer.takeBox());
    if (!this.correction.objects.has(this.selected)) this.select(0);
    else this.showPart(this.correction.map.boxes.get(this.selected));
    this.showState();
  }

  remove() {
    this.edit("delete", (writer, id, phase) => {
      recolor(writer, id, phase, NO_OBJECT, this.correction.ground);
    });
  }

  // Another phase; where that one has no objects, what was one becomes a part of it.
  changePhase(phase) {
    const { objectsPhase } = this.correction;
    this.edit("phase", (writer, id, from) => {
      if (phase !== from) recolor(writer, id, from, phase === objectsPhase ? id : NO_OBJECT, phase);
    }, phase);
  }

  fillHoles() {
    this.edit("holes", (writer, id, phase) => fillHoles(writer, id, this.giving(valueOf(id, phase))));
  }

  smooth() {
    const { ground } = this.correction;
    this.edit("smooth", (writer, id, phase) =>
      smooth(writer, id, this.giving(valueOf(id, phase)), (value) => (idOf(value) === id ? ground : value)),
    );
  }

  // The object that was selected first takes the other one in.
  merge(other) {
    if (!other || other === this.selected) return;
    if (!this.selected) {
      this.select(other);
      this.tell(MERGE);
    } else {
      const record = this.correction.objects.get(other);
      this.edit("merge", (writer, id, phase) => recolor(writer, other, record[PHASE], id, phase));
    }
  }

  // Cuts the object that the line crosses most, or the selected one where it is crossed.
  cut(path) {
    const { map } = this.correction;
    const line = lineOfPixels(path).filter(([x, y]) => x >= 0 && y >= 0 && x < map.width && y < map.height);
    const crossed = new Map();
    for (const [x, y] of line) {
      const id = idOf(map.at(x, y));
      if (id) crossed.set(id, (crossed.get(id) ?? 0) + 1);
    }
    if (!crossed.size) {
      this.tell("The line crosses no object. Shift + X separates what does not touch.");
      return;
    }
    const most = [...crossed.entries()].reduce((one, other) => (other[1] > one[1] ? other : one))[0];
    if (!crossed.has(this.selected)) this.select(most);
    this.separate(line, "Draw the line from one side of the object to the other.");
  }

  separate(line = [], failure = "This object is of one piece.") {
    let found = [];
    this.edit("split", (writer, id) => (found = split(writer, id, line, () => this.correction.newId())));
    if (!found.length && this.selected) this.tell(failure);
  }

  // ---- one after the other

  // The selected object is right; on to the next that nobody looked at.
  confirmAndNext() {
    if (!this.correction?.canEdit) return;
    if (this.selected) this.correction.confirm(this.selected);
    this.goTo(this.correction.nextFrom(this.selected));
    if (this.selected) return;
    const { size } = this.correction.objects;
    this.tell(size ? "Every object is confirmed." : "There is no object to confirm: drag a box over what is right (Area, R).");
  }

  goTo(id) {
    this.select(id);
    const box = id && this.correction.map.tightBox(id);
    if (!box) return;
    const [width, height] = [box[2] - box[0], box[3] - box[1]];
    const side = Math.max(width, height);
    if (side * this.scale < LEAST_SIDE) {
      const view = Math.min(this.stage.clientWidth, this.stage.clientHeight);
      this.scale = Math.min(MAX_SCALE, (VIEW_SHARE * view) / side);
      this.left = box[0] + width / 2 - this.stage.clientWidth / this.scale / 2;
      this.top = box[1] + height / 2 - this.stage.clientHeight / this.scale / 2;
      this.fitted = false;
    }
    this.bringIntoSight(box, 1);
    this.schedule();
  }

  step(back) {
    if (back && this.dropVertex()) return;
    this.correction?.step(back);
    if (this.selected && !this.correction.objects.has(this.selected)) this.select(0);
    this.showState();
  }
}
