// A picture of lines over two logarithmic axes, as SVG that is readable on light and dark pages.

const WIDE = 720, HIGH = 380, LEFT = 64, RIGHT = 130, TOP = 44, BOTTOM = 52;
const COLORS = ["#0b7a4b", "#4a6fb5", "#8a5bb0", "#c2571a", "#b3261e"];

const text = (value) => String(value).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const powers = ([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => 10 ** (from + n));
const range = (values) => [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
const short = (value) => (value >= 1 ? value.toLocaleString("en") : String(value));

/** Draws lines of `[across, up]`, all above zero. The first line is the one that matters. */
export function chart({ title, across, up, lines }) {
  const [x, y] = [0, 1].map((axis) => range(lines.flatMap(({ points }) => points.map((point) => point[axis]))));
  const at = (value, [from, to], start, length) => start + ((Math.log10(value) - from) / (to - from || 1)) * length;
  const right = (value) => at(value, x, LEFT, WIDE - LEFT - RIGHT).toFixed(1);
  const down = (value) => (HIGH - at(value, y, BOTTOM, HIGH - TOP - BOTTOM)).toFixed(1);
  const grid = [
    ...powers(x).map((value) => `<path class="grid" d="M${right(value)} ${TOP}V${HIGH - BOTTOM}"/><text x="${right(value)}" y="${HIGH - BOTTOM + 18}" text-anchor="middle">${short(value)}</text>`),
    ...powers(y).map((value) => `<path class="grid" d="M${LEFT} ${down(value)}H${WIDE - RIGHT}"/><text x="${LEFT - 8}" y="${down(value)}" dy="4" text-anchor="end">${short(value)}</text>`),
  ];
  // Names stand at the ends of their lines, apart from each other.
  const ends = lines.map(({ name, points }, n) => ({ name, n, y: Number(down(points.at(-1)[1])) })).sort((a, b) => a.y - b.y);
  ends.forEach((end, n) => {
    if (n > 0) end.y = Math.max(end.y, ends[n - 1].y + 16);
  });
  const drawn = lines.map(({ points }, n) => `<polyline points="${points.map(([a, b]) => `${right(a)},${down(b)}`).join(" ")}" fill="none" stroke="${COLORS[n % COLORS.length]}" stroke-width="${n === 0 ? 3.5 : 2}"/>`);
  const names = ends.map(({ name, n, y: place }) => `<text x="${WIDE - RIGHT + 8}" y="${place}" dy="4" style="fill:${COLORS[n % COLORS.length]}${n === 0 ? ";font-weight:bold" : ""}">${text(name)}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDE} ${HIGH}" role="img" aria-label="${text(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#666}.grid{stroke:#8884;fill:none}</style>
<text x="${LEFT}" y="24" style="font-weight:bold;font-size:15px">${text(title)}</text>
${[...grid, ...drawn, ...names].join("\n")}
<text x="${(LEFT + WIDE - RIGHT) / 2}" y="${HIGH - 12}" text-anchor="middle">${text(across)}</text>
<text transform="translate(16 ${HIGH / 2}) rotate(-90)" text-anchor="middle">${text(up)}</text>
</svg>
`;
}
