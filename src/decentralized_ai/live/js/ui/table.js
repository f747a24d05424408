// The table behind the figure, rewritten in place: the same markup as block.py's table_html.

export function showTable(root, { caption, columns, rows }) {
  const table = root.querySelector(".dai-table table");
  const make = (tag, text, attributes = {}) => {
    const el = document.createElement(tag);
    el.textContent = text;
    for (const [name, value] of Object.entries(attributes)) el.setAttribute(name, value);
    return el;
  };
  const heads = columns.map(({ label, unit }) => {
    const head = make("th", label, { scope: "col" });
    if (unit) head.append(" ", make("span", `(${unit})`, { class: "dai-unit" }));
    return head;
  });
  const lines = rows.map(([first, ...cells]) => {
    const line = document.createElement("tr");
    line.append(make("th", first, { scope: "row" }), ...cells.map((cell) => make("td", cell)));
    return line;
  });
  table.caption.textContent = caption;
  table.tHead.rows[0].replaceChildren(...heads);
  table.tBodies[0].replaceChildren(...lines);
}
