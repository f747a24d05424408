// A setting is {control name: value}, each value one of its control's finite list.
// These functions mirror contract/controls.py and Demo.key: a browser test holds them together.

export function defaults(spec) {
  return Object.fromEntries(spec.controls.map((control) => [control.name, control.default]));
}

/** The value as the control holds it, or undefined where it is none of the control's values. */
export function accept(control, raw) {
  if (control.kind === "slider") {
    if (typeof raw !== "number" || !Number.isFinite(raw)) return undefined;
    return control.stops.find((stop) => near(raw, stop));
  }
  if (control.kind === "choice") {
    return typeof raw === "string" && Object.hasOwn(control.options, raw) ? raw : undefined;
  }
  if (control.kind === "toggle") return typeof raw === "boolean" ? raw : undefined;
  if (control.kind === "grid") return whole(control, raw) ? raw : undefined;
  if (!Array.isArray(raw) || new Set(raw).size !== raw.length) return undefined;
  if (raw.length < 1 || raw.length > control.most) return undefined;
  if (!raw.every((item) => typeof item === "string" && Object.hasOwn(control.options, item))) {
    return undefined;
  }
  return Object.keys(control.options).filter((option) => raw.includes(option));
}

function whole({ rows, columns, low, high }, raw) {
  if (!Array.isArray(raw) || raw.length !== rows.length * columns.length) return false;
  return raw.every((cell) => Number.isInteger(cell) && low <= cell && cell <= high);
}

function near(a, b) {
  return Math.abs(a - b) <= Math.max(1e-9 * Math.max(Math.abs(a), Math.abs(b)), 1e-12);
}

function token(control, value) {
  if (control.kind === "slider") return String(control.stops.indexOf(value));
  if (control.kind === "multichoice") return value.join("+");
  if (control.kind === "toggle") return value ? "1" : "0";
  if (control.kind === "grid") return value.join(".");
  return value;
}

/** The short name of a full setting, the same as Demo.key in Python. */
export function key(spec, setting) {
  return spec.controls.map((control) => token(control, setting[control.name])).join("|");
}
