// What takes more than a second says so: a line along the top, and words for who hears the page. The browser goes on by
// itself; nothing is held back, and what leads to a file starts nothing.
(() => {
  "use strict";
  const words = document.currentScript.dataset.words;
  const FILES = "a[download], a[href*='export'], a[href$='.csv'], a[href$='.yaml'], a[href$='.json'], form[action*='export']";
  const LATE = 1000;
  const MOST = 30000;
  let timers = [];

  const rest = () => {
    timers.forEach(window.clearTimeout);
    timers = [];
    document.getElementById("busy")?.remove();
  };
  const say = () => {
    const line = document.createElement("p");
    line.id = "busy";
    line.setAttribute("role", "status");
    document.body.prepend(line);
    line.append(Object.assign(document.createElement("span"), { className: "hidden", textContent: words }));
  };
  const begin = (event, to) => {
    if (event.defaultPrevented || !to || to.matches(FILES) || to.closest("[hx-get], [hx-post]") || to.target === "_blank") return;
    rest();
    timers = [window.setTimeout(say, LATE), window.setTimeout(rest, MOST)];
  };

  window.addEventListener("submit", (event) => begin(event, event.target));
  window.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const elsewhere = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (link && !elsewhere && link.origin === location.origin && !(link.hash && link.pathname === location.pathname && link.search === location.search)) begin(event, link);
  });
  window.addEventListener("pageshow", rest);
})();
