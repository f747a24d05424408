// What all animations share: a canvas, a Play button, a slider for the moment, a clock.
//
//   player(el, scene, renderer, {reducedMotion})
//     -> {update(scene), setTheme(), play(), pause(), destroy()}
// renderer = {
//   key: the words under the picture,
//   span(scene): how long the recording is, in units of its own,
//   still(scene): the moment for a reader who wants nothing to move,
//   label(scene, chosen): the picture's name for a screen reader,
//   words(scene, now, chosen) -> {clock, more}: the clock is shown, both are spoken,
//   paint(canvas, scene, now, chosen),
//   choose: {label, names(scene)}: a list to choose from; may be left out,
//   prepare(scene): what can be worked out once, handed on as the scene; may be left out,
// }
// A notebook loads one module at a time: there this file and the renderer's are joined.

const PLAY_SECONDS = 24; // how long a whole recording takes to watch

export function player(el, first, renderer, { reducedMotion = false } = {}) {
  const make = (tag, props) => Object.assign(document.createElement(tag), props);
  const canvas = make("canvas", {});
  canvas.setAttribute("role", "img");
  Object.assign(canvas.style, { width: "100%", display: "block" });
  const button = make("button", { type: "button", textContent: "Play" });
  const list = make("select", { ariaLabel: renderer.choose?.label ?? "" });
  const time = make("input", { type: "range", min: "0", max: "1000", value: "0", ariaLabel: "Moment" });
  time.style.flex = "1 1 8rem";
  const clock = make("span", {});
  clock.style.minWidth = "5em";
  const bar = make("div", {});
  Object.assign(bar.style, { display: "flex", flexWrap: "wrap", gap: "0.5rem", alignItems: "center" });
  bar.append(button, ...(renderer.choose ? [list] : []), time, clock);
  el.replaceChildren(canvas, bar, make("p", { textContent: renderer.key }));

  const prepare = renderer.prepare ?? ((scene) => scene);
  let [scene, now, chosen, playing, last, frame] = [prepare(first), 0, 0, false, 0, 0];
  const span = () => renderer.span(scene);

  function draw() {
    const said = renderer.words(scene, now, chosen);
    time.value = String(Math.round((1000 * now) / span()));
    clock.textContent = said.clock;
    time.setAttribute("aria-valuetext", `${said.clock}, ${said.more}`);
    renderer.paint(canvas, scene, now, chosen);
  }

  function step(stamp) {
    if (!playing) return;
    // A frame's stamp can lie before the click that started the play.
    const elapsed = Math.max(0, Math.min(0.1, (stamp - last) / 1000));
    last = stamp;
    now = Math.min(span(), now + (elapsed / PLAY_SECONDS) * span());
    if (now >= span()) pause();
    draw();
    if (playing) frame = requestAnimationFrame(step);
  }

  function play() {
    if (playing) return;
    if (now >= span()) now = 0;
    playing = true;
    last = performance.now();
    button.textContent = "Pause";
    frame = requestAnimationFrame(step);
  }

  function pause() {
    playing = false;
    cancelAnimationFrame(frame);
    button.textContent = now >= span() ? "Play again" : "Play";
  }

  function update(next) {
    const share = now / span();
    scene = prepare(next);
    now = share * span();
    if (renderer.choose) {
      const names = renderer.choose.names(scene);
      chosen = Math.min(chosen, names.length - 1);
      list.replaceChildren(...names.map((name, i) => new Option(name, String(i), false, i === chosen)));
    }
    canvas.setAttribute("aria-label", renderer.label(scene, chosen));
    draw();
  }

  button.addEventListener("click", () => (playing ? pause() : play()));
  time.addEventListener("input", () => {
    now = (Number(time.value) / 1000) * span();
    if (!playing) pause();
    draw();
  });
  list.addEventListener("change", () => {
    chosen = Number(list.value);
    canvas.setAttribute("aria-label", renderer.label(scene, chosen));
    draw();
  });
  const resized = new ResizeObserver(draw);
  resized.observe(canvas);
  if (reducedMotion) now = renderer.still(scene);
  update(first);

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

// An empty canvas as wide as its place and `height` pixels high, as sharp as the screen; null while
// it has no place. The colours are the page's.
export function surface(canvas, height) {
  const width = canvas.clientWidth;
  if (!width) return null;
  const ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const look = {
    ink: style.color,
    own: colour("--dai-own", "#0072B2"),
    central: colour("--dai-central", "#7F7F7F"),
    font: style.fontFamily,
  };
  return { pen, width, look };
}
