"use strict";
// Makes a table of every element with data-table, from the JSON beside it. All texts become text
// nodes, never markup.

const PAGE = 100; // rows that are drawn at a time
const SHORT_TEXT = 16; // letters
// No filter. Not empty: of an empty value a list that is left untouched takes the label.
const ALL = "(all)";
const tables = new Map();

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
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
function noted(text, cell, column) {
  const line = element("span", text);
  const note = cell.getData()[column.field + "_note"];
  if (note) line.append(element("small", note));
  return line;
}

function text(cell, column) {
  return noted(cell.getValue() ?? "", cell, column);
}

function numberCell(cell, column) {
  const digits = cell.getValue()?.toFixed(2).replace(/^-(?!0\.00$)/, "−").replace("-", "");
  return noted(digits ?? "–", cell, column);
}

// The number of a sample, which is a link to it: on this page, or on that of its model.
function sample(cell) {
  const number = cell.getValue();
  const target = `${cell.getData().model_href ?? ""}#sample-${number}`;
  return element("a", number, { href: target, "aria-label": `Link to sample ${number}` });
}

const SHOWN = {
  text,
  choice: text,
  number: numberCell,
  count: (cell) => element("span", cell.getValue() ?? "–"),
  link,
  prompt,
  sample,
};

// A cell, which also knows the name of its column, for where that does not stand above it.
function shown(cell, column) {
  cell.getElement().dataset.label = column.title;
  return SHOWN[column.kind](cell, column);
}

// A spreadsheet must not take a text for a formula.
function plain(value) {
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

// Pixels for the values of a column: short ones stay on a line, of longer ones every word does.
function least(column, lines) {
  const texts = lines.map((line) => String(line[column.field] ?? ""));
  const long = texts.some((text) => text.length > SHORT_TEXT);
  const pieces = long ? texts.flatMap((text) => text.split(/\s/)) : texts;
  const longest = (words) => words.reduce((most, word) => Math.max(most, word.length), 0);
  return Math.min(320, Math.max(84, 30 + 8.3 * longest(pieces), 44 + 8.3 * longest(column.title.split(" "))));
}

function definition(column, lines) {
  const found = {
    title: column.title,
    field: column.field,
    formatter: (cell) => shown(cell, column),
    variableHeight: column.wide,
    minWidth: column.wide ? 180 : least(column, lines),
    widthGrow: column.wide ? 4 : column.kind === "link" ? 2 : 1,
    cssClass: column.wide ? "wide" : column.kind,
    headerFilterPlaceholder: "filter",
    headerWordWrap: true,
    titleFormatter: (cell) => element("span", cell.getValue()),
  };
  if (column.kind === "number" || column.kind === "count") {
    return { ...found, minWidth: 100, sorter: "number", hozAlign: "right", headerHozAlign: "right" };
  }
  if (column.kind === "sample") return { ...found, width: 68, minWidth: 68, sorter: "number" };
  found.accessorDownload = plain;
  if (column.kind === "choice") {
    const choices = (cell) => {
      const given = new Set(cell.getTable().getData().map((line) => line[column.field]));
      const values = [...given].filter((value) => value !== "" && value != null).sort();
      return [{ label: "all", value: ALL }, ...values.map((v) => ({ label: String(v), value: v }))];
    };
    return { ...found, headerFilter: "list", headerFilterParams: { valuesLookup: choices }, headerFilterFunc: "=", headerFilterEmptyCheck: (v) => v === ALL || v === "" || v == null };
  }
  const filter = (wanted, value) => holds(String(value ?? ""), partsOf(wanted));
  return { ...found, headerFilter: "input", headerFilterFunc: filter };
}

function searchField(place, table, columns, label) {
  const field = element("input", "", { type: "search" });
  const named = element("label", `Search in ${label.toLowerCase()} `, { class: "search" });
  named.append(field);
  place.before(named);
  field.addEventListener("input", () => {
    const wanted = partsOf(field.value);
    const texts = (line) => columns.map((column) => line[column.field] ?? "").join("\n");
    table.setFilter((line) => holds(texts(line), wanted));
  });
  return field;
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

// What is shown of a table with many lines, and the way to more.
function moreButton(place, table) {
  const line = element("p", "", { class: "extent" }), extent = element("span", "");
  const button = element("button", `Show ${PAGE} more`, { type: "button" });
  line.append(extent, " ", button);
  place.after(line);
  let size = PAGE;
  const tell = (all) => {
    const drawn = Math.min(all, size);
    extent.textContent = `${drawn.toLocaleString("en")} of ${all.toLocaleString("en")} shown.`;
    button.hidden = drawn >= all;
    line.hidden = all <= PAGE;
  };
  button.addEventListener("click", () => table.setPageSize(size + PAGE));
  table.on("pageSizeChanged", (changed) => { size = changed; tell(table.getDataCount("active")); });
  table.on("dataFiltered", (_, rows) => tell(rows.length));
}

// The filters and the order of a table are kept in the page's address.
function remembered(table, name, field) {
  const key = (part) => `${name}.${part}`;
  const keep = () => {
    const address = new URL(location), asked = address.searchParams;
    for (const known of [...asked.keys()]) if (known.startsWith(key(""))) asked.delete(known);
    for (const { field: column, value } of table.getHeaderFilters()) if (value !== ALL) asked.set(key(column), value);
    if (field?.value) asked.set(key("search"), field.value);
    for (const { field: column, dir } of table.getSorters()) asked.set(key("sort"), `${column} ${dir}`);
    try {
      history.replaceState(null, "", address);
    } catch {
      // Some browsers refuse for files; the filter works all the same.
    }
  };
  table.on("tableBuilt", () => {
    const asked = new URLSearchParams(location.search);
    const [sorted, direction] = asked.get(key("sort"))?.split(" ") ?? [];
    for (const column of table.getColumns().map((each) => each.getField())) {
      const value = asked.get(key(column));
      if (column && value !== null) table.setHeaderFilterValue(column, value);
      if (column && column === sorted) table.setSort(column, direction === "desc" ? "desc" : "asc");
    }
    if (field) field.value = asked.get(key("search")) ?? "";
    field?.dispatchEvent(new Event("input"));
    table.on("dataFiltered", keep);
    table.on("dataSorted", keep);
  });
}

// Shows the sample that the page's address names.
function reveal(table) {
  const [, number] = /^#sample-(\d+)$/.exec(location.hash) ?? [];
  const rows = table.getRows("active");
  const at = rows.findIndex((row) => String(row.getData().number) === number);
  if (at < 0) return;
  if (at >= table.getPageSize()) table.setPageSize(PAGE * Math.ceil((at + 1) / PAGE));
  document.querySelector(".tabulator-row.target")?.classList.remove("target");
  rows[at].getElement().classList.add("target");
  rows[at].getElement().scrollIntoView({ block: "center" });
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
  cell.getElement().dataset.label = "compare";
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

// The lines of a table, each sample with its number and its prompt.
function linesOf({ lines, joined }) {
  const numbered = (line) => (line.at === undefined ? line : { ...line, number: line.at + 1 });
  return lines.map((line) => numbered(joined ? { ...globalThis[joined][line.at], ...line } : line));
}

function build(place) {
  const name = place.dataset.table;
  const data = dataOf(name, document);
  const { columns, search, choose, joined } = data;
  const lines = linesOf(data);
  const definitions = columns.map((column) => definition(column, lines));
  if (choose && compare) {
    definitions.unshift({
      formatter: choice, title: "compare", headerSort: false, width: 76, hozAlign: "center", download: false, cssClass: "box",
    });
  }
  const table = new Tabulator(place, {
    data: lines, columns: definitions, layout: "fitColumns", maxHeight: "75vh", renderVertical: "basic",
    pagination: true, paginationSize: PAGE, placeholder: "nothing found", autoResize: false,
    rowFormatter: (row) => { if (joined) row.getElement().id = `sample-${row.getData().number}`; },
  });
  place.classList.toggle("cards", choose || columns.some((column) => column.wide));
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
  saveButton(place, table, name);
  moreButton(place, table);
  remembered(table, name, search ? searchField(place, table, columns, place.dataset.label) : null);
  table.on("tableBuilt", () => reveal(table));
  addEventListener("hashchange", () => reveal(table));
  tables.set(name, table);
}

for (const place of document.querySelectorAll("[data-table]")) build(place);
