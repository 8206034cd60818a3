"use strict";
// The token stands behind the # of the address that the terminal shows; it is kept for this tab and sent in a header.
const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const say = (word, values = {}) => words[word].replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
const number = (value) => String(Math.round(value * 1e4) / 1e4);
const worth = (got, most) => ({ got: number(got), most: number(most) });
const kept = {
  get: (name) => { try { return sessionStorage.getItem(name); } catch { return null; } },
  set: (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* it is then kept for this page only */ } },
};
if (location.hash.length > 1) {
  kept.set("token", location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
const token = kept.get("token");

let state = null;
let byStudent = kept.get("mode") === "student";
let hidden = kept.get("hidden") === "yes";
let letters = kept.get("letters") !== "off";
let current = null; // { work, place }
let shownBase = 0; // the mark that the form was filled from: what a new one is based on
let filled = { points: "", comment: "" }; // what was in the form before anything was typed
const drafts = new Map(); // answer -> what was typed for it and is not saved, while another answer is shown
let busy = false;
let choosing = false;
let raw = false; // answers as they were written
const undone = JSON.parse(kept.get("undo") ?? "[]");
const details = new Map(); // hand-in -> promise of what stands in it
const loading = new Map(); // hand-in -> what ends asking for it

class Refused extends Error {
  constructor(status, told) { super(told.error); this.status = status; this.told = told; }
}

async function ask(path, body, signal) {
  const options = { signal, headers: { Authorization: `Bearer ${token}` }, cache: "no-store", credentials: "omit" };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(path, options);
  if (answer.status === 401) throw new Refused(401, { error: "no_token" });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, told);
  return told;
}

function tell(text, kind = "") {
  $("status").textContent = text;
  $("status").className = kind;
}

function told(error) {
  if (!(error instanceof Refused)) return say("gone");
  if (error.told.error === "unwritten") return say("unwritten", { why: error.told.why });
  if (error.told.error === "number") return say("not_a_number");
  return error.told.error in words ? say(error.told.error) : error.told.why;
}

// --- what there is

const nameOf = (work) => (hidden || !work.name ? say("handin", { number: work.rank }) : work.name);
const counts = (place) => place.mark !== null && place.mark.counts;
const isStale = (place) => place.mark !== null && !place.mark.counts && place.mark.points !== null;
const filters = {
  all: () => true,
  open: (place) => !counts(place),
  mine: (place) => counts(place) && place.mark.who === state.me,
  other: (place) => counts(place) && place.mark.who !== state.me,
};
const passes = (place) => filters[$("filter").value](place);

function works() {
  return hidden ? [...state.works].sort((a, b) => a.rank - b.rank) : state.works;
}

// Worked out once for each order: a class may have tens of thousands of answers.
function arranged() {
  const key = `${byStudent}|${hidden}`;
  if (arranged.of !== state || arranged.key !== key) {
    const groups = byStudent
      ? works().map((work) => ({ key: work.id, entries: work.places.map((place) => ({ work, place })) }))
      : state.questions.map((question, number) => ({ key: number, entries: [] }));
    if (!byStudent) for (const work of works()) for (const place of work.places) groups[place.question].entries.push({ work, place });
    const all = groups.flatMap((group) => group.entries);
    Object.assign(arranged, { of: state, key, groups, all, at: new Map(all.map(({ place }, index) => [place, index])) });
  }
  return arranged;
}

const groups = () => arranged().groups;
const everything = () => arranged().all;
const groupOf = (entry) => (byStudent ? entry.work.id : entry.place.question);
const same = (one, other) => one !== null && other !== null && one.place === other.place;
const keyOf = ({ work, place }) => `${work.id} ${place.item}`;

async function load() {
  const at = current && { work: current.work.id, item: current.place.item };
  state = await ask("/api/class");
  details.clear();
  setAside();
  if (state.anonymous) hidden = true;
  const all = everything();
  const again = at && all.find(({ work, place }) => work.id === at.work && place.item === at.item);
  current = again ?? all.find(({ place }) => !counts(place)) ?? all[0] ?? null;
}

function detailsOf(work) {
  if (!details.has(work.id)) {
    const leave = new AbortController();
    const promise = ask(`/api/work/${work.id}`, undefined, leave.signal);
    details.set(work.id, promise);
    loading.set(work.id, leave);
    promise.catch(() => details.delete(work.id)).finally(() => loading.delete(work.id));
    if (details.size > 60) details.delete(details.keys().next().value);
  }
  return details.get(work.id);
}

// A browser asks a server six things at once: what nobody looks at any more must not keep a mark waiting.
function leaveAllBut(works) {
  for (const [id, leave] of loading) {
    if (!works.some((work) => work?.id === id)) {
      details.delete(id);
      leave.abort();
    }
  }
}

// --- the page

function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function drawFrame() {
  $("title").textContent = state.title;
  document.title = `${state.title} – ${state.me}`;
  $("me").textContent = say("as", { name: state.me });
  $("by-question").setAttribute("aria-pressed", String(!byStudent));
  $("by-student").setAttribute("aria-pressed", String(byStudent));
  $("names").setAttribute("aria-pressed", String(hidden));
  $("names").hidden = state.anonymous;
  $("group-label").textContent = say(byStudent ? "student" : "question");
  $("left-out").textContent = state.left_out ? say("left_out", { count: state.left_out }) : "";
  const options = $("group").options;
  if (drawFrame.of !== groups()) {
    drawFrame.of = groups();
    $("group").replaceChildren(...groups().map(({ key }) => {
      const option = element("option");
      option.value = key;
      return option;
    }));
  }
  groups().forEach(({ key, entries }, index) => {
    const label = byStudent ? nameOf(entries[0]?.work ?? state.works[0]) : `${key + 1}. ${state.questions[key].label}`;
    const text = `${label} (${entries.filter(({ place }) => counts(place)).length}/${entries.length})`;
    if (options[index].text !== text) options[index].text = text;
  });
  if (current) $("group").value = groupOf(current);
  drawProgress();
}

function drawProgress() {
  const places = state.works.flatMap((work) => work.places);
  const done = places.filter(counts).length;
  $("progress").max = Math.max(1, places.length);
  $("progress").value = done;
  $("count").textContent = done === places.length ? say("all_marked", { most: done }) : say("marked", { got: done, most: places.length });
  const { waiting, problem } = state.reports;
  $("reports").textContent = problem ? say("reports_problem", { why: problem }) : waiting ? say("reports_waiting", { count: waiting }) : say("reports_done");
}

function drawList() {
  const group = groups().find(({ key }) => current && key === groupOf(current));
  const entries = (group?.entries ?? []).filter((entry) => passes(entry.place) || same(entry, current));
  const shown = drawList.entries ?? [];
  if (entries.length !== shown.length || entries.some((entry, index) => entry !== shown[index])) {
    drawList.entries = entries;
    $("list").replaceChildren(...entries.map((entry) => {
      const button = element("button");
      button.type = "button";
      button.addEventListener("click", () => { tell(""); show(entry); });
      const item = element("li");
      item.append(button);
      return item;
    }));
  }
  entries.forEach((entry, index) => drawRow(entry, $("list").children[index].firstChild));
  $("list").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function drawRow(entry, button) {
  const { work, place } = entry;
  const label = byStudent ? `${place.question + 1}. ${state.questions[place.question].label}` : nameOf(work);
  const got = counts(place) ? `${number(place.mark.points)}/${number(place.most)}` : "";
  const looks = `${label}|${got}|${isStale(place)}|${same(entry, current)}`;
  if (button.dataset.looks === looks) return;
  button.dataset.looks = looks;
  button.replaceChildren(element("span", label));
  if (got) button.append(element("span", got, "got"));
  else if (isStale(place)) button.append(element("span", say("state_stale"), "changed"));
  else button.append(element("span", "–", "open"), element("span", say("state_none"), "unseen"));
  if (same(entry, current)) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
}

// What students wrote stands in a tree of its own, so that no class or id in it is one of the page's.
const theirStyle = new CSSStyleSheet();
theirStyle.replaceSync(`
  :host { display: block; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0; }
  code, pre { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
  p { margin: .5rem 0; overflow-wrap: anywhere; } img { max-width: 100%; height: auto; background: #fff; } img:not([src]) { display: none; }
  h1, h2, h3, h4, h5, h6 { font-size: 1.05rem; margin: .8rem 0 .4rem; }
  table { border-collapse: collapse; display: block; overflow-x: auto; } td, th { border: 1px solid var(--line); padding: .2rem .5rem; }
  blockquote { margin: .5rem 0; padding-left: .8rem; border-left: .25rem solid var(--line); }
  math[display="block"] { overflow: auto hidden; padding: .2rem 0; margin: .5rem 0; } mtd[columnalign="left"] { text-align: left; } mtd[columnalign="right"] { text-align: right; text-align: -webkit-right; }
  .highlight, .output_area { margin: .4rem 0; } .prompt { display: none; }`);

function put(id, html) {
  const root = $(id).shadowRoot ?? $(id).attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [theirStyle];
  const holder = element("div");
  holder.dir = "auto";
  holder.innerHTML = html; // made harmless where it was read; and the page's policy lets nothing of it run or load
  root.replaceChildren(holder);
}

function fill() {
  const { place } = current;
  const mark = place.mark;
  const from = counts(place) || isStale(place) ? mark : null;
  filled = { points: from && from.points <= place.most ? number(from.points) : place.most ? "" : "0", comment: from?.comment ?? "" };
  const { base, points, comment } = drafts.get(keyOf(current)) ?? { base: mark?.id ?? 0, ...filled };
  drafts.delete(keyOf(current)); // it is in the form now
  shownBase = base;
  $("points").value = points;
  $("points").removeAttribute("aria-invalid");
  $("comment").value = comment;
  $("most").textContent = place.most ? say("of", { most: number(place.most) }) : "";
  $("stale").hidden = !isStale(place) && place.most > 0;
  $("stale").textContent = isStale(place) ? say("stale", { who: mark.who, ...worth(mark.points, mark.most) }) : say("worth_nothing");
  const most = place.most;
  const few = Number.isInteger(most) && most <= 6;
  const steps = few ? Array.from({ length: most + 1 }, (_, points) => points) : [0, most / 4, most / 2, (3 * most) / 4, most];
  $("quick").hidden = !most;
  $("quick").replaceChildren(...steps.map((points) => {
    const button = element("button", number(points));
    button.type = "button";
    button.addEventListener("click", () => { $("points").value = number(points); $("points").focus(); });
    return button;
  }));
  drawReuse();
}

const typed = () => ({ points: $("points").value.trim(), comment: $("comment").value });
const isTouched = () => typed().points !== filled.points || typed().comment !== filled.comment;

function setAside() {
  if (current && isTouched()) drafts.set(keyOf(current), { base: shownBase, ...typed() });
}

// What was typed for an answer is saved, or not wanted.
function forget(entry) {
  drafts.delete(keyOf(entry));
  if (same(entry, current)) filled = typed();
}

function comments() {
  const found = new Map();
  for (const { place } of everything()) {
    if (place.question !== current.place.question || !counts(place) || !place.mark.comment) continue;
    const known = found.get(place.mark.comment) ?? { text: place.mark.comment, times: 0, points: place.mark.points };
    known.times += 1;
    found.set(known.text, known);
  }
  return [...found.values()].sort((a, b) => b.times - a.times || a.text.localeCompare(b.text)).slice(0, 9);
}

function use(comment) {
  const before = $("comment").value.trim();
  if (!before.includes(comment.text)) $("comment").value = before ? `${before}\n${comment.text}` : comment.text;
  if (!$("points").value.trim() && comment.points <= current.place.most) $("points").value = number(comment.points);
  $("points").focus();
}

function drawReuse() {
  const found = comments();
  $("reuse-none").hidden = found.length > 0;
  $("reuse").replaceChildren(...found.map((comment, index) => {
    const button = element("button");
    button.type = "button";
    button.append(element("kbd", String(index + 1)), element("span", comment.text), element("span", number(comment.points), "quiet"));
    button.addEventListener("click", () => use(comment));
    const item = element("li");
    item.append(button);
    return item;
  }));
  const toZero = withoutAnswer();
  $("zero").hidden = toZero.length === 0;
}

async function show(entry, { focus = true } = {}) {
  choosing = false;
  if (entry === null) return;
  const { work, place } = entry;
  setAside();
  if (!same(entry, current) && drafts.has(keyOf(current))) tell(say("set_aside", { name: nameOf(current.work) }));
  current = everything()[arranged().at.get(place)]; // as it is in the order of now
  drawFrame();
  drawList();
  $("where").replaceChildren(nameOf(work), element("span", ` · ${say("question_of", { number: place.question + 1, count: state.questions.length })}`, "quiet"));
  fill();
  const rubric = state.questions[place.question].source === "rubric";
  const note = place.missing ? say("missing") : rubric ? say("whole", { name: nameOf(work) }) : place.empty ? say("empty") : "";
  $("note").textContent = note;
  $("note").hidden = !note;
  $("answer").hidden = place.missing || place.empty;
  $("raw").hidden = $("answer").hidden || rubric;
  $("answer-heading").textContent = say(rubric ? "code" : "answer");
  put("question", "");
  put("answer", "");
  $("answer").setAttribute("aria-busy", "true");
  const following = after(entry, 1);
  leaveAllBut([work, following?.work]);
  $("pictures").replaceChildren();
  $("history").replaceChildren();
  $("past").hidden = true;
  // Where there is no keyboard, one would come up over the answer.
  if (focus && !matchMedia("(pointer: coarse)").matches) {
    $("points").focus({ preventScroll: true });
    $("points").select();
  }
  $("work").scrollTo({ top: 0 });
  window.scrollTo({ top: 0 });
  try {
    const found = (await detailsOf(work))[place.item];
    if (!same(entry, current) || !found) return;
    put("question", found.question);
    drawAnswer(found);
    $("answer").removeAttribute("aria-busy");
    if (found.plain) {
      $("note").textContent = say("plain");
      $("note").hidden = false;
    }
    $("pictures").replaceChildren(...found.pictures.map((picture, index) => {
      const figure = element("figure");
      const image = element("img");
      image.src = `data:image/png;base64,${picture}`;
      image.alt = say("picture", { number: index + 1 });
      figure.append(image, element("figcaption", image.alt));
      return figure;
    }));
    drawHistory(found.history);
  } catch (error) {
    if (!same(entry, current)) return;
    tell(told(error), "bad");
  }
  if (following) detailsOf(following.work).catch(() => {});
}

function drawAnswer(found) {
  $("raw").setAttribute("aria-pressed", String(raw));
  if (!raw || $("raw").hidden) return put("answer", found.answer);
  const written = element("pre");
  written.textContent = found.written;
  return put("answer", written.outerHTML);
}

async function setRaw() {
  raw = !raw;
  const { work, place } = current;
  drawAnswer((await detailsOf(work))[place.item]);
}

function drawHistory(history) {
  $("past").hidden = history.length === 0;
  $("history").replaceChildren(...history.map((mark) => {
    const when = new Date(mark.made).toLocaleString(document.documentElement.lang);
    const item = element("li", mark.points === null ? say("given_back", { who: mark.who, when }) : say("given", { ...worth(mark.points, mark.most), who: mark.who, when }));
    if (mark.comment) item.append(element("span", mark.comment, "said quiet"));
    return item;
  }));
}

// --- moving

function after(entry, step, wanted = passes) {
  const all = everything();
  const start = arranged().at.get(entry.place);
  for (let at = start + step; at >= 0 && at < all.length; at += step) if (wanted(all[at].place)) return all[at];
  return null;
}

function move(step) {
  const found = after(current, step);
  tell(found ? "" : say("end_here"));
  if (found) show(found);
}

function nextOpen(from = current) {
  const all = everything();
  const start = arranged().at.get(from.place);
  for (let step = 1; step <= all.length; step += 1) {
    const entry = all[(start + step) % all.length];
    if (!counts(entry.place)) return entry;
  }
  return null;
}

function goOn(from) {
  const found = nextOpen(from);
  if (found) return show(found);
  tell(say("end", { most: state.works.flatMap((work) => work.places).length }), "good");
  drawFrame();
  drawList();
  return show(from, { focus: false });
}

// --- marks

function take(entry, mark) {
  entry.place.mark = mark;
  details.delete(entry.work.id);
}

function send({ work, place }, points, comment, base) {
  return ask("/api/mark", { handin: work.id, item: place.item, answer: place.answer, points, comment, based_on: base });
}

function remember(step) {
  undone.push(step);
  if (undone.length > 200) undone.shift();
  kept.set("undo", JSON.stringify(undone));
}

const before = (place) => (counts(place) ? { points: place.mark.points, comment: place.mark.comment } : { points: null, comment: "" });

function read() {
  const written = $("points").value.trim().replace(",", ".");
  const most = current.place.most;
  if (!written) return [null, say("no_points")];
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(written)) return [null, say("not_a_number")];
  const points = Number(written);
  if (points < 0) return [null, say("too_few")];
  if (points > most) return [null, say("too_many", { most: number(most) })];
  return [points, ""];
}

async function save() {
  if (busy || !current) return;
  const entry = current;
  const [points, wrong] = read();
  if (wrong) {
    tell(wrong, "bad");
    $("points").setAttribute("aria-invalid", "true");
    $("points").focus();
    return;
  }
  $("points").removeAttribute("aria-invalid");
  await give(entry, points, $("comment").value, shownBase);
}

async function give(entry, points, comment, base) {
  busy = true;
  tell(say("saving"));
  const was = before(entry.place);
  try {
    const mark = await send(entry, points, comment, base);
    take(entry, mark);
    forget(entry);
    remember([{ work: entry.work.id, item: entry.place.item, was, id: mark.id }]);
    tell(say("saved", { ...worth(mark.points, entry.place.most), name: nameOf(entry.work) }), "good");
    goOn(entry); // whoever types fast does not wait for the answer to be drawn
  } catch (error) {
    if (error instanceof Refused && error.told.error === "conflict") conflict(entry, error.told.theirs, points, comment);
    else if (error instanceof Refused && error.told.error === "changed") await again(error);
    else tell(told(error), "bad");
  } finally {
    busy = false;
  }
}

async function again(error) {
  await load();
  show(current);
  tell(told(error), "bad");
}

function conflict(entry, theirs, points, comment) {
  const most = entry.place.most;
  take(entry, theirs);
  $("theirs").textContent = theirs.points === null ? say("conflict_back", { who: theirs.who }) : say("conflict", { who: theirs.who, ...worth(theirs.points, most) });
  $("their-comment").textContent = theirs.comment;
  $("mine").textContent = say("conflict_mine", worth(points, most));
  $("my-comment").textContent = comment;
  $("keep").onclick = () => { $("conflict").close("keep"); };
  $("replace").onclick = () => { $("conflict").close("replace"); };
  $("conflict").onclose = () => {
    const answer = $("conflict").returnValue;
    $("conflict").returnValue = "";
    tell("");
    if (answer === "replace") give(entry, points, comment, theirs.id);
    else {
      forget(entry);
      show(entry);
    }
  };
  $("conflict").showModal();
  $("keep").focus();
}

async function undo() {
  if (busy) return;
  const step = undone.pop();
  if (!step) return tell(say("nothing_to_undo"));
  kept.set("undo", JSON.stringify(undone));
  busy = true;
  let last = null;
  try {
    for (const { work: id, item, was, id: given } of step) {
      const work = state.works.find((each) => each.id === id);
      const place = work?.places.find((each) => each.item === item);
      if (!place) continue;
      last = { work, place };
      take(last, await send(last, was.points, was.comment, given));
      forget(last);
    }
    if (last) {
      show(last);
      const { mark } = last.place;
      tell(mark.points === null ? say("taken_back", { name: nameOf(last.work) }) : say("saved", { ...worth(mark.points, last.place.most), name: nameOf(last.work) }), "good");
    }
  } catch (error) {
    if (error instanceof Refused && error.told.error === "conflict") {
      take(last, error.told.theirs);
      show(last);
      tell(say("undo_conflict", { who: error.told.theirs.who }), "bad");
    } else {
      undone.push(step);
      tell(told(error), "bad");
    }
  } finally {
    busy = false;
  }
}

const withoutAnswer = () => everything().filter(({ place }) => place.question === current.place.question && (place.empty || place.missing) && !counts(place));

function askZero() {
  const entries = withoutAnswer();
  if (!entries.length) return tell(say("zero_none"));
  $("confirm-text").textContent = say("zero_ask", { count: entries.length });
  $("yes").onclick = () => { $("confirm").close("yes"); };
  $("no").onclick = () => { $("confirm").close("no"); };
  $("confirm").onclose = () => {
    if ($("confirm").returnValue === "yes") zero(entries);
    $("confirm").returnValue = "";
  };
  $("confirm").showModal();
}

async function zero(entries) {
  busy = true;
  const step = [];
  try {
    for (const entry of entries) {
      const was = before(entry.place);
      const mark = await send(entry, 0, "", entry.place.mark?.id ?? 0);
      take(entry, mark);
      forget(entry);
      step.push({ work: entry.work.id, item: entry.place.item, was, id: mark.id });
    }
    tell(say("zero_done", { count: step.length }), "good");
  } catch (error) {
    tell(told(error), "bad");
  } finally {
    busy = false;
    if (step.length) remember(step);
  }
  if (counts(current.place)) goOn(current);
  else show(current);
}

// --- others who mark at the same time

async function poll() {
  try {
    const found = await ask(`/api/changes/${state.newest}`);
    // Among these is perhaps the mark that is being saved, which is none of somebody else's.
    if (busy) return void setTimeout(poll, 200);
    state.reports = found.reports;
    for (const { handin, item, ...mark } of found.marks) {
      state.newest = Math.max(state.newest, mark.id);
      const work = state.works.find((each) => each.id === handin);
      const place = work?.places.find((each) => each.item === item);
      if (!place || (place.mark?.id ?? 0) >= mark.id) continue;
      const touched = same({ work, place }, current) && isTouched();
      take({ work, place }, mark);
      if (same({ work, place }, current)) {
        tell(say("another", { who: mark.who }), "bad");
        if (!touched) fill();
        detailsOf(work).then((all) => { if (same({ work, place }, current)) drawHistory(all[item].history); }).catch(() => {});
      }
    }
    if (found.marks.length && !$("group").matches(":focus")) {
      const focused = $("list").contains(document.activeElement);
      drawFrame();
      if (!focused) drawList();
      if (current && !isTouched()) drawReuse();
    } else drawProgress();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) tell(told(error), "bad");
    else $("reports").textContent = say("gone");
  }
  setTimeout(poll, 2000);
}

// --- keys and buttons

function setMode(student) {
  byStudent = student;
  kept.set("mode", student ? "student" : "question");
  show(current);
}

function setHidden(hide) {
  if (state.anonymous) return;
  hidden = hide;
  kept.set("hidden", hide ? "yes" : "no");
  tell(""); // it may hold a name
  show(current);
}

const keys = {
  c: () => $("comment").focus(),
  f: () => { $("points").value = number(current.place.most); save(); },
  r: () => {
    if (!comments().length) return tell($("reuse-none").textContent);
    choosing = true;
    return tell(say("choose_comment"));
  },
  j: () => move(1),
  k: () => move(-1),
  n: () => goOn(current),
  u: undo,
  s: setRaw,
  m: () => setMode(!byStudent),
  g: () => $("group").focus(),
  h: () => setHidden(!hidden),
  e: askZero,
  "?": () => $("legend").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (!state || !current || document.querySelector("dialog[open]") || event.isComposing) return;
  const target = event.target;
  if (target === $("comment")) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
    else if (event.key === "Escape") $("points").focus();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (choosing && /^[1-9]$/.test(event.key)) {
    event.preventDefault();
    choosing = false;
    const chosen = comments()[Number(event.key) - 1];
    if (chosen) use(chosen);
    return tell("");
  }
  if (choosing && event.key !== "Shift") { choosing = false; tell(""); if (event.key === "Escape") return; }
  if (target.matches("select") && ["Enter", "Escape"].includes(event.key)) {
    event.preventDefault();
    $("points").focus();
    return;
  }
  if (event.key === "Enter") {
    // Buttons, selects and summaries have an Enter of their own.
    if (target === $("points") || !target.closest("button, summary, a")) { event.preventDefault(); save(); }
    return;
  }
  if (target === $("points") && /^Page(Up|Down)$/.test(event.key)) {
    event.preventDefault();
    $("work").scrollBy({ top: (event.key === "PageUp" ? -0.8 : 0.8) * $("work").clientHeight });
    return;
  }
  if (!letters || target.matches("select")) return;
  if (target !== $("points") && /^[0-9.,]$/.test(event.key)) {
    $("points").focus();
    $("points").value = "";
    return;
  }
  const does = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (does) { event.preventDefault(); does(); }
});

$("form").addEventListener("submit", (event) => { event.preventDefault(); save(); });
$("next").addEventListener("click", () => move(1));
$("previous").addEventListener("click", () => move(-1));
$("undo").addEventListener("click", undo);
$("raw").addEventListener("click", setRaw);
$("zero").addEventListener("click", askZero);
$("by-question").addEventListener("click", () => setMode(false));
$("by-student").addEventListener("click", () => setMode(true));
$("names").addEventListener("click", () => setHidden(!hidden));
$("keys").addEventListener("click", () => $("legend").showModal());
$("close").addEventListener("click", () => $("legend").close());
$("letters").checked = letters;
$("letters").addEventListener("change", () => { letters = $("letters").checked; kept.set("letters", letters ? "on" : "off"); });
$("group").addEventListener("change", () => {
  const group = groups().find(({ key }) => String(key) === $("group").value);
  const first = group?.entries.find(({ place }) => !counts(place) && passes(place)) ?? group?.entries.find(({ place }) => passes(place)) ?? group?.entries[0];
  tell("");
  if (first) show(first, { focus: false });
});
$("filter").addEventListener("change", () => {
  const first = everything().find(({ place }) => passes(place));
  if (first && !passes(current.place)) show(first, { focus: false });
  else drawList();
  if (!first) tell(say("none_here"));
});

window.addEventListener("beforeunload", (event) => {
  setAside();
  if (drafts.size) event.preventDefault();
});

(async () => {
  document.body.classList.add("waiting");
  try {
    if (!token) throw new Refused(401, { error: "no_token" });
    await load();
    document.body.classList.remove("waiting");
    await show(current);
    poll();
  } catch (error) {
    $("me").textContent = told(error);
    $("me").className = "failed";
  }
})();
