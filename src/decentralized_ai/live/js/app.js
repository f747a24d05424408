// The page's entry: wakes every demo on it. Bundled into one classic script, so that a page opened
// straight from disk works too.
import { Block } from "./block.js";
import { Engine } from "./engine.js";

const base = new URL("./", document.currentScript.src).href;

function wake() {
  const engine = new Engine(base);
  const seen = new Set();
  for (const root of document.querySelectorAll(".dai-demo")) {
    const first = !seen.has(root.dataset.demo); // of two blocks of one demo, one owns the link
    seen.add(root.dataset.demo);
    new Block(root, engine, base, first);
  }
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", wake);
else wake();
