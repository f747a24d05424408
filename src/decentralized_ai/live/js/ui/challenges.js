// Goals the reader works towards. Once met, a goal stays met: the way there may be left again.

export class Challenges {
  constructor(root, spec) {
    this.root = root;
    this.spec = spec;
    this.done = new Set();
  }

  /** `met`: {challenge id: boolean} of the view just shown. */
  show(met) {
    for (const { id, goal } of this.spec.challenges) {
      if (!met[id] || this.done.has(id)) continue;
      this.done.add(id);
      const item = this.root.querySelector(`[data-challenge="${id}"]`);
      item.dataset.met = "";
      item.querySelector(".dai-done").hidden = false;
      this.root.querySelector(".dai-cheer").textContent = `Challenge met: ${goal}`;
    }
  }
}
