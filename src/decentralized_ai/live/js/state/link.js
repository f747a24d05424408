// The share link: ?routing.load=85&routing.policies=random,nearest#demo-routing
// It is untrusted input: whatever does not fit the spec gives a message in words.
import { accept, defaults, key } from "./setting.js";

/** {setting, message}: setting is null where the link names nothing of this demo, and the
 * defaults, with a message, where it names what no control allows. */
export function parse(spec, search) {
  const prefix = `${spec.id}.`;
  const given = [...new URLSearchParams(search)].filter(([name]) => name.startsWith(prefix));
  if (!given.length) return { setting: null, message: "" };
  const setting = defaults(spec);
  const seen = new Set();
  for (const [name, text] of given) {
    const control = spec.controls.find((one) => prefix + one.name === name);
    if (!control) return refuse(spec, `it names ${short(name)}, and this demo has no such control`);
    if (seen.has(name)) return refuse(spec, `it sets ${control.label} twice`);
    seen.add(name);
    const value = accept(control, read(control, text));
    if (value === undefined) {
      return refuse(spec, `${control.label} must be ${control.allowed}; it says ${short(text)}`);
    }
    setting[control.name] = value;
  }
  return { setting, message: "" };
}

/** The query of a setting, without "?": what differs from the defaults, or else the main control,
 * so that a link always says what it shows. */
export function query(spec, setting) {
  const base = defaults(spec);
  const differs = (control) =>
    key({ controls: [control] }, setting) !== key({ controls: [control] }, base);
  let named = spec.controls.filter(differs);
  if (!named.length) named = spec.controls.filter((control) => control.name === spec.main);
  return named
    .map((control) => `${spec.id}.${control.name}=${write(setting[control.name])}`)
    .join("&");
}

/** `href` with this demo's part of the query replaced by `mine` ("" removes it). */
export function replaceQuery(href, spec, mine) {
  const url = new URL(href);
  const others = url.search
    .slice(1)
    .split("&")
    .filter((part) => part && !part.startsWith(`${spec.id}.`));
  const search = [...others, mine].filter(Boolean).join("&");
  return url.origin === "null"
    ? `${url.href.split(/[?#]/)[0]}${search ? `?${search}` : ""}${url.hash}`
    : `${url.origin}${url.pathname}${search ? `?${search}` : ""}${url.hash}`;
}

function read(control, text) {
  if (control.kind === "slider") return text.trim() === "" ? NaN : Number(text);
  if (control.kind === "multichoice") return text.split(",");
  if (control.kind === "grid") {
    return text.split(",").map((cell) => (/^-?\d+$/.test(cell) ? Number(cell) : NaN));
  }
  if (control.kind === "toggle") return { true: true, false: false }[text];
  return text;
}

function write(value) {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return encodeURIComponent(text).replaceAll("%2C", ",");
}

function refuse(spec, why) {
  return {
    setting: defaults(spec),
    message: `This link could not be read: ${why}. You see the default setting instead.`,
  };
}

function short(text) {
  return `“${text.length > 40 ? `${text.slice(0, 40)}…` : text}”`;
}
