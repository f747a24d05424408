// In a notebook, ipywidgets leave sliders without a name for screen readers and give the index of
// a stop instead of its words. Both are on the screen already: this copies them to where a screen
// reader looks. It also makes the takeaway a live region.
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

// Only what differs is written: the observer below would otherwise wake itself for ever.
function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export default {
  render({ el }) {
    const watch = new MutationObserver(() => nameSliders(el.closest(".dai-live")));
    const start = () => {
      const root = el.closest(".dai-live");
      if (!root) return requestAnimationFrame(start); // not in the document yet
      root.querySelector(".dai-takeaway")?.setAttribute("role", "status");
      nameSliders(root);
      const controls = root.querySelector(".dai-controls");
      const what = { childList: true, subtree: true, characterData: true, attributes: true };
      if (controls) watch.observe(controls, { ...what, attributeFilter: ["aria-valuetext"] });
    };
    start();
    return () => watch.disconnect();
  },
};
