"use strict";
// What can be done: suspend and resume a target. The admin token is kept in sessionStorage, until the tab is closed, once it
// has been accepted.

const TOKEN_KEY = "roundtable-admin-token";

class Actions {
  constructor(model, parts) {
    this.model = model;
    this.parts = parts;
    this.target = null;
    this.action = "";
    parts["dialog-cancel"].addEventListener("click", () => parts.dialog.close());
    parts["dialog-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(parts.token.value || this.storedToken());
    });
    parts.dialog.addEventListener("close", () => { parts.token.value = ""; });
  }

  storedToken() { return sessionStorage.getItem(TOKEN_KEY) || ""; }
  get lacksToken() { return this.model.facts.needsToken && !this.storedToken(); }

  begin(target, action) {
    this.target = target;
    this.action = action;
    if (action === "suspend" || this.lacksToken) this.ask(""); else this.send(this.storedToken());
  }

  /** Opens the dialog; `error` is what the last try came to. */
  ask(error) {
    const { parts, target, action } = this, isSuspend = action === "suspend";
    setText(parts["dialog-title"], `${isSuspend ? "Suspend" : "Resume"} ${target.name}`);
    setText(parts["dialog-text"], `${target.model === null ? "" : `at ${target.backend}, `}${target.pool.environment} of ${target.pool.api}`);
    const others = target.pool.targets.filter((other) => other !== target && !other.isSuspended(this.model.now()));
    parts["dialog-warning"].hidden = !isSuspend || others.length > 0;
    setText(parts["dialog-warning"], "No other target of this pool takes traffic: its requests will be answered with 503.");
    parts["dialog-duration"].hidden = !isSuspend;
    parts["dialog-token"].hidden = !this.lacksToken;
    parts.token.required = this.lacksToken;
    parts["dialog-error"].hidden = error === "";
    setText(parts["dialog-error"], error);
    setText(parts["dialog-submit"], isSuspend ? "Suspend" : "Resume");
    if (!parts.dialog.open) parts.dialog.showModal();
    if (this.lacksToken) (isSuspend && error === "" ? parts.seconds : parts.token).focus();
  }

  async send(token) {
    const { parts, target, action } = this;
    const query = action === "suspend" ? `?seconds=${parts.seconds.value}` : "";
    parts["dialog-submit"].disabled = true;
    try {
      const headers = token ? { Authorization: `Bearer ${token}` } : {};
      const answer = await fetch(`/targets/${target.id}/${action}${query}`, { method: "POST", headers });
      const text = (await answer.text()).trim();
      if (answer.ok) {
        if (token) sessionStorage.setItem(TOKEN_KEY, token);
        parts.dialog.close();
        return;
      }
      if (answer.status === 401) sessionStorage.removeItem(TOKEN_KEY);
      this.ask(answer.status === 401 ? `401: the admin port did not accept the token. ${text}` : `${answer.status}: ${text}`);
    } catch (error) {
      this.ask(`The admin port did not answer: ${error.message}`);
    } finally {
      parts["dialog-submit"].disabled = false;
    }
  }
}
