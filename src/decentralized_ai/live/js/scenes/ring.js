// A ring all-reduce, message by message: pieces go round, fill up, and go round again as sums.
//
// scene = {
//   kind: "ring", nodes: n,
//   pieces: [step][node] -> the piece that this node sends to the one after it,
//   adding: steps in which the receiver adds; in the later ones it replaces,
//   slow: the node whose link is slow, or -1, hop: [seconds of a message, seconds on the slow link],
//   latency: seconds, bytes: of a piece,
// }
// What a node holds is not in the scene: it follows from the messages, and is worked out here.

import { player, surface } from "./player.js";

const COLUMN = { width: 32, height: 64 }; // at most; smaller where sixteen stand close

const RING = {
  key:
    "Column: a node's array, in pieces. A piece is as wide as the number of nodes that are added " +
    "up in it; full width: the sum of all. Dot: a piece on its way to the next node.",
  span: (scene) => scene.pieces.length, // in steps
  still: (scene) => Math.floor(scene.pieces.length / 4) + 0.5, // messages on their way
  label: ({ nodes, slow }) =>
    `Animation: ${nodes} nodes add up an array by passing its pieces round a ring` +
    `${slow < 0 ? "" : "; one link is slow"}.`,
  words,
  paint,
  prepare: (scene) => ({ ...scene, held: follow(scene) }),
};

export const mount = (el, scene, options) => player(el, scene, RING, options);

// What every node holds after each step: for every piece the set of nodes added up in it, as bits.
function follow({ nodes, pieces, adding }) {
  const start = Array.from({ length: nodes }, (_, i) => Array(nodes).fill(1 << i));
  const held = [start];
  pieces.forEach((sent, step) => {
    const before = held[step];
    const after = before.map((column) => [...column]);
    sent.forEach((piece, i) => {
      const to = (i + 1) % nodes;
      after[to][piece] = step < adding ? before[to][piece] | before[i][piece] : before[i][piece];
    });
    held.push(after);
  });
  return held;
}

const isSlow = ({ nodes, slow }, from) => slow >= 0 && (from === slow || (from + 1) % nodes === slow);

function words(scene, now) {
  const steps = scene.pieces.length;
  const hop = scene.hop[scene.slow < 0 ? 0 : 1];
  const done = now >= steps;
  const number = Math.min(steps, Math.floor(now) + 1);
  const phase = done ? "all hold the sum" : number <= scene.adding ? "adding up" : "passing the sums on";
  const more = done ? phase : `step ${number} of ${steps}, ${phase}`;
  return { clock: seconds(now * hop), more, phase, number, steps, done };
}

function seconds(value) {
  if (!value) return "0 s";
  const units = [[1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min"], [3600, "hours"], [86400, "days"]];
  const [size, name] = units.filter(([unit]) => value >= unit * (unit > 1 ? 2 : 1)).at(-1) ?? units[0];
  const shown = value / size;
  return `${shown >= 100 ? shown.toFixed(0) : shown.toPrecision(3)} ${name}`;
}

const bits = (set) => {
  let count = 0;
  for (let rest = set; rest; rest &= rest - 1) count += 1;
  return count;
};

function paint(canvas, scene, now) {
  const height = Math.min(420, Math.max(300, canvas.clientWidth));
  const { pen, width, look } = surface(canvas, height) ?? {};
  if (!pen) return;
  const text = words(scene, now);
  const crowd = Math.min(1, (Math.min(width, height) / 340) * (10 / Math.max(8, scene.nodes)));
  const box = { width: COLUMN.width * crowd, height: COLUMN.height * crowd };
  const radius = Math.min(width, height) / 2 - box.height / 2 - 20;
  const middle = { x: width / 2, y: height / 2 };
  const place = (turn) => {
    const angle = (2 * Math.PI * turn) / scene.nodes - Math.PI / 2;
    return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
  };
  ring(pen, scene, middle, radius, look);
  const at = Math.min(Math.floor(now), scene.held.length - 1);
  for (let i = 0; i < scene.nodes; i += 1) column(pen, place(i), box, scene.held[at][i], i === scene.slow, look);
  if (!text.done) messages(pen, scene, now, place, look);
  caption(pen, middle, text, look);
}

// The links; those of a slow node are dashed.
function ring(pen, scene, middle, radius, { ink }) {
  pen.strokeStyle = ink;
  for (let i = 0; i < scene.nodes; i += 1) {
    const slow = isSlow(scene, i);
    const from = (2 * Math.PI * i) / scene.nodes - Math.PI / 2;
    pen.globalAlpha = slow ? 0.8 : 0.25;
    pen.lineWidth = slow ? 1.5 : 1;
    pen.setLineDash(slow ? [4, 4] : []);
    pen.beginPath();
    pen.arc(middle.x, middle.y, radius, from, from + (2 * Math.PI) / scene.nodes);
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function column(pen, { x, y }, box, pieces, slow, { ink, own, font }) {
  const nodes = pieces.length;
  const left = x - box.width / 2;
  const top = y - box.height / 2;
  const row = box.height / nodes;
  pen.clearRect(left - 2, top - 2, box.width + 4, box.height + 4);
  pen.fillStyle = own;
  pieces.forEach((set, piece) => {
    const share = bits(set) / nodes;
    pen.globalAlpha = share === 1 ? 1 : 0.7;
    pen.fillRect(left, top + piece * row + 0.5, box.width * share, Math.max(1, row - 1));
  });
  pen.globalAlpha = 0.5;
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.strokeRect(left - 1, top - 1, box.width + 2, box.height + 2);
  pen.globalAlpha = 1;
  if (!slow) return;
  pen.font = `600 12px ${font}`;
  pen.fillStyle = ink;
  pen.textAlign = "center";
  pen.textBaseline = "bottom";
  pen.fillText("slow", x, top - 4);
}

// Who has sent waits for the slowest message of the step.
function messages(pen, scene, now, place, { own, ink, font }) {
  const step = Math.floor(now);
  const longest = scene.hop[scene.slow < 0 ? 0 : 1];
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const size = scene.nodes > 10 ? 6 : 8;
  scene.pieces[step].forEach((piece, i) => {
    const takes = scene.hop[isSlow(scene, i) ? 1 : 0];
    const way = Math.min(1, ((now - step) * longest) / takes);
    const { x, y } = place(i + way);
    pen.beginPath();
    pen.arc(x, y, size, 0, 2 * Math.PI);
    pen.fillStyle = own;
    pen.fill();
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.stroke();
    pen.fillStyle = "#fff";
    pen.font = `600 ${size + 3}px ${font}`;
    pen.fillText(String(piece + 1), x, y + 0.5);
  });
}

function caption(pen, middle, text, { ink, font }) {
  const lines = text.done
    ? ["All hold the sum", `after ${text.clock}`]
    : [`Step ${text.number} of ${text.steps}`, text.phase];
  pen.fillStyle = ink;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  lines.forEach((line, i) => {
    pen.font = `${i ? "" : "600 "}14px ${font}`;
    pen.fillText(line, middle.x, middle.y + (i - 0.5) * 20);
  });
}
