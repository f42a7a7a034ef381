// The list of requests, newest first, its filters, and one request in full.

import { byId, bytes, clean, keep, make, seconds, short, tell } from "./elements.js";

const list = byId("list");
const detail = byId("detail");
const rows = new Map(); // number → {line, element}
let chosen = null; // the number the keys stand on
let opened = null; // the number that is shown in full
let view = null;

/** Take in lines of requests that are new or have changed. */
export function take(lines) {
  for (const line of lines) {
    const row = rows.get(line.number) ?? blank(line.number);
    row.line = line;
    draw(row);
    place(row.element, row.line.number);
    if (line.number === opened) view?.refresh();
  }
  offer(byId("by-endpoint"), new Set([...rows.values()].map((row) => row.line.endpoint)));
  offer(byId("by-session"), new Set([...rows.values()].map((row) => row.line.session).filter(Boolean)));
  sift();
}

/** Forget the requests before `oldest`; all of them if there is none. */
export function forget(oldest) {
  for (const [number, row] of rows) {
    if (oldest != null && number >= oldest) continue;
    row.element.remove();
    rows.delete(number);
    if (chosen === number) choose(null);
    if (opened === number) close();
  }
  sift();
}

export function only(session) {
  byId("by-session").value = session;
  sift();
}

function blank(number) {
  const element = make("li", {
    role: "option", id: `request-${number}`, class: "row", "aria-selected": "false",
    onclick: () => { choose(number); open(number); },
  });
  const row = { element };
  rows.set(number, row);
  return row;
}

function place(element, number) {
  if (element.parentNode) return;
  let next = list.firstElementChild; // nearly always: the newest is above it
  while (next && Number(next.id.slice(8)) > number) next = next.nextElementSibling;
  list.insertBefore(element, next);
}

const clockTime = (started) => new Date(started * 1000).toISOString().slice(11, 19);

function outcome(line) {
  if (line.status == null) return line.ended ? line.ended : "…";
  return line.code && line.code !== line.status ? `${line.status} · ${line.code}` : String(line.status);
}

function grade(line) {
  if (line.status == null && !line.ended) return "wait";
  if (line.status == null || line.status >= 400 || line.code) return "bad";
  return line.ended === "cut" || line.ended === "dropped" ? "odd" : "good";
}

const streams = (line) => line.type.startsWith("text/event-stream");

function draw({ line, element }) {
  const going = !line.ended;
  element.classList.toggle("going", going);
  element.classList.toggle("wrong", line.violations.length > 0);
  const marks = [
    line.fault != null && make("span", { class: "mark fault", title: line.fault || "a fault" }, `⚡ ${line.fault || "fault"}`),
    line.violations.length > 0 && make("span", { class: "mark violation" }, `${line.violations.length} ${line.violations.length === 1 ? "violation" : "violations"}`),
    line.unknown.length > 0 && make("span", { class: "mark" }, `${line.unknown.length} unknown`),
    (line.ended === "cut" || line.ended === "dropped") && line.status != null && make("span", { class: "mark" }, line.ended),
  ].filter(Boolean);
  element.replaceChildren(
    make("time", { class: "when" }, clockTime(line.started)),
    make("span", { class: "endpoint" }, line.endpoint),
    make("span", { class: `outcome ${grade(line)}` }, outcome(line)),
    make("span", { class: "took" }, going ? (streams(line) ? "streaming" : "…") : seconds(line.duration)),
    make("span", { class: "what" },
      make("span", { class: "method" }, line.method), " ",
      make("span", { class: "path", title: line.path }, line.path + (line.query ? `?${line.query}` : ""))),
    make("span", { class: "session" }, line.session ? short(line.session) : ""),
    (line.words || marks.length > 0) &&
      make("span", { class: "more" }, line.words && make("bdi", { class: "words" }, line.words), marks) || "",
  );
}

function offer(select, values) {
  const have = new Set([...select.options].map((option) => option.value));
  for (const value of values) {
    if (!have.has(value)) select.append(make("option", { value }, select.id === "by-session" ? short(value) : value));
  }
  for (const option of [...select.options]) {
    if (option.value && !values.has(option.value) && !option.selected) option.remove();
  }
}

function wanted({ line }) {
  const endpoint = byId("by-endpoint").value;
  const session = byId("by-session").value;
  if (endpoint && line.endpoint !== endpoint) return false;
  if (session && line.session !== session) return false;
  if (byId("by-violations").checked && !line.violations.length) return false;
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const text = [line.method, line.endpoint, line.path, line.query, line.session, outcome(line), line.fault,
    line.words, line.ended, ...line.violations, ...line.unknown].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function sift() {
  let shown = 0;
  for (const row of rows.values()) {
    row.element.hidden = !wanted(row);
    if (!row.element.hidden) shown += 1;
  }
  tell(byId("count"), shown === rows.size ? rows.size : `${shown} of ${rows.size}`);
  byId("nothing").hidden = shown > 0;
  for (const id of ["nothing-yet", "try"]) byId(id).hidden = rows.size > 0;
  byId("nothing-found").hidden = rows.size === 0;
  list.hidden = shown === 0;
}

function choose(number) {
  rows.get(chosen)?.element.setAttribute("aria-selected", "false");
  chosen = number;
  const element = rows.get(number)?.element;
  if (!element) { list.removeAttribute("aria-activedescendant"); return; }
  element.setAttribute("aria-selected", "true");
  list.setAttribute("aria-activedescendant", element.id);
  element.scrollIntoView({ block: "nearest" });
}

/** Go so many lines down (or, negative, up) among those that are shown. */
export function move(by) {
  const shown = [...list.children].filter((element) => !element.hidden);
  if (!shown.length) return;
  const at = shown.findIndex((element) => element.id === `request-${chosen}`);
  const to = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1);
  choose(Number(shown[to].id.slice(8)));
  if (opened != null) open(chosen);
  else list.focus({ preventScroll: true }); // so that Enter is not the button's that was clicked last
}

export function openChosen() {
  if (chosen == null) move(1);
  if (chosen != null) { open(chosen); detail.focus(); }
}

/** Close the request that is shown in full. False if there was none. */
export function close() {
  if (opened == null) return false;
  opened = null;
  view = null;
  detail.hidden = true;
  document.body.classList.remove("reading");
  list.focus({ preventScroll: true });
  return true;
}

function open(number) {
  if (opened === number) return;
  opened = number;
  view = inFull(number);
  detail.replaceChildren(...view.parts);
  detail.hidden = false;
  detail.scrollTop = 0;
  document.body.classList.add("reading");
  view.refresh();
}

/** One request with all that is known of it. While it is under way it is read again with each change. */
function inFull(number) {
  const facts = make("dl", { class: "facts" });
  const notes = make("div", { class: "notes" });
  const body = part("Body");
  const answer = part("Answer");
  const events = make("ol", { class: "events" });
  const stream = make("section", {}, make("h3", {}, "Stream"), events);
  const headers = make("dl", { class: "headers" });
  const { line } = rows.get(number);
  const parts = [
    make("div", { class: "heading" },
      make("h2", { id: "detail-title" }, make("span", { class: "method" }, line.method), " ", line.path),
      make("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "✕")),
    facts, notes, body.element, answer.element, stream,
    make("details", {}, make("summary", {}, "Request headers"), headers),
  ];
  let reading = false;
  let again = false;

  async function refresh() {
    if (reading) { again = true; return; }
    reading = true;
    do {
      again = false;
      let entry = null;
      try {
        const got = await fetch(`requests/${number}`);
        entry = got.ok ? await got.json() : null;
      } catch { /* the feed says that the server is gone */ }
      if (entry && opened === number) show(entry);
    } while (again && opened === number);
    reading = false;
  }

  function show(entry) {
    const told = [
      ["Endpoint", entry.endpoint], ["Status", entry.status], ["Code", entry.code],
      ["Took", entry.ended ? seconds(entry.duration) : "under way"], ["Ended", entry.ended],
      ["Sent", entry.ended ? bytes(entry.sent) : null], ["Type", entry.type],
      ["Session", entry.session], ["Query", entry.query], ["Fault", entry.fault],
    ];
    facts.replaceChildren(...told.filter(([, value]) => value != null && value !== "")
      .map(([name, value]) => make("div", { class: `fact-${name.toLowerCase()}` }, make("dt", {}, name), make("dd", {}, value))));
    notes.replaceChildren(...points("Violations", "violation", entry.violations), ...points("Unknown fields", "unknown", entry.unknown));
    body.show(entry.body);
    const streamed = entry.type.startsWith("text/event-stream");
    answer.show(streamed ? null : entry.answer);
    stream.hidden = !streamed;
    keep(events, entry.events.map(([after, value], at) => ({ at, after, value })), (event) => event.at, eventLine);
    headers.replaceChildren(...Object.entries(entry.headers).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  }

  return { parts, refresh };
}

function part(title) {
  const text = make("pre", { tabindex: "0", "aria-label": title });
  const element = make("section", { hidden: true }, make("h3", {}, title), text);
  return {
    element,
    show(value) {
      element.hidden = value == null;
      if (value != null) tell(text, typeof value === "string" ? value : JSON.stringify(value, null, 2));
    },
  };
}

function points(title, name, said) {
  if (!said.length) return [];
  return [make("h3", {}, title), make("ul", { class: `points ${name}` }, said.map((one) => make("li", {}, one)))];
}

function eventLine({ after, value }) {
  const comment = typeof value === "string";
  const kind = comment ? (value.startsWith(":") ? "comment" : "text") : value.type ?? value.author ?? "event";
  const element = make("li", {}, make("details", {},
    make("summary", {},
      make("span", { class: "after" }, `${after.toFixed(2)} s`),
      make("span", { class: `kind ${/^[a-z_]+$/.test(kind) ? kind : ""}` }, kind),
      make("bdi", { class: "gist" }, gist(value))),
    make("pre", {}, comment ? value : JSON.stringify(value, null, 2))));
  return { element };
}

function gist(value) {
  if (typeof value === "string") return value;
  const words = (value.content?.parts ?? []).map((one) => one.text ?? one.functionCall?.name ?? one.functionResponse?.name ?? "");
  const told = typeof value.content === "string" ? value.content : words.join(" ") || value.name || value.error || value.errorMessage;
  return clean(typeof told === "string" ? told : told ? JSON.stringify(told) : "").slice(0, 200);
}

for (const id of ["filter", "by-endpoint", "by-session", "by-violations"]) byId(id).addEventListener("input", sift);
byId("filters").addEventListener("submit", (event) => { event.preventDefault(); list.focus(); move(1); });
byId("try").textContent = `NEMO_API_URL=${location.origin} image-to-video make cat.jpg -o cat.mp4`;
sift();
