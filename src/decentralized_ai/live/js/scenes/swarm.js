// Tokens on their way through a chain of servers; one server goes, another steps in.
//
// scene = {
//   kind: "swarm", blocks: n,
//   servers: [row] -> [first block, block after the last],
//   acts: [
//     {what: "token", number, hops: [[row, first, last, seconds to enter, seconds of work]], back: s},
//     {what: "gone", row, first, last, wait: s},      a server of the chain left
//     {what: "read", number, hops},                    others read the history up to that token
//     {what: "stop"},                                  the answer ends here
//   ],
// }
// A wait can be a hundred times as long as a token: it is shown in no more than SHOWN seconds.

import { player, surface } from "./player.js";

const SHOWN = 2;
const MARGIN = { left: 40, right: 40, top: 26, bottom: 26 };

const SWARM = {
  key:
    "Bar: the blocks that a server holds. Dot: a token on its way from you through the chain and " +
    "back. Square: the history, sent to who steps in. Cross: a server that left.",
  span: (scene) => scene.ends.at(-1),
  still: (scene) => scene.ends.at(-1) * 0.4,
  label: ({ acts, servers }) =>
    `Animation: tokens pass through a chain of the ${servers.length} servers` +
    `${acts.some(({ what }) => what === "gone") ? "; one of them leaves and is replaced" : ""}.`,
  words,
  paint,
  prepare,
};

export const mount = (el, scene, options) => player(el, scene, SWARM, options);

const sum = (hops) => hops.reduce((total, [, , , enter, work]) => total + enter + work, 0);

function seconds(act) {
  if (act.what === "gone") return act.wait;
  if (act.what === "stop") return 0;
  return sum(act.hops) + (act.back ?? 0);
}

// When each act begins and ends in the show, and on the clock.
function prepare(scene) {
  const ends = [];
  const clock = [0];
  let shown = 0;
  for (const act of scene.acts) {
    const real = seconds(act);
    const least = act.what === "gone" || act.what === "stop" ? 0.5 : 0;
    shown += Math.max(least, act.what === "gone" ? Math.min(SHOWN, real) : real);
    ends.push(shown);
    clock.push(clock.at(-1) + real);
  }
  return { ...scene, ends, clock };
}

// The act at that moment, and which share of it is over.
function at(scene, now) {
  const found = scene.ends.findIndex((end) => now < end);
  const index = found < 0 ? scene.ends.length - 1 : found;
  const begin = index ? scene.ends[index - 1] : 0;
  const share = Math.min(1, (now - begin) / (scene.ends[index] - begin));
  return { index, share, act: scene.acts[index] };
}

const span = (first, last) => (last - first > 1 ? `blocks ${first + 1} to ${last}` : `block ${last}`);

function words(scene, now) {
  const { index, share, act } = at(scene, now);
  const time = scene.clock[index] + share * (scene.clock[index + 1] - scene.clock[index]);
  const more = {
    token: () => `token ${act.number}`,
    gone: () => `server ${act.row + 1} has left with ${span(act.first, act.last)}`,
    read: () => `the history of ${act.number} tokens goes to server ${act.hops[0][0] + 1}`,
    stop: () => "the answer stops",
  }[act.what]();
  return { clock: `${time.toFixed(1)} s`, more };
}

function paint(canvas, scene, now) {
  const rows = scene.servers.length;
  const step = Math.max(9, Math.min(20, 240 / rows));
  const height = MARGIN.top + MARGIN.bottom + step * rows;
  const { pen, width, look } = surface(canvas, height) ?? {};
  if (!pen) return;
  const x = (block) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * block) / scene.blocks;
  const y = (row) => MARGIN.top + (rows - row - 0.5) * step;
  const place = { x, y, you: { y: height / 2, start: 18, end: width - 18 }, step };
  const { index, share, act } = at(scene, now);
  const gone = new Set(
    scene.acts.slice(0, index + 1).flatMap(({ what, row }) => (what === "gone" ? [row] : [])),
  );
  servers(pen, scene, place, gone, look);
  const hops = chain(scene, index);
  if (hops.length) path(pen, hops, place, gone, look);
  caption(pen, words(scene, now).more, width, height, look);
  if (act.what === "token") dot(pen, where(act, share, place), look);
  if (act.what === "read") square(pen, where(act, share, place), look);
}

// The chain as the latest token or repair had it: the hops of the next token, or of the last one.
function chain(scene, index) {
  const next = scene.acts.slice(index).find(({ what }) => what === "token");
  const last = scene.acts.slice(0, index + 1).findLast(({ what }) => what === "token");
  const waiting = ["gone", "stop"].includes(scene.acts[index].what);
  return ((waiting ? last : next) ?? last ?? { hops: [] }).hops;
}

function servers(pen, scene, { x, y, step }, gone, { ink, own, font }) {
  const thick = Math.max(4, step * 0.5);
  scene.servers.forEach(([first, last], row) => {
    pen.globalAlpha = gone.has(row) ? 0.12 : 0.35;
    pen.fillStyle = own;
    pen.fillRect(x(first) + 1, y(row) - thick / 2, x(last) - x(first) - 2, thick);
    if (!gone.has(row)) return;
    pen.globalAlpha = 0.9;
    pen.strokeStyle = ink;
    pen.lineWidth = 2;
    const [cx, r] = [(x(first) + x(last)) / 2, Math.min(6, step * 0.45)];
    for (const sign of [1, -1]) {
      pen.beginPath();
      pen.moveTo(cx - r, y(row) - sign * r);
      pen.lineTo(cx + r, y(row) + sign * r);
      pen.stroke();
    }
  });
  pen.globalAlpha = 1;
  pen.fillStyle = ink;
  pen.font = `12px ${font}`;
  pen.textBaseline = "middle";
}

// Solid in the servers, dashed between them.
function path(pen, hops, { x, y, you }, gone, { ink }) {
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  let from = [you.start, you.y];
  const line = (to, dash, alpha) => {
    pen.setLineDash(dash);
    pen.globalAlpha = alpha;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    from = to;
  };
  for (const [row, first, last] of hops) {
    line([x(first), y(row)], [3, 3], 0.45);
    line([x(last), y(row)], gone.has(row) ? [1, 4] : [], 0.8);
  }
  line([you.end, you.y], [3, 3], 0.45);
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

// Where the token or the history is: on its way to a server, in it, or on its way back.
function where(act, share, { x, y, you }) {
  let left = share * seconds(act);
  let from = [you.start, you.y];
  const between = (to, part) => from.map((value, i) => value + (to[i] - value) * part);
  for (const [row, first, last, enter, work] of act.hops) {
    const door = [x(first), y(row)];
    if (left < enter) return between(door, left / enter);
    left -= enter;
    from = door;
    const exit = [x(last), y(row)];
    if (left < work) return between(exit, left / work);
    left -= work;
    from = exit;
  }
  return act.back ? between([you.end, you.y], Math.min(1, left / act.back)) : from;
}

function dot(pen, [x, y], { own, ink }) {
  pen.beginPath();
  pen.arc(x, y, 6, 0, 2 * Math.PI);
  mark(pen, own, ink);
}

function square(pen, [x, y], { own, ink }) {
  pen.beginPath();
  pen.rect(x - 7, y - 7, 14, 14);
  mark(pen, own, ink);
}

function mark(pen, own, ink) {
  pen.fillStyle = own;
  pen.fill();
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  pen.stroke();
}

function caption(pen, text, width, height, { ink, font }) {
  pen.fillStyle = ink;
  pen.textBaseline = "middle";
  pen.font = `600 13px ${font}`;
  pen.textAlign = "center";
  pen.fillText(text, width / 2, 11);
  pen.font = `12px ${font}`;
  pen.fillText(`blocks, first to last`, width / 2, height - 10);
  for (const x of [18, width - 18]) {
    pen.clearRect(x - 16, height / 2 - 9, 32, 18);
    pen.fillText("you", x, height / 2);
  }
}
