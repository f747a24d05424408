// The native inputs of a block: reads what the reader moves, shows what is set.
import { accept } from "../state/setting.js";

export class Controls {
  /** `changed(name, value)` is called for each movement of the reader. */
  constructor(root, spec, changed) {
    this.parts = spec.controls.map((control) => {
      const host = root.querySelector(`[data-control="${control.name}"]`);
      return { control, host };
    });
    for (const { control, host } of this.parts) {
      const event = ["slider", "grid"].includes(control.kind) ? "input" : "change";
      if (control.kind === "grid") host.addEventListener("change", () => this.#showGrid(control, host));
      host.addEventListener(event, ({ target }) => {
        const value = this.#read(control, host, target);
        if (value !== undefined) changed(control.name, value);
      });
    }
  }

  show(setting) {
    this.setting = setting;
    for (const { control, host } of this.parts) {
      const value = setting[control.name];
      if (control.kind === "slider") {
        const index = control.stops.indexOf(value);
        const input = host.querySelector("input");
        if (Number(input.value) !== index) input.value = index;
        input.setAttribute("aria-valuetext", control.texts[index]);
        input.style.setProperty("--dai-at", index / (control.stops.length - 1));
        host.querySelector("output").textContent = control.texts[index];
      } else if (control.kind === "choice") {
        host.querySelector("select").value = value;
      } else if (control.kind === "toggle") {
        host.querySelector("input").checked = value;
      } else if (control.kind === "grid") {
        this.#showGrid(control, host);
      } else {
        for (const box of host.querySelectorAll("input")) box.checked = value.includes(box.value);
      }
    }
  }

  #read(control, host, touched) {
    if (control.kind === "slider") return control.stops[Number(host.querySelector("input").value)];
    if (control.kind === "choice") return host.querySelector("select").value;
    if (control.kind === "toggle") return host.querySelector("input").checked;
    if (control.kind === "grid") return this.#readCells(control, host);
    return this.#readBoxes(control, host, touched);
  }

  /** A cell half typed is left alone until the reader leaves it; then it shows what is set. */
  #showGrid(control, host) {
    const value = this.setting[control.name];
    for (const [at, cell] of host.querySelectorAll("input").entries()) {
      const right = cell.value !== "" && Number(cell.value) === value[at];
      if (!right) cell.value = value[at];
      cell.style.setProperty("--dai-at", (value[at] - control.low) / (control.high - control.low));
      cell.removeAttribute("aria-invalid");
    }
    host.querySelector(".dai-refused").textContent = "";
  }

  #readCells(control, host) {
    const cells = [...host.querySelectorAll("input")];
    const numbers = cells.map((cell) => (cell.value === "" ? NaN : Number(cell.value)));
    const value = accept(control, numbers);
    if (value !== undefined) return value;
    for (const [at, cell] of cells.entries()) {
      const fits = Number.isInteger(numbers[at]) && cell.validity.valid;
      if (!fits) cell.setAttribute("aria-invalid", "true");
    }
    const rule = `A whole number from ${control.low} to ${control.high}, please.`;
    host.querySelector(".dai-refused").textContent = rule;
    return undefined;
  }

  #readBoxes(control, host, touched) {
    const boxes = [...host.querySelectorAll("input")];
    const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
    const value = accept(control, chosen);
    const refused = host.querySelector(".dai-refused");
    refused.textContent = "";
    if (value !== undefined) return value;
    // A refused click is taken back, and said so: the boxes always show what the figure shows.
    touched.checked = !touched.checked;
    refused.textContent = chosen.length
      ? `At most ${control.most} at a time: clear one first.`
      : "At least one must stay.";
    return undefined;
  }
}
