// The pane beside the list takes what a link or a form in it answers. It knows the words that htmx knows elsewhere
// (hx-get, hx-post, hx-target, and its events), and no more of them than this page uses: that is a fourth of its weight.
"use strict";
(() => {
  const tell = (target, name, detail) => target.dispatchEvent(new CustomEvent(`htmx:${name}`, { bubbles: true, detail: { target, ...detail } }));
  let asked = 0;

  async function ask(verb, address, { target = "#pane", body = null } = {}) {
    const place = document.querySelector(target), number = ++asked;
    if (!place) return;
    const requestConfig = { verb: verb.toLowerCase(), path: address };
    const xhr = { status: 0, responseURL: "" };
    tell(place, "beforeRequest", { requestConfig, xhr });
    let text = "";
    try {
      const answer = await fetch(address, { method: verb, body, headers: { "HX-Request": "true", "HX-Target": place.id } });
      text = await answer.text();
      Object.assign(xhr, { status: answer.status, responseURL: answer.url });
    } catch { /* no answer: status 0 */ }
    const last = number === asked;
    if (last) tell(place, "afterRequest", { requestConfig, xhr });
    const takes = xhr.status === 422 || (xhr.status >= 200 && xhr.status < 400 && xhr.status !== 204);
    if (!takes || (!last && verb === "GET")) return;
    const detail = { target: place, xhr, requestConfig, serverResponse: text, shouldSwap: true };
    place.dispatchEvent(new CustomEvent("htmx:beforeSwap", { bubbles: true, detail }));
    if (!detail.shouldSwap) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    place.replaceChildren(...[...fresh.body.childNodes].map((node) => document.adoptNode(node)));
    sign();
    tell(place, "afterSettle", { requestConfig, xhr });
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[hx-get]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    ask("GET", link.getAttribute("hx-get"), { target: link.getAttribute("hx-target") });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[hx-post]") || event.defaultPrevented) return;
    event.preventDefault();
    if (form.dataset.sent) return;  // a second press while the first is on its way says nothing more
    form.dataset.sent = "1";
    const address = event.submitter?.getAttribute("formaction") ?? form.getAttribute("hx-post");
    ask("POST", address, { target: form.getAttribute("hx-target"), body: new FormData(form, event.submitter) }).finally(() => { delete form.dataset.sent; });
  });

  // Whoever may sign with a passkey here gets what that takes; nobody else loads it.
  function sign() { if (document.querySelector("[data-statement]")) import("placet/passkeys"); }
  sign();
  window.htmx = { ajax: ask, process() {} };
})();
