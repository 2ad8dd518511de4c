"use strict";
// Events come in, the page is told, and the address keeps what is searched for.

const SILENCE_MILLIS = 5000;
const RETRY_MILLIS = 5000;
const REORDER_MILLIS = 2000;

const model = new Model();
let actions = null;
const view = new View(model, (target, action) => actions.begin(target, action));
actions = new Actions(model, view.parts);

// ---- events ----

let source = null;
let lastEvent = 0; // performance.now() of the latest
let lostSince = null;
let lastOrder = 0;
let isOrderStale = false;

function connect() {
  source?.close();
  source = new EventSource("/events");
  source.addEventListener("table", (event) => {
    model.setTable(JSON.parse(event.data));
    alive();
    order();
  });
  source.addEventListener("tick", (event) => {
    const others = model.tick(JSON.parse(event.data));
    alive();
    announce(others);
    if (others.length > 0) isOrderStale = true;
    if (isOrderStale && mayReorder()) order(); else view.refresh();
  });
  source.addEventListener("error", () => {
    lost();
    // an answer that is no stream (too many pages are open) ends it for good: then it is ours to come back
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MILLIS);
  });
}

function order() {
  lastOrder = performance.now();
  isOrderStale = false;
  view.list();
}

/** Rows are put in another order only where that is of use, not too often, and not under somebody's hands. */
function mayReorder() {
  const isLarge = model.targets.size > ROWS, isStateSearched = view.query.state !== "";
  const isInUse = view.parts.pools.contains(document.activeElement) || view.parts.dialog.open || view.parts.pools.matches(":hover") && !isStateSearched;
  return (isLarge || isStateSearched) && !isInUse && performance.now() - lastOrder > REORDER_MILLIS;
}

function alive() {
  lastEvent = performance.now();
  lostSince = null;
  view.setConnection("good", "live");
}

function lost() {
  if (lostSince === null) lostSince = Date.now();
  view.setConnection("bad", `disconnected since ${clockTime(lostSince)}`);
}

/** Says what was suspended and what returned to those who do not see it. */
function announce(others) {
  const away = others.filter(({ target, before }) => target.state.suspended && !before.suspended).map(({ target }) => target);
  const back = others.filter(({ target, before }) => !target.state.suspended && before.suspended).map(({ target }) => target);
  const said = [];
  if (away.length > 0) said.push(away.length === 1 ? `${away[0].name} suspended: ${reasonText(away[0].state.reason)}.` : `${count(away.length)} targets suspended.`);
  if (back.length > 0) said.push(back.length === 1 ? `${back[0].name} returned.` : `${count(back.length)} targets returned.`);
  if (said.length > 0) view.parts.announcer.textContent = said.join(" ");
}

setInterval(() => {
  if (model.facts === null) return;
  if (performance.now() - lastEvent > SILENCE_MILLIS) lost();
  view.refreshTime();
}, 500);

// ---- search, kept in the address so that it can be passed on ----

function readAddress() {
  if (location.hash === "#pools") return; // the way past the head
  const fields = new URLSearchParams(location.hash.slice(1));
  view.parts.search.value = fields.get("q") || "";
  view.parts.state.value = fields.get("state") || "";
  search();
}

function search() {
  const { search: text, state } = view.parts;
  view.query = new Query(text.value, state.value);
  const fields = new URLSearchParams();
  if (text.value.trim()) fields.set("q", text.value.trim());
  if (state.value) fields.set("state", state.value);
  history.replaceState(null, "", fields.size > 0 ? `#${fields}` : location.pathname);
  if (model.facts !== null) view.setQuery(view.query);
}

let searchSoon = 0;
view.parts.search.addEventListener("input", () => {
  clearTimeout(searchSoon);
  searchSoon = setTimeout(search, 80);
});
view.parts.state.addEventListener("change", search);
view.parts.filter.addEventListener("submit", (event) => event.preventDefault());
view.parts.more.addEventListener("click", () => view.showMore());
addEventListener("hashchange", readAddress);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea") || view.parts.dialog.open) return;
  event.preventDefault();
  view.parts.search.focus();
});

readAddress();
connect();
