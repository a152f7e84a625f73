"use strict";
// Brings the page of a run that goes on, and the list, up to date (after view.js, whose tables it
// uses).

const PAUSE = 3000; // milliseconds between two looks

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

follow();
