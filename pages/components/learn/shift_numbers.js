// Part of the shifting stage: what the room core.concepts.equivariance computes, for every frame of
// a drag. Images are { height, width, values }, row by row; a test compares the two.

const image = (height, width) => ({ height, width, values: new Float64Array(height * width) });
const around = (at, length) => ((at % length) + length) % length;

// What leaves on one side comes in on the other.
const rolled = (from, rows, columns) => {
  const { height, width } = from, to = image(height, width);
  const left = around(columns, width);
  for (let row = 0; row < height; row++) {
    const line = around(row - rows, height) * width, start = row * width;
    to.values.set(from.values.subarray(line, line + width - left), start + left);
    to.values.set(from.values.subarray(line + width - left, line + width), start);
  }
  return to;
};

const padded = (from, padding, mode) => {
  const to = image(from.height + 2 * padding, from.width + 2 * padding);
  for (let row = 0; row < to.height; row++) {
    for (let column = 0; column < to.width; column++) {
      let y = row - padding, x = column - padding;
      const isOutside = y < 0 || x < 0 || y >= from.height || x >= from.width;
      if (isOutside && mode === "zero") continue;
      y = around(y, from.height);
      x = around(x, from.width);
      to.values[row * to.width + column] = from.values[y * from.width + x];
    }
  }
  return to;
};

const convolved = (from, { kernel, padding, stride, mode }) => {
  const wide = padded(from, padding, mode), size = kernel.length;
  const outputs = (length) => Math.floor((length + 2 * padding - size) / stride) + 1;
  const to = image(outputs(from.height), outputs(from.width));
  kernel.forEach((line, i) => line.forEach((weight, j) => {
    if (!weight) return;
    for (let row = 0; row < to.height; row++) {
      let read = (row * stride + i) * wide.width + j;
      const end = (row + 1) * to.width;
      for (let at = row * to.width; at < end; at++, read += stride) to.values[at] += weight * wide.values[read];
    }
  }));
  return to;
};

// The largest of 2 x 2 px, every `stride` px; around the end where they overlap.
const largestOf = (from, stride) => {
  const { height, width, values } = from;
  const to = image(Math.floor(height / stride), Math.floor(width / stride));
  for (let row = 0; row < to.height; row++) {
    const upper = row * stride * width, lower = around(row * stride + 1, height) * width;
    for (let column = 0; column < to.width; column++) {
      const left = column * stride, right = around(left + 1, width);
      to.values[row * to.width + column] = Math.max(
        values[upper + left], values[upper + right], values[lower + left], values[lower + right],
      );
    }
  }
  return to;
};

const applied = (from, layer) => {
  if (layer.kind === "max pooling") return largestOf(from, 2);
  return convolved(layer.kind === "blurred pooling" ? largestOf(from, 1) : from, layer);
};

const EQUAL = 1e-9;
// Shift, then layer, against layer, then shift; `scale`: the deviation of the map at rest.
const compared = (first, after, scale) => {
  const difference = image(first.height, first.width);
  let largest = 0, differing = 0, squares = 0;
  for (let at = 0; at < first.values.length; at++) {
    const gap = first.values[at] - after.values[at], size = Math.abs(gap);
    difference.values[at] = gap;
    if (size > largest) largest = size;
    if (size > EQUAL) differing++;
    squares += gap * gap;
  }
  const count = first.values.length;
  return { difference, largest, differing: differing / count, relative: Math.sqrt(squares / count) / scale };
};

const deviation = ({ values }) => {
  let sum = 0, squares = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
};

// The three outputs of each head. `flat`: bytes RGBA of a picture as wide as `flatWidth`.
const headOutputs = (found, { flat, flatWidth, coarse, mean, half }) => {
  const { height, width, values } = found, outputs = mean.length;
  const grid = Math.min(coarse.length, height, width);
  const flattened = Array(outputs).fill(0), pooled = Array(outputs).fill(0);
  const sums = Array.from({ length: grid }, () => Array(grid).fill(0));
  const edge = (index, length) => Math.floor((index * length) / grid);
  const windows = (length) => {
    const found = new Int32Array(length);
    for (let index = 0; index < grid; index++) found.fill(index, edge(index, length), edge(index + 1, length));
    return found;
  };
  const rowOf = windows(height), columnOf = windows(width);
  let total = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = values[row * width + column];
      if (value <= 0) continue;
      total += value;
      sums[rowOf[row]][columnOf[column]] += value;
      const at = 4 * (row * flatWidth + column);
      for (let output = 0; output < outputs; output++) flattened[output] += (value * (flat[at + output] - half)) / half;
    }
  }
  sums.forEach((line, i) => line.forEach((sum, j) => {
    const area = (edge(i + 1, height) - edge(i, height)) * (edge(j + 1, width) - edge(j, width));
    for (let output = 0; output < outputs; output++) pooled[output] += (sum / area) * coarse[i][j][output];
  }));
  const average = total / values.length;
  return [flattened, pooled, mean.map((weight) => weight * average)];
};

const length = (vector) => Math.hypot(...vector);
const movedBy = (before, after) => length(after.map((value, at) => value - before[at])) / (length(before) || 1);
