// Where somebody works stays where they work. When a part of the page is replaced and what had the focus goes with it,
// the focus moves to its like in the new part, else to the nearest part around it that is still there: never to nowhere.
// And what others changed in the ask that is open is said once, for those who do not see it.
"use strict";
(() => {
  const TOLD = "[data-told] > .notice";
  const alike = (element) => [element.tagName, element.type, ...["name", "value", "href", "action", "aria-label"].map((name) => element.getAttribute(name))].join("\n");
  const usable = (element) => element.isConnected && !element.disabled && element.getClientRects().length > 0;
  const nowhere = () => document.activeElement === null || document.activeElement === document.body;
  const move = (element) => {
    if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };
  let last = null;

  document.addEventListener("focusin", (event) => {
    const around = [];
    for (let each = event.target; each; each = each.parentElement) if (each.id) around.push(each.id);
    last = { element: event.target, alike: alike(event.target), around, held: event.target.closest("[data-address]") };
  });
  // Whoever clicks beside everything has left on purpose. An element that is being taken away loses its focus as well,
  // but then it is gone by the time the script that takes it away has ended.
  document.addEventListener("focusout", (event) => {
    queueMicrotask(() => { if (last?.element === event.target && usable(event.target) && nowhere()) last = null; });
  });

  function place() {
    if (usable(last.element)) return last.element;
    // All of the ask was replaced: by what came of a verdict, or by another ask.
    if (last.held && !last.held.isConnected) {
      const whole = document.querySelector("[data-address]");
      const top = whole?.querySelector(TOLD) ?? whole?.querySelector(".sentence");
      if (top) return top;
    }
    for (const id of last.around) {
      const part = document.getElementById(id);
      if (!part || !usable(part)) continue;
      const fields = [...part.querySelectorAll("a[href], button, input, select, textarea, summary")];
      return fields.find((each) => alike(each) === last.alike && usable(each)) ?? part;
    }
    return document.getElementById("main");
  }
  function hold() {
    if (last === null || !nowhere() || document.querySelector("dialog[open]")) return;
    const target = place();
    if (target) move(target);
  }

  // Whoever opens an action of the list by a key goes on in it, from its sentence; Escape leads back to its row.
  let entered = null;
  const pane = () => document.getElementById("pane");
  function enter() {
    const held = entered && pane()?.querySelector(`[data-action="${CSS.escape(entered)}"]`);
    if (!held) return;
    entered = null;
    move(held.querySelector(".sentence") ?? held);
  }
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(".row[data-id]");
    if (!row || !pane() || !usable(pane())) return;
    entered = event.detail === 0 ? row.dataset.id : null;
    queueMicrotask(enter);
  });
  document.addEventListener("keydown", (event) => {
    const within = pane()?.contains(document.activeElement) && document.activeElement !== pane();
    const busy = event.target.closest?.("input, textarea, select, dialog") || document.querySelector("#verdict.denying, dialog[open]");
    if (event.key !== "Escape" || !within || busy) return;
    document.querySelector(`.row[data-id="${CSS.escape(pane().querySelector("[data-action]")?.dataset.action ?? "")}"]`)?.focus();
  }, true);

  // What others did meanwhile: how it ended, who said what, what was written.
  const text = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const lines = (id) => [...document.querySelectorAll(`#${id} li`)].map(text);
  let stood = null;
  function tell() {
    const bar = document.getElementById("bar"), said = document.getElementById("said");
    const held = bar?.closest("[data-address]");
    if (!held || !said) { stood = null; return; }
    const now = { held, state: bar.dataset.state, votes: lines("live-ballots"), words: lines("live-comments") };
    const before = stood;
    stood = now;
    if (before?.held !== held) return;
    const votes = now.votes.filter((line) => !before.votes.includes(line));
    const words = now.words.filter((line) => !before.words.includes(line));
    if (now.state !== before.state) said.textContent = text(bar.querySelector(".signs") ?? bar);
    else if (votes.length) said.textContent = votes.join(". ");
    else if (words.length) said.textContent = words.join(". ").slice(0, 300);
  }

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    queueMicrotask(() => { due = false; enter(); hold(); tell(); });
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "disabled", "open"] });
  // A page that answers what was just sent begins with its answer.
  document.addEventListener("DOMContentLoaded", () => {
    const told = document.querySelector(TOLD);
    if (told && nowhere()) move(told);
    tell();
  });
})();
