// What is new comes by one stream; keys and tabs. The parts of the page are modules of their own.

import { byId, tell, say } from "./elements.js";
import * as controls from "./controls.js";
import * as projects from "./projects.js";
import * as requests from "./requests.js";

const TABS = ["projects", "accounts", "faults"];
const WAIT = 1000; // ms between two tries to reach a server that is gone
const QUIET = 5000; // ms without a word after which the server counts as gone: it says the time each second
const seen = { run: null, version: 0, faults: [], active: 0 };

function connect() {
  const feed = new EventSource(`live?run=${seen.run ?? ""}&since=${seen.version}`);
  let watch = 0;
  const lose = () => {
    clearTimeout(watch);
    feed.close();
    link("gone", "The server is gone. Trying to reach it…");
    setTimeout(connect, WAIT);
  };
  const listen = () => { clearTimeout(watch); watch = setTimeout(lose, QUIET); };
  feed.onmessage = (event) => { listen(); hear(JSON.parse(event.data)); };
  feed.onerror = lose;
  listen();
}

function hear(news) {
  if ("run" in news) {
    if (seen.run && seen.run !== news.run) {
      seen.version = 0;
      requests.forget(null);
      say("The server was started anew.");
    }
    seen.run = news.run;
    link("live", "Live");
  }
  if ("oldest" in news) requests.forget(news.oldest);
  if ("requests" in news) { requests.take(news.requests); seen.version = news.version; }
  if ("now" in news) controls.showNow(news.now);
  if ("state" in news) {
    projects.show(news.state);
    controls.showAccounts(news.state.accounts);
    seen.faults = news.state.faults;
  }
  if ("scenarios" in news) {
    controls.showScenarios(news.scenarios);
    seen.active = news.scenarios.filter((one) => one.active).length;
  }
  if ("state" in news || "scenarios" in news) controls.showFaults(seen.faults, seen.active);
}

function link(state, text) {
  byId("link").className = `link ${state}`;
  tell(byId("link-text"), text);
}

function turnTo(name, { focus = false } = {}) {
  for (const one of TABS) {
    const tab = byId(`tab-${one}`);
    tab.setAttribute("aria-selected", String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    byId(one).hidden = one !== name;
    if (focus && one === name) tab.focus();
  }
}

for (const name of TABS) {
  const tab = byId(`tab-${name}`);
  tab.addEventListener("click", () => turnTo(name));
  tab.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) turnTo(TABS[(TABS.indexOf(name) + by + TABS.length) % TABS.length], { focus: true });
  });
}

const typing = (target) => target.closest("input:not([type=checkbox]), select, textarea") !== null;
const KEYS = {
  "/": () => byId("filter").focus(),
  j: () => requests.move(1),
  k: () => requests.move(-1),
  "?": () => byId("help").showModal(),
  1: () => turnTo("projects"),
  2: () => turnTo("accounts"),
  3: () => turnTo("faults"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const list = event.target === byId("list");
  if (event.key === "Escape") {
    if (event.target === byId("filter")) { event.target.blur(); byId("list").focus(); }
    else if (requests.close()) event.preventDefault();
  } else if (event.key === "Enter" && (list || event.target === document.body)) {
    requests.openChosen();
  } else if (list && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    requests.move(event.key === "ArrowDown" ? 1 : -1);
  } else if (!typing(event.target) && KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});
byId("help-open").addEventListener("click", () => byId("help").showModal());

connect();
