// The list beside the pane: it looks again when something happened, without moving what somebody points at or stands on;
// rows are chosen to be decided together; what belongs together opens and closes. Nothing here is needed to decide.
"use strict";
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const list = $("#rows"), standing = $("#standing"), news = $("#news"), bar = $("#several");
  if (!list || !standing) return;
  const live = list.dataset.live === "list";
  const words = standing.dataset;

  // ── Looking again ──────────────────────────────────────────────────────────────────────────────────────────────
  const GAP = 250, PATIENCE = 10000;
  let due = 0, last = 0, running = false, wanted = false, truth = new Date(), held = null;
  const build = $("[data-build]", list)?.dataset.build;

  // At once when it is quiet; while much happens, a few times a second.
  function relist() {
    if (!live || due) return;
    due = window.setTimeout(() => { due = 0; if (running) wanted = true; else look(); }, Math.max(20, GAP - (Date.now() - last)));
  }
  async function look() {
    running = true;
    wanted = false;
    const busy = window.setTimeout(() => list.setAttribute("aria-busy", "true"), 300);
    const late = window.setTimeout(() => say(words.slow), 1000);
    try {
      const answer = await fetch(address(), { headers: { "HX-Request": "true", "HX-Target": "rows" }, signal: AbortSignal.timeout(PATIENCE) });
      if (answer.redirected) { document.dispatchEvent(new CustomEvent("placet:outside")); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      truth = new Date();
      if (standing.dataset.says === "failed" || standing.dataset.says === "slow") unsay();
      if (answer.status === 200) take(text);
    } catch {
      const at = truth.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: document.documentElement.dataset.zone || undefined });
      say(words.failed.replace("%t", at), words.again, relist, "failed");
    } finally {
      window.clearTimeout(busy);
      window.clearTimeout(late);
      list.removeAttribute("aria-busy");
      if (standing.dataset.says === "slow") unsay();
      last = Date.now();
      running = false;
      if (wanted) relist();
    }
  }
  function address() {
    const found = new URL(window.location.href);
    found.pathname = "/";
    found.searchParams.delete("removed");
    found.searchParams.set("kept", $$(".row[data-id]", list).slice(0, 80).map((row) => row.dataset.id).join(","));
    const chosen = $("[data-address]")?.dataset.action;
    if (chosen) found.searchParams.set("action", chosen);
    found.searchParams.set("mark", $("[data-mark]", list)?.dataset.mark ?? "");
    return found.pathname + found.search;
  }

  // ── What it found: put in place, or held back while somebody is there ──────────────────────────────────────────
  const key = (unit) => unit.dataset.item ?? unit.dataset.group;
  const units = (within) => $$("[data-item], [data-group]", within).filter((unit) => !unit.parentElement.closest("[data-group]:not([open])"));
  const ids = (within) => $$("[data-item]", within).filter((item) => !$(".gone", item)).map((item) => item.dataset.item);
  let known = new Set(ids(list));

  function take(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const mark = $("[data-mark]", fresh);
    if (!mark) return;
    document.dispatchEvent(new CustomEvent("placet:built", { detail: [mark.dataset.build, build] }));
    document.title = $("title", fresh)?.textContent ?? document.title;
    badge(Number(mark.dataset.waiting));
    const come = ids(fresh).filter((id) => !known.has(id));
    alike(fresh);
    if (come.some((id) => !held?.come.includes(id))) ring();
    if (moves(fresh)) { freshen(fresh); held = { fresh, come }; tellHeld(); } else put(fresh, come);
  }
  // What the reader did to the old rows is done to the new ones.
  function alike(fresh) {
    for (const group of $$("[data-group]", fresh)) {
      const old = $(`[data-group="${CSS.escape(group.dataset.group)}"]`, list);
      if (old) group.open = old.open;
    }
    for (const box of $$(".pick input", fresh)) box.checked = picked.has(box.value);
    for (const row of $$(".row[data-id]", fresh)) if (row.dataset.id === $(".row[aria-current]", list)?.dataset.id) row.setAttribute("aria-current", "true");
  }
  function anchor() {
    const focused = document.activeElement?.closest("#rows [data-item], #rows [data-group]");
    if (focused) return focused;
    return list.matches(":hover") && window.matchMedia("(hover: hover)").matches ? $("[data-item]:hover", list) ?? $("[data-group]:hover", list) : null;
  }
  function moves(fresh) {
    const at = anchor();
    if (!at) return false;
    const upTo = (within) => { const all = units(within).map(key); return all.slice(0, all.indexOf(key(at)) + 1).join(); };
    return upTo(list) !== upTo(fresh);
  }
  // Rows that are there already say what is true now, where they stand.
  function freshen(fresh) {
    const at = anchor(), before = at?.getBoundingClientRect().top;
    for (const item of $$("[data-item]", fresh)) {
      const old = $(`[data-item="${item.dataset.item}"]`, list);
      if (!old || $(".row", old).textContent === $(".row", item).textContent) continue;
      const focus = old.contains(document.activeElement) ? document.activeElement.closest(".row") ? ".row" : "input" : null;
      const place = item.cloneNode(true);
      old.replaceWith(place);
      if (focus) $(focus, place)?.focus({ preventScroll: true });
    }
    const now = anchor();
    if (now && before !== undefined) list.scrollTop += now.getBoundingClientRect().top - before;
    document.dispatchEvent(new CustomEvent("placet:listed"));
  }
  function put(fresh, come) {
    const focused = document.activeElement?.closest("#rows [data-item], #rows [data-group]");
    const where = focused && [focused.dataset.item ? "item" : "group", key(focused), document.activeElement.matches("input") ? "input" : ".row"];
    const top = list.scrollTop;
    list.replaceChildren(...[...fresh.body.childNodes].map((node) => document.adoptNode(node)));
    list.prepend(...$$("[data-mark]", fresh).map((node) => document.adoptNode(node)));
    list.scrollTop = top;
    if (where) $(`[data-${where[0]}="${CSS.escape(where[1])}"] ${where[2]}`, list)?.focus({ preventScroll: true });
    if (list.dataset.motion) for (const id of come) $(`[data-item="${id}"]`, list)?.classList.add("arrived");
    known = new Set([...known, ...ids(list)]);
    held = null;
    if (standing.dataset.says === "held") unsay();
    if (come.length) say(counted("one", "many", come.length), "", null, "came");
    document.dispatchEvent(new CustomEvent("placet:listed"));
    recount();
  }
  function tellHeld() {
    const text = held.come.length ? counted("one", "many", held.come.length) : words.moved;
    say(text, words.show, () => { const { fresh, come } = held; put(fresh, come); ($(`[data-item="${come[0]}"] .row`, list) ?? list).focus(); unsay(); }, "held");
  }
  const counted = (one, many, count, from = words) => (count === 1 ? from[one] : from[many].replace("%n", count));
  const release = () => { if (held && !anchor()) put(held.fresh, held.come); };
  list.addEventListener("pointerleave", () => window.setTimeout(release, 400));
  list.addEventListener("focusout", () => window.setTimeout(release, 400));

  // One line says what there is to say. What needs no act of anybody is said without being shown.
  function say(text, act = "", then = null, what = "slow") {
    if (standing.dataset.says === "held" && what === "slow") return;
    standing.dataset.says = what;
    $("button", standing)?.remove();
    if (news.textContent !== text) news.textContent = text;
    if (!act) return;
    const button = document.createElement("button");
    button.className = "plainly";
    button.textContent = act;
    button.addEventListener("click", then);
    standing.append(button);
  }
  function unsay() { delete standing.dataset.says; news.textContent = ""; $("button", standing)?.remove(); }

  // ── Count on the app's icon; a sound, for who asked for one ─────────────────────────────────────────────────────
  function badge(count) {
    if ("setAppBadge" in navigator) (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {});
  }
  let sound = null;
  function ring() {
    if (!list.dataset.sound || !window.AudioContext) return;
    sound ??= new AudioContext();
    if (sound.state === "suspended") sound.resume().catch(() => {});  // browsers want a click or a key first
    const at = sound.currentTime;
    for (const [pitch, from] of [[660, 0], [880, 0.12]]) {
      const tone = sound.createOscillator(), volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at + from);
      volume.gain.exponentialRampToValueAtTime(0.12, at + from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + from + 0.22);
      tone.connect(volume).connect(sound.destination);
      tone.start(at + from);
      tone.stop(at + from + 0.25);
    }
    list.dataset.rang = String(Number(list.dataset.rang ?? 0) + 1);
  }

  // ── Choosing several ───────────────────────────────────────────────────────────────────────────────────────────
  const picked = new Set();
  const boxes = () => $$(".pick input", list);
  let from = null;
  function recount() {
    if (!bar) return;
    const chosen = boxes().filter((box) => box.checked);
    picked.clear();
    for (const box of chosen) picked.add(box.value);
    const picking = $(".list").classList.contains("picking");
    bar.hidden = !chosen.length && !picking;
    list.classList.toggle("picks", chosen.length > 0);
    const count = $("#chosen-count");
    count.textContent = chosen.length ? counted("one", "many", chosen.length, count.dataset) : "";
    const low = chosen.every((box) => "low" in box.dataset);
    for (const button of $$("button[name=verdict]", bar)) {
      button.disabled = !chosen.length || (button.value === "approve" && !low);
      button.dataset.none ??= button.textContent;
      button.textContent = chosen.length ? counted("one", "many", chosen.length, button.dataset) : button.dataset.none;
    }
  }
  function pick(box, { on = !box.checked, range = false } = {}) {
    const all = boxes(), start = range && from ? all.findIndex((each) => each.value === from) : -1;
    const end = all.indexOf(box);
    for (const each of start < 0 ? [box] : all.slice(Math.min(start, end), Math.max(start, end) + 1)) each.checked = on;
    from = box.value;
    recount();
  }
  const boxOf = (row) => $(".pick input", row.closest("[data-item]") ?? document.createElement("i"));
  function toggle(range) {
    const row = document.activeElement?.closest("#rows .row") ?? $(".row[aria-current]", list);
    if (!row) return;
    if (row.matches(".fold")) {
      const all = $$(".pick input", row.closest("[data-group]")), on = !all.every((box) => box.checked);
      for (const box of all) box.checked = on;
      recount();
    } else if (boxOf(row)) pick(boxOf(row), { range });
  }
  list.addEventListener("click", (event) => {
    const box = event.target.closest(".pick input");
    if (box) { pick(box, { on: box.checked, range: event.shiftKey }); return; }
    const row = event.target.closest(".row[data-id]");
    if (row && event.shiftKey && boxOf(row)) { event.preventDefault(); event.stopPropagation(); pick(boxOf(row), { on: true, range: true }); }
  }, true);
  function picking(on) {
    $(".list").classList.toggle("picking", on);
    if (on) for (const group of $$("[data-group]", list)) group.open = true;
    else for (const box of boxes()) box.checked = false;
    recount();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose]")) { event.preventDefault(); picking(true); boxes()[0]?.focus(); }
    else if (event.target.closest("[data-unchoose]")) { event.preventDefault(); picking(false); }
  });

  // ── Keys of the list; all others are the page's ────────────────────────────────────────────────────────────────
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog, #bar")) return;
    const group = event.target.closest("[data-group]");
    if (event.key === "x" || event.key === "X") { event.preventDefault(); toggle(event.shiftKey); }
    else if (event.key === "Escape" && picked.size) { event.preventDefault(); picking(false); }
    else if (group && event.key === "ArrowRight") { event.preventDefault(); group.open = true; }
    else if (group && event.key === "ArrowLeft") { event.preventDefault(); group.open = false; $("summary", group).focus(); }
  });

  document.addEventListener("placet:relist", relist);
  badge(Number($("[data-waiting]", list)?.dataset.waiting ?? 0));
  recount();
})();
