// Part of the corrector: the label map as colours. The view is covered by square tiles, made for the
// zoom as they come into sight; a change repaints only its own rectangle of those that are visible.

const TILE = 512; // tile px
const MOST_TILES = 96;
const FILL = 96; // alpha of an object's inside
const CONFIRMED_FILL = 40;
const EDGE = 255;

// Premultiplied by nothing: red, green, blue, alpha in one number, as ImageData has them.
export function packed(color, alpha) {
  const value = Number.parseInt(color.slice(1), 16);
  return (((value >> 16) & 255) | (value & 0xff00) | ((value & 255) << 16) | (alpha << 24)) >>> 0;
}

export class LabelTiles {
  // paints(value) -> { fill, edge }, packed.
  constructor(map, paints) {
    Object.assign(this, { map, paints });
    this.tiles = new Map(); // "level column row" -> { canvas, image, colors, dirty }
  }

  // How often the map is halved for this zoom, in device px per image px.
  static levelFor(scale) {
    return Math.max(0, Math.floor(Math.log2(1 / scale)));
  }

  // Has to be painted again: a box of the map, or all of it.
  touch(box = [0, 0, this.map.width, this.map.height]) {
    const room = [box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1]; // edges of neighbours change too
    for (const tile of this.tiles.values()) {
      const part = common(room, tile.box);
      if (part) tile.dirty = united(tile.dirty, part);
    }
  }

  // Draws what lies in `box` (image px) at `level`, in image coordinates.
  draw(context, box, level) {
    const side = TILE << level;
    for (let row = Math.floor(box[1] / side); row * side < box[3]; row++) {
      for (let column = Math.floor(box[0] / side); column * side < box[2]; column++) {
        const tile = this.tile(level, column, row);
        if (tile.dirty) this.paint(tile, level);
        context.drawImage(tile.canvas, tile.box[0], tile.box[1], tile.canvas.width << level, tile.canvas.height << level);
      }
    }
  }

  tile(level, column, row) {
    const name = `${level} ${column} ${row}`;
    let tile = this.tiles.get(name);
    // The newest last, so that the first is the one to go.
    if (tile) this.tiles.delete(name);
    else tile = this.newTile(level, column, row);
    this.tiles.set(name, tile);
    if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
    return tile;
  }

  newTile(level, column, row) {
    const [left, top] = [column * (TILE << level), row * (TILE << level)];
    const [right, bottom] = [
      Math.min(this.map.width, left + (TILE << level)),
      Math.min(this.map.height, top + (TILE << level)),
    ];
    const canvas = new OffscreenCanvas(Math.ceil((right - left) / 2 ** level), Math.ceil((bottom - top) / 2 ** level));
    const image = new ImageData(canvas.width, canvas.height);
    const colors = new Uint32Array(image.data.buffer);
    const context = canvas.getContext("2d");
    return { canvas, context, image, colors, box: [left, top, right, bottom], dirty: [left, top, right, bottom] };
  }

  paint(tile, level) {
    const { values, width, height } = this.map;
    const step = 1 << level;
    const [left, top] = tile.box;
    const [x0, y0] = [(tile.dirty[0] - left) >> level, (tile.dirty[1] - top) >> level];
    const x1 = Math.min(tile.image.width, ((tile.dirty[2] - left - 1) >> level) + 1);
    const y1 = Math.min(tile.image.height, ((tile.dirty[3] - top - 1) >> level) + 1);
    let [seen, fill, edge] = [-1, 0, 0];
    for (let y = y0; y < y1; y++) {
      const line = top + (y << level);
      const above = line >= step ? step * width : 0;
      const below = line + step < height ? step * width : 0;
      let to = y * tile.image.width + x0;
      for (let x = x0; x < x1; x++, to++) {
        const across = left + (x << level);
        const at = line * width + across;
        const value = values[at];
        if (value !== seen) {
          seen = value;
          ({ fill, edge } = this.paints(value));
        }
        const isEdge =
          values[at - above] !== value ||
          values[at + below] !== value ||
          (across >= step && values[at - step] !== value) ||
          (across + step < width && values[at + step] !== value);
        tile.colors[to] = isEdge ? edge : fill;
      }
    }
    tile.context.putImageData(tile.image, 0, 0, x0, y0, x1 - x0, y1 - y0);
    tile.dirty = null;
  }
}

function common(box, other) {
  const part = [
    Math.max(box[0], other[0]),
    Math.max(box[1], other[1]),
    Math.min(box[2], other[2]),
    Math.min(box[3], other[3]),
  ];
  return part[0] < part[2] && part[1] < part[3] ? part : null;
}
