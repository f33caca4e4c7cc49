// Reads a payload back from what a page shows of it, so that a person's key signs what stood before their eyes.
//
// `approvals/templatetags/payload.py` marks structure alone: that a value stands here, at which constant place, what its
// name is. What a value is, is read from the text and the chips. Whatever is shut, not drawn, drawn twice in two ways,
// or drawn as nothing known, is an error: then there is nothing to sign.

const RENDERER = 2; // as `approvals/rules/statements.py` numbers it
const CODE = /U\+([0-9A-F]{4,6})(?: (?!U\+|×)[^ ]+)*(?: ×(\d+))?/g;
const STEP = /\[(\d+)\]|\/?("(?:[^"\\]|\\.)*"|[^/[\]"~]+)/sy;
const LITERAL = new Set(["integer", "number", "boolean", "null", "object", "list"]);

export class Unreadable extends Error {}

// The value that is drawn inside `root`, where it shows `of`: the body of an ask (what may run), or its context.
export function unrender(root, of = "body") {
  const leaves = new Map();
  const scopes = root.dataset?.of === of ? [root] : [...root.querySelectorAll(`[data-of="${of}"]`)];
  if (!scopes.length) throw new Unreadable("nothing here shows a payload");
  for (const scope of scopes) {
    for (const [path, value] of read(scope, [], of)) for (const leaf of flat(value, path)) keep(leaves, leaf);
  }
  return built([...leaves.values()], 0);
}

// The kind of the ask that is drawn there, and the digest of all that is drawn of it, as a receipt names it.
export async function bodyDigest(root) {
  const { digest } = await import("placet/verifier");
  return digest(kindOf(root), unrender(root));
}

// The digests of all that a statement names of the page: what may run, the rule, and the view, which is of both and of
// what came with the ask. `asked` is the digest of what was asked, which the view names where an owner changed it.
export async function shownBy(root, asked) {
  const { canonical, digest, digestBytes } = await import("placet/verifier");
  const exactly = (name) => digestBytes(canonical(parsed(only(root, `[data-exact="${name}"]`).textContent)));
  const [body, context, policy] = [await bodyDigest(root), await exactly("context"), await exactly("policy")];
  const view = { renderer: RENDERER, body, context, policy };
  return { body, policy, shown: await digest("view", asked === body ? view : { ...view, asked }) };
}

function only(root, selector) {
  const found = root.querySelectorAll(selector);
  if (found.length !== 1) throw new Unreadable("something that would be signed is not on the page");
  return found[0];
}

export function kindOf(root) {
  const scope = root.matches?.("[data-kind-of]") ? root : root.querySelector("[data-kind-of]");
  return scope?.dataset.kindOf ?? "";
}

function* read(node, path, of) {
  for (const child of node.children) {
    const marks = child.dataset;
    if (marks.of !== undefined && marks.of !== of) continue;
    if (marks.shut !== undefined) throw new Unreadable("not all of it is open");
    let here = path;
    if (marks.in !== undefined) here = [...here, ...marks.in.split("/").slice(1).map((s) => (/^\d+$/.test(s) ? +s : s))];
    if (marks.named !== undefined) here = [...here, textOf(child.querySelector("[data-name]"))];
    if (marks.row !== undefined) here = [...here, ...steps(textOf(child.querySelector("[data-label]")))];
    if (marks.all !== undefined) {
      seen(child);
      const value = parsed(child.textContent);
      if (marks.all === "whole") yield [here, value];
      else for (const [label, each] of Object.entries(value)) yield [[...here, ...steps(label)], each];
    } else if (marks.leaf !== undefined) {
      seen(child);
      yield [here, leafOf(child)];
    } else {
      yield* read(child, here, of);
    }
  }
}

function leafOf(node) {
  const written = node.querySelector("[data-json]");
  if (written) return parsed(written.textContent);
  const kind = (node.querySelector("[data-kind]") ?? node.closest("[data-row]")?.querySelector("[data-kind]"))?.textContent;
  const text = textOf(node);
  return LITERAL.has(kind) ? JSON.parse(text) : text;
}

// What a person reads there: plain text, and the characters that chips and marks name.
function textOf(node) {
  if (!node) throw new Unreadable("a name is missing");
  if (node.querySelector("[data-empty]")) return "";
  const parts = [...node.querySelectorAll('bdi[dir="ltr"]')];
  if (!parts.length) throw new Unreadable("a value is missing");
  return parts.map((part) => [...part.childNodes].map(pieceOf).join("")).join("");
}

function pieceOf(piece) {
  if (piece.nodeType === Node.TEXT_NODE) return piece.data;
  if (piece.localName === "br") return "";
  if (piece.localName === "bdi") return piece.textContent;
  if (piece.classList?.contains("mark")) return marked(piece.textContent);
  if (piece.classList?.contains("chip")) return named(piece);
  throw new Unreadable("something is drawn that is no part of a payload");
}

function marked(shown) {
  if (shown === "itself") return "";
  if (shown === "⇥") return "\t";
  const of = { "␣": " ", "↵": "\n" }[shown[0]];
  if (of === undefined) throw new Unreadable("not all of it is open");
  return of.repeat(shown.includes("×") ? +shown.split("×")[1] : shown.length);
}

function named(chip) {
  const label = chip.lastElementChild.textContent;
  if (label.startsWith("TAG ")) {
    const said = [...label.slice(label.indexOf("“") + 1, -1).replaceAll("␣", " ")];
    return said.map((letter) => String.fromCodePoint(letter.codePointAt(0) + 0xe0000)).join("");
  }
  if (!label.startsWith("U+")) return chip.querySelector("bdi").textContent;
  return [...label.matchAll(CODE)].map(([, code, times]) => String.fromCodePoint(parseInt(code, 16)).repeat(+(times ?? 1))).join("");
}

// A label's steps: `items[0]/sku` is three. Names that could be taken for steps stand in quotes, as JSON writes them.
function steps(label) {
  const found = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < label.length) {
    const match = STEP.exec(label);
    if (!match) throw new Unreadable("a name cannot be read");
    const [, index, name] = match;
    found.push(index !== undefined ? +index : name.startsWith('"') ? JSON.parse(name) : name);
  }
  return found;
}

// JSON as the page writes it: ASCII alone, and after an escaped line end a real one, which belongs to the picture.
function parsed(text) {
  return JSON.parse(text.replace(/(\\.)\n?/g, "$1"));
}

function seen(node) {
  if (node.checkVisibility && !node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) {
    throw new Unreadable("something of it is on the page, but not to be seen");
  }
}

function* flat(value, path) {
  const inner = value !== null && typeof value === "object" ? Object.entries(value) : [];
  if (!inner.length) yield [path, value];
  for (const [step, each] of inner) yield* flat(each, [...path, Array.isArray(value) ? +step : step]);
}

function keep(leaves, [path, value]) {
  const key = JSON.stringify(path);
  const before = leaves.get(key);
  if (before && JSON.stringify(before[1]) !== JSON.stringify(value)) throw new Unreadable("it is drawn in two ways");
  leaves.set(key, [path, value]);
}

function built(leaves, depth) {
  if (leaves.length === 1 && leaves[0][0].length === depth) return leaves[0][1];
  const groups = new Map();
  for (const leaf of leaves) {
    if (leaf[0].length <= depth) throw new Unreadable("a value stands where others do");
    const step = leaf[0][depth];
    if (!groups.has(step)) groups.set(step, []);
    groups.get(step).push(leaf);
  }
  const names = [...groups.keys()];
  if (names.every((name) => typeof name === "number")) {
    if (names.some((_, at) => !groups.has(at))) throw new Unreadable("a list has a hole");
    return names.map((_, at) => built(groups.get(at), depth + 1));
  }
  if (names.some((name) => typeof name === "number")) throw new Unreadable("a list that is an object");
  const whole = {};
  for (const name of names) {
    const value = built(groups.get(name), depth + 1);
    // A name such as `__proto__` is a name like any other.
    Object.defineProperty(whole, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return whole;
}
