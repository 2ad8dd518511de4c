"use strict";
// Drawing: elements, small charts, numbers as text. All text goes in as textContent: names of models are data.

/** An element with a class, children and attributes. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** Sets text only where it is another, so that nothing is laid out or read out again. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

const SVG = "http://www.w3.org/2000/svg";
const CHART_HEIGHT = 32;

/** Requests and errors of the last minutes, a column a second. */
class Chart {
  constructor(length) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${length} ${CHART_HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("role", "img");
    this.svg.setAttribute("class", "chart");
    this.requests = this.svg.appendChild(document.createElementNS(SVG, "path"));
    this.requests.setAttribute("class", "requests");
    this.errors = this.svg.appendChild(document.createElementNS(SVG, "path"));
    this.errors.setAttribute("class", "errors");
    this.isEmpty = null;
  }

  draw(track, now) {
    const hasPast = track !== null && now - track.latest < track.length;
    if (!hasPast && this.isEmpty) return;
    this.isEmpty = !hasPast;
    let peak = 0, failed = 0, requests = `M0 ${CHART_HEIGHT}`, errors = "";
    if (hasPast) {
      track.forEach(now, (_, r, e) => { peak = Math.max(peak, r); failed += e; });
      const height = (count) => CHART_HEIGHT - Math.round(count / Math.max(peak, 1) * (CHART_HEIGHT - 2) * 10) / 10;
      track.forEach(now, (place, r, e) => {
        requests += `V${height(r)}H${place + 1}`;
        if (e > 0) errors += `M${place} ${CHART_HEIGHT}V${height(e)}H${place + 1}V${CHART_HEIGHT}Z`;
      });
    }
    this.requests.setAttribute("d", `${requests}V${CHART_HEIGHT}Z`);
    this.errors.setAttribute("d", errors);
    const minutes = this.svg.viewBox.baseVal.width / 60;
    this.svg.setAttribute("aria-label", `Last ${minutes} minutes: at most ${peak} requests a second, ${failed} errors`);
  }
}

function percent(share) { return `${(100 * share).toFixed(1)} %`; }

function count(number) { return number.toLocaleString("en"); }

function plural(number, one, many) { return `${count(number)} ${number === 1 ? one : many}`; }

function rate(number) { return number === 0 ? "0" : number < 10 ? number.toFixed(1) : count(Math.round(number)); }

/** 0:07, 12:30, 3:00:00, 2 d 3 h. */
function duration(millis) {
  const seconds = Math.max(0, Math.ceil(millis / 1000)), two = (n) => String(n).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
  const minutes = Math.floor(seconds / 60);
  if (seconds < 3600) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

function clockTime(millis) { return new Date(millis).toLocaleTimeString("en-GB"); }

const REASONS = {
  429: "429, quota exhausted",
  remaining: "nothing left of its quota",
  "5xx": "failing with 5xx",
  connect: "cannot be reached",
  timeout: "does not answer in time",
  manual: "by hand",
  shared: "another host says so",
  credential: "its Secret is not there",
  limit: "over its rate limit",
};
function reasonText(reason) { return REASONS[reason] || reason || ""; }
