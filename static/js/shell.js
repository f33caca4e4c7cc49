// The console on a device: registers the worker that keeps the shell, and keeps what sticks to the bottom of the page
// above a phone's keyboard. Nothing here is needed to read or to decide.
"use strict";
(() => {
  const worker = document.currentScript.dataset.worker;
  if (worker && "serviceWorker" in navigator) {
    window.addEventListener("load", () => { navigator.serviceWorker.register(worker, { scope: "/" }).catch(() => {}); });
  }
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
