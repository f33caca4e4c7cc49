// What a page does beyond its links and forms: the clock, keys, the pane beside the list, and looking again when
// something happened. Nothing here is needed to read or to decide; every answer comes from the server as a page.
"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const wide = window.matchMedia("(min-width: 761px)");
  root.classList.add("scripted");

  // ── Time left: the server wrote it, this only keeps it true ────────────────────────────────────────────────────
  function left(seconds) {
    if (seconds < 900) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= 172800) return `${Math.floor(seconds / 86400)} d`;
    return seconds >= 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 60)} min`;
  }
  function tick() {
    for (const element of $$("[data-until]")) {
      const seconds = Math.max(0, Math.floor(Number(element.dataset.until) - Date.now() / 1000));
      if (seconds === 0 && !element.dataset.over) { element.dataset.over = "1"; window.setTimeout(() => { relist(); relook(); }, 2500); }
      if (element instanceof HTMLProgressElement) element.value = lost() ? 0 : seconds;
      else {
        element.textContent = left(seconds);
        if (element.classList.contains("due")) element.classList.toggle("time", seconds < 900);
      }
    }
  }
  // A rule that wants an ask looked at first: the yes comes alive by itself. The server counts for itself.
  function dwell() {
    for (const element of $$("[data-live-at]")) {
      const seconds = Math.ceil(Number(element.dataset.liveAt) - Date.now() / 1000) + 1;
      if (seconds > 0) { element.textContent = `${seconds} s`; continue; }
      const form = element.closest("form");
      element.closest(".dwell").remove();
      const approve = $("[data-dwells]", form);
      if (!approve) continue;
      delete approve.dataset.dwells;
      if (approve.dataset.was) approve.dataset.was = "";
      if (!approve.hidden) approve.disabled = false;
    }
  }
  window.setInterval(tick, 1000);
  window.setInterval(dwell, 1000);

  // ── Looking again ──────────────────────────────────────────────────────────────────────────────────────────────
  const rows = () => $("#rows");
  const held = () => $("[data-address]");
  let listing = 0, looking = 0;

  function relist() {
    const list = rows();
    if (!list || list.dataset.live !== "list") return;
    window.clearTimeout(listing);
    listing = window.setTimeout(() => {
      const address = new URL(window.location.href);
      address.pathname = "/";
      address.searchParams.set("kept", $$(".row", list).slice(0, 80).map((row) => row.dataset.id).join(","));
      const chosen = held()?.dataset.action;
      if (chosen) address.searchParams.set("action", chosen);
      address.searchParams.set("mark", $("[data-mark]", list)?.dataset.mark ?? "");
      window.htmx.ajax("GET", address.pathname + address.search, { source: "#rows", target: "#rows", swap: "innerHTML" });
    }, 120);
  }

  // Only what may have changed is replaced, and never a bar in which somebody is choosing words.
  function relook() {
    const shown = held();
    if (!shown) return;
    window.clearTimeout(looking);
    looking = window.setTimeout(async () => {
      const pane = Boolean($("#pane"));
      const address = new URL(shown.dataset.address, window.location.href);
      address.searchParams.set("mark", shown.dataset.mark);
      const answer = await fetch(address, { headers: pane ? { "HX-Request": "true", "HX-Target": "pane" } : {} }).catch(() => null);
      if (answer?.status !== 200 || held() !== shown) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      // Somebody edited what is decided. New words beside old bytes would mislead, so all of it is replaced; or, while
      // somebody is choosing words, nothing: a verdict on the old bytes is refused.
      const whole = $("[data-address]", fresh);
      if (whole && whole.dataset.seen !== shown.dataset.seen) {
        if (sameBar($("#bar", shown), $("#bar", whole))) return;
        shown.replaceWith(document.adoptNode(whole));
        window.htmx.process(whole);
        tick();
        return;
      }
      shown.dataset.mark = $("[data-address]", fresh)?.dataset.mark ?? "";
      for (const part of $$("[data-live=part], [data-live=bar]", shown)) {
        const other = fresh.getElementById(part.id);
        if (!other || other.outerHTML === part.outerHTML || (part.id === "bar" && sameBar(part, other))) continue;
        part.replaceWith(document.adoptNode(other));
        window.htmx.process(other);
      }
      tick();
    }, 150);
  }
  const sameBar = (old, fresh) => old.dataset.state === fresh.dataset.state && Boolean($(".denying, .signing, [open], :focus", old));

  // ── The socket says that something happened; the page asks what ────────────────────────────────────────────────
  let wait = 500, offline = null;
  const lost = () => offline !== null;
  function listen() {
    const socket = new WebSocket(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/ws/inbox`);
    socket.addEventListener("open", () => { wait = 500; });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      const again = lost();
      found();
      if (message.event === "all" && !again && !socket.heard) { socket.heard = true; return relistLater(); }
      relist();
      const shown = held()?.dataset.action;
      if (shown && (message.event === "all" || message.actions.includes(shown))) relook();
    });
    socket.addEventListener("close", (event) => {
      if (event.code === 4401) { window.location.reload(); return; }
      lose();
      window.setTimeout(listen, wait);
      wait = Math.min(wait * 2, 15000);
    });
  }
  // The list is as old as the page: look once more after the subscription stands, for what came in between.
  const relistLater = () => { relist(); relook(); };
  // A socket that cannot be had is no loss while pages can be: then each try to reconnect looks again instead.
  let losing = 0;
  async function reachable() {
    try { return (await fetch("/healthz", { cache: "no-store" })).ok; } catch { return false; }
  }
  function lose() {
    if (losing) return;
    losing = window.setTimeout(async () => {
      losing = 0;
      if (await reachable()) { found(); relist(); relook(); return; }
      if (lost()) return;
      offline = new Date();
      const notice = $("#lost");
      if (notice) {
        notice.textContent = `No connection since ${offline.toTimeString().slice(0, 8)}. What you see may have changed; deciding is paused.`;
        notice.hidden = false;
      }
      for (const button of $$("#bar button:not([disabled])")) { button.disabled = true; button.dataset.paused = "1"; }
    }, 4000);
  }
  function found() {
    window.clearTimeout(losing);
    losing = 0;
    if (!lost()) return;
    offline = null;
    const notice = $("#lost");
    if (notice) notice.hidden = true;
    for (const button of $$("[data-paused]")) { button.disabled = false; delete button.dataset.paused; }
  }

  // ── List and pane ──────────────────────────────────────────────────────────────────────────────────────────────
  function mark(id) {
    for (const row of $$(".row")) row.toggleAttribute("aria-current", row.dataset.id === id);
    for (const row of $$(".row[aria-current]")) row.setAttribute("aria-current", "true");
  }
  // What was chosen last. An answer for anything else came too late and is not shown, and until the answer for this one
  // is there, no key reaches the verdicts of the one still standing.
  let wanted = null;
  const arrived = () => wanted === null || held()?.dataset.action === wanted;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.id !== "pane" || wanted === null) return;
    const named = /data-action="([^"]+)"/.exec(event.detail.serverResponse)?.[1];
    if (named && named !== wanted) event.detail.shouldSwap = false;
  });
  function choose(row, { told = true } = {}) {
    wanted = row.dataset.id;
    mark(row.dataset.id);
    if (told) {
      const address = new URL(window.location.href);
      address.searchParams.set("action", row.dataset.id);
      window.history.replaceState(null, "", address.pathname + address.search);
    }
    if (held()?.dataset.action === wanted) return;  // it stands there, perhaps with words half typed
    window.htmx.ajax("GET", row.getAttribute("href"), { source: "#pane", target: "#pane", swap: "innerHTML" }).then(() => { $("#pane").scrollTop = 0; });
  }
  const paned = () => Boolean($("#pane")) && wide.matches;
  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    const row = event.target.closest(".row");
    if (row && plain && paned()) { event.preventDefault(); choose(row); return; }
    const next = event.target.closest("#pane [data-next]");
    if (next) { wanted = next.dataset.next; mark(wanted); }
    if (event.target.closest("[data-deny]")) { event.preventDefault(); event.stopPropagation(); deny(true); }
    else if (event.target.closest("#verdict button[data-back]")) deny(false);
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText($(`#${copy.dataset.copy}`).textContent.trim()).then(() => { copy.textContent = "Copied"; });
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-facets] select:not([name=format])")) event.target.form.requestSubmit();
  });
  let waiting = null;
  document.addEventListener("htmx:afterSettle", (event) => {
    tick();
    if (event.target.id === "pane" && document.activeElement === document.body) event.target.focus({ preventScroll: true });
    if (event.target.id !== "rows") return;
    const now = $$(".row:not(.gone)").length;
    if (waiting !== null && now > waiting) $("#news").textContent = `${now - waiting} more waiting`;
    waiting = now;
  });

  // ── Deny: its reasons take the place of the yes ────────────────────────────────────────────────────────────────
  function deny(on) {
    const form = $("#verdict");
    if (!form) return;
    form.classList.toggle("denying", on);
    const show = (element, yes) => {
      if (!element) return;
      element.hidden = !yes;
      if ("disabled" in element) element.disabled = !yes;
    };
    const approve = $("button[value=approve]:not([data-plain])", form);
    if (approve && approve.dataset.was === undefined) approve.dataset.was = approve.disabled ? "1" : "";
    show($(".reasons", form), on);
    show($("button[value=deny]", form), on);
    show($("button[data-back]", form), on);
    show($("[data-deny]", form), !on);
    show($("[data-edit]", form), !on);
    show(approve, !on);
    if (approve && !on && approve.dataset.was) approve.disabled = true;
    (on ? $("input[type=radio]:checked", form) : $("[data-deny]", form))?.focus();
  }

  // ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────
  let moving = 0;
  function move(step) {
    const list = $$(".row");
    if (!list.length) { $(`[data-key=${step > 0 ? "j" : "k"}]`)?.click(); return; }
    const at = list.findIndex((row) => row === document.activeElement || (document.activeElement?.closest(".row") === null && row.hasAttribute("aria-current")));
    const row = list[at < 0 ? 0 : Math.min(Math.max(at + step, 0), list.length - 1)];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    if (paned()) { wanted = row.dataset.id; window.clearTimeout(moving); moving = window.setTimeout(() => choose(row), 120); }
  }
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => { if (arrived()) $("button[value=approve]:not([hidden], [data-plain])")?.focus(); },
    e: () => { if (arrived()) $("#verdict [data-edit]:not([hidden])")?.click(); },
    d: () => { if (arrived()) deny(true); },
    c: () => { const box = $("#comment"); box?.focus(); box?.scrollIntoView({ block: "center" }); },
    "/": () => $("[role=search] input")?.focus(),
    "?": () => $("#keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog");
    if (event.key === "Escape") {
      if ($("#verdict.denying")) deny(false);
      else if (typing && !event.target.closest("dialog")) event.target.blur();
      return;
    }
    if (typing || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  // A wide page shows the first action at once; the address changes only when somebody chooses.
  const first = $("#pane .idle") && paned() ? $(".row") : null;
  if (first) choose(first, { told: false });
  if (rows() || held()) listen();
})();
