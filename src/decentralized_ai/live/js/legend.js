// The legend as text above the figure: it wraps like text on a phone, and Plotly redraws faster
// without its own. Each entry shows colour, dash and marker: never colour alone.

const DASHES = { dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4" };
const MARKS = {
  circle: '<circle cx="15" cy="6" r="3.5"/>',
  square: '<rect x="11.5" y="2.5" width="7" height="7"/>',
  diamond: '<path d="M15 1.5 19.5 6 15 10.5 10.5 6Z"/>',
  "triangle-up": '<path d="M15 1.5 19.5 9.5 10.5 9.5Z"/>',
  x: '<path d="m12 3 6 6m0-6-6 6" stroke-width="2" fill="none"/>',
};

export class Legend {
  constructor(el) {
    this.el = el;
    this.shown = "";
  }

  show({ data, layout }) {
    const named = data.filter((trace) => trace.name && trace.showlegend !== false);
    const entries = layout.showlegend === false ? [] : named.map(entry);
    const signature = JSON.stringify(entries);
    if (signature === this.shown) return;
    this.shown = signature;
    this.el.replaceChildren(...entries.map(item));
  }
}

function entry({ name, type, mode = "lines", line = {}, marker = {}, fillcolor }) {
  const solid = type !== undefined && !type.startsWith("scatter");
  const symbol = String(marker.symbol ?? "circle").replace("-thin", "");
  return {
    name,
    color: String((solid ? marker.color : line.color) ?? marker.color ?? fillcolor ?? "currentColor"),
    line: !solid && mode.includes("lines"),
    mark: solid ? "square" : mode.includes("markers") && symbol.replace("-open", ""),
    open: symbol.endsWith("-open"),
    dash: DASHES[line.dash] ?? "none",
    width: Math.min(line.width ?? 2, 4),
  };
}

function item({ name, color, line, mark, open, dash, width }) {
  const li = document.createElement("li");
  const stroke = `<path d="M1 6h28" fill="none" stroke-width="${Number(width)}" stroke-dasharray="${dash}"/>`;
  li.innerHTML =
    '<svg viewBox="0 0 30 12" width="30" height="12" aria-hidden="true">' +
    `${line ? stroke : ""}${mark ? (MARKS[mark] ?? MARKS.circle) : ""}</svg><span></span>`;
  const svg = li.firstElementChild;
  svg.style.stroke = color;
  svg.style.fill = open ? "none" : color;
  li.lastElementChild.textContent = name;
  return li;
}
