"use strict";
const words = document.body.dataset;
const body = document.querySelector("table.class tbody");
const rows = Array.from(body.rows, (row, index) => ({
  row,
  index,
  name: row.dataset.name,
  shownName: row.cells[0].textContent,
  text: row.dataset.name.normalize("NFC").toLowerCase() + " " + row.dataset.mistakes + " " + row.dataset.reason.toLowerCase(),
  mistakes: row.dataset.mistakes.split("\n"),
  percent: row.dataset.percent === "" ? -1 : Number(row.dataset.percent),
  person: row.dataset.person === "yes",
  isNameless: false,
}));
const found = document.getElementById("found");
const search = document.getElementById("search");
const which = document.getElementById("which");
const mistake = document.getElementById("mistake");
const check = document.getElementById("check");
const anonymous = document.getElementById("anonymous");
const rank = { none: 0, manual: 1, skipped: 2, error: 3, failed: 3, passed: 4 };

function wanted(item, text) {
  if (!item.text.includes(text)) return false;
  if (which.value === "below" && (item.percent < 0 || item.percent >= 100)) return false;
  if (which.value === "full" && item.percent < 100) return false;
  if (which.value === "none" && item.percent >= 0) return false;
  if (which.value === "person" && !item.person) return false;
  if (mistake.value && !item.mistakes.includes(mistake.value)) return false;
  return !check.value || rank[item.row.cells[Number(check.value)].className] === rank.failed;
}

// A few rows at a time are in the page: laying out all of a large class would be a pause at each click.
const step = 100;
const scroller = document.querySelector("div.table");
let matching = [];
let attached = 0;

function more(count) {
  const next = matching.slice(attached, attached + count);
  attached += next.length;
  next.forEach(writeName);
  body.append(...next.map((item) => item.row));
}

function filter() {
  const text = search.value.normalize("NFC").trim().toLowerCase();
  matching = rows.filter((item) => wanted(item, text));
  attached = 0;
  body.replaceChildren();
  more(step);
  scroller.scrollTop = 0;
  found.textContent = words.found.replace("{shown}", matching.length).replace("{total}", rows.length);
}

scroller.addEventListener("scroll", () => {
  if (scroller.scrollTop + 2 * scroller.clientHeight > scroller.scrollHeight) more(step);
});
addEventListener("beforeprint", () => more(rows.length));

const names = new Intl.Collator(undefined, { numeric: true });
function key(item, column) {
  return column === 1 ? item.percent : rank[item.row.cells[column].className];
}

function sort(header) {
  const column = Number(header.dataset.column);
  const down = header.getAttribute("aria-sort") === "ascending";
  for (const other of document.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keys = new Map(rows.map((item) => [item, column === 0 ? item.name : key(item, column)]));
  const compare = column === 0 ? names.compare : (a, b) => a - b;
  rows.sort((a, b) => (down ? -1 : 1) * compare(keys.get(a), keys.get(b)) || a.index - b.index);
  filter();
}

function writeName(item) {
  if (item.isNameless === anonymous.checked) return;
  item.isNameless = anonymous.checked;
  const cell = item.row.cells[0];
  if (anonymous.checked) {
    cell.replaceChildren(words.nameless.replace("{number}", item.index + 1));
  } else if (!item.row.dataset.link) {
    cell.replaceChildren(item.shownName.trim());
  } else {
    const link = document.createElement("a");
    link.href = item.row.dataset.link;
    link.textContent = item.shownName.trim();
    cell.replaceChildren(link);
  }
}

function hideNames() {
  for (const list of document.querySelectorAll(".named")) list.hidden = anonymous.checked;
  search.disabled = anonymous.checked;
  if (anonymous.checked) search.value = "";
  filter();
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sort(button.closest("th")));
}
for (const button of document.querySelectorAll("button[data-mistake]")) {
  button.addEventListener("click", () => {
    mistake.value = button.dataset.mistake;
    filter();
    mistake.scrollIntoView({ block: "center" });
    mistake.focus();
  });
}
search.addEventListener("input", filter);
for (const control of [which, mistake, check]) control.addEventListener("change", filter);
anonymous.addEventListener("change", hideNames);
document.getElementById("controls").hidden = false;
filter();
body.classList.add("ready");
