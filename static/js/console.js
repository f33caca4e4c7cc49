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
  // English stands here; another language comes with the page.
  const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
  const tell = (text, count) => (words[text] ?? text).replace("{count}", count);
  function left(seconds) {
    if (seconds < 900) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= 172800) return tell("{count} d", Math.floor(seconds / 86400));
    return seconds >= 3600 ? tell("{count} h", Math.floor(seconds / 3600)) : tell("{count} min", Math.floor(seconds / 60));
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
      if (seconds > 0) { element.textContent = tell("{count} s", seconds); continue; }
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
  let looking = 0;

  // The list looks again by itself (inbox.js).
  const relist = () => document.dispatchEvent(new CustomEvent("placet:relist"));

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
      if (answer && outside(answer)) { signedOut(); return; }
      if (answer?.status !== 200 || held() !== shown) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!pane) built($("script[src*='/console']", fresh)?.src, $("script[src*='/console']")?.src);
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

  // ── What is wrong with the connection is said where the page says such things ──────────────────────────────────
  const notice = $("#lost");
  const clock = (at) => at.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: root.dataset.zone || undefined });
  function say(what, at) {
    if (!notice) return;
    notice.replaceChildren(notice.dataset[what].replace("%t", at ? clock(at) : ""));
    if (what === "old") {
      const again = document.createElement("button");
      again.className = "plainly";
      again.textContent = notice.dataset.reload;
      again.addEventListener("click", () => window.location.reload());
      notice.append(" ", again);
    }
    notice.dataset.says = what;
    notice.hidden = false;
  }
  const unsay = (...whats) => { if (notice && whats.includes(notice.dataset.says)) { notice.hidden = true; delete notice.dataset.says; } };
  // The console was upgraded while the page stood open: what it knows of the server may no longer fit.
  function built(now, then) { if (now && then && now !== then) say("old"); }
  const outside = (answer) => answer.redirected && new URL(answer.url).pathname.startsWith("/sign-in/");
  // Signed out, here or in another tab: what stood on the page is no longer for these eyes, and words typed are kept.
  function signedOut() {
    const out = $("#out");
    if (!out) { window.location.reload(); return; }
    if (out.open) return;
    for (const other of $$("dialog[open]")) other.close();
    $("main").hidden = true;
    $("a", out).href = `/sign-in/?next=${encodeURIComponent(window.location.pathname + window.location.search)}`;
    out.addEventListener("cancel", (event) => event.preventDefault());
    out.showModal();
  }
  document.addEventListener("placet:outside", signedOut);
  document.addEventListener("placet:built", (event) => built(...event.detail));

  // ── The socket says that something happened; the page asks what ────────────────────────────────────────────────
  let wait = 500, offline = null, stale = null, socket = null, again = 0;
  const lost = () => offline !== null;
  function listen() {
    socket = new WebSocket(`${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/ws/inbox`);
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      const before = lost() || stale;
      wait = 500;
      found();
      if (message.event === "all" && !before && !event.target.heard) { event.target.heard = true; relist(); relook(); return; }
      relist();
      const shown = held()?.dataset.action;
      if (shown && (message.event === "all" || message.actions.includes(shown))) relook();
    });
    socket.addEventListener("close", (event) => {
      if (event.code === 4401) { signedOut(); return; }
      lose();
      window.clearTimeout(again);
      again = window.setTimeout(listen, wait);
      wait = Math.min(wait * 2, 15000);
    });
  }
  let losing = 0;
  async function reachable() {
    try { return (await fetch("/readyz", { cache: "no-store" })).ok; } catch { return false; }
  }
  function pause(on) {
    if (on) for (const button of $$("#bar button:not([disabled])")) { button.disabled = true; button.dataset.paused = "1"; }
    else for (const button of $$("[data-paused]")) { button.disabled = false; delete button.dataset.paused; }
  }
  function gone() {
    if (lost()) return;
    offline = new Date();
    say(navigator.onLine ? "lost" : "offline", offline);
    pause(true);
  }
  // Without a socket the page looks again with each try to reconnect, and says since when it hears of nothing by itself.
  // Without any way to the console it is no longer true, and decides nothing.
  function lose() {
    stale ??= new Date();
    if (losing) return;
    losing = window.setTimeout(async () => {
      losing = 0;
      if (await reachable()) {
        if (lost()) { offline = null; pause(false); unsay("lost", "offline"); }
        if (stale && notice?.hidden) say("stale", stale);
        relist(); relook();
        return;
      }
      gone();
    }, 4000);
  }
  function found() {
    window.clearTimeout(losing);
    losing = 0;
    stale = null;
    unsay("stale", "lost", "offline");
    if (!lost()) return;
    offline = null;
    pause(false);
  }
  window.addEventListener("offline", gone);
  window.addEventListener("online", () => { wait = 500; if (socket?.readyState !== WebSocket.OPEN) { window.clearTimeout(again); listen(); } else found(); relist(); relook(); });

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
  // What takes long says so, and what failed offers to try again; what stood there before stands on.
  let slow = [];
  function waits(on) {
    slow.forEach(window.clearTimeout);
    const pane = $("#pane"), news = $("#standing");
    $("#late")?.remove();
    if (!on) { pane.removeAttribute("aria-busy"); slow = []; return; }
    slow = [window.setTimeout(() => pane.setAttribute("aria-busy", "true"), 300), window.setTimeout(() => late(news.dataset.slow), 1000)];
  }
  function late(words, retry) {
    $("#late")?.remove();
    const line = document.createElement("p");
    line.id = "late";
    line.className = "notice late";
    line.setAttribute("role", "status");
    line.textContent = words;
    if (retry) {
      const button = document.createElement("button");
      button.className = "plainly";
      button.textContent = $("#standing").dataset.again;
      button.addEventListener("click", retry);
      line.append(" ", button);
    }
    $("#pane").prepend(line);
  }
  const ofPane = (event) => event.detail.target?.id === "pane" && $("#standing");
  document.addEventListener("htmx:beforeRequest", (event) => { if (ofPane(event)) waits(true); });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!ofPane(event)) return;
    waits(false);
    const { verb, path } = event.detail.requestConfig;
    const failed = !event.detail.xhr.status || event.detail.xhr.status >= 500;
    if (failed) late($("#standing").dataset.unopened, verb === "get" ? () => window.htmx.ajax("GET", path, { source: "#pane", target: "#pane", swap: "innerHTML" }) : null);
  });
  const paned = () => Boolean($("#pane")) && wide.matches;
  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    const row = event.target.closest(".row[data-id]");
    if (row && plain && paned()) { event.preventDefault(); choose(row); return; }
    const next = event.target.closest("#pane [data-next]");
    if (next) { wanted = next.dataset.next; mark(wanted); }
    if (event.target.closest("[data-deny]")) { event.preventDefault(); event.stopPropagation(); deny(true); }
    else if (event.target.closest("#verdict button[data-back]")) deny(false);
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText($(`#${copy.dataset.copy}`).textContent.trim()).then(() => { copy.textContent = tell("Copied"); });
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-facets] select:not([name=format])")) event.target.form.requestSubmit();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    tick();
  });
  document.addEventListener("placet:listed", () => { tick(); if (wanted) mark(wanted); });

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
    (on ? $("input[type=radio]:checked", form) : $("[data-deny]", form))?.focus({ preventScroll: true });   // the bar sticks: what is read stays where it is
  }

  // ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────
  let moving = 0;
  function move(step) {
    const list = $$(".row").filter((row) => row.checkVisibility());
    if (!list.length) { $(`[data-key=${step > 0 ? "j" : "k"}]`)?.click(); return; }
    const at = list.findIndex((row) => row === document.activeElement || (document.activeElement?.closest(".row") === null && row.hasAttribute("aria-current")));
    const row = list[at < 0 ? 0 : Math.min(Math.max(at + step, 0), list.length - 1)];
    row.focus();
    row.scrollIntoView({ block: "nearest" });
    if (paned() && row.dataset.id) { wanted = row.dataset.id; window.clearTimeout(moving); moving = window.setTimeout(() => choose(row), 120); }
  }
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    a: () => { if (arrived()) $("#bar button[value=approve]:not([hidden], [data-plain])")?.focus({ preventScroll: true }); },
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
    if (!typing && /^[1-9]$/.test(event.key) && $(`[data-view="${event.key}"]`)) { event.preventDefault(); $(`[data-view="${event.key}"]`).click(); return; }
    if (typing || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  // A wide page shows the first action at once; the address changes only when somebody chooses.
  const first = $("#pane .idle") && paned() ? $(".row[data-id]") : null;
  if (first) { first.closest("details.group")?.setAttribute("open", ""); choose(first, { told: false }); }
  if (rows() || held()) listen();
})();
