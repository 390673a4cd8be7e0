// A small painter: closed curves filled with plain color, gradients and light. Coverage is computed
// from four lines a pixel row, exact along each line. Knows nothing of files.

/** "#rrggbb" or "#rrggbbaa" to numbers. */
export function color(hex) {
  const part = (at) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5), hex.length > 7 ? part(7) / 255 : 1];
}

const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);

/** Colors along a line from one point to another; stops are [position, color]. */
export function linear([x0, y0], [x1, y1], ...stops) {
  const list = stops.map(([at, hex]) => [at, color(hex)]);
  const length = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  return (x, y) => along(list, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length);
}

/** Colors outwards from a center. */
export function radial([cx, cy], radius, ...stops) {
  const list = stops.map(([at, hex]) => [at, color(hex)]);
  return (x, y) => along(list, Math.hypot(x - cx, y - cy) / radius);
}

function along(stops, t) {
  if (t <= stops[0][0]) return stops[0][1];
  for (let i = 1; i < stops.length; i += 1) {
    const [at, to] = stops[i];
    const [before, from] = stops[i - 1];
    if (t <= at) return mix(from, to, (t - before) / (at - before));
  }
  return stops.at(-1)[1];
}

/** A smooth closed curve through points (Catmull-Rom). */
export function smooth(points, steps = 12) {
  const out = [];
  const n = points.length;
  for (let i = 0; i < n; i += 1) {
    const [p0, p1, p2, p3] = [-1, 0, 1, 2].map((by) => points[(i + by + n) % n]);
    for (let s = 0; s < steps; s += 1) {
      const t = s / steps;
      out.push([0, 1].map((c) => 0.5 * (2 * p1[c] + (p2[c] - p0[c]) * t + (2 * p0[c] - 5 * p1[c] + 4 * p2[c] - p3[c]) * t * t + (3 * p1[c] - p0[c] - 3 * p2[c] + p3[c]) * t ** 3)));
    }
  }
  return out;
}

export function ellipse(cx, cy, rx, ry = rx, turn = 0) {
  return Array.from({ length: 96 }, (_, i) => {
    const a = (i / 96) * Math.PI * 2;
    const [x, y] = [Math.cos(a) * rx, Math.sin(a) * ry];
    return [cx + x * Math.cos(turn) - y * Math.sin(turn), cy + x * Math.sin(turn) + y * Math.cos(turn)];
  });
}

export function box(x, y, width, height, radius = 0) {
  const r = Math.min(radius, width / 2, height / 2);
  if (r === 0) return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
  const corner = (cx, cy, from) => Array.from({ length: 9 }, (_, i) => {
    const a = from + (i / 8) * (Math.PI / 2);
    return [cx + Math.cos(a) * r, cy + Math.sin(a) * r];
  });
  return [
    ...corner(x + width - r, y + height - r, 0),
    ...corner(x + r, y + height - r, Math.PI / 2),
    ...corner(x + r, y + r, Math.PI),
    ...corner(x + width - r, y + r, 1.5 * Math.PI),
  ];
}

const LINES = 4;

export class Canvas {
  constructor(width, height, unit = 1) {
    this.width = width;
    this.height = height;
    /** Pixels per unit of the drawing, so that one drawing serves many sizes. */
    this.unit = unit;
    this.pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  }

  /** Fills a closed path (even-odd) with a color or a function of the place. */
  fill(path, paint) {
    const points = path.map(([x, y]) => [x * this.unit, y * this.unit]);
    const at = typeof paint === "string" ? () => plain : paint;
    const plain = typeof paint === "string" ? color(paint) : undefined;
    const ys = points.map(([, y]) => y);
    const top = Math.max(0, Math.floor(Math.min(...ys)));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(...ys)));
    const cover = new Float32Array(this.width);
    for (let row = top; row <= bottom; row += 1) {
      cover.fill(0);
      for (let line = 0; line < LINES; line += 1) {
        const crossings = [];
        const y = row + (line + 0.5) / LINES;
        for (let i = 0; i < points.length; i += 1) {
          const [x0, y0] = points[i];
          const [x1, y1] = points[(i + 1) % points.length];
          if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
        }
        crossings.sort((a, b) => a - b);
        for (let i = 0; i + 1 < crossings.length; i += 2) this.#span(cover, crossings[i], crossings[i + 1]);
      }
      for (let x = 0; x < this.width; x += 1) if (cover[x] > 0) this.#blend(x, row, at((x + 0.5) / this.unit, (row + 0.5) / this.unit), cover[x]);
    }
    return this;
  }

  #span(cover, from, to) {
    const start = Math.max(0, from);
    const end = Math.min(this.width, to);
    for (let x = Math.floor(start); x < end; x += 1) cover[x] += (Math.min(x + 1, end) - Math.max(x, start)) / LINES;
  }

  #blend(x, y, [r, g, b, a], cover) {
    const i = (y * this.width + x) * 4;
    const t = Math.min(1, cover) * a;
    [r, g, b].forEach((value, c) => (this.pixels[i + c] += (value - this.pixels[i + c]) * t));
  }
}
