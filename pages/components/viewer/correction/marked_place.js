// Part of the corrector: a place that the link names is brought into the middle and marked.

const PLACE_SHARE = 0.8; // of the view
const PLACE_EDGE = "#ffd166";

class MarkedPlace extends AreaTool {
  // [top, left, bottom, right] in image pixels, or null. Where it is new it is gone to as soon as
  // there is a view to fill.
  markPlace(place) {
    const isNew = JSON.stringify(place) !== JSON.stringify(this.place ?? null);
    this.place = place;
    if (isNew) this.unseen = Boolean(place);
  }

  resize() {
    super.resize();
    if (!this.unseen || !this.stage.clientWidth) return;
    this.unseen = false;
    const [top, left, bottom, right] = this.place;
    const { clientWidth, clientHeight } = this.stage;
    const fitting = Math.min(clientWidth / (right - left), clientHeight / (bottom - top));
    this.scale = Math.min(MAX_SCALE, Math.max(this.fitScale() / 2, PLACE_SHARE * fitting));
    this.left = (left + right - clientWidth / this.scale) / 2;
    this.top = (top + bottom - clientHeight / this.scale) / 2;
    this.fitted = false;
    this.schedule();
  }

  drawPoints() {
    super.drawPoints();
    if (!this.place) return;
    const [top, left, bottom, right] = this.place;
    const path = new Path2D();
    path.rect(left, top, right - left, bottom - top);
    this.strokeTwice(path, PLACE_EDGE, 2.5);
  }
}
