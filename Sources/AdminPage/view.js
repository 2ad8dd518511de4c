"use strict";
// What is seen: pools with their rotation, a row for each target, and never more rows than ROWS at once.

const ROWS = 100;
const HUES = 8;

/** One target. Its parts are made once and touched only where they change. */
class Row {
  constructor(target, view) {
    this.target = target;
    this.view = view;
    const { model, backend } = target;
    this.badge = element("span", `letter hue${target.place % HUES}`, target.letter);
    this.badge.setAttribute("aria-hidden", "true");
    this.name = element("h3", "name", target.name);
    this.detail = element("p", "detail", ...(model === null ? [] : [`at ${backend}`]));
    if (target.pool.hasTiers()) this.detail.append(element("span", "tag", `tier ${target.tier + 1}`));
    this.pill = element("span", "pill");
    this.countdown = element("span", "countdown");
    this.reason = element("p", "reason");
    this.left = element("i");
    this.leftBar = element("div", "left", this.left);
    this.actual = element("i", `actual hue${target.place % HUES}`);
    this.actualText = element("span");
    const wanted = element("i", "wanted");
    wanted.style.width = percent(target.pool.wantedShare(target)).replace(" ", "");
    const wantedText = `${percent(target.pool.wantedShare(target))} configured`;
    this.chart = new Chart(view.model.facts.seconds);
    this.rate = element("span", "rate");
    this.errorRate = element("span", "error-rate");
    this.button = element("button", "");
    this.button.type = "button";
    this.button.addEventListener("click", () => view.onAction(target, this.button.dataset.action));
    this.node = element(
      "li", "target",
      this.badge,
      element("div", "who", this.name, this.detail),
      element("div", "state", element("p", "", this.pill, this.countdown), this.leftBar, this.reason),
      element("div", "share", element("div", "track", this.actual), this.actualText, element("div", "track", wanted), element("span", "", wantedText)),
      element("div", "load", this.chart.svg, element("p", "", this.rate, this.errorRate)),
      element("div", "action", this.button),
    );
    this.node.dataset.id = target.id;
  }

  refresh(now, poolPicks) {
    const { target } = this, share = poolPicks > 0 ? target.picks / poolPicks : 0;
    this.refreshState(now);
    const width = percent(share).replace(" ", "");
    if (this.actual.style.width !== width) this.actual.style.width = width;
    setText(this.actualText, `${percent(share)} · ${plural(target.picks, "pick", "picks")}`);
    this.chart.draw(target.track, this.view.model.second);
    const { requests, errors } = target.track ? target.track.rate(this.view.model.second, 10) : { requests: 0, errors: 0 };
    setText(this.rate, `${rate(requests)}/s`);
    setText(this.errorRate, errors > 0 ? `${rate(errors)} errors/s` : "");
  }

  /** What changes as time goes on, even without news. */
  refreshState(now) {
    const { target } = this, { state } = target, isSuspended = target.isSuspended(now);
    const kind = isSuspended ? (target.until === null ? "bad" : "warn") : target.needsAttention(now) ? "warn" : "good";
    const word = isSuspended ? (target.until === null ? "no traffic" : "suspended") : state.healthy === false ? "unhealthy" : state.certificate !== null ? "certificate" : "active";
    setText(this.pill, word);
    setAttribute(this.pill, "class", `pill ${kind}`);
    setAttribute(this.node, "class", isSuspended ? "target suspended" : "target");
    const hasEnd = isSuspended && target.until !== null;
    setText(this.countdown, hasEnd ? `returns in ${duration(target.until - now)}` : "");
    const because = isSuspended ? reasonText(state.reason) : "";
    const since = isSuspended && target.since ? `since ${clockTime(target.since)}` : "";
    const health = state.healthy === false ? "its health check fails: used only where no other is left" : "";
    const certificate = state.certificate !== null ? `certificate not accepted: ${state.certificate}` : "";
    setText(this.reason, [because, since, health, certificate].filter(Boolean).join(" · "));
    this.leftBar.hidden = !(hasEnd && target.since);
    if (!this.leftBar.hidden) this.left.style.width = `${Math.min(100, Math.max(0, 100 * (target.until - now) / (target.until - target.since))).toFixed(2)}%`;
    this.refreshButton(isSuspended);
  }

  /** Only what has an end of its own, and was not set by a limit, can be ended by hand. */
  refreshButton(isSuspended) {
    const { target, button } = this;
    const action = !isSuspended ? "suspend" : target.until !== null && target.state.reason !== "limit" ? "resume" : "";
    button.hidden = action === "";
    if (button.dataset.action === action) return;
    button.dataset.action = action;
    setText(button, action === "resume" ? "Resume" : "Suspend …");
    button.setAttribute("aria-label", `${action === "resume" ? "Resume" : "Suspend"} ${target.name}${target.model === null ? "" : ` at ${target.backend}`}`);
  }
}

/** One pool, with rows for some of its targets. */
class Card {
  constructor(pool, targets, hidden, view) {
    this.pool = pool;
    this.rows = targets.map((target) => new Row(target, view));
    this.turns = pool.turns.map((place) => element("li", `turn hue${place % HUES}`, pool.targets[place].letter));
    this.node = element("section", "pool");
    const title = element("h2", "", pool.api);
    title.id = `pool-${pool.number}`;
    this.node.setAttribute("aria-labelledby", title.id);
    const kind = pool.isModels ? `policy ${pool.policy}` : `backends of route ${pool.policy}`;
    this.summary = element("p", "summary");
    this.node.append(element("header", "", title, element("span", `tag ${pool.environment}`, pool.environment), element("span", "detail", kind), this.summary));
    this.node.append(this.rotation());
    this.node.append(element("ul", "targets", ...this.rows.map((row) => row.node)));
    if (hidden > 0) this.node.append(element("p", "rest", `and ${plural(hidden, "target", "targets")} more of this pool`));
  }

  rotation() {
    const list = element("ol", "turns", ...this.turns);
    const { cycle, turns, targets } = this.pool;
    const order = turns.map((place) => targets[place].letter).join(" ");
    const part = cycle > turns.length ? `the first ${turns.length} of ${count(cycle)} turns` : plural(cycle, "turn", "turns");
    list.setAttribute("role", "img");
    list.setAttribute("aria-label", `Rotation, ${part}: ${order}`);
    return element("div", "rotation", element("span", "detail", `rotation, ${part}`), list);
  }

  refresh(now) {
    const picks = this.pool.picks;
    for (const row of this.rows) row.refresh(now, picks);
    this.refreshTime(now);
  }

  refreshTime(now) {
    for (const row of this.rows) row.refreshState(now);
    const away = this.pool.targets.filter((target) => target.isSuspended(now));
    const all = away.length === this.pool.size;
    setText(this.summary, away.length === 0 ? "" : all ? "no target takes traffic" : `${count(away.length)} of ${count(this.pool.size)} take no traffic`);
    setAttribute(this.summary, "class", all && away.length > 0 ? "summary bad" : "summary");
    const places = new Set(away.map((target) => target.place));
    const next = this.pool.nextTurn(now);
    this.turns.forEach((node, position) => {
      node.classList.toggle("away", places.has(this.pool.turns[position]));
      node.classList.toggle("next", position === next);
    });
  }
}

class View {
  constructor(model, onAction) {
    this.model = model;
    this.onAction = onAction;
    this.query = new Query("", "");
    this.limit = ROWS;
    this.cards = [];
    this.overall = null;
    this.parts = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [node.id, node]));
  }

  setQuery(query) {
    this.query = query;
    this.limit = ROWS;
    this.list();
  }

  showMore() {
    const shown = this.cards.reduce((sum, card) => sum + card.rows.length, 0);
    this.limit += ROWS;
    this.list();
    const rows = this.cards.flatMap((card) => card.rows);
    rows[shown]?.button.focus(); // not lost with the button
  }

  /** Chooses what is shown. A table of one screen keeps its order, so that nothing jumps; in a larger one what needs
   *  attention comes first. */
  list() {
    const now = this.model.now(), isLarge = this.model.targets.size > ROWS;
    const first = (a, b) => b.needsAttention(now) - a.needsAttention(now);
    let matches = [], found = 0;
    for (const pool of this.model.pools) {
      const targets = pool.targets.filter((target) => this.query.matches(target, now));
      if (targets.length === 0) continue;
      found += targets.length;
      if (isLarge) targets.sort(first);
      matches.push({ pool, targets });
    }
    if (isLarge) matches.sort((a, b) => first(a.targets[0], b.targets[0]));
    const pools = matches.length;
    let room = this.limit;
    this.cards = [];
    for (const { pool, targets } of matches) {
      if (room <= 0) break;
      const shown = targets.slice(0, room);
      room -= shown.length;
      this.cards.push(new Card(pool, shown, targets.length - shown.length, this));
    }
    const focused = document.activeElement?.closest?.(".target")?.dataset.id;
    this.parts.pools.replaceChildren(...this.cards.map((card) => card.node));
    if (found === 0 && this.model.facts) this.parts.pools.append(element("p", "rest", "No target matches."));
    if (focused) this.cards.flatMap((card) => card.rows).find((row) => row.target.id === focused)?.button.focus();
    const shown = this.limit - Math.max(room, 0);
    this.parts.more.hidden = shown >= found;
    setText(this.parts.more, `Show ${count(Math.min(ROWS, found - shown))} more of ${count(found)}`);
    setText(this.parts.count, this.countText(found, pools, Math.min(shown, found)));
    this.refresh();
  }

  countText(found, pools, shown) {
    const { allTargets } = this.model.facts, told = this.model.targets.size;
    const of = found === told ? "" : ` of ${count(told)}`;
    const more = told < allTargets ? `; the table has ${count(allTargets)}, see /status` : "";
    return `${count(found)}${of} ${found === 1 && !of ? "target" : "targets"} in ${plural(pools, "pool", "pools")}${shown < found ? `, ${count(shown)} shown` : ""}${more}`;
  }

  refresh() {
    const now = this.model.now();
    for (const card of this.cards) card.refresh(now);
    this.refreshFacts();
    this.refreshTitle(now);
  }

  refreshTime() {
    const now = this.model.now();
    for (const card of this.cards) card.refreshTime(now);
  }

  refreshFacts() {
    const { facts, track, second } = this.model, { requests, errors } = track.rate(second, 10);
    setText(this.parts.rate, rate(requests));
    setText(this.parts["error-rate"], rate(errors));
    this.parts["error-rate"].classList.toggle("bad", errors > 0);
    for (const name of ["clients", "upstreams", "workers", "generation"]) setText(this.parts[name], count(facts[name]));
    setText(this.parts.loaded, facts.reload?.result === "loaded" ? `table, loaded ${clockTime(Date.parse(facts.reload.at))}` : "table");
    setText(this.parts.digest, facts.digest.slice(0, 12));
    this.parts.digest.title = `${facts.digest}\ntraffic: ${facts.trafficDigest}`;
    if (this.overall === null) {
      this.overall = new Chart(facts.seconds);
      this.parts.overall.append(this.overall.svg);
    }
    this.overall.draw(track, second);
    this.refreshNotices();
  }

  refreshNotices() {
    const { facts } = this.model, notices = [];
    if (!facts.ready) notices.push(["warn", "Draining: no new connections are taken, and the process ends when the requests under way are done."]);
    if (facts.reload?.result === "refused") notices.push(["bad", `A new table was refused at ${clockTime(Date.parse(facts.reload.at))}, the old one serves on: ${facts.reload.reason}`]);
    for (const { url, problem } of facts.keySets) if (problem) notices.push(["warn", `Key set ${url}: ${problem}`]);
    for (const warning of facts.warnings) notices.push(["warn", warning]);
    const key = JSON.stringify(notices);
    if (this.noticesKey === key) return;
    this.noticesKey = key;
    const shown = notices.slice(0, 20).map(([kind, text]) => element("p", `notice ${kind}`, text));
    if (notices.length > shown.length) shown.push(element("p", "notice warn", `${count(notices.length - shown.length)} more: see /status`));
    this.parts.notices.replaceChildren(...shown);
  }

  /** The tab says it too: a number in its title, and the colour of its icon. */
  refreshTitle(now) {
    let away = 0;
    for (const target of this.model.targets.values()) if (target.isSuspended(now)) away++;
    const title = away > 0 ? `(${count(away)}) Roundtable` : "Roundtable";
    if (document.title !== title) document.title = title;
    this.setIcon(away > 0 ? "#d97706" : "#2f9e60");
  }

  setIcon(colour) {
    const svg = `<svg xmlns="${SVG}" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="${colour}" stroke-width="4" stroke-dasharray="8.6 4"/></svg>`;
    setAttribute(this.parts.icon, "href", `data:image/svg+xml,${encodeURIComponent(svg)}`);
  }

  /** `since`: when the connection was lost, in this machine's time; null: it is there. */
  setConnection(kind, text) {
    setText(this.parts.connection, text);
    setAttribute(this.parts.connection, "class", `pill ${kind}`);
    document.body.classList.toggle("lost", kind === "bad");
  }
}
