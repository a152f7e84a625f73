"use strict";
// Sorts and filters the tables of a page, saves tables and figures as files, and opens closed parts
// for print. It only moves and hides rows that are there, and makes no markup of any text.

const SHORT = 3, LONG = 8; // rows from which a table is sorted and filtered
const UNITS = { h: 3600, min: 60, s: 1 };

// The cell of a row in a column, and whether it spans more columns.
function cellAt(row, column) {
  for (const cell of row.cells) {
    if (column < cell.colSpan) return cell;
    column -= cell.colSpan;
  }
  return null;
}

// The number that a cell begins with (a duration in seconds); NaN without one.
function number(text) {
  const plain = text.trim().replace(/\u2212/g, "-").replace(/(\d),(?=\d{3})/g, "$1").replace(/^[<>]\s*/, "");
  const times = [...plain.matchAll(/(\d+(?:\.\d+)?) (h|min|s)\b/g)];
  if (!times.length) return parseFloat(plain);
  return times.reduce((sum, [, count, unit]) => sum + count * UNITS[unit], 0);
}

// A comparison of rows by a column; rows without a number there come last in either direction.
function by(column, numeric, sign) {
  const text = (row) => cellAt(row, column)?.textContent ?? "";
  if (!numeric) return (a, b) => sign * text(a).localeCompare(text(b), undefined, { numeric: true });
  const value = (row) => (cellAt(row, column)?.colSpan === 1 ? number(text(row)) : NaN);
  return (a, b) => isNaN(value(a)) - isNaN(value(b)) || sign * (value(a) - value(b)) || 0;
}

// The head of each column, with the column's number: of several rows of heads, what reaches down to
// the last one.
function headsOf(rows) {
  const taken = new Set(), heads = [];
  for (const [line, row] of rows.entries()) {
    let column = 0;
    for (const cell of row.cells) {
      while (taken.has(`${line} ${column}`)) column += 1;
      for (let down = 0; down < cell.rowSpan; down += 1)
        for (let right = 0; right < cell.colSpan; right += 1) taken.add(`${line + down} ${column + right}`);
      if (line + cell.rowSpan >= rows.length && cell.textContent.trim()) heads.push([column, cell]);
      column += cell.colSpan;
    }
  }
  return heads;
}

function sortable(table, heads, body) {
  const original = [...body.rows];
  for (const [column, cell] of heads) {
    const button = document.createElement("button");
    button.className = "sort";
    // A link stays beside the button: one cannot hold the other.
    if (cell.querySelector("a")) button.setAttribute("aria-label", `Sort by ${cell.textContent.trim()}`);
    else button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: "" }[cell.getAttribute("aria-sort")] ?? "ascending";
      for (const [, each] of heads) each.removeAttribute("aria-sort");
      if (next) cell.setAttribute("aria-sort", next);
      table.classList.toggle("sorted", next !== "");
      const rule = by(column, cell.matches(".n, [data-sort=number]"), next === "descending" ? -1 : 1);
      body.append(...(next ? [...original].sort(rule) : original));
    });
  }
}

// What a cell is found by, where it shows it in fewer words.
function wordsOf(row) {
  return [...row.cells].map((cell) => cell.dataset.words ?? cell.textContent).join("\n");
}

// The parts of a search: words, and texts in double quotes, one that is not closed to the end
// (arena/results/query.py).
function partsOf(query) {
  const parts = [...query.toLowerCase().matchAll(/"([^"]*)"?|([^\s"]+)/g)];
  return parts.map(([, phrase, word]) => phrase ?? word).filter((part) => part.trim());
}

// Whether a text has every part of a search.
function holds(text, parts) {
  const lower = text.toLowerCase();
  return parts.every((part) => lower.includes(part));
}

function filterable(table, body) {
  const label = document.createElement("label"), field = document.createElement("input"), count = document.createElement("output");
  label.className = "filter";
  field.type = "search";
  label.append("Filter ", field, count);
  (table.closest(".scroll") ?? table).before(label);
  field.addEventListener("input", () => {
    const wanted = partsOf(field.value);
    for (const row of body.rows) row.hidden = !holds(wordsOf(row), wanted);
    const left = [...body.rows].filter((row) => !row.hidden).length;
    count.value = wanted.length ? ` ${left} of ${body.rows.length}` : "";
  });
}

// Gives the reader a file that the page makes itself: nothing is asked of any address.
function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function saveable(box, name, kind, type, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = `Save as ${kind}`;
  button.setAttribute("aria-label", `Save as ${kind}: ${name}`);
  const file = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  button.addEventListener("click", () => save(`${file}.${kind.toLowerCase()}`, type, text()));
  box.after(button);
}

// A figure as a file of its own: on white, with the colours of a light page.
function svgText(figure) {
  const copy = figure.cloneNode(true), ground = document.createElementNS(figure.namespaceURI, "rect");
  for (const [key, value] of [["width", "100%"], ["height", "100%"], ["fill", "#ffffff"]]) ground.setAttribute(key, value);
  copy.insertBefore(ground, copy.querySelector(":scope > g"));
  return new XMLSerializer().serializeToString(copy).replace(/var\(--\w+, (#[0-9a-f]{6})\)/g, "$1");
}

// The name of each column: of several rows of heads, all that stand above it.
function columnNames(rows) {
  const names = [], filled = new Set();
  for (const [line, row] of rows.entries()) {
    let column = 0;
    for (const cell of row.cells) {
      while (filled.has(`${line} ${column}`)) column += 1;
      for (let right = 0; right < cell.colSpan; right += 1, column += 1) {
        (names[column] ??= []).push(cell.textContent.trim());
        for (let down = 1; down < cell.rowSpan; down += 1) filled.add(`${line + down} ${column}`);
      }
    }
  }
  return names.map((each) => each.join(": "));
}

// What a cell says, and what it says below that in small: an interval, a reason.
function saidIn(cell) {
  const copy = cell.cloneNode(true), plain = (node) => node.textContent.replace(/\s+/g, " ").trim();
  for (const each of copy.querySelectorAll("[aria-hidden]")) each.remove();
  const small = [...copy.querySelectorAll("small, .reason")].map((each) => { each.remove(); return plain(each); });
  return [plain(copy), small.join("; ")];
}

// A program that opens the file must not take a text for a formula.
function quoted(text) {
  const plain = text.replace(/\u2212(?=[\d.])/g, "-");
  return `"${(/^[=@]|^[-+](?![\d.])/.test(plain) ? `'${plain}` : plain).replaceAll('"', '""')}"`;
}

// The rows in sight; a column whose cells say something in small has a second one for that.
function csvText(table) {
  const names = columnNames([...table.tHead.rows]);
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => names.map((_, column) => {
    const cell = cellAt(row, column);
    return cell ? saidIn(cell) : ["", ""];
  }));
  const twice = names.map((_, column) => rows.some((row) => row[column][1]));
  const line = (pairs) => pairs.flatMap((pair, column) => (twice[column] ? pair : pair.slice(0, 1))).map(quoted).join(",");
  return [names.map((name) => [name, `${name} (below)`]), ...rows].map(line).join("\n") + "\n";
}

for (const table of document.querySelectorAll("main .scroll table")) {
  const [body] = table.tBodies, heads = headsOf([...(table.tHead?.rows ?? [])]);
  if (!body || !heads.length || [...body.rows].some((row) => [...row.cells].some((cell) => cell.rowSpan > 1))) continue;
  const name = table.caption?.textContent || "table";
  if (body.rows.length >= SHORT) saveable(table.closest(".scroll"), name, "CSV", "text/csv", () => csvText(table));
  if (body.rows.length >= SHORT) sortable(table, heads, body);
  if (body.rows.length >= LONG) filterable(table, body);
}
for (const figure of document.querySelectorAll("main .scroll > svg")) {
  const name = figure.getAttribute("aria-labelledby")?.replace(/-title .*$/, "") || "figure";
  saveable(figure.parentElement, name, "SVG", "image/svg+xml", () => svgText(figure));
}
// A box whose right part is out of sight says so by its fading edge.
const edges = new ResizeObserver((seen) => seen.forEach(({ target }) => fade(target)));
function fade(box) {
  box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
}
for (const box of document.querySelectorAll(".scroll")) {
  edges.observe(box);
  box.addEventListener("scroll", () => fade(box), { passive: true });
}
const closed = () => document.querySelectorAll("details:not([open])");
let opened = [];
addEventListener("beforeprint", () => { opened = [...closed()]; for (const each of opened) each.open = true; });
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
