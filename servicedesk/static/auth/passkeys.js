// Passkeys and password fields: asks the browser for a passkey where a form wants one, and shows what is typed on request.
(() => {
  "use strict";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const ids = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  async function asked(form) {
    const answer = await fetch(form.dataset.ask, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
      credentials: "same-origin",
    });
    if (!answer.ok || !answer.headers.get("Content-Type").includes("json")) throw new Error("refused");
    return answer.json();
  }

  async function made(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: ids(options.excludeCredentials),
    };
    const found = await navigator.credentials.create({ publicKey });
    return packed(found, { attestationObject: text(found.response.attestationObject) });
  }

  async function used(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: ids(options.allowCredentials),
    };
    const found = await navigator.credentials.get({ publicKey });
    const handle = found.response.userHandle;
    return packed(found, {
      authenticatorData: text(found.response.authenticatorData),
      signature: text(found.response.signature),
      userHandle: handle ? text(handle) : null,
    });
  }

  function packed(found, more) {
    const response = { clientDataJSON: text(found.response.clientDataJSON), ...more };
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
  }

  async function run(form) {
    const problem = form.querySelector("[data-passkey-problem]");
    problem.textContent = "";
    try {
      const options = await asked(form);
      form.elements.credential.value = await (form.dataset.passkey === "create" ? made(options) : used(options));
    } catch (error) {
      problem.textContent = error.name === "InvalidStateError" ? problem.dataset.known : problem.dataset.failed;
      return;
    }
    form.submit();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) return;
    event.preventDefault();
    run(form);
  }, true);

  function reveal(field) {
    const button = document.createElement("button");
    const words = document.querySelector("[data-reveal-words]").dataset;
    button.type = "button";
    button.className = "btn btn-outline-primary btn-xs desk-reveal";
    button.setAttribute("aria-controls", field.id);
    button.textContent = words.show;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.textContent = shown ? words.hide : words.show;
    });
    field.after(button);
    // What is sent is a password again: browsers offer to keep those only.
    field.form.addEventListener("submit", () => { field.type = "password"; });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const possible = Boolean(window.PublicKeyCredential && navigator.credentials);
    for (const part of document.querySelectorAll("[data-passkey-part]")) part.hidden = !possible;
    for (const field of document.querySelectorAll("input[data-reveal]")) reveal(field);
  });
})();
