// Part of the corrector: tools that draw: brush, eraser, polygon, lasso, fill, and the line that cuts.
// While a stroke goes on the map changes at once; when it ends it becomes one operation.

export const WIDEST_PX = 200;
const RING_EDGE = "#ffffff";
const TOOLS = ["pick", "brush", "eraser", "polygon", "lasso", "fill", "merge", "split", "click", "area"];
const PATH_TOOLS = ["polygon", "lasso", "split"];
const MOST_FILLED = 0.5;
const CLOSING_PX = 10; // CSS px

class DrawingTools extends Stage {
  constructor(root) {
    super(root);
    this.tool = "pick";
    this.phase = 0; // of what is drawn next
    this.selected = 0;
    this.overwrite = false;
    this.locked = new Set(); // phases
    this.stroke = null; // { writer, give, worked, last } while brush or eraser is down
    this.path = []; // [x, y] of a polygon, a lasso or a cut
    this.hover = null;
    this.canvas.addEventListener("pointerleave", () => this.hoverAt(null));
  }

  get width() {
    return Number(this.find(".brush-size").value);
  }

  get isDrawing() {
    return this.tool === "brush" || this.tool === "eraser";
  }

  exactPoint({ clientX, clientY }) {
    const stage = this.stage.getBoundingClientRect();
    return [(clientX - stage.left) / this.scale + this.left, (clientY - stage.top) / this.scale + this.top];
  }

  // ---- what is drawn, and on what

  // The value that drawing gives: the selected object's, a new one's, or a phase's without objects.
  target() {
    const { correction, phase } = this;
    if (phase !== correction.objectsPhase) return valueOf(NO_OBJECT, phase);
    const known = correction.objects.get(this.selected);
    return valueOf(known?.[PHASE] === phase ? this.selected : correction.nextId, phase);
  }

  // What pixels become that `target` is drawn on: locked phases stay, and where others are kept, so
  // does all but the ground and the object itself.
  giving(target) {
    const { ground, objectsPhase } = this.correction;
    const isFree = (value) => !idOf(value) && [ground, objectsPhase].includes(phaseOf(value));
    return (value) => {
      if (this.locked.has(phaseOf(value))) return value;
      const isMine = idOf(target) !== NO_OBJECT && idOf(value) === idOf(target);
      return this.overwrite || isMine || isFree(value) ? target : value;
    };
  }

  // What pixels become that are erased: where others are kept, only those of the selected object.
  erasing() {
    const { ground } = this.correction;
    const only = this.overwrite ? 0 : this.selected;
    return (value) => (this.locked.has(phaseOf(value)) || (only && idOf(value) !== only) ? value : ground);
  }

  // Ends an operation that drew `target`, or erased where there is none, and selects what it drew.
  // `origin`: of a new object.
  finish(kind, writer, target, origin = "drawn") {
    const id = target === null ? this.selected : idOf(target);
    const worked = id ? new Map([[id, target === null ? this.correction.objects.get(id)?.[PHASE] : phaseOf(target)]]) : undefined;
    const touched = writer.runs.some((run) => idOf(run[2]) === id || idOf(run[3]) === id);
    const changed = this.correction.commit(kind, writer, touched ? worked : undefined, origin);
    if (changed && target !== null && id) {
      this.correction.nextId = Math.max(this.correction.nextId, id + 1);
      this.select(id);
    }
    this.showPart(writer.takeBox());
    if (!changed && target === null && this.selected && !this.overwrite) {
      this.tell("Only the selected object is erased; select another, or Overwrite.");
    }
    if (changed && this.selected && !this.correction.objects.has(this.selected)) this.select(0);
  }

  // Draws something at once: draw(writer, give).
  drawOnce(kind, erases, draw, origin) {
    const target = erases ? null : this.target();
    const writer = new PatchWriter(this.correction.map);
    draw(writer, erases ? this.erasing() : this.giving(target));
    this.finish(kind, writer, target, origin);
  }

  // ---- strokes

  beginStroke(event) {
    const alone = this.pointers.size === 1;
    if (!this.correction?.canEdit || !alone || this.holding || ![0, 5].includes(event.button)) return;
    const point = this.exactPoint(event);
    if (this.isDrawing) this.beginBrush(point, this.tool === "eraser" || event.altKey || event.button === 5);
    else if (this.tool === "lasso" || this.tool === "split") this.stroke = { path: [point], erases: event.altKey };
  }

  beginBrush(point, erases) {
    const target = erases ? null : this.target();
    const give = erases ? this.erasing() : this.giving(target);
    this.stroke = { writer: new PatchWriter(this.correction.map), give, target, last: point };
    this.brushTo(point);
  }

  // With a second finger down the pointer moves the view instead.
  extendStroke(event) {
    const point = this.exactPoint(event);
    this.hoverAt(point);
    if (!this.stroke) return false;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      if (this.stroke.path) this.stroke.path.push(this.exactPoint(one));
      else this.brushTo(this.exactPoint(one));
    }
    this.path = this.stroke.path ?? this.path;
    return true;
  }

  brushTo(point) {
    const { writer, give, last } = this.stroke;
    capsule(last, point, this.width, (y, left, right) => writer.row(y, left, right, give));
    this.stroke.last = point;
    this.showPart(writer.takeBox());
  }

  endStroke(event) {
    const { stroke } = this;
    this.stroke = null;
    if (!stroke) return false;
    if (stroke.writer) {
      const kind = stroke.target === null ? "eraser" : "brush";
      this.finish(kind, stroke.writer, stroke.target);
    } else if (stroke.path.length > 1) this.endPath(stroke.erases || event?.altKey);
    else return false;
    return true;
  }

  dropStroke() {
    const { stroke } = this;
    this.stroke = null;
    if (stroke?.writer) this.showPart(stroke.writer.takeBack());
    if (stroke?.path) this.path = [];
    if (stroke) this.drawPreview();
  }

  // Escape: as if it had not begun.
  cancelStroke() {
    const was = Boolean(this.stroke) || this.path.length > 0;
    this.dropStroke();
    this.endPreview();
    return was;
  }

  // ---- paths: polygon, lasso, cut

  // A corner at the first one closes a polygon.
  addVertex(point, event) {
    const [first] = this.path;
    const near = first && Math.hypot(point[0] - first[0], point[1] - first[1]) * this.scale < CLOSING_PX;
    if (near && this.tool === "polygon" && this.path.length > 2) return this.endPath(event?.altKey);
    this.path = [...this.path, point];
    return this.drawPreview();
  }

  dropVertex() {
    if (!this.path.length) return false;
    this.path = this.path.slice(0, -1);
    this.drawPreview();
    return true;
  }

  endPath(erases = false) {
    const { path, tool } = this;
    this.endPreview();
    if (tool === "split") this.cut(path);
    else if (path.length > 2) {
      const { height } = this.correction.map;
      this.drawOnce(tool, erases, (writer, give) =>
        polygon(path, height, (y, left, right) => writer.row(y, left, right, give)),
      );
    }
    return true;
  }

  endPreview() {
    this.path = [];
    this.drawPreview();
    return false;
  }

  // ---- fill: the region of one value around a point, as far as it can be seen

  fillAt({ x, y }, event) {
    const { map } = this.correction;
    const box = common(this.visibleBox(), [0, 0, map.width, map.height]);
    if (!box || !common(box, [x, y, x + 1, y + 1])) return;
    const region = regionAround(map, x, y, box);
    if (region.size > MOST_FILLED * map.width * map.height && !event?.shiftKey) {
      this.tell("That would fill more than half of the image. Hold Shift to do it all the same.");
      return;
    }
    this.drawOnce("fill", Boolean(event?.altKey), (writer, give) => region.write(writer, give));
  }

  visibleBox() {
    const [width, height] = [this.stage.clientWidth / this.scale, this.stage.clientHeight / this.scale];
    return [Math.floor(this.left), Math.floor(this.top), Math.ceil(this.left + width), Math.ceil(this.top + height)];
  }

  // ---- the pointer's ring and what is being drawn, on a canvas of their own

  hoverAt(point) {
    this.hover = point;
    if (!this.stroke || this.isDrawing || this.stroke.path) this.drawPreview();
  }

  drawPreview() {
    if (!this.correction?.isOpen) return;
    const { canvas } = this;
    const preview = this.find(".preview");
    if (preview.width !== canvas.width || preview.height !== canvas.height) {
      Object.assign(preview, { width: canvas.width, height: canvas.height });
    }
    const kept = this.context;
    this.context = preview.getContext("2d");
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, preview.width, preview.height);
    this.toImage();
    this.drawRing();
    this.drawPath();
    this.drawPoints();
    this.context = kept;
  }

  drawRing() {
    if (!this.hover || !this.isDrawing) return;
    const path = new Path2D();
    path.arc(...this.hover, this.width / 2, 0, 2 * Math.PI);
    this.strokeTwice(path, this.tool === "eraser" ? RING_EDGE : this.correction.phases[this.phase].color, 1.5);
  }

  drawPath() {
    const points = [...this.path];
    if (!points.length) return;
    const follows = this.tool === "polygon" ? this.hover : null;
    if (follows) points.push(follows);
    const path = new Path2D();
    path.moveTo(...points[0]);
    for (const point of points.slice(1)) path.lineTo(...point);
    if (this.tool === "polygon" && points.length > 2) path.closePath();
    this.strokeTwice(path, RING_EDGE, 1.5);
  }
}
