// A ring all-reduce, message by message: pieces go round, fill up, and go round again as sums.
//
// One self-contained ES module, because the page bundles it and the notebook loads it as it is.
//   mount(el, scene, {reducedMotion, theme}) -> {update(scene), setTheme(theme), play(), pause(), destroy()}
// scene = {
//   kind: "ring", nodes: n,
//   pieces: [step][node] -> the piece that this node sends to the one after it,
//   adding: steps in which the receiver adds; in the later ones it replaces,
//   slow: the node whose link is slow, or -1, hop: [seconds of a message, seconds on the slow link],
//   latency: seconds, bytes: of a piece,
// }
// What a node holds is not in the scene: it follows from the messages, and is worked out here.

const PLAY_SECONDS = 24; // how long all steps take to watch
const COLUMN = { width: 32, height: 64 }; // at most; smaller where sixteen stand close

export function mount(el, scene, options = {}) {
  const view = build(el);
  const state = { scene, held: [], now: 0, playing: false, last: 0, frame: 0 }; // now: steps done

  function draw() {
    const steps = state.scene.pieces.length;
    const text = words(state.scene, state.now);
    view.time.value = String(Math.round((1000 * state.now) / steps));
    view.clock.textContent = text.clock;
    view.time.setAttribute("aria-valuetext", `${text.clock}, ${text.phase}`);
    paint(view.canvas, state, text);
  }

  function step(stamp) {
    if (!state.playing) return;
    // A frame's stamp can lie before the click that started the play.
    const elapsed = Math.max(0, Math.min(0.1, (stamp - state.last) / 1000));
    state.last = stamp;
    const steps = state.scene.pieces.length;
    state.now = Math.min(steps, state.now + (elapsed / PLAY_SECONDS) * steps);
    if (state.now >= steps) pause();
    draw();
    if (state.playing) state.frame = requestAnimationFrame(step);
  }

  function play() {
    if (state.playing) return;
    if (state.now >= state.scene.pieces.length) state.now = 0;
    state.playing = true;
    state.last = performance.now();
    view.button.textContent = "Pause";
    state.frame = requestAnimationFrame(step);
  }

  function pause() {
    state.playing = false;
    cancelAnimationFrame(state.frame);
    view.button.textContent = state.now >= state.scene.pieces.length ? "Play again" : "Play";
  }

  function update(next) {
    const share = state.now / state.scene.pieces.length;
    state.scene = next;
    state.held = follow(next);
    state.now = share * next.pieces.length;
    const slow = next.slow < 0 ? "" : "; one link is slow";
    const label = `Animation: ${next.nodes} nodes add up an array by passing its pieces round a ring${slow}.`;
    view.canvas.setAttribute("aria-label", label);
    draw();
  }

  view.button.addEventListener("click", () => (state.playing ? pause() : play()));
  view.time.addEventListener("input", () => {
    state.now = (Number(view.time.value) / 1000) * state.scene.pieces.length;
    if (!state.playing) pause();
    draw();
  });
  const resized = new ResizeObserver(draw);
  resized.observe(view.canvas);
  // A still reader sees messages on their way, not an untouched start.
  if (options.reducedMotion) state.now = Math.floor(scene.pieces.length / 4) + 0.5;
  update(scene);

  return {
    update,
    setTheme: draw, // colours are read from the page at each drawing
    play,
    pause,
    destroy() {
      pause();
      resized.disconnect();
      el.replaceChildren();
    },
  };
}

function build(el) {
  const make = (tag, props) => Object.assign(document.createElement(tag), props);
  const canvas = make("canvas", { className: "dai-ring-canvas" });
  canvas.setAttribute("role", "img");
  Object.assign(canvas.style, { width: "100%", display: "block" });
  const button = make("button", { type: "button", textContent: "Play" });
  const time = make("input", { type: "range", min: "0", max: "1000", value: "0", ariaLabel: "Moment" });
  time.style.flex = "1 1 8rem";
  const clock = make("span", { className: "dai-ring-clock" });
  clock.style.minWidth = "5em";
  const bar = make("div", { className: "dai-ring-bar" });
  Object.assign(bar.style, { display: "flex", flexWrap: "wrap", gap: "0.5rem", alignItems: "center" });
  bar.append(button, time, clock);
  const key = make("p", {
    className: "dai-ring-key",
    textContent:
      "Column: a node's array, in pieces. A piece is as wide as the number of nodes that are added " +
      "up in it; full width: the sum of all. Dot: a piece on its way to the next node.",
  });
  el.replaceChildren(canvas, bar, key);
  return { canvas, button, time, clock };
}

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
  return { clock: seconds(now * hop), phase: done ? phase : `step ${number} of ${steps}, ${phase}`, number, steps, done };
}

function seconds(value) {
  if (!value) return "0 s";
  const units = [[1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min"], [3600, "h"], [86400, "days"]];
  const [size, name] = units.filter(([unit]) => value >= unit * (unit > 1 ? 2 : 1)).at(-1) ?? units[0];
  const shown = value / size;
  return `${shown >= 100 ? shown.toFixed(0) : shown.toPrecision(3)} ${name}`;
}

const bits = (set) => {
  let count = 0;
  for (let rest = set; rest; rest &= rest - 1) count += 1;
  return count;
};

function paint(canvas, { scene, held, now }, text) {
  const width = canvas.clientWidth;
  if (!width) return;
  const height = Math.min(420, Math.max(300, width));
  const ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const look = {
    ink: style.color,
    own: style.getPropertyValue("--dai-own").trim() || "#0072B2",
    font: style.fontFamily,
  };
  const crowd = Math.min(1, (Math.min(width, height) / 340) * (10 / Math.max(8, scene.nodes)));
  const box = { width: COLUMN.width * crowd, height: COLUMN.height * crowd };
  const radius = Math.min(width, height) / 2 - box.height / 2 - 20;
  const middle = { x: width / 2, y: height / 2 };
  const place = (turn) => {
    const angle = (2 * Math.PI * turn) / scene.nodes - Math.PI / 2;
    return { x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) };
  };
  ring(pen, scene, middle, radius, look);
  const at = Math.min(Math.floor(now), held.length - 1);
  for (let i = 0; i < scene.nodes; i += 1) column(pen, place(i), box, held[at][i], i === scene.slow, look);
  if (!text.done) messages(pen, scene, now, place, look);
  caption(pen, scene, middle, text, look);
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

function caption(pen, scene, middle, text, { ink, font }) {
  const lines = text.done
    ? ["All hold the sum", `after ${text.clock}`]
    : [`Step ${text.number} of ${text.steps}`, text.number <= scene.adding ? "adding up" : "passing the sums on"];
  pen.fillStyle = ink;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  lines.forEach((line, i) => {
    pen.font = `${i ? "" : "600 "}14px ${font}`;
    pen.fillText(line, middle.x, middle.y + (i - 0.5) * 20);
  });
}
