// The projects: photos, the timeline to scale, renders and the videos they made.

import { ask, bytes, byId, keep, make, seconds, short, tell } from "./elements.js";
import { only } from "./requests.js";

const KINDS = { 0: "Video", 1: "Audio", 7: "Text" };
const STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
const TICKS = 8;
const OPEN = 3; // so many projects are unfolded as they come
const FINAL = ["completed", "failed", "cancelled"];

export function show({ sessions, renders }) {
  const newest = [...sessions].sort((a, b) => b.used_at - a.used_at);
  tell(byId("count-projects"), newest.length);
  byId("projects").querySelector(".empty").hidden = newest.length > 0;
  const projects = newest.map((session, at) => ({
    session, at, renders: renders.filter((one) => one.session_id === session.id).reverse(),
  }));
  keep(byId("project-list"), projects, (project) => project.session.id, card);
}

function card({ session, at }) {
  const title = make("bdi", { class: "name" });
  const facts = make("span", { class: "quiet" });
  const timeline = make("div", { class: "timeline" });
  const media = make("ul", { class: "media", "aria-label": "Files" });
  const renders = make("ul", { class: "renders", "aria-label": "Renders" });
  const element = make("details", { class: "project", open: at < OPEN },
    make("summary", {}, title, " ", facts),
    make("p", { class: "quiet ids" }, make("code", {}, session.id), " ", make("code", {}, session.user_id), " ",
      make("button", { type: "button", onclick: () => only(session.id) }, "Its requests")),
    timeline, renders, media);
  let drawn = "";
  let latest = null;

  function fill() {
    if (!element.open || !latest) return;
    const files = [...latest.session.uploads, ...latest.session.generated];
    const look = JSON.stringify([latest.session.draft, files.map((file) => file.url)]);
    if (look !== drawn) {
      drawn = look;
      timeline.replaceChildren(...drawTimeline(latest.session.draft, files));
    }
    keep(media, files, (file) => file.url, (file) => ({ element: figure(file) }));
    keep(renders, latest.renders, (one) => one.id, render);
  }
  element.addEventListener("toggle", fill);

  function update(project) {
    latest = project;
    const { draft, uploads, turns, task_name: name } = project.session;
    tell(title, name);
    tell(facts, [`${count(uploads.length, "file")}`, `${count(turns, "message")}`,
      draft.d ? seconds(draft.d / 1000) : "no timeline yet", project.renders.length ? count(project.renders.length, "render") : ""]
      .filter(Boolean).join(" · "));
    fill();
  }
  return { element, update };
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

/** The tracks of a draft on one axis. A segment's place and width are its share of the whole. */
function drawTimeline(draft, files) {
  const tracks = (Array.isArray(draft.t) ? draft.t : []).map((track) => ({ ...track, laid: lay(track) }));
  const whole = Math.max(draft.d || 0, ...tracks.flatMap((track) => track.laid.map((one) => one.start + one.length)));
  if (!whole) return [];
  const step = STEPS.find((one) => (whole / 1000) / one <= TICKS) ?? whole / 1000 / TICKS;
  const marks = Array.from({ length: Math.floor(whole / 1000 / step + 1e-6) + 1 }, (_, at) => at * step);
  const axis = make("div", { class: "lane axis", "aria-hidden": "true" }, marks.map((mark) =>
    at(make("span", { class: mark * 1000 > whole * 0.9 ? "tick last" : "tick" }, clock(mark)), mark * 1000, 0, whole)));
  const lanes = tracks.map((track) => {
    const name = track.m?.title || KINDS[track.tt] || `Track ${track.tt}`;
    return [
      make("span", { class: "track" }, name),
      make("ol", { class: `lane kind-${Number(track.tt)}`, "aria-label": name }, track.laid.map((one) => segment(one, whole, files))),
    ];
  });
  return [make("div", { class: "tracks" }, make("span", { class: "track", "aria-hidden": "true" }), axis, ...lanes.flat())];
}

/** Start and length in ms of a track's segments; one without a start follows the one before. */
function lay(track) {
  let after = 0;
  return (Array.isArray(track.sg) ? track.sg : []).map((one) => {
    const start = one.s ?? after;
    after = start + (one.d || 0);
    return { start, length: one.d || 0, one };
  });
}

function segment({ start, length, one }, whole, files) {
  const name = one.text || one.m?.title || one.src?.name || "";
  const span = `${(start / 1000).toFixed(1)}–${((start + length) / 1000).toFixed(1)} s`;
  const file = files.find((item) => item.hash === one.src?.hash && item.type === "image");
  const joined = Math.min(one.tr?.d || 0, length);
  const join = joined ? make("span", { class: "join", title: `${one.tr.type}, ${seconds(joined / 1000)}` }) : null;
  if (join) join.style.width = `${(joined / length) * 100}%`;
  const label = make("bdi", { class: "label" }, name);
  if (joined) {
    label.style.marginLeft = join.style.width;
    label.style.maxWidth = `calc(100% - ${join.style.width} - 6px)`;
  }
  const element = make("li", { class: "segment", title: `${name} ${span}` },
    file && make("img", { src: file.url, alt: "", loading: "lazy" }), join,
    label, make("span", { class: "unseen" }, `, ${span}`));
  return at(element, start, length, whole);
}

function at(element, start, length, whole) {
  element.style.left = `${(start / whole) * 100}%`;
  if (length) element.style.width = `${(length / whole) * 100}%`;
  return element;
}

const clock = (mark) => mark < 60 ? `${mark} s` : `${Math.floor(mark / 60)}:${String(Math.floor(mark % 60)).padStart(2, "0")}`;

function figure(file) {
  const source = file.url;
  const shape = file.width ? `${file.width}×${file.height}` : "";
  const seen = file.type === "image" ? make("img", { src: source, alt: file.name, loading: "lazy" })
    : make(file.type === "audio" ? "audio" : "video", { src: source, controls: true, preload: "none", "aria-label": file.name });
  return make("li", {}, make("figure", {}, seen, make("figcaption", {},
    make("bdi", { class: "name", title: file.name }, file.name),
    make("span", { class: "quiet" }, [shape, file.duration ? seconds(file.duration) : "", bytes(file.size)].filter(Boolean).join(" · ")))));
}

function render(first) {
  const status = make("span", { class: "status" });
  const bar = make("progress", { max: 100, "aria-label": `Progress of ${first.id}` });
  const error = make("p", { class: "error" });
  const settle = (what) => () => ask("POST", "renders", { id: first.id, ...what });
  const buttons = make("span", { class: "buttons" },
    make("button", { type: "button", onclick: settle({ status: "completed" }) }, "Complete"),
    make("button", { type: "button", onclick: settle({ status: "failed" }) }, "Fail"));
  const element = make("li", { class: "render" },
    make("div", { class: "heading" }, make("code", {}, short(first.id)), status, buttons), bar, error);
  let video = null;

  function update(one) {
    const done = one.status === "completed";
    status.className = `status ${one.status}`;
    tell(status, done ? `completed, ${seconds(one.duration)}, ${one.width}×${one.height}, ${bytes(one.size)}`
      : one.status === "processing" ? `processing, ${Math.round(one.progress)} %` : one.status);
    bar.hidden = buttons.hidden = FINAL.includes(one.status);
    bar.value = one.progress;
    tell(error, one.error || "");
    if (done && !video) {
      const newest = !element.previousElementSibling;
      video = make("video", { src: one.url, controls: true, playsinline: true,
        preload: newest ? "metadata" : "none", "aria-label": `Video of ${one.id}` });
      video.style.aspectRatio = `${one.width} / ${one.height}`;
      element.append(video);
    }
  }
  return { element, update };
}
