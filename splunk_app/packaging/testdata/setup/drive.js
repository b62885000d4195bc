// Does what the test asks for, as somebody at the page would, and tells what is seen then.
"use strict";

const until = (root, true_) =>
  new Promise((resolve) => {
    if (true_()) return resolve();
    new MutationObserver((changes, observer) => {
      if (!true_()) return;
      observer.disconnect();
      resolve();
    }).observe(root, { subtree: true, childList: true, attributes: true });
  });

async function opened() {
  const frame = document.createElement("iframe");
  frame.src = "/en-US/app/TA-ollama-hec/setup";
  const loaded = new Promise((resolve) => (frame.onload = resolve));
  document.body.replaceChildren(frame);
  await loaded;
  return frame.contentWindow;
}

async function act(task) {
  const page = await opened();
  const find = (id) => page.document.getElementById("ollama-setup-" + id);
  await until(page.document, () => find("status") && find("input").length >= task.inputs);
  const status = find("status");
  if (task.input) find("input").value = task.input;
  find("token").value = task.token;
  if (task.enter) find("token").dispatchEvent(new page.KeyboardEvent("keydown", { key: "Enter" }));
  else find(task.button).click();
  await until(page.document, () => status.textContent && status.className !== "ollama-setup-busy");
  return {
    kind: status.className.replace("ollama-setup-", ""),
    status: status.textContent,
    token: find("token").value,
    tokenType: find("token").type,
    inputs: [...find("input").options].map((o) => o.value + ": " + o.text),
    next: find("next").hidden ? [] : [...find("next").querySelectorAll("a")].map((a) => new URL(a.href).pathname),
    usable: !find("store").disabled && !find("skip").disabled,
    text: page.document.body.innerText,
    html: page.document.documentElement.outerHTML,
    faults: page.faults,
    logged: page.logged || "",
    stored: JSON.stringify([{ ...page.localStorage }, { ...page.sessionStorage }, page.document.cookie]),
  };
}

(async () => {
  for (;;) {
    const task = await (await fetch("/drive/task")).json();
    if (task.end) return;
    const seen = await act(task).catch((e) => ({ faults: ["drive: " + e] }));
    await fetch("/drive/seen", { method: "POST", body: JSON.stringify(seen) });
  }
})();
