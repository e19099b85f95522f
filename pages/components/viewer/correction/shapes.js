// Part of the corrector: shapes as rows of pixels. A pixel belongs to a shape that covers its middle,
// as in core/segmentation/forest/strokes.py. A canvas is never asked: it draws with half-covered edges, and
// differently in each browser.

// Rows of a brush `width` px wide drawn straight from one point to another: row(y, left, right).
export function capsule([ax, ay], [bx, by], width, row) {
  // A thin brush between two pixels would mark neither.
  const radius = Math.max(width / 2, Math.SQRT1_2);
  const length = Math.hypot(bx - ax, by - ay);
  const [sideX, sideY] = length ? [((by - ay) / length) * radius, ((ax - bx) / length) * radius] : [0, 0];
  const corners = [
    [ax + sideX, ay + sideY],
    [bx + sideX, by + sideY],
    [bx - sideX, by - sideY],
    [ax - sideX, ay - sideY],
  ];
  const top = Math.floor(Math.min(ay, by) - radius);
  const bottom = Math.floor(Math.max(ay, by) + radius);
  for (let y = top; y <= bottom; y++) {
    const middle = y + 0.5;
    let [from, to] = [Infinity, -Infinity];
    const reach = (x) => {
      from = Math.min(from, x);
      to = Math.max(to, x);
    };
    for (const [x, center] of [[ax, ay], [bx, by]]) {
      const half = radius * radius - (middle - center) ** 2;
      if (half < 0) continue;
      reach(x - Math.sqrt(half));
      reach(x + Math.sqrt(half));
    }
    corners.forEach((one, index) => {
      const other = corners[(index + 1) % 4];
      const x = crossing(one, other, middle);
      if (x !== null) reach(x);
    });
    const [left, right] = [Math.ceil(from - 0.5), Math.floor(to - 0.5) + 1];
    if (left < right) row(y, left, right);
  }
}

// Rows inside a closed polygon, by the even-odd rule.
export function polygon(points, height, row) {
  const ys = points.map(([, y]) => y);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(height - 1, Math.floor(Math.max(...ys)));
  for (let y = top; y <= bottom; y++) {
    const xs = [];
    points.forEach((one, index) => {
      const x = crossing(one, points[(index + 1) % points.length], y + 0.5);
      if (x !== null) xs.push(x);
    });
    xs.sort((one, other) => one - other);
    for (let at = 0; at + 1 < xs.length; at += 2) {
      // A middle exactly on the first edge counts, on the second one not.
      const [left, right] = [Math.ceil(xs[at] - 0.5), Math.ceil(xs[at + 1] - 0.5)];
      if (left < right) row(y, left, right);
    }
  }
}

// Pixels along a line, each sharing a side with the next, so that nothing slips through between them.
export function lineOfPixels(points) {
  const pixels = points.map(([x, y]) => [Math.floor(x), Math.floor(y)]);
  const path = [pixels[0]];
  for (const [toX, toY] of pixels.slice(1)) {
    let [x, y] = path[path.length - 1];
    const [fromX, fromY] = [x, y];
    const [wide, high] = [Math.abs(toX - x), Math.abs(toY - y)];
    while (x !== toX || y !== toY) {
      const doneX = wide ? (Math.abs(x - fromX) + 0.5) / wide : Infinity;
      const doneY = high ? (Math.abs(y - fromY) + 0.5) / high : Infinity;
      if (doneX <= doneY) x += Math.sign(toX - x);
      else y += Math.sign(toY - y);
      path.push([x, y]);
    }
  }
  return path;
}

// Where the line between two points crosses the height `y`; null where it does not.
function crossing([ax, ay], [bx, by], y) {
  if (ay <= y === by <= y) return null;
  return ax + ((y - ay) / (by - ay)) * (bx - ax);
}
