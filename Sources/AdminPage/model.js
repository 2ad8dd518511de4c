"use strict";
// What the page knows: the pools and targets of the table, as the events of /events have told it.

/** Requests and errors of each of the last seconds. A second in which nothing happened takes no work: what lies between the
 *  latest one and now is zero. */
class Track {
  constructor(length) {
    this.length = length;
    this.requests = new Uint32Array(length);
    this.errors = new Uint32Array(length);
    this.latest = -1;
  }

  add(second, requests, errors) {
    for (let time = Math.max(this.latest + 1, second - this.length + 1); time <= second; time++) {
      this.requests[time % this.length] = this.errors[time % this.length] = 0;
    }
    this.latest = Math.max(this.latest, second);
    this.requests[second % this.length] += requests;
    this.errors[second % this.length] += errors;
  }

  /** Calls `each(place, requests, errors)` for every second up to `now` that is known, the place counted from the oldest. */
  forEach(now, each) {
    for (let place = 0; place < this.length; place++) {
      const time = now - this.length + 1 + place;
      const isKnown = time >= 0 && time <= this.latest && time > this.latest - this.length;
      each(place, isKnown ? this.requests[time % this.length] : 0, isKnown ? this.errors[time % this.length] : 0);
    }
  }

  /** Requests and errors a second over the last `count` seconds. */
  rate(now, count) {
    let requests = 0, errors = 0;
    this.forEach(now, (place, r, e) => {
      if (place >= this.length - count) { requests += r; errors += e; }
    });
    return { requests: requests / count, errors: errors / count };
  }
}

const ACTIVE = Object.freeze({ suspended: false, since: null, until: null, reason: null, certificate: null, healthy: null });

class Target {
  constructor(told, pool) {
    this.pool = pool;
    this.number = told.number;
    this.id = told.id;
    this.model = told.model;
    this.backend = told.backend;
    this.weight = told.weight;
    this.tier = told.tier;
    this.picks = told.picks;
    this.place = pool.targets.length;
    this.track = null;
    this.setState(told.state || ACTIVE);
  }

  /** How the rotation names it: A to Z, then numbers. */
  get letter() { return this.pool.size <= 26 ? String.fromCharCode(65 + this.place) : String(this.place + 1); }
  get name() { return this.model === null ? this.backend : this.model; }

  setState(state) {
    this.state = state;
    this.until = state.until ? Date.parse(state.until) : null;
    this.since = state.since ? Date.parse(state.since) : null;
  }

  /** A suspension ends by its own clock, whether or not somebody says so. */
  isSuspended(now) { return this.state.suspended && (this.until === null || this.until > now); }
  needsAttention(now) { return this.isSuspended(now) || this.state.healthy === false || this.state.certificate !== null; }

  /** Lower-case text that a search looks into. */
  get haystack() {
    return this.lower ??= { model: (this.model || "").toLowerCase(), backend: this.backend.toLowerCase(), id: this.id };
  }
}

class Pool {
  constructor(told) {
    Object.assign(this, { number: told.number, id: told.id, api: told.api, environment: told.environment, policy: told.policy });
    Object.assign(this, { isModels: told.isModels, turns: told.turns, cycle: told.cycle, cursor: told.cursor });
    this.size = told.targets.length;
    this.targets = [];
    for (const target of told.targets) this.targets.push(new Target(target, this));
    this.tierWeights = new Map();
    for (const { tier, weight } of this.targets) this.tierWeights.set(tier, (this.tierWeights.get(tier) || 0) + weight);
    this.haystack = { api: this.api.toLowerCase(), policy: this.policy.toLowerCase(), environment: this.environment };
  }

  get picks() { return this.targets.reduce((sum, target) => sum + target.picks, 0); }
  hasTiers() { return this.tierWeights.size > 1; }
  /** The place in `turns` of the next turn that would be taken, as far as `turns` goes: those of suspended targets are passed over. */
  nextTurn(now) {
    for (let position = this.cursor; position < this.cursor + this.cycle; position++) {
      const turn = position % this.cycle;
      if (turn >= this.turns.length) return -1;
      if (!this.targets[this.turns[turn]].isSuspended(now)) return turn;
    }
    return -1;
  }

  /** The share of picks that the policy asks for, among the targets of the same tier. */
  wantedShare(target) { return target.weight / this.tierWeights.get(target.tier); }
}

class Model {
  constructor() {
    this.pools = [];
    this.poolsByNumber = new Map();
    this.targets = new Map();
    this.facts = null;
    this.second = 0;
    this.track = new Track(180);
    this.clock = 0;
  }

  /** Milliseconds since 1970 by the dataplane's clock: this machine's own may be wrong. */
  now() { return this.clock + performance.now(); }

  setTable(told) {
    this.facts = told;
    this.clock = told.now - performance.now();
    this.second = told.seconds;
    this.pools = told.pools.map((pool) => new Pool(pool)).sort((a, b) => b.isModels - a.isModels); // models first
    this.poolsByNumber = new Map(this.pools.map((pool) => [pool.number, pool]));
    this.targets = new Map();
    this.track = this.trackOf(told.history) || new Track(told.seconds);
    for (const pool of told.pools) {
      pool.targets.forEach((toldTarget, place) => {
        const target = this.poolsByNumber.get(pool.number).targets[place];
        target.track = this.trackOf(toldTarget.history);
        this.targets.set(target.number, target);
      });
    }
  }

  /** The past as told: requests and errors in turn, the last second at the end. */
  trackOf(history) {
    if (!history || history.length === 0) return null;
    const track = new Track(this.facts.seconds), count = history.length / 2;
    for (let i = 0; i < count; i++) track.add(this.second - count + 1 + i, history[2 * i], history[2 * i + 1]);
    return track;
  }

  /** Takes the changes of one second; returns the targets whose state is another. */
  tick(told) {
    this.second += 1;
    this.clock = told.now - performance.now();
    Object.assign(this.facts, { ready: told.ready, clients: told.clients, upstreams: told.upstreams });
    if (told.warnings) this.facts.warnings = told.warnings;
    if (told.reload) this.facts.reload = told.reload;
    this.track.add(this.second, told.requests, told.errors);
    for (const [number, cursor] of told.cursors) this.poolsByNumber.get(number).cursor = cursor;
    const others = [];
    for (const [number, picks, requests, errors, state] of told.targets) {
      const target = this.targets.get(number);
      target.picks = picks;
      if (requests > 0 || errors > 0) (target.track ||= new Track(this.facts.seconds)).add(this.second, requests, errors);
      if (state) {
        others.push({ target, before: target.state });
        target.setState(state);
      }
    }
    return others;
  }
}

/** A search: words that must all be found, in any place or, as `api:word`, in that one. */
class Query {
  constructor(text, state) {
    this.state = state;
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
      const found = /^(api|policy|environment|env|model|backend|id):(.*)$/.exec(word);
      return found ? { place: found[1] === "env" ? "environment" : found[1], text: found[2] } : { place: null, text: word };
    });
  }

  matches(target, now) {
    if (this.state === "active" && target.isSuspended(now)) return false;
    if (this.state === "suspended" && !target.isSuspended(now)) return false;
    if (this.state === "attention" && !target.needsAttention(now)) return false;
    return this.words.every(({ place, text }) => {
      const own = target.haystack, shared = target.pool.haystack;
      if (place !== null) return (own[place] ?? shared[place]).includes(text);
      return own.model.includes(text) || own.backend.includes(text) || own.id === text || shared.api.includes(text) || shared.policy.includes(text) || shared.environment.includes(text);
    });
  }
}
