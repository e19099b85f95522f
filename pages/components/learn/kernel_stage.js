// The kernel's stage: the patch with the kernel on it, the sum behind one pixel, the feature map as far
// as it is filled, and both whole pictures with the patch in them.

const STILL_ABOVE = 16; // positions per second up to which the kernel is seen to slide

class KernelStage extends Playing {
  buildSum() {
    const { kernel } = this.data, size = kernel.length;
    this.cells = [];
    const parts = ["Window", "Kernel", "Products"].map((title) => {
      const grid = document.createElement("div"), table = document.createElement("table");
      grid.className = "grid";
      grid.append(Object.assign(document.createElement("p"), { textContent: title }), table);
      table.className = title.toLowerCase();
      const cells = kernel.map(() => {
        const line = table.insertRow();
        return Array.from({ length: size }, () => line.insertCell());
      });
      this.cells.push(cells);
      return grid;
    });
    const sign = (text) => Object.assign(document.createElement("span"), { className: "sign", textContent: text });
    this.find(".grids").replaceChildren(parts[0], sign("×"), parts[1], sign("="), parts[2]);
    this.written = null;
  }

  layOut() {
    if (!this.data) return;
    const { padded, map } = this.data;
    const { onStage } = this.data;
    const width = onStage ? ON_STAGE.width * onLarger() : Math.floor(this.slide.clientWidth);
    if (!width) return;
    this.slide.style.width = onStage ? `${width}px` : "";
    this.slide.style.margin = onStage ? "0 auto" : "";
    // A stage is enlarged as a whole, and its pictures are to stay sharp.
    const enlarged = onStage ? Math.max(1, this.slide.getBoundingClientRect().width / width) : 1;
    const top = this.find(".stage").getBoundingClientRect().top + this.scrolled();
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const room = onStage ? ON_STAGE.height * onLarger() : Math.max(360, window.innerHeight - top - 1.5 * rem);
    const found = arrange(width, room, this.data.kernel.length, rem);
    this.slide.className = `slide ${found.kind}`;
    const most = Math.max(padded.length, padded[0].length);
    this.cell = Math.max(4, Math.floor(found.side / most));
    const side = this.cell * most;
    for (const name of ["micrograph", "whole"]) {
      const { height, width: wide } = this.data.micrograph;
      const scale = found.places / Math.max(height, wide);
      this[name] = sized(this.find(`.${name}`), wide * scale, height * scale, enlarged);
    }
    this.scale = found.places / Math.max(this.data.micrograph.height, this.data.micrograph.width);
    this.find(".places").style.width = `${found.places}px`;
    if (found.kind.includes("narrow")) this.find(".places").style.width = "100%";
    for (const figure of this.slide.querySelectorAll(".stage > figure")) figure.style.width = `${Math.max(side, 120)}px`;
    this.base = document.createElement("canvas");
    drawCells(sized(this.base, padded[0].length * this.cell, padded.length * this.cell, enlarged), this.data, this.cell);
    this.patch = sized(this.find(".patch canvas"), padded[0].length * this.cell, padded.length * this.cell, enlarged);
    this.map = sized(this.find(".map canvas"), map[0].length * this.cell, map.length * this.cell, enlarged);
    const inset = (rows, columns) => `${((padded.length - rows) / 2) * this.cell}px ${((most - columns) / 2) * this.cell}px`;
    this.find(".map canvas").style.margin = inset(map.length, map[0].length);
    this.find(".grids").style.width = found.kind.includes("pair") ? `${2 * this.data.kernel.length * found.cell + 24}px` : "";
    for (const td of this.slide.querySelectorAll("td")) {
      Object.assign(td.style, { width: `${found.cell}px`, height: `${found.cell}px`, fontSize: `${Math.max(9, found.cell * 0.36)}px` });
    }
    this.find(".patch-title").textContent = this.patchTitle();
    this.find(".map-title").textContent = `Its feature map, ${map[0].length} × ${map.length}`;
    this.schedule();
  }

  patchTitle() {
    const { place, padding } = this.data;
    return `Patch, ${place.width} × ${place.height} px` + (padding ? `, ${padding} px of padding` : "");
  }

  // How far the page is scrolled, whatever scrolls it.
  scrolled() {
    let part = this.slide.getRootNode().host;
    while (part && part.scrollHeight <= part.clientHeight + 1) part = part.parentElement;
    return part?.scrollTop ?? 0;
  }

  draw() {
    if (!this.patch) return;
    const { data, cell } = this, shown = this.shown();
    const [row, column] = this.kernelPlace(shown);
    this.patch.drawImage(this.base, 0, 0, data.padded[0].length * cell, data.padded.length * cell);
    drawKernel(this.patch, data, cell, row, column);
    this.map.clearRect(0, 0, this.columns * cell, data.map.length * cell);
    drawMap(this.map, data, cell, this.reached, shown);
    this.drawPlaces();
    this.writeSum(shown);
    this.slide.dataset.reached = this.reached;
  }

  // The input row and column of the kernel's first tap, between two positions while it slides.
  kernelPlace(shown) {
    const { stride } = this.data, [row, column] = this.rowColumn(shown);
    const part = this.way - this.at();
    const slides = this.playing && this.hover === null && this.rate <= STILL_ABOVE && !this.still.matches;
    if (!slides || part === 0) return [row * stride, column * stride];
    const [nextRow, nextColumn] = this.rowColumn(Math.min(shown + 1, this.count - 1));
    const moved = smooth(Math.max(0, (part - 0.5) / 0.5));
    return [(row + (nextRow - row) * moved) * stride, (column + (nextColumn - column) * moved) * stride];
  }

  drawPlaces() {
    const { place, micrograph } = this.data, scale = this.scale;
    const [row, column] = this.placeMiddle();
    const inside = (middle, side, length) => Math.max(0, Math.min(middle - Math.floor(side / 2), length - side));
    const top = inside(row, place.height, micrograph.height), left = inside(column, place.width, micrograph.width);
    for (const name of ["micrograph", "whole"]) {
      const context = this[name], picture = this.pictures[name];
      if (picture.complete && picture.naturalWidth) {
        context.drawImage(picture, 0, 0, micrograph.width * scale, micrograph.height * scale);
      }
      outline(context, left * scale, top * scale, place.width * scale, place.height * scale, 2);
    }
  }

  writeSum(shown) {
    if (this.written === shown) return;
    this.written = shown;
    const { padded, kernel, stride, dilation, map } = this.data;
    const [row, column] = this.rowColumn(shown);
    const window = kernel.map((line, i) => line.map((_, j) => padded[row * stride + i * dilation][column * stride + j * dilation]));
    const products = kernel.map((line, i) => line.map((weight, j) => weight * window[i][j]));
    const limits = [1, largest(kernel), largest(products)];
    const size = this.cells[0][0][0].clientWidth;
    [window, kernel, products].forEach((values, part) => values.forEach((line, i) => line.forEach((value, j) => {
      const td = this.cells[part][i][j], level = grey(value);
      td.textContent = part === 1 ? weightText(value) : size < 34 ? tight(value) : short(value);
      td.title = value.toFixed(4);
      td.style.background = part ? tint(value, limits[part]) : `rgb(${level}, ${level}, ${level})`;
      td.style.color = part ? "" : inkOn(level);
    })));
    this.find(".where").textContent = `Sum: row ${row}, column ${column}`;
    this.find("output").textContent = map[row][column].toFixed(4).replace("-", "−");
  }
}

export default mounted(KernelStage);
