"use strict";
// `element` inserts telemetry as text, so that it cannot become markup.

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else if (key === "onclick") made.addEventListener("click", value);
    else if (key === "place") Object.assign(made.style, value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function drawing(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Replaces the content of `place` and keeps the keyboard focus.
function show(place, ...children) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  place.replaceChildren(...children);
  if (focused !== undefined) place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

const empty = (...words) => element("p", { class: "empty" }, ...words);
const whole = (number) => number.toLocaleString("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });

function duration(milliseconds) {
  if (milliseconds >= 60000) return `${(milliseconds / 60000).toFixed(1)} min`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 100) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds >= 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(2)} ms`;
  return `${Math.round(milliseconds * 1000)} µs`;
}

function rate(perSecond) {
  if (perSecond === 0) return "–";
  return perSecond >= 1 ? `${perSecond.toFixed(1)} /s` : `${(perSecond * 60).toFixed(0)} /min`;
}

function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : clock.format(milliseconds).slice(0, 8);
}

function plainText(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
