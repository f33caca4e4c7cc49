// Words half typed outlive the page: they are kept in this tab, for this person, until their form is sent and taken.
// So a session that ends in the middle of a sentence, a reload or a way back costs nothing. Nothing is kept where a form
// says so (what a subject answers), and nothing of somebody else: whoever signs in next in this tab finds no words.
// A long form, such as a rule, is kept as a whole (`data-whole` is the `do` that only reads it): on its next page a press
// of a button sends it there, and the page comes back filled in, with as many rows as it had.
"use strict";
(() => {
  const KEPT = "placet.draft:", SENT = "placet.sent", WHO = "placet.who";
  const MOST = 4000, MOST_WHOLE = 200000;
  const who = document.currentScript.dataset.who;
  const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
  const tell = (text) => words[text] ?? text;
  let store;
  try { store = window.sessionStorage; store.getItem(WHO); } catch { return; }

  const forms = "form[method=post]:not([autocomplete=off], [data-undrafted])";
  const fields = ":is(textarea, input[type=text]):not([autocomplete=off]):not([readonly])";
  const whole = "form[data-whole]";
  const place = (form) => new URL(form.getAttribute("action") || window.location.pathname, window.location.href).pathname;
  const key = (field) => KEPT + place(field.form) + "#" + field.name;
  const kept = () => Object.keys(store).filter((name) => name.startsWith(KEPT));
  const forget = (path) => { for (const name of kept()) if (!path || name.startsWith(`${KEPT}${path}#`)) store.removeItem(name); };

  // The way in: what was sent last was not taken, so its words stay.
  if (!who) { store.removeItem(SENT); return; }
  if (store.getItem(WHO) !== who) { forget(); store.removeItem(SENT); store.setItem(WHO, who); }
  // A page that we may see came back: what was sent has been taken, or stands in its form again with what is wrong.
  const sent = store.getItem(SENT);
  if (sent !== null) { store.removeItem(SENT); forget(sent); }

  const wholeOf = (form) => `${KEPT}${place(form)}#`;
  function keepWhole(form) {
    const said = JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
    try { if (said.length <= MOST_WHOLE) store.setItem(wholeOf(form), said); } catch { /* no room */ }
  }
  function sendAgain(form) {
    const again = document.createElement("form");
    again.method = "post";
    again.action = form.getAttribute("action") ?? "";
    const said = [...JSON.parse(store.getItem(wholeOf(form))), ["do", form.dataset.whole]];
    for (const [name, value] of [...said, ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value]]) {
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      again.append(field);
    }
    again.hidden = true;
    document.body.append(again);
    store.setItem(SENT, place(form));
    again.submit();
  }
  function offer(form) {
    form.dataset.offered = "1"; // what is typed meanwhile does not take its place
    const notice = document.createElement("div"), act = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "status");
    act.className = "actions";
    for (const [text, does] of [[tell("Put it back"), () => sendAgain(form)], [tell("Forget it"), () => { forget(place(form)); delete form.dataset.offered; notice.remove(); }]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button slim";
      button.textContent = text;
      button.addEventListener("click", does);
      act.append(button);
    }
    notice.append(tell("You were writing here, and it was not sent."), act);
    form.querySelector("h1").after(notice);
  }

  function put(within) {
    for (const field of within.querySelectorAll(`${forms} ${fields}`)) {
      const words = store.getItem(key(field));
      if (words === null || field.value !== "" || field.dataset.put) continue;
      field.value = words;
      field.dataset.put = "1";
      const folded = field.closest("details:not([open])");
      if (folded) folded.open = true;
      field.title = tell("What you had typed here before");
    }
  }
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.form?.matches(whole) && !field.form.dataset.offered) keepWhole(field.form);
    if (!field.matches?.(`${forms} ${fields}`)) return;
    try {
      if (field.value === "") store.removeItem(key(field));
      else store.setItem(key(field), field.value.slice(0, MOST));
    } catch { /* no room: then it is only on the page */ }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[action$='/sign-out/']")) store.clear();
    else if (form.matches(`${forms}, ${whole}`)) store.setItem(SENT, place(form));
  });
  // A pane whose session has ended gets the way in as its answer: the whole page goes there, and comes back here.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = event.detail.xhr?.responseURL;
    if (answered && new URL(answered).pathname.startsWith("/sign-in/")) {
      event.detail.shouldSwap = false;
      window.location.assign(`/sign-in/?next=${encodeURIComponent(window.location.pathname + window.location.search)}`);
    } else if (event.detail.xhr?.status < 400 && store.getItem(SENT) !== null) {
      forget(store.getItem(SENT));
      store.removeItem(SENT);
    }
  });
  document.addEventListener("htmx:afterSettle", () => put(document));
  document.addEventListener("placet:replaced", () => put(document));
  put(document);
  // What was just sent and is here again is judged, not taken: it is kept on. Else it was left, and is offered.
  for (const form of document.querySelectorAll(whole)) {
    if (sent === place(form)) keepWhole(form);
    else if (store.getItem(wholeOf(form)) !== null) offer(form);
  }
})();
