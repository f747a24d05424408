// Says where the picture comes from (computed in advance, awaited, live), and what failed.

const WORDS = {
  picture: () => "Computed in advance",
  disk: () => "Computed in advance",
  starting: ({ words }) => `Starting Python: ${words}…`,
  live: (engine, waiting) => (waiting ? "Computing…" : "Live: Python runs in this page"),
  failed: () => "The last picture that could be computed",
};

export class Badge {
  constructor(root, engine) {
    this.root = root;
    this.engine = engine;
    this.text = root.querySelector(".dai-badge-text");
    this.progress = root.querySelector(".dai-progress");
    this.complaints = {}; // what about -> element
  }

  /** waiting: the block shows an older setting than the one set. main: the main control's label. */
  show(engine, waiting, main) {
    const { state, words, done } = engine;
    this.root.dataset.state = state === "disk" ? "picture" : state;
    this.root.toggleAttribute("data-waiting", waiting);
    this.progress.hidden = state !== "starting";
    this.progress.value = done;
    this.text.textContent = WORDS[state](engine, waiting);
    this.#complain(
      "engine",
      state === "failed" && `Python did not start: ${words}. The picture stays as it was.`,
      () => engine.retry(),
    );
    this.#complain(
      "disk",
      state === "disk" &&
        waiting &&
        "This page was opened from a file, where Python cannot start. The presets and many stops " +
          `of “${main}” answer here; for every other setting, open the served book (make book).`,
    );
  }

  /** The figure's library is missing (words), or there after all (""). */
  figure(words, retry) {
    this.#complain("figure", words, retry);
  }

  /** The model gave an error instead of an answer (words), or an answer (""). */
  answer(words) {
    this.#complain("answer", words && `No answer for this setting: ${words}`);
  }

  #complain(about, words, retry) {
    const old = this.complaints[about];
    if ((old?.dataset.words ?? "") === (words || "")) return;
    old?.remove();
    delete this.complaints[about];
    if (!words) return;
    const line = document.createElement("p");
    line.dataset.words = words;
    line.textContent = `${words} `;
    if (retry) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "dai-retry";
      button.textContent = "Try again";
      button.addEventListener("click", retry);
      line.append(button);
    }
    this.complaints[about] = line;
    this.root.querySelector(".dai-alert").append(line);
  }
}
