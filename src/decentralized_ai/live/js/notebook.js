// In a notebook, ipywidgets leave sliders without a name for screen readers and give the index of
// a stop instead of its words. Both are on the screen already: this copies them to where a screen
// reader looks. It also makes the takeaway a live region, and folds work by keyboard.
function nameSliders(root) {
  for (const box of root.querySelectorAll(".widget-slider, .jupyter-widget-slider")) {
    const handle = box.querySelector("[role=slider]");
    if (!handle) continue;
    const label = box.querySelector(".widget-label")?.textContent ?? "";
    const words = box.querySelector(".widget-readout")?.textContent ?? "";
    set(handle, "aria-label", label);
    set(handle, "aria-valuetext", words);
  }
}

function nameFolds(root) {
  for (const head of root.querySelectorAll(".jupyter-widget-Collapse-header")) {
    set(head, "role", "button");
    set(head, "tabindex", "0");
    const open = head.parentElement.classList.contains("jupyter-widget-Collapse-open");
    set(head, "aria-expanded", String(open));
  }
}

function pressFold(event) {
  const head = event.target.closest?.(".jupyter-widget-Collapse-header");
  if (!head || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  event.stopPropagation(); // to the notebook, Enter means: edit this cell
  head.click();
}

// Only what differs is written: the observer below would otherwise wake itself for ever.
function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export default {
  render({ el }) {
    let root = null;
    const name = () => (nameSliders(root), nameFolds(root));
    const watch = new MutationObserver(name);
    const start = () => {
      root = el.closest(".dai-live");
      if (!root) return requestAnimationFrame(start); // not in the document yet
      root.querySelector(".dai-takeaway")?.setAttribute("role", "status");
      root.addEventListener("keydown", pressFold);
      name();
      const what = { childList: true, subtree: true, characterData: true, attributes: true };
      const which = { ...what, attributeFilter: ["aria-valuetext", "class"] };
      for (const part of root.querySelectorAll(".dai-controls, .dai-folds")) {
        watch.observe(part, which);
      }
    };
    start();
    return () => watch.disconnect();
  },
};
