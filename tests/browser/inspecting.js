// What is measured on a page from within: targets of a thumb, and a focus that shows and is not covered.
window.inspecting = (() => {
  const MIN = 43.5;
  const box = (each) => each.getBoundingClientRect();
  const drawn = (each) => each.checkVisibility({ visibilityProperty: true }) && box(each).width > 1 && box(each).height > 1;
  const named = (each) => {
    const text = (each.innerText || each.name || each.getAttribute("aria-label") || "").trim().slice(0, 40);
    return `<${each.tagName.toLowerCase()} ${each.className}> ${text} ${Math.round(box(each).width)}x${Math.round(box(each).height)}`;
  };
  const sticks = (each) => ["sticky", "fixed"].includes(getComputedStyle(each).position);

  // Everything that does something, but for links within text.
  const ACTIONS = `button, .button, summary, select, textarea, nav a, .row, .asking a,
    input:not([type=hidden], [type=checkbox], [type=radio]), label:has(> :is([type=checkbox], [type=radio]))`;
  function targets() {
    const seen = [...document.querySelectorAll(ACTIONS)].filter((each) => drawn(each) && !each.closest(".skip, .hidden, .pick"));
    const found = seen.filter((each) => box(each).height < MIN || box(each).width < MIN).map((each) => `small ${named(each)}`);
    const layer = (each) => each.closest(".decide, .top, dialog");
    const gap = (one, other) => {
      const a = box(one), b = box(other);
      return Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
    };
    for (const [n, one] of seen.entries()) {
      for (const other of seen.slice(n + 1)) {
        if (one.contains(other) || other.contains(one) || layer(one) !== layer(other)) continue;
        const least = one.closest(".acts") && other.closest(".acts") ? 8 : -1;
        if (gap(one, other) < least) found.push(`too close ${named(one)} / ${named(other)}`);
      }
    }
    return found;
  }

  const REACHED = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select, textarea, summary, [tabindex='0']";
  function focus() {
    const found = [];
    const bars = [...document.querySelectorAll(".top, .decide")].filter((each) => drawn(each) && sticks(each));
    for (const each of document.querySelectorAll(REACHED)) {
      if (!drawn(each) || each.tabIndex < 0) continue;
      each.focus();
      if (document.activeElement !== each) continue;
      const style = getComputedStyle(each);
      const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
      if (!ring) found.push(`no ring ${named(each)}`);
      if (each.closest(".decide, .top, dialog") || each.getAttribute("aria-hidden")) continue;
      const seen = box(each);
      const out = seen.bottom <= 1 || seen.top >= window.innerHeight - 1;
      const under = bars.map(box).some((bar) =>
        bar.top <= seen.top + 1 && bar.bottom >= seen.bottom - 1 && bar.left <= seen.left + 1 && bar.right >= seen.right - 1);
      if (out || under) found.push(`${out ? "out of sight" : "covered"} ${named(each)}`);
    }
    document.activeElement?.blur();
    window.scrollTo(0, 0);
    return found;
  }
  // How far the page is wider than its window, and by what; nothing when it is not.
  function sideways() {
    const over = document.documentElement.scrollWidth - window.innerWidth;
    if (over <= 0) return [];
    const wide = [...document.querySelectorAll("body *")].filter((each) => drawn(each) && box(each).right > window.innerWidth + 1);
    return [`scrolls ${over} px sideways: ${wide.slice(-2).map(named).join(", ")}`];
  }
  return { targets, focus, sideways };
})();
