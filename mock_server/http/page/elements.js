// Elements out of data. Whatever a client sent becomes text, never markup.

const CONTROLS = /[\u0000-\u0008\u000b-\u001f]/g;
const TURNERS = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Foreign text as it may be shown: what controls a screen or turns the writing round is made visible. */
export function clean(value) {
  return String(value)
    .replace(CONTROLS, (sign) => String.fromCharCode(0x2400 + sign.charCodeAt(0)))
    .replace(TURNERS, "\ufffd");
}

/** An element: attributes by name, listeners as functions under on…, children as nodes or text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, clean(value));
  }
  element.append(...children.flat().filter((child) => child != null && child !== false)
    .map((child) => (child instanceof Node ? child : clean(child))));
  return element;
}

/**
 * Bring a parent's children in line with a list. One that stays is updated and not moved, so that
 * a video plays on and focus is kept. `build(item)` gives {element, update(item)}.
 */
export function keep(parent, items, key, build) {
  const had = parent.kept ?? new Map();
  const now = new Map();
  for (const item of items) {
    const one = had.get(key(item)) ?? build(item);
    one.update?.(item);
    now.set(key(item), one);
  }
  for (const [name, one] of had) if (!now.has(name)) one.element.remove();
  let place = parent.firstElementChild;
  for (const { element } of now.values()) {
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  parent.kept = now;
}

/** Set a text only if it differs: screen readers hear of real changes alone. */
export function tell(element, text) {
  const shown = clean(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export const seconds = (value) =>
  value == null ? "" : value >= 1 ? `${value.toFixed(1)} s` : `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

export const short = (id) => (id.length > 12 ? `${id.slice(0, 8)}…` : id);

export const byId = (id) => document.getElementById(id);

/** Ask a control route. Returns its data; tells what went wrong and returns undefined. */
export async function ask(method, path, body) {
  try {
    const options = body === undefined ? {} : {
      headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    };
    const answer = await fetch(path, { method, ...options });
    const { code, message, data } = await answer.json();
    say(code === 0 ? "" : message);
    return code === 0 ? data ?? true : undefined;
  } catch {
    say("The server did not answer.");
    return undefined;
  }
}

export const say = (text) => tell(byId("said"), text);
