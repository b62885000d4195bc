// The setup page: stores the HEC token of inputs with output = hec in storage/passwords,
// encrypted, where the modular input reads it, and marks the add-on as set up.
//
// The token goes to splunkd and nowhere else: it is not kept, not logged, not shown again,
// and no token is ever read back. Everything on the page is made as text, never as HTML.
require(["splunkjs/mvc", "splunkjs/mvc/simplexml/ready!"], function (mvc) {
  "use strict";

  const app = "TA-ollama-hec";
  const realm = "ollama_logs"; // where the modular input looks
  const everyInput = "default"; // the user of the token of inputs without one of their own
  const service = mvc.createService({ owner: "nobody", app: app });

  // call makes one request. Splunk's SDK answers through a callback up to its version 1, and
  // with a promise from 2 on: whichever comes first. Both take no answer at all, of status 0,
  // for a good one.
  async function call(method, path, values) {
    const reply = await new Promise(function (resolve, reject) {
      const answer = service[method](path, values, function (refusal, reply) {
        if (refusal) reject(refusal);
        else resolve(reply);
      });
      if (answer && typeof answer.then === "function") answer.then(resolve, reject);
    });
    if (!reply || !(reply.status >= 200 && reply.status < 300)) throw reply;
    return reply;
  }

  // escaped is a part of a password's name, which splunkd writes as realm:user:.
  function escaped(part) {
    return part.replace(/[\\:]/g, "\\$&");
  }

  // store says whether a token was replaced.
  async function store(user, token) {
    try {
      await call("post", "storage/passwords", { name: user, realm: realm, password: token });
      return false;
    } catch (refusal) {
      if (refusal.status !== 409) throw refusal;
    }
    const name = encodeURIComponent(escaped(realm) + ":" + escaped(user) + ":");
    await call("post", "storage/passwords/" + name, { password: token });
    return true;
  }

  // markDone keeps Splunk Web from opening this page instead of the add-on.
  async function markDone() {
    await call("post", "configs/conf-app/install", { is_configured: "true" });
    await call("get", "/services/apps/local/" + app + "/_reload", {});
  }

  // wrong says what no token has, before it is sent anywhere.
  function wrong(token) {
    if (token === "") return "enter the token: Settings, Data inputs, HTTP Event Collector shows it";
    if (!/^[!-~]+$/.test(token)) return "the token holds a space or a character that no token has: copy it again";
    return "";
  }

  // explained is what Splunk answered, and what to do about it.
  function explained(refusal) {
    const status = Number(refusal && refusal.status) || 0;
    const messages = (refusal && refusal.data && refusal.data.messages) || [];
    const said = messages.map((m) => m.text).filter(Boolean).join("; ");
    const hints = {
      0: "no answer from Splunk: is it running? Reload the page and try again",
      401: "your session has ended: sign in again",
      402: "the licence of this Splunk does not allow it",
      403: "your role may not do this: it takes edit_storage_passwords, and write access to this add-on, as admin and sc_admin have",
      404: "this Splunk does not have it: is the add-on enabled, and may you see it?",
    };
    const hint = hints[status] || "see splunkd.log in index=_internal";
    return (status ? "Splunk refuses it (" + status + ")" + (said ? ": " + said : "") + "; " : "") + hint;
  }

  // element makes an element with attributes and children, which are elements or text.
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  const input = element("select", { id: "ollama-setup-input" }, element("option", { value: everyInput }, "every input"));
  const token = element("input", {
    id: "ollama-setup-token", type: "password", autocomplete: "new-password", spellcheck: "false", maxlength: "1024",
  });
  const storing = element("button", { id: "ollama-setup-store", class: "btn btn-primary", type: "button" }, "Store the token");
  const skipping = element("button", { id: "ollama-setup-skip", class: "btn", type: "button" }, "Go on without a token");
  const status = element("p", { id: "ollama-setup-status", role: "status" });
  const next = element("p", { id: "ollama-setup-next", hidden: "" },
    "Next: ",
    element("a", { href: "../../manager/" + app + "/data/inputs/ollama_logs/_new?action=edit" }, "add an input"),
    " on the host where Ollama runs, or open ",
    element("a", { href: "ollama" }, "the dashboard"),
    ".");

  function say(kind, text) {
    status.className = "ollama-setup-" + kind;
    status.textContent = text;
  }

  // during keeps the page from being used while work goes on, and says how it ended.
  async function during(text, work) {
    storing.disabled = skipping.disabled = true;
    say("busy", text);
    try {
      say("done", await work());
      next.hidden = false;
    } catch (refusal) {
      say("failed", explained(refusal));
    }
    storing.disabled = skipping.disabled = false;
  }

  function onStore() {
    const value = token.value.trim();
    const problem = wrong(value);
    if (problem) {
      say("failed", problem);
      token.focus();
      return;
    }
    const user = input.value;
    const whose = user === everyInput ? "every input" : "the input " + user;
    during("storing …", async function () {
      const replaced = await store(user, value);
      token.value = "";
      const stored = "the token for " + whose + " is " + (replaced ? "replaced" : "stored");
      try {
        await markDone();
      } catch (refusal) {
        return stored + ", but the add-on is not marked as set up: " + explained(refusal);
      }
      return stored + ", encrypted; it is not shown again";
    });
  }

  function onSkip() {
    token.value = "";
    during("one moment …", async function () {
      await markDone();
      return "the add-on is set up; inputs with output = hec wait until a token is stored here";
    });
  }

  // offerInputs adds the inputs of this instance, each of which may have a token of its own.
  // Where none can be read, every input is the only choice.
  async function offerInputs() {
    const reply = await call("get", "data/inputs/ollama_logs", { count: 0 });
    ((reply.data && reply.data.entry) || [])
      .map((entry) => entry.name)
      .filter((name) => name !== everyInput)
      .forEach((name) => input.append(element("option", { value: name }, "only " + name)));
  }

  storing.addEventListener("click", onStore);
  skipping.addEventListener("click", onSkip);
  token.addEventListener("keydown", (key) => key.key === "Enter" && !storing.disabled && onStore());
  document.getElementById("ollama-setup").replaceChildren(
    element("h2", {}, "Ollama: setup"),
    element("p", {}, "On a search head there is nothing to set up here: go on. The fields, the dashboard and the detections are ready."),
    element("p", {}, "Where an input sends to the HTTP Event Collector (output = hec), store its token. Splunk keeps it encrypted in " +
      "storage/passwords of this instance, never in inputs.conf. To replace it, store another one; a running input takes it as soon as " +
      "the collector refuses the old one."),
    element("div", { class: "ollama-setup-field" }, element("label", { for: input.id }, "For"), input),
    element("div", { class: "ollama-setup-field" }, element("label", { for: token.id }, "HEC token"), token),
    element("div", { class: "ollama-setup-buttons" }, storing, skipping),
    status,
    next);
  offerInputs().catch(() => {});
});
