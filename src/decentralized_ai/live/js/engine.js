// One worker for all demos of a page. One request is in flight; of what waits, each block keeps
// only its newest. Nothing set last is ever lost: it waits out a start, a death and a restart.

const HANG = 10_000; // ms without an answer after which the worker is taken for hung
const START = 90_000; // ms without a sign of progress after which a start is given up
const DEATHS = 3; // in a row, after which the reader is asked

export class Engine {
  constructor(base) {
    this.base = base;
    this.state = location.protocol === "file:" ? "disk" : "picture";
    this.words = "";
    this.done = 0;
    this.worker = null;
    this.flight = null; // {id, block, request}
    this.waiting = new Map(); // block -> request, the newest only
    this.listeners = new Set();
    this.demos = new Set();
    this.count = 0;
    this.deaths = 0;
  }

  /** Start Python if it is not up. Idempotent, so every sign of intent may call it. */
  start() {
    if (this.state !== "picture") return;
    this.#launch();
  }

  retry() {
    if (this.state !== "failed") return;
    this.deaths = 0;
    this.#launch();
  }

  /** Ask for `request` = {demo, setting, done(answer, error)}; replaces what `block` asked before. */
  ask(block, request) {
    this.waiting.delete(block);
    this.waiting.set(block, request);
    this.start();
    this.#next();
  }

  /** The block no longer needs what it asked for. */
  forget(block) {
    this.waiting.delete(block);
  }

  #launch() {
    this.#drop();
    this.#be("starting", "fetching Python", 0);
    const lock = `dai-${Math.random().toString(36).slice(2)}`;
    const worker = new Worker(`${this.base}worker.js`, { type: "module" });
    this.worker = worker;
    worker.onmessage = ({ data }) => this.worker === worker && this.#hear(data, lock);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.worker !== worker) return;
      if (this.state === "live") this.#died(worker);
      else this.#fail("worker.js could not be loaded");
    };
    const { saveData = false } = navigator.connection ?? {};
    worker.postMessage({ type: "start", lock, saveData, demos: [...this.demos] });
    this.#watch(START, () => this.#fail("Python did not start in time"));
  }

  #hear(data, lock) {
    if (data.type === "held") {
      const worker = this.worker;
      navigator.locks.request(lock, () => this.#died(worker));
    } else if (data.type === "progress") {
      this.#watch(START, () => this.#fail("Python did not start in time"));
      this.#be("starting", data.words, data.done);
    } else if (data.type === "failed") {
      this.#fail(data.words);
    } else if (data.type === "ready") {
      clearTimeout(this.timer);
      this.#be("live", "", 1);
      this.#next();
    } else if (data.type === "answer" && this.flight?.id === data.id) {
      this.#land(data.text);
    }
  }

  #next() {
    if (this.state !== "live" || this.flight || !this.waiting.size) return;
    const [block, request] = this.waiting.entries().next().value;
    this.waiting.delete(block);
    this.flight = { id: ++this.count, block, request };
    this.#watch(HANG, () => this.#hung());
    this.worker.postMessage({
      type: "ask",
      id: this.flight.id,
      demo: request.demo,
      setting: JSON.stringify(request.setting),
    });
  }

  #land(text) {
    clearTimeout(this.timer);
    const { request } = this.flight;
    this.flight = null;
    this.deaths = 0;
    this.#next(); // the worker computes the next while this thread paints
    const reply = JSON.parse(text);
    request.done(reply.answer, reply.error);
  }

  #hung() {
    const { block, request } = this.flight;
    request.hangs = (request.hangs ?? 0) + 1;
    if (request.hangs > 1) {
      this.flight = null;
      if (!this.waiting.has(block)) this.waiting.set(block, request);
      request.hangs = 0;
      this.#fail("Python gave no answer for 10 seconds, twice");
    } else this.#died(this.worker);
  }

  #died(worker) {
    if (this.worker !== worker || worker === null) return;
    if (++this.deaths >= DEATHS) this.#fail("Python stopped several times in a row");
    else this.#launch();
  }

  #fail(words) {
    this.#drop();
    this.#be("failed", words, 0);
  }

  /** Let go of the worker; what was in flight waits again, unless its block wants something newer. */
  #drop() {
    clearTimeout(this.timer);
    const worker = this.worker;
    this.worker = null;
    worker?.terminate();
    if (!this.flight) return;
    const { block, request } = this.flight;
    this.flight = null;
    if (!this.waiting.has(block)) this.waiting.set(block, request);
  }

  #watch(ms, then) {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, ms);
  }

  #be(state, words, done) {
    Object.assign(this, { state, words, done });
    for (const listener of this.listeners) listener(this);
  }
}
