// One demo on the page: what the reader sets, what is shown, and the way from one to the other.
import { Figure } from "./figure.js";
import { Scene } from "./scenes/index.js";
import { parse, query, replaceQuery } from "./state/link.js";
import { defaults, key } from "./state/setting.js";
import { Badge } from "./ui/badge.js";
import { Challenges } from "./ui/challenges.js";
import { Controls } from "./ui/controls.js";
import { Guess } from "./ui/guess.js";
import { showTable } from "./ui/table.js";

const KEEP = 400; // answers remembered, newest last
const GAP = 200; // ms: while the reader drags, the picture follows at least this often

export class Block {
  constructor(root, engine, base, ownsLink) {
    const data = JSON.parse(root.querySelector("script.dai-data").textContent);
    Object.assign(this, { root, engine, ownsLink, spec: data.spec, initial: data.params });
    this.answers = new Map(Object.entries(data.answers));
    this.prepared = new Set(this.answers.keys());
    this.painted = 0;
    this.figure = new Figure(
      root.querySelector(".dai-figure"),
      root.querySelector(".dai-legend"),
      base,
    );
    this.scene = new Scene(root.querySelector(".dai-scene"));
    this.badge = new Badge(root, engine);
    this.challenges = new Challenges(root, this.spec);
    this.guess = new Guess(root, data.guess);
    this.controls = new Controls(root, this.spec, (name, value) => {
      this.move({ ...this.setting, [name]: value });
    });
    engine.demos.add(this.spec.id);
    engine.listeners.add(() => this.#state());
    this.#buttons();
    this.#intent();
    this.#begin();
  }

  /** The reader moved something: show it as soon as it can be had. */
  move(setting) {
    this.guess.reveal();
    this.#link("");
    this.set(setting);
    if (this.ownsLink) this.#writeLink();
  }

  set(setting) {
    this.setting = setting;
    this.wanted = key(this.spec, setting);
    this.controls.show(setting);
    this.#presets();
    const ready = this.answers.get(this.wanted);
    if (ready) {
      this.engine.forget(this);
      this.#show(this.wanted, ready);
    } else this.#ask(this.wanted);
    this.#state();
  }

  #ask(asked) {
    if (this.engine.state === "disk") return;
    this.engine.ask(this, {
      demo: this.spec.id,
      setting: this.setting,
      done: (answer, error) => {
        this.badge.answer(error ?? "");
        if (error) return;
        this.answers.set(asked, answer);
        this.#trim();
        // While the wanted answer is still to come, an older one now and then shows the way to it.
        const due = this.wanted !== this.shown && performance.now() - this.painted > GAP;
        if (asked === this.wanted || due) this.#show(asked, answer);
      },
    });
  }

  #show(shown, answer) {
    this.shown = shown;
    this.painted = performance.now();
    this.root.querySelector(".dai-takeaway").textContent = answer.takeaway;
    this.#state();
    this.figure
      .paint(answer.figure)
      .catch(() => {})
      .then(() => requestAnimationFrame(() => this.#shown(shown, answer)));
  }

  // After the paint: nothing below may hold the figure up.
  #shown(shown, answer) {
    if (shown !== this.shown) return;
    if (this.figure.awake) this.root.dataset.key = shown;
    setTimeout(() => {
      if (shown !== this.shown) return;
      showTable(this.root, answer.table);
      this.challenges.show(answer.met);
      this.scene.show(answer.scene);
    });
  }

  #begin() {
    const { setting, message } = this.ownsLink
      ? parse(this.spec, location.search)
      : { setting: null, message: "" };
    this.#link(message);
    if (!setting) this.guess.veil();
    for (const fieldset of this.root.querySelectorAll("fieldset:disabled")) {
      fieldset.disabled = false;
    }
    this.root.dataset.on = "";
    this.set(setting ?? this.initial);
    near(this.root, () => this.#wakeFigure());
    near(this.root, () => this.scene.wake());
  }

  async #wakeFigure() {
    this.badge.figure("");
    try {
      await this.figure.wake();
    } catch (error) {
      this.badge.figure(error.message, () => this.#wakeFigure());
    }
    requestAnimationFrame(() => (this.root.dataset.key = this.shown));
  }

  #buttons() {
    const on = (selector, call) => this.root.querySelector(selector).addEventListener("click", call);
    for (const preset of this.spec.presets) {
      const setting = { ...defaults(this.spec), ...preset.params };
      on(`[data-preset="${preset.id}"]`, () => this.move(setting));
    }
    on(".dai-reset", () => this.move(this.initial));
    on(".dai-share", () => this.#share());
  }

  // Python starts when the reader reaches for the demo, not before.
  #intent() {
    const start = () => this.engine.start();
    for (const type of ["pointerenter", "pointerdown", "touchstart", "focusin"]) {
      this.root.addEventListener(type, start, { once: true, passive: true });
    }
  }

  #presets() {
    for (const preset of this.spec.presets) {
      const setting = { ...defaults(this.spec), ...preset.params };
      const on = key(this.spec, setting) === this.wanted;
      this.root.querySelector(`[data-preset="${preset.id}"]`).setAttribute("aria-pressed", on);
      this.root.querySelector(`[data-note="${preset.id}"]`).hidden = !on;
    }
  }

  #state() {
    const main = this.spec.controls.find((control) => control.name === this.spec.main);
    this.badge.show(this.engine, this.wanted !== this.shown, main.label);
  }

  #link(message) {
    this.root.querySelector(".dai-garbled").textContent = message;
  }

  #writeLink() {
    const plain = this.wanted === key(this.spec, this.initial);
    const mine = plain ? "" : query(this.spec, this.setting);
    clearTimeout(this.linkTimer); // browsers refuse more than some hundred changes a minute
    this.linkTimer = setTimeout(() => {
      history.replaceState(history.state, "", replaceQuery(location.href, this.spec, mine));
    }, 150);
  }

  async #share() {
    const url = new URL(replaceQuery(location.href, this.spec, query(this.spec, this.setting)));
    url.hash = this.root.id;
    const said = this.root.querySelector(".dai-shared");
    try {
      await navigator.clipboard.writeText(url.href);
      said.textContent = "Link copied.";
    } catch {
      said.textContent = `Copy this link: ${url.href}`;
    }
  }

  #trim() {
    for (const old of this.answers.keys()) {
      if (this.answers.size <= KEEP) return;
      if (!this.prepared.has(old)) this.answers.delete(old);
    }
  }
}

/** Call once, when `el` comes within a screen of the reader's view. */
function near(el, call) {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      call();
    },
    { rootMargin: "100% 0px" },
  );
  watch.observe(el);
}
