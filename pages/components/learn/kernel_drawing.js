// Part of the kernel's stage: where its parts go, how numbers are written, how cells are drawn.

const GAP = 16, NARROW = 640, LEAST_CELL = 24, NEARLY = 0.9;
const MARK = "#e69f00";
const CELLS = { 3: 40, 5: 32, 7: 28 }; // CSS px of a cell of the sum below the pictures

// On a stage, in a window of 1280 x 720; in a larger one it is larger.
const ON_STAGE = { width: 1180, height: 500 };
const onLarger = () => Math.max(1, Math.min(innerWidth / 1280, innerHeight / 720));

// The sizes of the parts in CSS px: the sum between the two pictures, its three grids below one another
// or two and one; or all below the pictures, where that leaves them clearly larger. `rem`: the size of
// the page's type.
const arrange = (width, height, kernel, rem) => {
  const low = CELLS[kernel] ?? LEAST_CELL, caption = 1.3 * rem + 3;
  if (width < NARROW) {
    const side = (width - GAP) / 2;
    return { kind: "strip narrow", side, places: side, cell: Math.min(low, (width - 60) / 3 / kernel) };
  }
  const most = Math.max(120, Math.min(240, 0.19 * width));
  // Two pictures beside what is `taken`, and beside the places, two of which are as high as one.
  const fit = (taken, high) =>
    Math.min(Math.max((width - taken - most) / 2, (width - taken + (caption + 10) / 2) / 2.5), high - caption);
  const between = (kind, rows) => {
    const cell = Math.floor(Math.min(44, (height - rows * (caption + 4) - 4.5 * rem) / rows / kernel));
    const wide = Math.max(8 * rem, rows === 2 ? 2 * kernel * cell + GAP : kernel * cell);
    return { kind, cell, side: cell < LEAST_CELL ? 0 : fit(wide + 3 * GAP, height) };
  };
  const strip = { kind: "strip", cell: low, side: NEARLY * fit(2 * GAP, height - caption - kernel * low - 1.5 * rem) };
  const all = [between("column", 3), between("column pair", 2), strip];
  const best = all.reduce((one, other) => (other.side > one.side ? other : one));
  const side = Math.max(160, best === strip ? strip.side / NEARLY : best.side);
  return { ...best, side, places: Math.min(most, (side - caption - 10) / 2) };
};

// A number for a cell: two decimals, and nothing where it is nothing.
const short = (value) => {
  const text = value.toFixed(2);
  return Number(text) === 0 ? "0" : text.replace(/\.?0+$/, "").replace("-", "−");
};
const tight = (value) => short(value).replace("0.", ".");
const weightText = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
const grey = (value) => Math.round(255 * Math.min(1, Math.max(0, value)));
const inkOn = (level) => (level > 127 ? "#0f1214" : "#f2f2f0");
// Red above 0, blue below, as in the feature map.
const tint = (value, limit) => {
  const strength = limit ? 0.65 * Math.min(1, Math.abs(value) / limit) : 0;
  return value < 0 ? `rgba(33, 102, 172, ${strength})` : `rgba(178, 24, 43, ${strength})`;
};
const largest = (rows) => Math.max(...rows.flat().map(Math.abs));
const smooth = (part) => part * part * (3 - 2 * part);

// A canvas of CSS px, sharp on any screen.
const sized = (canvas, width, height, enlarged = 1) => {
  const ratio = (window.devicePixelRatio || 1) * enlarged;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  if (canvas.style) Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
};

// The padded patch: each pixel its grey, its value where there is room, the border set off.
const drawCells = (context, data, cell) => {
  const { padded, padding } = data;
  const rows = padded.length, columns = padded[0].length;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${Math.round(cell * 0.42)}px sans-serif`;
  padded.forEach((line, row) => line.forEach((value, column) => {
    const level = grey(value), x = column * cell, y = row * cell;
    const isBorder = row < padding || column < padding || row >= rows - padding || column >= columns - padding;
    context.fillStyle = `rgb(${level}, ${level}, ${level})`;
    context.fillRect(x, y, cell, cell);
    if (isBorder) {
      context.fillStyle = "rgba(230, 159, 0, 0.22)";
      context.fillRect(x, y, cell, cell);
    }
    context.strokeStyle = "rgba(128, 128, 128, 0.35)";
    context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
    if (cell >= 20 || (isBorder && cell >= 12 && value === 0)) {
      context.fillStyle = inkOn(level);
      context.fillText(tight(value), x + cell / 2, y + cell / 2 + 1);
    }
  }));
  if (!padding) return;
  context.setLineDash([6, 4]);
  context.lineWidth = 2;
  context.strokeStyle = MARK;
  context.strokeRect(padding * cell, padding * cell, (columns - 2 * padding) * cell, (rows - 2 * padding) * cell);
  context.setLineDash([]);
};

// The kernel on the patch, its weights as tints; `row` and `column` of its first tap may lie between
// two pixels while it slides.
const drawKernel = (context, data, cell, row, column) => {
  const { kernel, dilation } = data;
  const limit = largest(kernel), span = dilation * (kernel.length - 1) + 1;
  kernel.forEach((line, i) => line.forEach((weight, j) => {
    const x = (column + j * dilation) * cell, y = (row + i * dilation) * cell;
    context.fillStyle = tint(weight, limit);
    context.fillRect(x, y, cell, cell);
    if (dilation > 1) outline(context, x, y, cell, cell, 2);
  }));
  outline(context, column * cell, row * cell, span * cell, span * cell, 3);
};

// A frame that is seen on black and on white.
const outline = (context, x, y, width, height, line) => {
  context.lineWidth = line + 2;
  context.strokeStyle = "rgba(0, 0, 0, 0.65)";
  context.strokeRect(x, y, width, height);
  context.lineWidth = line;
  context.strokeStyle = MARK;
  context.strokeRect(x, y, width, height);
};

// The map as far as it is filled, one more pixel where the pointer is.
const drawMap = (context, data, cell, reached, shown) => {
  const columns = data.map[0].length, count = data.colors.length;
  for (let index = 0; index < count; index++) {
    const x = (index % columns) * cell, y = Math.floor(index / columns) * cell;
    if (index < reached || index === shown) {
      context.fillStyle = data.colors[index];
      context.fillRect(x, y, cell, cell);
    }
    context.lineWidth = 1;
    context.strokeStyle = "rgba(128, 128, 128, 0.35)";
    context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
  }
  outline(context, (shown % columns) * cell, Math.floor(shown / columns) * cell, cell, cell, 2);
};
