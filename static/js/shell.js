// The console on a device: registers the worker that keeps the shell, and keeps what sticks to the bottom of the page
// above a phone's keyboard. Nothing here is needed to read or to decide.
"use strict";
(() => {
  const worker = document.currentScript.dataset.worker;
  if (worker && "serviceWorker" in navigator) {
    window.addEventListener("load", () => { navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {}); });
  }
  // How high the bar is that lies over the end of the page, so that nothing that gets the focus stays under it.
  const bar = new ResizeObserver(([seen]) => {
    document.documentElement.style.setProperty("--bar", `${Math.ceil(seen.borderBoxSize?.[0]?.blockSize ?? seen.contentRect.height)}px`);
  });
  let measured = null;
  const measure = () => {
    const found = document.getElementById("bar");
    if (found === measured) return;
    bar.disconnect();
    measured = found;
    if (found) bar.observe(found);
  };
  new MutationObserver(measure).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", measure);
  // Where the keyboard lies over the page instead of making it shorter, what sticks to the bottom is lifted by its height.
  const seen = window.visualViewport;
  if (seen) {
    const lift = () => {
      const covered = Math.round(window.innerHeight - seen.height - seen.offsetTop);
      document.documentElement.style.setProperty("--keyboard", `${seen.scale > 1.01 ? 0 : Math.max(0, covered)}px`);
    };
    seen.addEventListener("resize", lift);
    seen.addEventListener("scroll", lift);
  }
})();
