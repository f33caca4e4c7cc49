// The Verify page: whatever is dropped or pasted is told apart, checked by the independent verifier, and explained.
// Nothing leaves the page. Texts from files are set as text only, with what cannot be seen written out.

import { parseStrict, STEPS, verifyReceipt } from "./verifier.js";
import { verifyPack } from "./packs.js";

const NAMES = { evidence: "Receipt or proof pack", keys: "Keys", directory: "Directory", ask: "Ask" };
const MOST = 4 * 1024 * 1024;
const given = new Map();
const sheet = document.getElementById("verify");
const found = document.getElementById("found");
const result = document.getElementById("result");

// The verifier speaks English wherever it runs. Another language comes with the page: whole sentences by the English ones,
// with `{…}` for what stands in them. Long texts are nobody's sentences of ours.
const words = JSON.parse(document.getElementById("verifier-words")?.textContent ?? "{}");
const shapes = Object.entries(words)
  .filter(([english]) => english.includes("{"))
  .map(([english, other]) => [new RegExp(`^${english.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+)")}$`, "s"), other]);

function say(english) {
  if (Object.hasOwn(words, english)) return words[english];
  if (english.length > 600) return english;
  for (const [shape, other] of shapes) {
    const places = shape.exec(english)?.groups;
    if (places) return other.replace(/\{(\w+)\}/g, (_, name) => say(places[name]));
  }
  return english;
}

/** Text from a stranger as it can be read: what has no shape of its own is named. */
const visible = (text) =>
  String(text).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (letter) => (letter === "\n" ? letter : `\\u{${letter.codePointAt(0).toString(16)}}`));

function element(name, { text, ...more } = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = visible(say(String(text)));
  made.append(...children);
  return made;
}

/** A name from a file, as long as a name is. */
const named = (text) => `${String(text).slice(0, 120)}`;

/** What a text is: {kind, value, words}. A file may answer two questions, such as a receipt with its proof. */
function recognized(text) {
  const trimmed = text.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(trimmed)) return { kind: "evidence", value: { receipt: trimmed }, words: "a receipt" };
  const value = parseStrict(trimmed, { maxBytes: MOST });
  const type = value?.["@type"];
  if (type === "placet.pack.v1") return { kind: "evidence", value: { pack: trimmed }, words: `a proof pack of action ${named(value.action)}` };
  if (type === "placet.directory.v1") return { kind: "directory", value, words: `${value.people?.length} people of ${named(value.iss)}` };
  if (Array.isArray(value?.keys)) return { kind: "keys", value, words: `${value.keys.length} public key${value.keys.length === 1 ? "" : "s"}${value.issuer ? ` of ${named(value.issuer)}` : ""}` };
  if (typeof value?.receipt === "string") return { kind: "evidence", value: { receipt: value.receipt }, words: "a receipt with its proof; drop a proof pack to check the ledger too" };
  const said = value?.submission ?? value;
  if (said?.mcp?.method && said.kind) return { kind: "ask", value: { ...said, id: value.id ?? null }, words: `the ask, ${named(said.mcp.method)}` };
  throw new Error("this is no receipt, proof pack, set of keys, directory or ask");
}

function take(text, name) {
  if (!text.trim()) return;
  try {
    if (text.length > MOST) throw new Error("this is too large to be any of these");
    const { kind, value, words } = recognized(text);
    given.set(kind, { value, words, name });
  } catch (error) {
    given.set("wrong", { name, words: error.message });
  }
}

function list() {
  const wrong = given.get("wrong");
  given.delete("wrong");
  const rows = Object.entries(NAMES).map(([kind, name]) => {
    const one = given.get(kind);
    const missing = { evidence: "needed", keys: "needed: whose signature counts", directory: "without one, the console’s word is taken for who reviewed", ask: "without it, the bytes are compared only if a pack has them" }[kind];
    const said = element("dd", { text: one ? `${one.words}, from ${one.name}` : missing, class: one ? "" : "quiet" });
    if (one) {
      const away = element("button", { type: "button", class: "plainly", text: "Remove" });
      away.addEventListener("click", () => (given.delete(kind), show()));
      said.append(" ", away);
    }
    return [element("dt", { text: name }), said];
  });
  found.replaceChildren(...rows.flat());
  if (wrong) found.append(element("dt", { class: "no", text: wrong.name }), element("dd", { class: "no", text: `Not taken: ${wrong.words}.` }));
}

async function show() {
  list();
  const [evidence, keys] = [given.get("evidence"), given.get("keys")];
  if (!evidence || !keys) {
    result.replaceChildren();
    return;
  }
  result.setAttribute("aria-busy", "true");
  try {
    result.replaceChildren(...(await judged(evidence.value, keys.value)));
  } catch (error) {
    result.replaceChildren(element("p", { class: "verdict" }, element("b", { class: "no", text: "Not checked." }), ` ${visible(say(error.message))}`));
  }
  result.removeAttribute("aria-busy");
}

async function judged(evidence, pin) {
  const directory = given.get("directory")?.value ?? null;
  if (evidence.pack) {
    const said = await verifyPack({ pack: evidence.pack, pin, directory });
    const decision = said.receipt?.decision ?? "";
    const words = said.holds ? `This pack holds: ${decision}` : "This pack does not hold";
    const parts = said.parts.map(({ part, proves, result: how, detail }) => line(part, part, how, proves, detail));
    return [verdict(said.holds, words, said.holds ? "" : "Rely on nothing in it."), table("The pack", parts), ...(said.receipt ? receipt(said.receipt, said.holds) : []), ...bytes(said)];
  }
  const terms = { receipt: evidence.receipt, pin, directory, expect: expected(evidence.receipt) };
  const floor = { bases: ["reviewed", "policy", "grant", "break_glass"], level: directory ? 2 : 1 };
  let said = await verifyReceipt({ ...terms, floor });
  const over = said.refusal?.code === "expired";
  if (over) {
    said = await verifyReceipt({ ...terms, floor, now: said.claims.iat });
    if (!said.refusal) Object.assign(said.steps[5], { result: "over", detail: "it is over by now, and is judged as of its signing" });
  }
  const holds = !said.refusal;
  const more = holds && over ? "It is over: nothing may run on it any more. It is judged as of its signing." : holds ? "" : "It proves nothing.";
  return [verdict(holds, holds ? `This receipt holds: ${said.decision}` : "This receipt does not hold", more), ...receipt(said, holds)];
}

/** The ask, as the receipt has to answer it. Without an id or a nonce of one's own, those of the receipt are taken. */
function expected(receipt) {
  const ask = given.get("ask")?.value;
  if (!ask) return undefined;
  const claims = parseStrict(Uint8Array.from(atob(receipt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)));
  const effective = { method: ask.mcp.method, params: ask.mcp.params };
  return { audience: claims.aud, kind: ask.kind, effective, action: ask.id ?? claims.req?.id, nonce: ask.nonce ?? null };
}

const verdict = (holds, words, more) => element("p", { class: "verdict" }, element("b", { class: holds ? "yes" : "no", text: `${words}.` }), more ? ` ${say(more)}` : "");

function line(key, name, how, proves, detail) {
  const manner = { holds: "yes", refused: "no", over: "time" }[how] ?? "quiet";
  return element("tr", {}, element("td", { class: "number", text: key === name ? "" : key }), element("th", { scope: "row", text: name }), element("td", { class: manner, text: how }), element("td", {}, element("span", { text: proves }), detail ? element("small", { class: manner === "no" ? "no" : "quiet", text: detail }) : ""));
}

const table = (name, rows) => element("section", { class: "folio" }, element("h2", { text: name }), element("div", {}, element("table", { class: "checks" }, element("tbody", {}, ...rows))));

function receipt(said, holds) {
  const steps = said.steps.map(({ step, title, result: how, detail }) => line(step, title, how, STEPS[step][1], detail));
  const points = (name, lines) => element("section", { class: "folio" }, element("h2", { text: name }), element("ul", { class: "points" }, ...lines.map((text) => element("li", { text }))));
  return [table("The receipt, step by step", steps), ...(holds ? [points("Proven", said.proven), points("Not proven", said.unproven)] : [])];
}

function bytes({ holds, pack }) {
  if (!holds || !pack?.asked) return [];
  const drawn = (text) => element("pre", { class: "bytes", tabindex: "0" }, visible(JSON.stringify(parseStrict(text).value, null, 2)));
  const edited = pack.asked.edit ? [element("h3", { text: "What an owner made of it" }), drawn(pack.asked.edit)] : [];
  return [element("section", { class: "folio" }, element("h2", { text: "What was asked" }), element("div", {}, drawn(pack.asked.body), ...edited))];
}

async function takeFiles(files) {
  for (const file of files) take(file.size > MOST ? "x" : await file.text(), file.name);
  await show();
}

sheet.querySelector("input[type=file]").addEventListener("change", ({ target }) => takeFiles([...target.files]).then(() => (target.value = "")));
sheet.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const area = sheet.querySelector("textarea");
  take(area.value, "what was pasted");
  if (!given.has("wrong")) area.value = "";
  show();
});
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    sheet.classList.toggle("over", name === "dragover");
    if (name === "drop") {
      const text = event.dataTransfer.getData("text/plain");
      if (event.dataTransfer.files.length) takeFiles([...event.dataTransfer.files]);
      else take(text, "what was dropped"), show();
    }
  });
}
document.addEventListener("dragleave", () => sheet.classList.remove("over"));
list();
