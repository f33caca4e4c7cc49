// Proof packs: all that is known of one action, in one file, each member compared with what was signed.
//
// The ledger's part follows C2SP tlog-checkpoint and RFC 6962; the pack's format is in docs/receipts.md. Like the
// verifier, this neither fetches nor believes anything: what counts is the pin, and the directory where one is given.

import {
  canonical, digest, digestBytes, ed25519, equal, fromBase64, fromBase64url, hasExactly, isArray, isObject, isText,
  join, NotCanonical, parseStrict, readDirectory, same, sha256, utf8, verifyReceipt,
} from "./verifier.js";

// ---- The ledger: signed heads (C2SP tlog-checkpoint) and proofs of inclusion (RFC 6962, RFC 9162 2.1.3.2) ------------

class Unproven extends Error {}

function check(holds, message) {
  if (!holds) throw new Unproven(message);
}

/** A signed note, taken apart: {origin, size, root, text, signatures}. Nothing of it is believed yet. */
export function readHead(note) {
  const cut = note.lastIndexOf("\n\n");
  // eslint-disable-next-line no-control-regex
  check(cut > 0 && note.endsWith("\n") && !/[\u0000-\u0009\u000b-\u001f]/.test(note), "This is no signed note.");
  const text = note.slice(0, cut + 1);
  const [origin, size, root, ...more] = text.slice(0, -1).split("\n");
  check(origin && /^(0|[1-9][0-9]{0,15})$/.test(size ?? "") && root && more.every(Boolean), "A head has three lines: origin, size, root.");
  const signatures = note.slice(cut + 2, -1).split("\n").map((line) => {
    const found = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
    const blob = found ? fromBase64(found[2]) : [];
    check(blob.length >= 5, "A signature's line is a dash, a name and base64.");
    return { name: found[1], keyId: blob.subarray(0, 4), raw: blob.subarray(4) };
  });
  const bytes = fromBase64(root);
  check(bytes.length === 32 && Number.isSafeInteger(Number(size)), "A root has 32 bytes.");
  return { origin, size: Number(size), root: bytes, text, signatures };
}

/** The head, once a pinned key signed it under its origin's name; signatures of witnesses are passed over. */
export async function verifyHead(note, pin) {
  const head = readHead(note);
  check(!pin.issuer || pin.issuer === head.origin, "The head is of another console.");
  for (const key of pin.keys) {
    if (key.kty !== "OKP" || key.crv !== "Ed25519" || key.revoked) continue;
    const id = (await sha256(join(utf8.encode(`${head.origin}\n`), [1], fromBase64url(key.x)))).subarray(0, 4);
    for (const signature of head.signatures) {
      if (signature.name !== head.origin || !same(signature.keyId, id)) continue;
      if (await ed25519(key.x, signature.raw, utf8.encode(head.text))) return { ...head, kid: key.kid };
    }
  }
  throw new Unproven("No pinned key signed this head.");
}

/** Check that the leaf of this hash is in the tree of this root. Hashes are bytes, the nearest first. */
export async function verifyInclusion({ leaf, size, hash, root, hashes }) {
  check(Number.isSafeInteger(leaf) && leaf >= 0 && leaf < size, `A tree of ${size} has no leaf ${leaf}.`);
  check([hash, root, ...hashes].every((each) => each.length === 32), "A hash has 32 bytes.");
  const half = (count) => Math.floor(count / 2); // numbers beyond 32 bits have no shifts in JavaScript
  let [at, last, found] = [leaf, size - 1, hash];
  for (const each of hashes) {
    check(last > 0, "The proof is too long.");
    if (at % 2 === 1 || at === last) {
      found = await sha256(join([1], each, found));
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      found = await sha256(join([1], found, each));
    }
    [at, last] = [half(at), half(last)];
  }
  check(last === 0, "The proof is too short.");
  check(same(found, root), "The proof leads to another root.");
}

/** Check `{inclusion: {entry, hashes}, head: {note}}`: that an entry is in a signed head. Returns the head. */
export async function verifyEntry({ inclusion, head }, pin) {
  const signed = await verifyHead(head.note, pin);
  const hash = await sha256(join([0], utf8.encode(canonical({ "@type": "placet.entry.v1", value: inclusion.entry }))));
  const hashes = inclusion.hashes.map(fromBase64url);
  await verifyInclusion({ leaf: inclusion.entry.leaf, size: signed.size, hash, root: signed.root, hashes });
  return signed;
}

// ---- Proof packs ---------------------------------------------------------------------------------------------------

const MEMBERS = ["@type", "action", "asked", "at", "directory", "iss", "keys", "ledger", "policy", "receipt", "view"];
const MOST_PACKED = 2 * 1024 * 1024;

export const PARTS = {
  form: "The pack has the members of its version, about one action of one console.",
  receipt: "The receipt holds by itself, judged as of its signing.",
  keys: "The keys in the pack are keys that you pinned, unchanged.",
  policy: "The text of the rule is the one that the receipt and every review name.",
  directory: "The people in the pack held their roles when they spoke, and say nothing that your directory does not.",
  view: "What each reviewer was shown is named by these inputs.",
  ledger: "The receipt is in the ledger, under a head that the console signed.",
  asked: "The bytes in the pack are those that were asked, decided and shown.",
};

/**
 * Check every member of a pack (text, bytes, or what `parseStrict` made of it). `pin` is the JWK Set you trust; with a
 * `directory` of your own, reviews are proven too (level 2). Answers {parts: [{part, proves, result, detail}], receipt,
 * holds}; a part is "holds", "left out" or "refused".
 */
export async function verifyPack({ pack: given, pin, directory = null, issuer = null }) {
  const course = { parts: [], receipt: null };
  const part = async (name, look) => {
    const said = { part: name, proves: PARTS[name] };
    try {
      const detail = await look();
      course.parts.push({ ...said, result: detail === null ? "left out" : "holds", detail: detail ?? "It is not in the pack." });
    } catch (error) {
      const detail = error instanceof Unproven || error instanceof NotCanonical ? error.message : "This cannot be read.";
      course.parts.push({ ...said, result: "refused", detail });
    }
  };
  let pack = Object.create(null);
  await part("form", () => (pack = formed(given)).action);
  const walked = isObject(pack) && course.parts[0].result === "holds";
  if (walked) {
    await part("receipt", () => packedReceipt(pack, { pin, issuer, directory }, course));
    if (course.parts[1].result === "holds") {
      const { claims } = course.receipt;
      await part("keys", () => packedKeys(pack, pin));
      await part("policy", () => packedPolicy(pack, claims));
      await part("directory", () => packedPeople(pack, claims, directory));
      await part("view", () => packedView(pack, claims));
      await part("ledger", () => packedEntry(pack, claims, pin));
      await part("asked", () => packedBytes(pack, claims));
      if (course.parts.at(-1).result === "holds") proveBytes(course.receipt);
    }
  }
  return { ...course, pack: walked ? pack : null, holds: course.parts.length === 8 && course.parts.every(({ result }) => result !== "refused") };
}

function proveBytes(receipt) {
  receipt.unproven = receipt.unproven.filter((line) => !line.startsWith("Which bytes"));
  receipt.proven.push("The bytes in the pack are those that were decided on.");
}

function formed(given) {
  const pack = isObject(given) ? given : parseStrict(given, { maxBytes: MOST_PACKED, marked: true });
  check(hasExactly(pack, MEMBERS) && pack["@type"] === "placet.pack.v1", "This is no proof pack of version 1.");
  check(isText(pack.action) && isText(pack.iss) && isText(pack.receipt) && Number.isInteger(pack.at), "The pack does not say what it is about.");
  return pack;
}

async function packedReceipt(pack, { pin, issuer, directory }, course) {
  const { iat } = parseStrict(fromBase64url(pack.receipt.split(".")[1] ?? ""));
  const terms = { receipt: pack.receipt, pin, issuer, now: Number(iat), floor: { bases: BASES, level: directory ? 2 : 1 } };
  course.receipt = await verifyReceipt({ ...terms, directory });
  const { refusal, claims } = course.receipt;
  check(!refusal, `Step ${refusal?.step}, ${refusal?.code}: ${refusal?.message}.`);
  check(claims.req.id === pack.action, "The receipt is about another action than the pack.");
  check(claims.iss === pack.iss, "The receipt is of another console than the pack.");
  return course.receipt.decision;
}

const BASES = ["reviewed", "policy", "grant", "break_glass"];

function packedKeys({ keys, iss }, pin) {
  check(isObject(keys) && keys.issuer === iss && isArray(keys.keys) && keys.keys.length > 0, "The pack names no keys.");
  for (const key of keys.keys) {
    const pinned = pin.keys.find(({ kid }) => kid === key.kid);
    check(pinned && pinned.x === key.x && pinned.kty === key.kty && pinned.crv === key.crv, "A key in the pack is not one that you pinned.");
  }
  return keys.keys.map(({ kid }) => kid).join(", ");
}

async function packedPolicy({ policy }, { pol }) {
  if (pol === null) {
    check(policy === null, "The receipt rests on no rule, and the pack has one.");
    return null;
  }
  if (policy === null) return null; // a server is not told by which rule it was stopped
  check((await digestBytes(policy)) === pol.dig, "The text of the rule is not the one that the receipt names.");
  return `${pol.checkpoint}, revision ${pol.rev}`;
}

const stated = (claims) => (isArray(claims.reviews) ? claims.reviews : []).filter((review) => isObject(review?.stmt));

function packedPeople({ directory: said, iss }, claims, pinned) {
  readDirectory(said);
  check(said.iss === iss, "The people in the pack are of another console.");
  const reviews = stated(claims);
  const named = new Set(reviews.flatMap(({ stmt }) => [stmt.sub, stmt.on_behalf_of]).filter((sub) => isText(sub)));
  const there = said.people.map(({ sub }) => sub);
  check([...named].every((sub) => there.includes(sub)), "Somebody whom the receipt names is not in the pack.");
  check(there.every((sub) => named.has(sub)), "Somebody is in the pack whom the receipt does not name.");
  for (const { stmt } of reviews) check(inRole(said, stmt), `${stmt.sub} did not hold the role they spoke in.`);
  if (pinned) for (const person of said.people) checkPinned(person, pinned);
  return pinned ? `${there.join(", ") || "nobody"}, as in your directory` : `${there.join(", ") || "nobody"}; by the console's word, as no directory was given`;
}

function inRole({ people }, stmt) {
  const person = people.find(({ sub }) => sub === stmt.sub);
  const { roles, stands_in: standing = [] } = person ?? { roles: [] };
  const held = isText(stmt.on_behalf_of) ? standing.filter((each) => each.for === stmt.on_behalf_of) : roles;
  return Number.isInteger(stmt.iat) && held.some(({ role, from, until }) => role === stmt.role && from <= stmt.iat && (until === null || stmt.iat < until));
}

/** Each window stands in the pinned directory too; only its end may have been set on one side since. */
function checkPinned(person, pinned) {
  const known = pinned.people.find(({ sub }) => sub === person.sub);
  check(known, `${person.sub} is not in your directory.`);
  for (const name of ["roles", "stands_in", "passkeys"]) {
    for (const window of person[name] ?? []) {
      const open = (each) => ({ ...each, until: null });
      const ends = (each) => each.until === window.until || each.until === null || window.until === null;
      const found = (known[name] ?? []).some((each) => equal(open(each), open(window)) && ends(each));
      check(found, `What the pack says of ${person.sub} is not what your directory says.`);
    }
  }
}

async function packedView({ view }, claims) {
  const edited = claims.authorization_details?.[0]?.edited === true;
  const eff = edited ? claims.authorization_details[0].dig : (stated(claims)[0]?.stmt.eff ?? claims.req.dig);
  check(isObject(view) && view.body === eff, "The view is of other bytes than were decided.");
  check(view.policy === (claims.pol?.dig ?? null), "The view is of another rule.");
  check(!("asked" in view) || view.asked === claims.req.dig, "The view is of another ask.");
  const dig = await digest("view", view);
  check(stated(claims).every(({ stmt }) => stmt.shown === dig), "Somebody was shown something else.");
  return `renderer ${view.renderer}`;
}

async function packedEntry({ ledger, receipt, action }, claims, pin) {
  if (ledger === null) return null;
  const head = await verifyEntry(ledger, pin);
  const { entry } = ledger.inclusion;
  check(entry.action === action && entry.event === `action.${claims.decision}`, "The entry is about something else.");
  check(entry.dig === (await digestBytes(receipt)), "The entry is not that of this receipt.");
  const witnesses = head.signatures.length - 1;
  return `leaf ${entry.leaf} of ${head.size}` + (witnesses > 0 ? `; ${witnesses} more signed the head, whose keys you have to know` : "");
}

async function packedBytes({ asked, view }, claims) {
  if (asked === null) return null;
  check(isObject(asked) && isText(asked.body), "The pack lacks the bytes that were asked.");
  const { body, edit = null, context = null, ...more } = asked;
  check(Object.keys(more).length === 0, "The pack holds more than was asked.");
  check((await digestBytes(body)) === claims.req.dig, "These are not the bytes that were asked.");
  const eff = view.body;
  check((edit === null) === (eff === claims.req.dig), "An edit belongs to what was edited, and to nothing else.");
  check(edit === null || (await digestBytes(edit)) === eff, "These are not the bytes that an owner made of it.");
  check(context === null || (await digestBytes(context)) === view.context, "This is not what came with the ask.");
  for (const text of [body, edit, context]) check(text === null || canonical(parseStrict(text)) === text, "These bytes are not canonical.");
  return edit === null ? "what was asked" : "what was asked, and what an owner made of it";
}
