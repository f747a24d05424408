// Draws formulas with MathJax: one JSON line in ({tex, display}), one JSON line out ({html} or
// {error}). Started once a build by live/maths.py, in the folder that holds node_modules.
const path = require("path");
const root = path.join(process.argv[2], "mathjax", "es5");
const { init } = require(path.join(root, "node-main.js"));

init({
  loader: { load: ["input/tex", "output/svg", "adaptors/liteDOM", "a11y/assistive-mml"] },
  tex: { packages: { "[-]": ["noundefined", "noerrors"] }, formatError: (_jax, error) => { throw error; } },
  svg: { fontCache: "none" },
  startup: { typeset: false },
}).then((MathJax) => {
  const adaptor = MathJax.startup.adaptor;
  const lines = require("readline").createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const { tex, display } = JSON.parse(line);
    let answer;
    try {
      answer = { html: adaptor.outerHTML(await MathJax.tex2svgPromise(tex, { display })) };
    } catch (error) {
      answer = { error: String(error.message || error) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  });
});
