// Part of the corrector: an area in which everything is right is confirmed as a whole: a box that is
// dragged. A click on one takes it back.

const AREA_DASH_PX = [7, 5]; // CSS px
const AREA_EDGE = "#ffffff";

class AreaTool extends LikeTool {
  beginStroke(event) {
    if (this.tool !== "area") return super.beginStroke(event);
    const alone = this.pointers.size === 1;
    if (!this.correction?.canEdit || !alone || this.holding || event.button !== 0) return undefined;
    this.stroke = { from: this.exactPoint(event), at: [event.clientX, event.clientY], to: null };
    return undefined;
  }

  endStroke(event) {
    const { stroke } = this;
    if (this.tool !== "area" || !stroke?.from) return super.endStroke(event);
    this.stroke = null;
    if (event && stroke.to) this.confirmArea(stroke.from, stroke.to);
    else if (event) this.openArea(stroke.from);
    this.drawPreview();
    return true;
  }

  choose(point, event) {
    if (this.tool !== "area") return super.choose(point, event);
    return this.openArea([point.x, point.y]);
  }

  // What is dragged becomes whole pixels of the image.
  confirmArea([x, y], [other, below]) {
    const { areas, map } = this.correction;
    const box = common(
      [Math.floor(Math.min(x, other)), Math.floor(Math.min(y, below)), Math.ceil(Math.max(x, other)), Math.ceil(Math.max(y, below))],
      [0, 0, map.width, map.height],
    );
    if (!box) return;
    const [left, top, right, bottom] = box;
    this.correction.confirmAreas([...areas, [top, left, bottom, right]]);
  }

  // The newest area at a point is not confirmed any more.
  openArea([x, y]) {
    const { areas } = this.correction;
    const index = areas.findLastIndex(([top, left, bottom, right]) => x >= left && x < right && y >= top && y < bottom);
    if (index < 0) this.tell("Drag a box over an area where everything is right. A click on one takes it back.");
    else this.correction.confirmAreas(areas.filter((_, other) => other !== index));
  }

  drawPoints() {
    super.drawPoints();
    const dragged = this.tool === "area" && this.stroke?.to ? [[this.stroke.from, this.stroke.to]] : [];
    const boxes = dragged.map(([[x, y], [other, below]]) => [y, x, below, other]);
    this.context.setLineDash(AREA_DASH_PX.map((length) => length / this.scale));
    for (const [top, left, bottom, right] of [...this.correction.areas, ...boxes]) {
      const path = new Path2D();
      path.rect(left, top, right - left, bottom - top);
      this.strokeTwice(path, AREA_EDGE, 1.5);
    }
    this.context.setLineDash([]);
  }
}
