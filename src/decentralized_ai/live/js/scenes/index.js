// Animations, by the `kind` of a view's scene: a file beside this one, named after the kind; what
// they share is in player.js. Each exports mount(el, scene, {reducedMotion}) -> {update(scene),
// setTheme(), play(), pause(), destroy()} and nothing moves before Play is pressed.
import { onTheme } from "../figure.js";

export class Scene {
  constructor(host) {
    this.host = host;
    this.handle = null;
    this.kind = "";
    this.latest = null;
    this.awake = false;
    onTheme(() => this.handle?.setTheme());
  }

  /** The place came near the reader's view: build what was shown last. */
  async wake() {
    this.awake = true;
    // What nobody sees need not move.
    new IntersectionObserver((entries) => {
      if (!entries.at(-1).isIntersecting) this.handle?.pause?.();
    }).observe(this.host);
    await this.show(this.latest);
  }

  async show(scene) {
    this.latest = scene;
    this.host.hidden = !scene;
    if (!scene || !this.awake) return;
    if (scene.kind === this.kind) {
      this.handle?.update(scene);
      return;
    }
    this.kind = scene.kind;
    this.handle?.destroy();
    this.handle = null;
    this.host.replaceChildren();
    try {
      const { mount } = await import(`./${scene.kind}.js`);
      if (this.kind !== this.latest?.kind) return;
      const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.handle = mount(this.host, this.latest, { reducedMotion });
    } catch (error) {
      // The figure says the same: a broken animation must not take the demo with it.
      console.warn("The animation could not be shown:", error);
      this.host.hidden = true;
    }
  }
}
