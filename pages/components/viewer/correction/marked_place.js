// Part of the corrector: a place that the link names is brought into the middle and marked.

const PLACE_SHARE = 0.8; // of the view
const PLACE_EDGE = "#7fd8ff";

class MarkedPlace extends AreaTool {
  // [top, left, bottom, right] in image pixels, or null.
  markPlace(place) {
    const isNew = JSON.stringify(place) !== JSON.stringify(this.place ?? null);
    this.place = place;
    if (isNew) this.showsPlace = Boolean(place);
  }

  // The place stays in the middle, also where a line of text takes room, until the view is moved.
  resize() {
    super.resize();
    if (this.showsPlace && this.stage.clientWidth) this.showPlace();
  }

  lead() {
    this.showsPlace = false;
    super.lead();
  }

  goTo(id) {
    this.showsPlace = false;
    super.goTo(id);
  }

  showPlace() {
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
