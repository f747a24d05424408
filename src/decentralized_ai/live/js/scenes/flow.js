// Requests flow from a router to operators, wait in their queues and are served.
//
// scene = {
//   kind: "flow", tick: seconds per unit, span: units shown, arrive: [unit, ...],
//   lanes: [{name, central: bool, slots: [per operator],
//            operator: [...], wait: [...], serve: [...]}],   // parallel to arrive; operator -1: nobody
// }
// A request joins its operator's queue at `arrive`, waits for `wait`, is served for `serve`. Its
// flight from the router is drawn before that, so that no queue looks shorter than it is.

import { player, surface } from "./player.js";

const FLIGHT = 0.02; // share of the recording that a request is seen in flight

const market = (scene) => scene.lanes.filter((lane) => !lane.central);
// The lane that was chosen, beside the central one.
const watched = (scene, chosen) => [
  market(scene)[chosen],
  ...scene.lanes.filter((lane) => lane.central),
];
const names = (lanes) => lanes.map((lane) => lane.name);

const FLOW = {
  key: "Ring: a request that waits. Dot: one being answered; it pales as the answer completes.",
  span: (scene) => scene.span,
  still: (scene) => scene.span / 2, // a full moment, not an empty start
  label: (scene, chosen) =>
    `Animation: requests flow to operators, ${names(watched(scene, chosen)).join(" beside ")}.`,
  words: (scene, now, chosen) => ({
    clock: `${(now * scene.tick).toFixed(1)} s`,
    more: count(watched(scene, chosen)[0], scene, now),
  }),
  paint,
  choose: { label: "Policy to watch", names: (scene) => names(market(scene)) },
};

export const mount = (el, scene, options) => player(el, scene, FLOW, options);

// Where each request of a lane is at a moment: travelling, waiting, served.
function moment(lane, scene, now) {
  const flight = FLIGHT * scene.span;
  const operators = lane.slots.map(() => ({ waiting: 0, serving: [] }));
  const travelling = [];
  for (let i = 0; i < scene.arrive.length; i += 1) {
    const joined = scene.arrive[i];
    const started = joined + lane.wait[i];
    const ended = started + lane.serve[i];
    if (joined - flight > now) break; // arrivals are in order
    const operator = operators[lane.operator[i]];
    if (!operator) continue; // never answered
    if (now < joined) travelling.push({ to: lane.operator[i], share: 1 - (joined - now) / flight });
    else if (now < started) operator.waiting += 1;
    else if (now < ended) operator.serving.push((now - started) / lane.serve[i]);
  }
  return { operators, travelling };
}

function count(lane, scene, now) {
  const { operators } = moment(lane, scene, now);
  const waiting = operators.reduce((sum, operator) => sum + operator.waiting, 0);
  const serving = operators.reduce((sum, operator) => sum + operator.serving.length, 0);
  return `${waiting} waiting and ${serving} being served`;
}

function paint(canvas, scene, now, chosen) {
  const lanes = watched(scene, chosen);
  const stacked = canvas.clientWidth < 560;
  const height = stacked ? 210 * lanes.length : 260;
  const { pen, width, look } = surface(canvas, height) ?? {};
  if (!pen) return;
  const gap = 20;
  lanes.forEach((lane, i) => {
    const box = stacked
      ? { x: 0, y: i * 210, w: width, h: 202 }
      : { x: i * ((width + gap) / lanes.length), y: 0, w: (width - gap * (lanes.length - 1)) / lanes.length, h: height };
    paintLane(pen, box, lane, scene, now, look);
  });
}

function paintLane(pen, box, lane, scene, now, { ink, font, own, central }) {
  const colour = lane.central ? central : own;
  const { operators, travelling } = moment(lane, scene, now);
  pen.font = `600 13px ${font}`;
  pen.textBaseline = "top";
  pen.fillStyle = ink;
  pen.fillText(lane.name, box.x, box.y + 2, box.w * 0.6);
  pen.font = `12px ${font}`;
  pen.textAlign = "right";
  pen.fillText(count(lane, scene, now), box.x + box.w, box.y + 3, box.w * 0.6);
  pen.textAlign = "left";

  const top = box.y + 26;
  const area = { x: box.x + 34, y: top, w: box.w - 34, h: box.h - 34 };
  const router = { x: box.x + 10, y: area.y + area.h / 2 };
  const cells = grid(area, lane.slots.length);
  const r = Math.max(1.6, Math.min(4.5, cells[0].h / 2 - 1.5));

  const slotColumns = Math.ceil(Math.max(...lane.slots) / rowsIn(cells[0], r));
  operators.forEach((operator, i) =>
    paintOperator(pen, cells[i], lane.slots[i], operator, { r, colour, ink, slotColumns }),
  );

  pen.fillStyle = colour;
  for (const dot of travelling) {
    const cell = cells[dot.to];
    const ease = dot.share * dot.share * (3 - 2 * dot.share);
    circle(pen, router.x + (cell.x - router.x) * ease, router.y + (cell.y + cell.h / 2 - router.y) * ease, Math.min(r, 3.2));
    pen.fill();
  }
  pen.fillStyle = ink;
  pen.beginPath();
  pen.moveTo(router.x - 6, router.y - 8);
  pen.lineTo(router.x + 8, router.y);
  pen.lineTo(router.x - 6, router.y + 8);
  pen.fill();
}

// Operators in columns of at most sixteen.
function grid(area, n) {
  const columns = Math.ceil(n / 16);
  const rows = Math.ceil(n / columns);
  const w = area.w / columns;
  const h = area.h / rows;
  return Array.from({ length: n }, (_, i) => ({
    x: area.x + Math.floor(i / rows) * w,
    y: area.y + (i % rows) * h,
    w: w - 8,
    h: h - 2,
  }));
}

// Left: the queue as hollow rings, first in line nearest the slots. Right: the slots, filled while
// busy, paling as the answer completes.
function paintOperator(pen, cell, slots, operator, { r, colour, ink, slotColumns }) {
  const middle = cell.y + cell.h / 2;
  const pitch = 2 * r + 2;
  const rows = rowsIn(cell, r);
  const side = Math.min(pitch, (cell.w * 0.6) / slotColumns);
  const left = cell.x + cell.w - slotColumns * side - 2;
  const place = (i, from, step) => [
    from + Math.floor(i / rows) * step,
    middle + ((i % rows) - (rows - 1) / 2) * pitch,
  ];

  pen.fillStyle = ink; // a faint rail, so that an idle operator is still seen
  pen.globalAlpha = 0.1;
  pen.fillRect(cell.x, middle - 0.5, left - cell.x - 3, 1);
  pen.globalAlpha = 1;

  const fit = Math.max(1, Math.floor((left - cell.x - 30) / pitch)) * rows;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  for (let i = 0; i < Math.min(fit, operator.waiting); i += 1) {
    circle(pen, ...place(i, left - r - 3, -pitch), r - 0.7);
    pen.stroke();
  }
  if (operator.waiting > fit) {
    pen.fillStyle = ink;
    pen.textBaseline = "middle";
    pen.fillText(`+${operator.waiting - fit}`, cell.x, middle);
    pen.textBaseline = "top";
  }

  const dot = Math.max(0.8, Math.min(r, side / 2 - 0.6));
  for (let i = 0; i < slots; i += 1) {
    const busy = i < operator.serving.length;
    pen.globalAlpha = busy ? 1 - 0.6 * operator.serving[i] : 0.15;
    pen.fillStyle = busy ? colour : ink;
    circle(pen, ...place(i, left + side / 2, side), busy ? dot : Math.max(0.8, dot * 0.55));
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function rowsIn(cell, r) {
  return Math.max(1, Math.floor(cell.h / (2 * r + 2)));
}

function circle(pen, x, y, r) {
  pen.beginPath();
  pen.arc(x, y, Math.max(0.5, r), 0, 2 * Math.PI);
}
