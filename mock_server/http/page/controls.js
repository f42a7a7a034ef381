// What a developer turns: accounts, the clock, faults, scenarios, and the reset.

import { ask, byId, keep, make, say, tell } from "./elements.js";

const ENDPOINTS = ["message", "token", "session", "upload", "credits", "state", "render", "render_status",
  "render_cancel", "render_download", "claim", "file", "any"];
const KINDS = [ // what is shown, the fault's fields, the only endpoint it is for
  ["closes without a word", { silent: true }, "message"],
  ["cut after 2 events", { cut_after_events: 2 }, "message"],
  ["only heartbeats for a minute", { heartbeats_for: 60 }, "message"],
  ["stops in mid-stream for good", { stall: "forever", stall_after_events: 2 }, "message"],
  ["an error in the stream", { error: "event", error_after_events: 2 }, "message"],
  ["fails", { outcome: "failed" }, "render"],
  ["never ends", { outcome: "stuck" }, "render"],
  ["1001 bad or expired token", { code: 1001 }],
  ["1002 session not found", { code: 1002 }],
  ["2001 no credits", { code: 2001 }],
  ["4001 unsupported file", { code: 4001 }],
  ["4002 file too large", { code: 4002 }],
  ["400 bad request", { code: 400 }],
  ["402 export blocked", { code: 402 }],
  ["429 rate limited", { code: 429 }],
  ["HTTP 500", { status: 500 }],
  ["HTTP 503", { status: 503 }],
  ["a proxy's page, 502", { status: 502, body: "<html><h1>502 Bad Gateway</h1></html>" }],
  ["connection reset", { reset: true }],
  ["cut in the middle", { cut_after_bytes: 20 }],
  ["5 seconds late", { delay: 5 }],
];
const PLANS = ["trial", "free", "pro"];
let now = 0; // the backend's clock, Unix seconds
let known = [];

export function showNow(text) {
  now = Date.parse(text) / 1000;
  byId("now").setAttribute("datetime", text);
  tell(byId("now"), text.replace("T", " ").replace("Z", " UTC"));
  showAccounts(known); // their tokens grow old
}

export function showAccounts(accounts) {
  known = accounts;
  tell(byId("count-accounts"), accounts.length);
  byId("accounts").querySelector(".empty").hidden = accounts.length > 0;
  keep(byId("account-list"), [...accounts].reverse(), (account) => account.key, account);
}

function account({ key, user_id: first }) {
  const change = (what) => () => ask("POST", "accounts", { account: key, ...what });
  const user = make("bdi", { class: "name" });
  const available = make("dd");
  const frozen = make("dd");
  const expiry = make("dd");
  const plan = make("select", { "aria-label": `Plan of ${first}`, onchange: () => change({ plan: plan.value })() },
    PLANS.map((name) => make("option", { value: name }, `${name} plan`)));
  const register = make("button", { type: "button", onclick: () => change({ registered: !registered })() });
  const expire = make("button", { type: "button", onclick: change({ expire: true }) }, "Expire token");
  let registered = false;
  const element = make("article", { class: "card", "aria-label": first },
    make("div", { class: "heading" }, make("h3", {}, user), make("code", { class: "quiet", title: "the token's fingerprint" }, key)),
    make("dl", { class: "sums" },
      make("div", {}, make("dt", {}, "available"), available),
      make("div", {}, make("dt", {}, "frozen"), frozen),
      make("div", {}, make("dt", {}, "token"), expiry)),
    make("div", { class: "buttons" },
      make("button", { type: "button", onclick: change({ grant: 100 }) }, "Grant 100"), expire, register, plan));

  function update(one) {
    registered = !one.user_id.startsWith("anon_");
    tell(user, one.user_id);
    tell(available, one.credits - one.frozen);
    tell(frozen, one.frozen);
    tell(expiry, one.expires_at == null ? "does not expire" : one.expires_at <= now ? "expired" : `for ${span(one.expires_at - now)}`);
    tell(register, registered ? "Make anonymous" : "Register");
    expire.disabled = one.expires_at != null && one.expires_at <= now;
    if (document.activeElement !== plan) plan.value = one.plan;
  }
  return { element, update };
}

function span(left) {
  if (left >= 86400) return `${Math.floor(left / 86400)} d ${Math.floor((left % 86400) / 3600)} h`;
  return left >= 3600 ? `${Math.floor(left / 3600)} h` : `${Math.ceil(left / 60)} min`;
}

export function showFaults(faults, active) {
  tell(byId("count-faults"), faults.length + active);
  byId("none-armed").hidden = faults.length > 0;
  byId("disarm").hidden = faults.length === 0;
  const told = new Map();
  keep(byId("armed"), faults.map((fault) => {
    const text = JSON.stringify(fault);
    told.set(text, (told.get(text) ?? 0) + 1);
    return { fault, id: `${text} ${told.get(text)}` };
  }), ({ id }) => id, ({ fault }) => ({ element: armed(fault) }));
}

function armed({ endpoint, times, after, share, ...fields }) {
  const set = Object.entries(fields).filter(([, value]) => value != null && value !== false && value !== 0 &&
    !(typeof value === "object" && !Object.keys(value).length));
  if (share !== 1) set.push(["share", share]);
  return make("li", {}, make("strong", {}, endpoint), " ",
    make("code", {}, set.map(([name, value]) => `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`).join(" ") || "–"), " ",
    make("span", { class: "quiet" }, [times == null ? "every request" : times === 1 ? "once" : `${times} times`, after ? `after ${after}` : ""].filter(Boolean).join(", ")));
}

export function showScenarios(scenarios) {
  byId("scenario-part").hidden = false;
  keep(byId("scenarios"), scenarios, (one) => one.name, scenario);
  findScenarios();
}

function scenario({ name, description }) {
  const knob = make("button", { type: "button", role: "switch", class: "switch", "aria-label": name, onclick: turn });
  let active = false;
  function turn() {
    if (active) ask("DELETE", `scenarios/${encodeURIComponent(name)}`);
    else ask("POST", "scenarios", { name });
  }
  const element = make("li", { onclick: (event) => { if (event.target !== knob) turn(); } }, knob,
    make("span", {}, make("strong", {}, name), make("span", { class: "quiet" }, description)));
  function update(one) {
    active = one.active;
    knob.setAttribute("aria-checked", String(active));
  }
  return { element, update };
}

function findScenarios() {
  const words = byId("scenario-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const element of byId("scenarios").children) {
    const text = element.textContent.toLowerCase();
    element.hidden = !words.every((word) => text.includes(word));
  }
}

function offerKinds() {
  const endpoint = byId("fault-endpoint").value;
  byId("fault-kind").replaceChildren(...KINDS.flatMap(([text, , only], at) =>
    only && only !== endpoint ? [] : [make("option", { value: at }, text)]));
}

byId("fault-endpoint").append(...ENDPOINTS.map((name) => make("option", { value: name }, name === "any" ? "any endpoint" : name)));
byId("fault-endpoint").addEventListener("change", offerKinds);
offerKinds();
byId("arm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [, fields] = KINDS[byId("fault-kind").value];
  const times = byId("fault-times").value;
  await ask("POST", "faults", { endpoint: byId("fault-endpoint").value, ...fields, times: times ? Number(times) : null });
});
byId("disarm").addEventListener("click", () => ask("DELETE", "faults"));
byId("scenario-filter").addEventListener("input", findScenarios);
for (const button of document.querySelectorAll("[data-days]")) {
  button.addEventListener("click", () => ask("POST", "clock", { advance: Number(button.dataset.days) * 86400 }));
}
const reset = byId("reset");
reset.addEventListener("click", async () => {
  if (reset.classList.toggle("sure")) { tell(reset, "Forget all?"); return; }
  tell(reset, "Reset");
  if (await ask("POST", "reset", {})) say("Everything is forgotten.");
});
reset.addEventListener("blur", () => { reset.classList.remove("sure"); tell(reset, "Reset"); });
