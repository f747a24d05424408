// Plotly, loaded late, dressed in the page's colours, and told when the theme or the width change.
import { Legend } from "./legend.js";

let library = null;

/** Fetch plotly once a page. A failed fetch can be tried again. */
export function loadPlotly(base) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${base}plotly.min.js`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = null;
      script.remove();
      reject(new Error("The figure's library (plotly.min.js) could not be loaded."));
    };
    document.head.append(script);
  });
  return library;
}

export const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

export function onTheme(call) {
  let last = theme();
  new MutationObserver(() => {
    if (theme() === last) return;
    last = theme();
    call(last);
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}

/** A figure's layout with the page's colours and font: figures carry no theme of their own. */
function dressed(layout, el) {
  const css = getComputedStyle(el);
  const ink = css.getPropertyValue("--dai-ink").trim();
  const soft = css.getPropertyValue("--dai-ink-soft").trim();
  const grid = css.getPropertyValue("--dai-grid").trim();
  const paper = css.getPropertyValue("--dai-paper").trim();
  const out = structuredClone(layout);
  const axes = Object.keys(out).filter((name) => /^[xy]axis\d*$/.test(name));
  for (const name of new Set(["xaxis", "yaxis", ...axes])) {
    const title = { font: { size: 13 }, ...out[name]?.title };
    out[name] = {
      gridcolor: grid,
      linecolor: soft,
      zerolinecolor: grid,
      tickcolor: soft,
      fixedrange: true, // a finger on the figure scrolls the page
      ...out[name],
      title,
    };
  }
  return {
    ...out,
    height: parseFloat(el.style.height),
    width: el.clientWidth,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: css.fontFamily, size: 13, color: ink, ...out.font },
    hoverlabel: { bgcolor: paper, bordercolor: soft, font: { color: ink }, ...out.hoverlabel },
    showlegend: false, // legend.js
    dragmode: false,
    transition: undefined,
  };
}

/** Pixels for a figure: each row of panels gets the same room. */
function heightOf({ layout }, width) {
  const narrow = width < 520;
  const axes = Object.entries(layout).filter(([name]) => /^yaxis\d*$/.test(name));
  const rows = new Set(axes.map(([, axis]) => axis.overlaying ?? String(axis.domain ?? [0, 1])));
  const room = narrow ? 190 : 230;
  return layout.height ?? room * Math.max(1, rows.size) + (rows.size > 1 ? 60 : 90);
}

export class Figure {
  constructor(el, legend, base) {
    this.el = el;
    this.legend = new Legend(legend);
    this.base = base;
    this.latest = null;
    this.plotly = null;
    this.awake = false; // from the first try to load the library on
    this.width = 0;
    onTheme(() => this.paint());
    new ResizeObserver(() => {
      if (this.plotly && this.el.clientWidth !== this.width) this.paint();
    }).observe(el);
  }

  /** Load the library and paint what was shown last. Rejects with words when it is not there. */
  async wake() {
    try {
      this.plotly = await loadPlotly(this.base);
    } finally {
      this.awake = true;
    }
    return this.paint();
  }

  /** Show `figure` ({data, layout}); resolves once it is drawn (at once while asleep). */
  async paint(figure = this.latest) {
    this.latest = figure;
    if (!figure || !this.el.clientWidth) return;
    this.legend.show(figure);
    this.width = this.el.clientWidth;
    this.el.style.height = `${heightOf(figure, this.width)}px`;
    if (!this.plotly) return;
    await this.plotly.react(this.el, figure.data, dressed(figure.layout, this.el), {
      displayModeBar: false,
      responsive: false,
    });
  }
}
