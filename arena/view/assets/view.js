"use strict";
// Makes a table of every element with data-table, from the JSON beside it. All texts become text
// nodes, never markup.

const WHOLE = 500; // rows
const SHORT_TEXT = 20; // letters
// No filter. Not empty: of an empty value a list that is left untouched takes the label.
const ALL = "(all)";
const PAUSE = 3000; // milliseconds between two looks at a run that goes on
const tables = new Map();

function element(tag, text, attributes = {}) {
  const found = document.createElement(tag);
  found.textContent = text;
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  return found;
}

function link(cell, column) {
  const target = cell.getData()[column.field + "_href"];
  const text = cell.getValue() ?? "";
  return target ? element("a", text, { href: target }) : element("span", text);
}

function prompt(cell, column) {
  const line = element("span", "");
  for (const [text, changed] of cell.getData()[column.field + "_runs"]) {
    line.append(element(changed ? "mark" : "span", text), " ");
  }
  return line;
}

// A text, and in small letters below it what explains it.
function text(cell, column) {
  const line = element("span", cell.getValue() ?? "");
  const note = cell.getData()[column.field + "_note"];
  if (note) line.append(element("small", note));
  return line;
}

const SHOWN = {
  text,
  choice: text,
  number: (cell) => element("span", cell.getValue()?.toFixed(2).replace(/^-(?!0\.00$)/, "−").replace("-", "") ?? "–"),
  count: (cell) => element("span", cell.getValue() ?? "–"),
  link,
  prompt,
};

// Pixels for the values of a column: short ones stay on a line, of longer ones every word does.
function least(column, lines) {
  const texts = lines.map((line) => String(line[column.field] ?? ""));
  const long = texts.some((text) => text.length > SHORT_TEXT);
  const pieces = long ? texts.flatMap((text) => text.split(/\s/)) : texts;
  const longest = pieces.reduce((most, piece) => Math.max(most, piece.length), 0);
  return Math.min(320, Math.max(120, 30 + 8.3 * longest));
}

function definition(column, lines) {
  const found = {
    title: column.title,
    field: column.field,
    formatter: (cell) => SHOWN[column.kind](cell, column),
    variableHeight: column.wide,
    minWidth: column.wide ? 240 : least(column, lines),
    widthGrow: column.wide ? 4 : column.kind === "link" ? 2 : 1,
    headerFilterPlaceholder: "filter",
    headerWordWrap: true,
    titleFormatter: (cell) => element("span", cell.getValue()),
  };
  if (column.kind === "number" || column.kind === "count") {
    return { ...found, minWidth: 100, sorter: "number", hozAlign: "right", headerHozAlign: "right" };
  }
  if (column.kind === "choice") {
    const choices = (cell) => {
      const given = new Set(cell.getTable().getData().map((line) => line[column.field]));
      const values = [...given].filter((value) => value !== "" && value != null).sort();
      return [{ label: "all", value: ALL }, ...values.map((v) => ({ label: String(v), value: v }))];
    };
    return { ...found, headerFilter: "list", headerFilterParams: { valuesLookup: choices }, headerFilterFunc: "=", headerFilterEmptyCheck: (v) => v === ALL || v === "" || v == null };
  }
  return { ...found, headerFilter: "input" };
}

function searchField(place, table, columns, label) {
  const field = element("input", "", { type: "search" });
  const named = element("label", `Search in ${label.toLowerCase()} `, { class: "search" });
  named.append(field);
  place.before(named);
  const fields = columns.map((column) => column.field);
  field.addEventListener("input", () => {
    const wanted = field.value.toLowerCase();
    table.setFilter((line) => fields.some((name) => String(line[name] ?? "").toLowerCase().includes(wanted)));
  });
}

function saveButton(place, table, name) {
  const button = element("button", "Save as CSV", { type: "button", class: "save" });
  button.addEventListener("click", () => table.download("csv", `${name}.csv`));
  place.after(button);
}

// The heading of a column is reached by the keyboard and sorted by Enter.
function reachable(table) {
  for (const column of table.getColumns()) {
    const title = column.getElement().querySelector(".tabulator-col-title");
    if (!title || !column.getField()) continue;
    title.tabIndex = 0;
    title.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const [sorted] = table.getSorters().filter((each) => each.field === column.getField());
      table.setSort(column.getField(), sorted && sorted.dir === "asc" ? "desc" : "asc");
    });
  }
}

// All rows of a table are in the page, so that the keyboard and the browser's own search reach them;
// of a table with more, only those in sight.
function extent(count) {
  return count <= WHOLE ? { maxHeight: "75vh", renderVertical: "basic" } : { height: "75vh" };
}

// The box that scrolls takes the focus, so it is the group of rows, and what is in it no group.
function grouped(place) {
  place.removeAttribute("aria-owns");
  place.querySelector(".tabulator-tableholder").setAttribute("role", "rowgroup");
  place.querySelector(".tabulator-table").setAttribute("role", "presentation");
}

// The lines that are chosen to be compared, in the order in which they were.
const chosen = new Set();
const compare = document.getElementById("compare");

function choice(cell) {
  const name = cell.getData().chosen_as;
  if (!name) return element("span", "");
  const box = element("input", "", { type: "checkbox", "aria-label": `compare ${name}` });
  box.checked = chosen.has(name);
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(name); else chosen.delete(name);
    compare.disabled = chosen.size < 2;
  });
  return box;
}

compare?.addEventListener("click", () => {
  location.href = `compare.html?${new URLSearchParams([...chosen].map((name) => ["run", name]))}`;
});

function dataOf(name, page) {
  return JSON.parse(page.getElementById(`data-${name}`).textContent);
}

function build(place) {
  const name = place.dataset.table;
  const data = dataOf(name, document);
  const { columns, search, choose, joined } = data;
  const lines = joined ? data.lines.map((line) => ({ ...globalThis[joined][line.at], ...line })) : data.lines;
  const definitions = columns.map((column) => definition(column, lines));
  if (choose && compare) {
    definitions.unshift({
      formatter: choice, title: "compare", headerSort: false, width: 76, hozAlign: "center", download: false,
    });
  }
  const table = new Tabulator(place, {
    data: lines, columns: definitions, layout: "fitColumns", ...extent(lines.length),
    placeholder: "nothing found", autoResize: false,
  });
  table.on("tableBuilt", () => {
    reachable(table);
    grouped(place);
    place.setAttribute("aria-label", place.dataset.label);
  });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return; // a phone's bars come and go as it scrolls
    width = innerWidth;
    table.redraw(true);
    for (const row of table.getRows("visible")) row.normalizeHeight(); // of lines that wrap now
  });
  if (search) searchField(place, table, columns, place.dataset.label);
  saveButton(place, table, name);
  tables.set(name, table);
}

// While a run goes on, its page and the list follow it: what differs is replaced, and the rest
// stays, with the scroll and the focus.
async function follow() {
  for (let page = document; page.querySelector("[data-going]"); ) {
    await new Promise((done) => setTimeout(done, PAUSE));
    if (document.hidden) continue;
    page = (await fetched()) ?? page;
    if (page !== document && !renewed(page)) location.reload();
  }
}

// This page as it is now; null if the server does not answer.
async function fetched() {
  try {
    const answer = await fetch(location.href);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

// Whether the page was brought up to a later state of it; not to one with other parts.
function renewed(page) {
  const parts = (place) => [...place.querySelectorAll("[data-part], [data-table]")];
  const names = (place) => parts(place).map((each) => each.id || each.dataset.table).join();
  if (names(page) !== names(document)) return false;
  for (const part of parts(document)) {
    const next = page.getElementById(part.id);
    if (part.dataset.table) renewLines(part.dataset.table, page);
    else if (part.innerHTML !== next.innerHTML) part.replaceChildren(...next.childNodes);
  }
  return true;
}

function renewLines(name, page) {
  const table = tables.get(name);
  const lines = new Map(dataOf(name, page).lines.map((line) => [line.name, line]));
  for (const row of table.getRows()) {
    const line = lines.get(row.getData().name);
    lines.delete(row.getData().name);
    if (!line) row.delete();
    else if (JSON.stringify(line) !== JSON.stringify(row.getData())) row.update(line).then(() => row.reformat());
  }
  if (lines.size) table.addData([...lines.values()]);
}

for (const place of document.querySelectorAll("[data-table]")) build(place);
follow();
