// The reader commits to a guess, then looks. Any other movement lifts the veil as well: nobody is
// made to guess.

export class Guess {
  constructor(root, { right, because }) {
    this.root = root;
    this.right = right;
    this.because = because;
    this.form = root.querySelector(".dai-guess");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = this.form.querySelector("input:checked");
      if (!chosen) return this.#say("Pick one, or look without guessing.");
      this.reveal();
      this.#judge(Number(chosen.value));
    });
    root.querySelector(".dai-skip").addEventListener("click", () => {
      this.reveal();
      this.#focus();
    });
  }

  veil() {
    this.root.dataset.veiled = "";
  }

  reveal() {
    delete this.root.dataset.veiled;
    this.#say("");
  }

  #judge(chosen) {
    const options = [...this.form.querySelectorAll(".dai-option span")].map((el) => el.textContent);
    const right = chosen === this.right;
    const verdict = right ? "You guessed right" : `You guessed “${options[chosen]}”`;
    this.#say(`${verdict}: at the starting setting it is “${options[this.right]}”. ${this.because}`);
    this.verdict.dataset.right = right;
    this.#focus();
  }

  get verdict() {
    return this.root.querySelector(".dai-verdict");
  }

  #say(words) {
    this.verdict.textContent = words;
    this.verdict.hidden = !words;
    delete this.verdict.dataset.right;
  }

  // The form with the focus is gone from the page: the keyboard goes on from what came instead.
  #focus() {
    const next = this.verdict.hidden ? this.root.querySelector(".dai-takeaway") : this.verdict;
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }
}
