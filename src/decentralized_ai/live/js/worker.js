// The one Python of a page: Pyodide with numpy and this book's package. Text in, text out.
//
// Where the site carries snapshot.bin (see make_snapshot.mjs), the interpreter is restored from
// memory instead of being started, which saves more than a second of a first answer.

let compute = null;
let warmUp = null;
let asked = 0; // when the last question came, ms

// WebAssembly that has run often is compiled again, two or three times faster. While nobody asks,
// the demos of the page are computed a few times, so that the first movements gain from it too.
const PRACTICE = 2000; // ms of computing in all
const QUIET = 120; // ms without a question before it goes on

self.onmessage = async ({ data }) => {
  if (data.type === "start") {
    holdLock(data.lock);
    try {
      await start(new URL("./", self.location.href).href, data);
      self.postMessage({ type: "ready" });
      if (!data.saveData) practise(data.demos);
    } catch (error) {
      self.postMessage({ type: "failed", words: String(error?.message ?? error).slice(0, 300) });
    }
  } else if (data.type === "ask") {
    self.postMessage({ type: "answer", id: data.id, text: compute(data.demo, data.setting) });
    asked = performance.now();
  }
};

async function practise(demos) {
  let left = demos.length ? PRACTICE : 0;
  for (let turn = 0; left > 0; turn++) {
    do await new Promise((done) => setTimeout(done, 20));
    while (performance.now() - asked < QUIET);
    const began = performance.now();
    compute(demos[turn % demos.length], "{}");
    left -= performance.now() - began;
  }
}

// The page asks for the same lock: it gets it in the moment this worker is gone, however it went.
function holdLock(name) {
  if (!self.navigator.locks) return;
  self.navigator.locks.request(name, () => {
    self.postMessage({ type: "held" });
    return new Promise(() => {});
  });
}

async function start(base, { saveData, demos }) {
  const home = `${base}pyodide/`;
  const say = (done, words) => self.postMessage({ type: "progress", done, words });
  say(0.05, "fetching Python");
  const missing = watchFetches();
  await Promise.race([missing, boot(base, home, say, saveData, demos)]);
}

async function boot(base, home, say, saveData, demos) {
  const assets = await (await fetch(`${base}assets.json`)).json();
  // Everything is asked for at once; each step below waits for what it needs.
  const wheel = bytes(`${home}${assets.numpy}`);
  const ours = bytes(`${home}decentralized_ai.whl`);
  const useSnapshot = assets.snapshot && !saveData;
  const options = { indexURL: home };
  if (useSnapshot) options._loadSnapshot = bytes(`${home}snapshot.bin`);
  for (const promise of [wheel, ours, options._loadSnapshot]) promise?.catch(() => {});
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  say(0.3, "starting Python");
  const python = await loadPyodide(options);
  say(0.6, "loading numpy");
  python.unpackArchive(await wheel, "wheel");
  python.unpackArchive(await ours, "wheel");
  say(0.8, "loading the models");
  const module = python.pyimport("decentralized_ai.live.browser");
  compute = module.answer;
  warmUp = module.warm_up;
  for (const demo of demos) warmUp(demo);
}

// Pyodide waits for ever for a file of its own that does not come: every fetch is watched here, and
// the promise returned rejects with the name of the file that failed.
function watchFetches() {
  const real = self.fetch;
  return new Promise((_, reject) => {
    self.fetch = async (resource, options) => {
      const file = String(resource?.url ?? resource).split("/").pop();
      const response = await real(resource, options).catch(() => null);
      if (response?.ok) return response;
      const error = new Error(`${file} could not be fetched`);
      reject(error);
      throw error;
    };
  });
}

async function bytes(url) {
  return new Uint8Array(await (await fetch(url)).arrayBuffer());
}
