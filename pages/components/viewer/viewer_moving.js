// Part of the viewer: where the view stands, zooming and moving it, alone or in step with others.

const MAX_SCALE = 64; // CSS px per image pixel
const MOVED = "lamella-viewer-moved"; // of the window: tells the other viewers of a group

class Moving extends Drawing {
  constructor(root) {
    super(root);
    this.fitted = true;
    this.focused = false;
    this.follower = (event) => this.follow(event.detail);
    window.addEventListener(MOVED, this.follower);
  }

  // What the user sees of this image, the other viewers of its group show of theirs.
  lead() {
    this.schedule();
    const { group } = this.data;
    if (!group) return;
    const { scale, fitted } = this;
    const x = this.left + this.stage.clientWidth / scale / 2;
    const y = this.top + this.stage.clientHeight / scale / 2;
    window.dispatchEvent(new CustomEvent(MOVED, { detail: { group, from: this, x, y, scale, fitted } }));
  }

  follow({ group, from, x, y, scale, fitted }) {
    if (from === this || !group || group !== this.data.group || !this.data.image) return;
    this.scale = scale;
    this.left = x - this.stage.clientWidth / scale / 2;
    this.top = y - this.stage.clientHeight / scale / 2;
    this.fitted = fitted;
    if (fitted) this.fit();
    this.schedule();
  }

  resize() {
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.stage;
    if (!clientWidth || !this.data.image) return;
    const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.fitted) this.fit();
    this.placeDivider();
    this.schedule();
  }

  fitScale() {
    const { width, height } = this.data.image;
    return Math.min(this.stage.clientWidth / width, this.stage.clientHeight / height);
  }

  // Shows the whole image, or what Python asks to look at first.
  fit() {
    const { width, height } = this.data.image;
    const [top, left, bottom, right] = (this.focused && this.data.focus) || [0, 0, height, width];
    const { clientWidth, clientHeight } = this.stage;
    const fitting = Math.min(clientWidth / (right - left), clientHeight / (bottom - top));
    this.scale = this.focused ? Math.min(MAX_SCALE, fitting) : fitting;
    this.left = (left + right - clientWidth / this.scale) / 2;
    this.top = (top + bottom - clientHeight / this.scale) / 2;
    this.fitted = true;
    this.schedule();
  }

  fitAll() {
    this.focused = false;
    this.fit();
    this.lead();
  }

  // Zoom by a factor; the image point under (x, y), in CSS px of the stage, stays there.
  zoom(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const scale = Math.min(MAX_SCALE, Math.max(this.fitScale() / 2, this.scale * factor));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    this.fitted = false;
    this.keepInSight();
  }

  move(dx, dy) {
    this.left += dx / this.scale;
    this.top += dy / this.scale;
    this.fitted = false;
    this.keepInSight();
  }

  keepInSight() {
    const { width, height } = this.data.image;
    const halfWidth = this.stage.clientWidth / this.scale / 2;
    const halfHeight = this.stage.clientHeight / this.scale / 2;
    this.left = Math.min(width - halfWidth, Math.max(-halfWidth, this.left));
    this.top = Math.min(height - halfHeight, Math.max(-halfHeight, this.top));
    this.lead();
  }

  // A selected object that is out of sight comes to the middle, at the same zoom.
  bringIntoSight(box, zoom) {
    const [x0, y0, x1, y1] = box.map((value) => value * zoom);
    const width = this.stage.clientWidth / this.scale;
    const height = this.stage.clientHeight / this.scale;
    if (x1 > this.left && x0 < this.left + width && y1 > this.top && y0 < this.top + height) return;
    this.left = (x0 + x1 - width) / 2;
    this.top = (y0 + y1 - height) / 2;
    this.fitted = false;
    this.schedule();
  }
}
