// The few things of the whole site that need a script. Demos have their own (dai/app.js).
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
