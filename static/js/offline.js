// The offline page: tries again by itself, and at once when the device says that there is a network. What was sent is
// not sent again.
"use strict";
(() => {
  const again = document.querySelector("[data-again]");
  const said = document.querySelector("[data-back]");
  const retry = async () => {
    try { if (!(await fetch("/healthz", { cache: "no-store" })).ok) return; } catch { return; }
    if (again) window.location.reload();
    else said.textContent = said.dataset.back;
  };
  window.addEventListener("online", retry);
  window.setInterval(retry, 5000);
})();
