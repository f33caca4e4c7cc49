// An independent verifier of Placet receipts. `packs.js` beside it verifies ledger heads and proof packs.
//
// No dependencies, WebCrypto only: the same in a browser, from a file without a network, and in Node 24.
// It was written from docs/receipts.md and the RFCs, not from the Python verifier; `sdk/vectors/` holds both to one
// answer. Nothing here fetches, stores or believes anything: keys and directories are what the caller hands in.
//
//   verifyReceipt({receipt, pin, directory, …})  -> every numbered step, what is proven and what is not
//   parseStrict, canonical, digest, digestBytes, readDirectory

// ---- Bytes ---------------------------------------------------------------------------------------------------------

export const utf8 = new TextEncoder();
const subtle = globalThis.crypto.subtle;

export const sha256 = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));
export const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);
export const join = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const toBase64url = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The bytes of base64url text, or an error unless it is their only spelling: no padding, no stray bits (RFC 4648). */
export function fromBase64url(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Error("Not base64url.");
  const bytes = fromBinary(atob(text.replaceAll("-", "+").replaceAll("_", "/")));
  if (toBase64url(bytes) !== text) throw new Error("Not the only spelling of these bytes.");
  return bytes;
}

export function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Error("Not base64.");
  const bytes = fromBinary(atob(text));
  if (toBase64(bytes) !== text) throw new Error("Not the only spelling of these bytes.");
  return bytes;
}

const fromBinary = (binary) => Uint8Array.from(binary, (letter) => letter.charCodeAt(0));

// ---- Strict JSON in (RFC 8259, I-JSON: RFC 7493) -------------------------------------------------------------------

export class NotCanonical extends Error {
  /** `code` says what is wrong, as the Python SDK names it. */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** A number that was written with a fraction or an exponent and is whole all the same, such as 1.0: it counts no seconds. */
class Written extends Number {}

const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const GAP = /[ \t\n\r]*/y;
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const NONCHARACTER = /[\uFDD0-\uFDEF\uFFFE\uFFFF]|[\uD83F\uD87F\uD8BF\uD8FF\uD93F\uD97F\uD9BF\uD9FF\uDA3F\uDA7F\uDABF\uDAFF\uDB3F\uDB7F\uDBBF\uDBFF][\uDFFE\uDFFF]/;

/** Read text (or UTF-8 bytes) as strict I-JSON. Objects come without a prototype, so that no name in them is special. */
export function parseStrict(given, { maxBytes = 262144, maxDepth = 64, marked = false } = {}) {
  const bytes = typeof given === "string" ? utf8.encode(given) : given;
  if (bytes.length > maxBytes) throw new NotCanonical("too_large", `at most ${maxBytes} bytes are read`);
  let text = given;
  if (typeof given !== "string") {
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new NotCanonical("not_utf8", "these bytes are not UTF-8");
    }
  }
  return new Reader(text, maxDepth, marked).whole();
}

class Reader {
  constructor(text, maxDepth, marked) {
    Object.assign(this, { text, maxDepth, marked, at: 0, depth: 0 });
  }

  whole() {
    const value = this.value();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  fail() {
    throw new NotCanonical("not_json", `this is not JSON at character ${this.at}`);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }

  take(letter) {
    if (this.text[this.at] !== letter) return false;
    this.at += 1;
    return true;
  }

  value() {
    this.match(GAP);
    const first = this.text[this.at];
    let value;
    if (first === "{") value = this.nested(() => this.object());
    else if (first === "[") value = this.nested(() => this.array());
    else if (first === '"') value = this.string();
    else if (this.match(/true/y)) value = true;
    else if (this.match(/false/y)) value = false;
    else if (this.match(/null/y)) value = null;
    else if (this.match(/NaN|-?Infinity/y)) throw new NotCanonical("not_finite", "JSON has finite numbers only");
    else value = this.number();
    this.match(GAP);
    return value;
  }

  nested(read) {
    this.at += 1;
    this.depth += 1;
    if (this.depth > this.maxDepth) throw new NotCanonical("too_deep", `nested more than ${this.maxDepth} levels`);
    this.match(GAP);
    const value = read();
    this.depth -= 1;
    return value;
  }

  object() {
    const members = Object.create(null);
    if (this.take("}")) return members;
    do {
      this.match(GAP);
      const name = this.string();
      if (name in members) throw new NotCanonical("duplicate_key", `the member ${JSON.stringify(name)} occurs twice`);
      this.match(GAP);
      if (!this.take(":")) this.fail();
      members[name] = this.value();
    } while (this.take(","));
    if (!this.take("}")) this.fail();
    return members;
  }

  array() {
    const items = [];
    if (this.take("]")) return items;
    do items.push(this.value());
    while (this.take(","));
    if (!this.take("]")) this.fail();
    return items;
  }

  string() {
    if (!this.take('"')) this.fail();
    let text = "";
    for (;;) {
      text += this.match(PLAIN)[0];
      if (this.take('"')) break;
      if (!this.take("\\")) this.fail();
      const letter = this.text[this.at];
      this.at += 1;
      if (letter === "u") text += String.fromCharCode(parseInt((this.match(/[0-9a-fA-F]{4}/y) ?? this.fail())[0], 16));
      else if (Object.hasOwn(ESCAPES, letter ?? "none")) text += ESCAPES[letter];
      else this.fail();
    }
    if (LONE.test(text)) throw new NotCanonical("lone_surrogate", "a lone surrogate is not a character");
    if (NONCHARACTER.test(text)) throw new NotCanonical("noncharacter", "noncharacters are not for interchange");
    return text;
  }

  number() {
    const found = this.match(NUMBER) ?? this.fail();
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw new NotCanonical("not_finite", "the number is too large to be finite");
    const written = found[1] !== undefined || found[2] !== undefined;
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER && !(written && Math.abs(value) >= 1e21)) {
      throw new NotCanonical("integer_range", "integers beyond 2^53-1 lose their exact value in JSON");
    }
    return this.marked && written && Number.isInteger(value) ? new Written(value) : value;
  }
}

// ---- Canonical JSON out (RFC 8785), and digests --------------------------------------------------------------------

/** The RFC 8785 text of a value. Members stand in the order of their UTF-16 units, which is how JavaScript compares. */
export function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" || value instanceof Number) return number(Number(value));
  if (typeof value === "string") return string(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new NotCanonical("bad_type", `JSON has no ${typeof value}`);
  const members = Object.keys(value).sort().map((name) => `${string(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

function number(value) {
  if (!Number.isFinite(value)) throw new NotCanonical("not_finite", "JSON has finite numbers only");
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 1e21) {
    throw new NotCanonical("integer_range", "integers beyond 2^53-1 lose their exact value in JSON");
  }
  return JSON.stringify(value);
}

function string(text) {
  if (LONE.test(text)) throw new NotCanonical("lone_surrogate", "a lone surrogate is not a character");
  return JSON.stringify(text);
}

/** base64url(SHA-256(bytes)); text counts as its UTF-8 bytes. */
export const digestBytes = async (given) => toBase64url(await sha256(typeof given === "string" ? utf8.encode(given) : given));

/** The digest of a value under its kind, which is inside the hash: no two kinds share one. */
export const digest = (kind, value) => digestBytes(canonical({ "@type": `placet.${kind}.v1`, value }));

// ---- Refusals, and what JSON values are ----------------------------------------------------------------------------

export class Refused extends Error {
  constructor(step, code, message) {
    super(message);
    Object.assign(this, { step, code });
  }
}

class Denied extends Error {
  constructor(decision, reason, note) {
    super(`the console says ${decision}`);
    Object.assign(this, { decision, reason, note });
  }
}

function require(holds, step, code, message) {
  if (!holds) throw new Refused(step, code, message);
}

export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Number);
export const isText = (value, least = 1) => typeof value === "string" && [...value].length >= least;
const isWhole = (value) => Number.isInteger(value);
export const isArray = Array.isArray;
export const equal = (a, b) => a !== undefined && b !== undefined && canonical(a) === canonical(b);
export const hasExactly = (value, names) => isObject(value) && Object.keys(value).sort().join() === [...names].sort().join();

function object(bytes, step, code, maxBytes) {
  let value;
  try {
    value = parseStrict(bytes, { maxBytes, marked: true });
  } catch (error) {
    if (error instanceof NotCanonical) throw new Refused(step, code, error.message);
    throw error;
  }
  require(isObject(value), step, code, "this is not an object");
  return value;
}

// ---- Signatures ----------------------------------------------------------------------------------------------------

async function signedBy(jwk, algorithm, signature, bytes) {
  try {
    const key = await subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, key, signature, bytes);
  } catch {
    return false;
  }
}

export const ed25519 = (x, signature, bytes) => signedBy({ kty: "OKP", crv: "Ed25519", x }, { name: "Ed25519" }, signature, bytes);

/** One passkey's signature, by the algorithm that the directory gives its key (COSE's numbers, RFC 9053). */
async function passkeySigned({ alg, jwk }, signature, bytes) {
  if (alg === -8) return fromBase64url(jwk.x).length === 32 && ed25519(jwk.x, signature, bytes); // WebCrypto takes padding
  if (alg === -7) {
    const plain = fromDer(signature);
    const key = { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y };
    const whole = [jwk.x, jwk.y].every((half) => fromBase64url(half).length === 32);
    return plain !== null && whole && signedBy(key, { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, plain, bytes);
  }
  const modulus = alg === -257 ? fromBase64url(jwk.n) : [];
  const enough = modulus[0] > 0 && (modulus.length > 256 || (modulus.length === 256 && modulus[0] >= 0x80)); // 2,048 bits
  const key = { kty: "RSA", n: jwk.n, e: jwk.e };
  return enough && jwk.e === "AQAB" && signedBy(key, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, signature, bytes);
}

/** ECDSA's two numbers: 64 bytes for WebCrypto from DER (SEC 1, C.5); null unless it is their only encoding. */
function fromDer(der) {
  const numbers = [];
  let at = 2;
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  while (at < der.length && numbers.length < 2) {
    const [tag, length] = [der[at], der[at + 1]];
    let value = der.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    if (tag !== 0x02 || !length || value.length !== length || value[0] & 0x80) return null;
    if (value[0] === 0 && length > 1) {
      if (!(value[1] & 0x80)) return null;
      value = value.subarray(1);
    }
    if (value.length > 32) return null;
    numbers.push(join(new Uint8Array(32 - value.length), value));
  }
  return numbers.length === 2 && at === der.length ? join(...numbers) : null;
}

// ---- Steps 1 to 6: is this a receipt, from this console, for me, now? ----------------------------------------------

const MOST_BYTES = 16 * 1024;
const SKEW = 30;
const APPROVAL = "placet-approval+jwt";
const DENIAL = "placet-denial+jwt";

function takenApart(receipt) {
  require(utf8.encode(receipt).length <= MOST_BYTES, 1, "too_large", `a receipt has at most ${MOST_BYTES} bytes`);
  const parts = receipt.split(".");
  require(parts.length === 3, 1, "not_compact", "a compact JWS has three segments");
  try {
    const [header, payload, signature] = parts.map(fromBase64url);
    return { header, payload, signature, signed: utf8.encode(`${parts[0]}.${parts[1]}`) };
  } catch (error) {
    throw new Refused(1, "not_compact", error.message);
  }
}

function readHeader({ header }) {
  const said = object(header, 2, "bad_header", MOST_BYTES);
  require(hasExactly(said, ["alg", "kid", "typ"]), 2, "bad_header", "the header has exactly alg, kid and typ");
  require(said.alg === "Ed25519", 2, "wrong_alg", "the algorithm is Ed25519");
  require(said.typ === APPROVAL || said.typ === DENIAL, 2, "unknown_type", "this is no type of receipt");
  return said;
}

async function pinnedKey(kid, pin) {
  const found = pin.keys.filter((key) => key.kid === kid);
  require(found.length > 0, 3, "unknown_key", "the key is not in the pinned set");
  require(!found.some((key) => key.revoked), 3, "revoked_key", "the key was revoked");
  const [key] = found;
  require(key.kty === "OKP" && key.crv === "Ed25519", 3, "wrong_key_type", "the pinned key is no Ed25519 key");
  try {
    fromBase64url(key.x);
  } catch {
    throw new Refused(3, "wrong_key_type", "the pinned key cannot be read");
  }
  const thumbprint = await digestBytes(canonical({ crv: "Ed25519", kty: "OKP", x: key.x })); // RFC 7638
  require(thumbprint === kid, 3, "wrong_thumbprint", "the key's name is not its thumbprint");
  return key;
}

function readClaims({ payload }, issuer, audience) {
  const claims = object(payload, 5, "bad_claims", MOST_BYTES);
  require(claims.ver === 1, 5, "wrong_version", "the version is 1");
  require(isText(claims.iss), 5, "wrong_issuer", "a receipt names its console");
  require(isText(claims.aud), 5, "wrong_audience", "a receipt names its server");
  require(!issuer || claims.iss === issuer, 5, "wrong_issuer", "another console signed this");
  require(!audience || claims.aud === audience, 5, "wrong_audience", "it is for another server");
  require(isText(claims.jti, 16), 5, "bad_jti", "a receipt has a name of its own");
  return claims;
}

function checkTimes({ iat, nbf, exp }, denied, now, longest) {
  require([iat, nbf, exp].every(isWhole), 6, "bad_times", "iat, nbf and exp are whole seconds");
  require(Math.max(iat, nbf) <= now + SKEW, 6, "not_yet_valid", "the receipt begins in the future");
  require(denied || now < exp, 6, "expired", "the approval is over");
  require(denied || exp - iat <= longest, 6, "lives_too_long", "the receipt lives longer than is accepted");
}

// ---- Steps 7 to 10: about my ask, a no, a permission, the object ---------------------------------------------------

async function checkAsk(req, expect) {
  require(hasExactly(req, ["id", "nonce", "dig"]), 7, "bad_request", "req has id, nonce and dig");
  if (!expect) return;
  require(req.id === expect.action, 7, "wrong_action", "the receipt is about another action");
  require(req.nonce === (expect.nonce ?? null), 7, "wrong_nonce", "the receipt does not answer this ask");
  const dig = await digest(expect.kind, expect.effective);
  require(req.dig === dig, 7, "wrong_digest", "the receipt is about other bytes");
}

function raiseDenial(claims) {
  require(!("act" in claims) && !("authorization_details" in claims), 8, "bad_denial", "a denial grants nothing");
  const { decision, reason, note = "" } = claims;
  require(["denied", "expired", "withdrawn"].includes(decision), 8, "bad_denial", "a denial says how it ended");
  require(isText(reason) && typeof note === "string", 8, "bad_denial", "a denial says why");
  throw new Denied(decision, reason, note);
}

function checkPermission(claims, floor) {
  const { act, basis, pol, authorization_details: details } = claims;
  require(claims.decision === "approved", 9, "wrong_decision", "the decision is not approved");
  require(floor.bases.includes(basis), 9, "wrong_basis", "approvals on this basis are not accepted");
  require(isObject(act) && act.sub === claims.aud, 9, "wrong_actor", "another server may act");
  require(isArray(details) && details.length === 1, 9, "not_one_detail", "an approval is for one thing");
  const [detail] = details;
  require(isDetail(detail), 9, "bad_detail", "the approved thing has another form");
  require(detail.uses === 1, 9, "wrong_uses", "an approval is used once");
  const need = isObject(pol) ? pol.need : null;
  require(isWhole(need) && need >= (basis === "policy" ? 0 : floor.need), 9, "need_below_floor", "the rule asks for fewer people");
  require("grant" in claims === (basis === "grant"), 9, "bad_basis", "a receipt names a grant when it rests on one");
  checkBasis(claims, detail.dig, need);
  return detail;
}

function isDetail(detail) {
  if (!isObject(detail) || detail.type !== "urn:placet:mcp-action:v1") return false;
  const known = !("result" in detail) || detail.result === "review"; // an unknown condition is one nobody can keep
  return isText(detail.method) && isText(detail.dig) && typeof detail.edited === "boolean" && "uses" in detail && known;
}

function checkBasis(claims, dig, need) {
  const said = agreeing(claims, dig);
  const { grant } = claims;
  if (claims.basis === "reviewed") {
    require(people(said) >= need && voices(said) >= need, 9, "quorum_missing", "fewer people approved than the rule asks for");
  } else if (claims.basis === "break_glass") {
    require(people(said) >= 1, 9, "quorum_missing", "nobody says that they broke the glass");
  } else if (claims.basis === "policy") {
    require(need === 0, 9, "bad_basis", "a standing rule asks for nobody");
  } else if (claims.basis === "grant") {
    const whole = hasExactly(grant, ["id", "uses_left"]) && isText(grant.id) && isWhole(grant.uses_left) && grant.uses_left >= 0;
    require(whole, 9, "bad_basis", "a grant has a name and its uses left");
  } else {
    throw new Refused(9, "wrong_basis", "this verifier does not know the basis");
  }
}

/** The reviews that say yes, by somebody, to this ask and these bytes; and to breaking the glass, where that was done. */
function agreeing({ reviews, req, basis }, dig) {
  const stated = isArray(reviews) ? reviews.filter((review) => isObject(review) && isObject(review.stmt)) : [];
  const alone = (stmt) => (stmt.basis ?? null) === (basis === "break_glass" ? basis : null);
  return stated.filter(({ stmt }) => stmt.verdict === "approve" && stmt.eff === dig && equal(stmt.req, req) && alone(stmt) && isText(stmt.sub));
}

const people = (reviews) => new Set(reviews.map(({ stmt }) => stmt.sub)).size;
/** Of somebody and of who stands in for them, one voice counts. */
const voices = (reviews) => new Set(reviews.map(({ stmt }) => (isText(stmt.on_behalf_of) ? stmt.on_behalf_of : stmt.sub))).size;

async function checkObject(detail, expect) {
  require(!detail.edited || expect.edit, 10, "edit_missing", "the edited object was not delivered");
  const chosen = detail.edited ? expect.edit : expect.effective;
  let dig;
  try {
    dig = await digest(expect.kind, chosen);
  } catch (error) {
    throw new Refused(10, "wrong_object", error.message);
  }
  require(dig === detail.dig, 10, "wrong_object", "the approved bytes are not these");
  const names = ({ method, params }) => JSON.stringify([method, isObject(params) ? params.name : null]);
  require(names(chosen) === names(expect.effective), 10, "wrong_method", "an edit never changes what is called");
  require(detail.method === chosen.method, 10, "wrong_method", "the receipt names another method");
  return chosen;
}

// ---- Step 11: the reviews, proven by the reviewers' own passkeys (W3C WebAuthn Level 3, section 7.2) ----------------

const PRESENT = 0x01;
const VERIFIED = 0x04;
const KEYS = new Map([[-7, ["EC", "P-256"]], [-8, ["OKP", "Ed25519"]], [-257, ["RSA", null]]]);

/** A pinned directory, looked over once. Throws when it says something that cannot count. */
export function readDirectory(said) {
  const must = (holds, why) => {
    if (!holds) throw new Error(`This is no directory: ${why}.`);
  };
  must(isObject(said) && said["@type"] === "placet.directory.v1", "its type is placet.directory.v1");
  const { iss, rp, people } = said;
  must(isText(iss) && isObject(rp) && isText(rp.id) && isArray(rp.origins) && rp.origins.every((each) => isText(each)), "it names its console and its site");
  must(isArray(people), "it has people");
  const [subs, seen] = [new Set(), new Set()];
  for (const person of people) {
    must(isObject(person) && isText(person.sub) && !subs.has(person.sub), "it names each person once");
    subs.add(person.sub);
    const { roles, stands_in: standing = [], passkeys } = person;
    must([roles, standing, passkeys].every(isArray), "a person has roles and passkeys");
    for (const window of [...roles, ...standing, ...passkeys]) {
      must(isObject(window) && isWhole(window.from) && (window.until === null || isWhole(window.until)), "windows have a beginning and an end");
    }
    must([...roles, ...standing].every(({ role }) => isText(role)) && standing.every((each) => isText(each.for)), "roles and people have names");
    for (const { id, alg, jwk } of passkeys) {
      const [kty, crv] = KEYS.get(alg) ?? [];
      must(isText(id) && isObject(jwk) && kty === jwk.kty && crv === (jwk.crv ?? null) && !("d" in jwk), "a passkey is -7 with P-256, -8 with Ed25519 or -257 with RSA");
      const material = canonical(["kty", "crv", "x", "y", "n", "e"].map((name) => jwk[name] ?? null));
      must(!seen.has(id) && !seen.has(material), "a passkey stands in it once");
      seen.add(id).add(material);
    }
  }
  return said;
}

async function checkReviews(claims, dig, directory, roles) {
  require(directory, 11, "no_directory", "level 2 takes a directory: whose passkeys count");
  require(directory.iss === claims.iss, 11, "wrong_directory", "the directory is that of another console");
  const { basis } = claims;
  require(basis === "reviewed" || basis === "break_glass", 11, "basis_unproven", "a yes on this basis is signed by no passkey");
  const proven = agreeing(claims, dig).filter((review) => "webauthn" in review);
  for (const review of proven) await checkReview(review, claims, directory);
  const counted = roles ? proven.filter(({ stmt }) => roles.includes(stmt.role)) : proven;
  const need = basis === "reviewed" ? claims.pol.need : 1;
  require(people(counted) >= need && voices(counted) >= need, 11, "quorum_unproven", "fewer people proved their yes than the rule asks for");
  return counted.map(({ stmt }) => stmt.sub);
}

async function checkReview({ stmt, webauthn }, claims, directory) {
  const about = (holds, message) => require(holds, 11, "wrong_statement", message);
  about(stmt["@type"] === "placet.review.v1", "this is no review");
  about(stmt.iss === claims.iss, "the review was given on another console");
  about(stmt.aud === claims.aud, "the review is about another server");
  about(equal(stmt.pol, claims.pol), "the review was given under another policy");
  const principal = stmt.on_behalf_of ?? null;
  about(principal === null || isText(principal), "somebody stands in for a person");
  const timed = isWhole(stmt.iat) && isWhole(stmt.exp) && stmt.iat <= claims.iat + SKEW && claims.iat <= stmt.exp;
  require(timed, 11, "statement_times", "the review was given before its receipt, and not over by then");
  const person = directory.people.find(({ sub }) => sub === stmt.sub);
  require(person, 11, "unknown_person", "the directory does not know the reviewer");
  const counts = (window) => window.from <= stmt.iat && (window.until === null || stmt.iat < window.until);
  const held = principal === null ? person.roles : (person.stands_in ?? []).filter((each) => each.for === principal);
  require(held.some((each) => each.role === stmt.role && counts(each)), 11, "role_not_held", "the reviewer did not hold the role then");
  const passkey = person.passkeys.find(({ id }) => isObject(webauthn) && id === webauthn.id);
  require(passkey, 11, "unknown_credential", "the passkey is not the reviewer's");
  require(counts(passkey), 11, "credential_not_valid", "the passkey did not count at that time");
  const challenge = await digestBytes(canonical(stmt)); // never random: the passkey signs the statement itself
  await checkAssertion(webauthn, challenge, passkey, directory.rp);
}

/** Throw `Refused` unless this passkey signed this challenge, in person, on a page of the relying party itself. */
export async function checkAssertion(webauthn, challenge, passkey, rp) {
  const { data, client, signature } = assertion(webauthn);
  const said = object(client, 11, "bad_client_data", 4096);
  require(said.type === "webauthn.get", 11, "wrong_ceremony", "this is no assertion");
  require(said.challenge === challenge, 11, "wrong_challenge", "the passkey signed another statement");
  require(rp.origins.includes(said.origin), 11, "wrong_origin", "the passkey was used on another site");
  const alone = !("topOrigin" in said) && (!("crossOrigin" in said) || said.crossOrigin === false);
  require(alone, 11, "cross_origin", "the page stood in somebody else's frame");
  require(same(data.subarray(0, 32), await sha256(utf8.encode(rp.id))), 11, "wrong_rp", "the passkey is for another site");
  require(data[32] & PRESENT, 11, "user_absent", "nobody was there");
  require(data[32] & VERIFIED, 11, "user_unverified", "the authenticator did not verify who was there");
  let holds = false;
  try {
    holds = await passkeySigned(passkey, signature, join(data, await sha256(client)));
  } catch {
    // a key or a signature that cannot be read has signed nothing
  }
  require(holds, 11, "bad_assertion_signature", "the passkey did not sign this");
}

function assertion(webauthn) {
  const whole = hasExactly(webauthn, ["id", "authenticatorData", "clientDataJSON", "signature"]);
  require(whole, 11, "bad_assertion", "an assertion has exactly its four members");
  try {
    const [data, client, signature] = ["authenticatorData", "clientDataJSON", "signature"].map((name) => fromBase64url(webauthn[name]));
    if (data.length >= 37) return { data, client, signature };
  } catch {
    // said below
  }
  throw new Refused(11, "bad_assertion", "an assertion's members are base64url, and its data are whole");
}

// ---- A receipt, step by step ---------------------------------------------------------------------------------------

export const STEPS = {
  1: ["size and form", "It is a compact JWS of at most 16 KiB."],
  2: ["header", "Its algorithm and type are the only ones a receipt has."],
  3: ["pinned key", "The key that signed is one you pinned, and was not revoked."],
  4: ["signature", "Not one bit of it was changed since that key signed it."],
  5: ["issuer and audience", "Which console says this, and to which server."],
  6: ["times", "It is not from the future, not over, and does not live too long."],
  7: ["about my ask", "It answers the ask you gave: same id, same nonce, same bytes."],
  8: ["denial", "Whether it is a no; a no grants nothing."],
  9: ["permission", "It allows one thing, once, to that server, by enough people."],
  10: ["the object that may run", "The bytes you hold are those that were approved."],
  11: ["reviews", "The reviewers' own passkeys signed them, in roles they held; the console cannot have made them up."],
  12: ["single use", "It was not used before; only the server that acts can know."],
};

const FLOOR = { need: 1, level: 1, bases: ["reviewed"], max_life_seconds: 600 };

/**
 * Take every step that can be taken with what is given. Nothing is thrown for a receipt that does not hold: the answer
 * says which step refused it. `pin` is a JWK Set, `issuer` the console's name unless the pin says it, `now` seconds since
 * 1970, `expect` the ask {audience, kind, effective, action, nonce, edit}, `spent` a list of {jti, action} used before.
 */
export async function verifyReceipt(given) {
  const { pin, directory, expect, now = Date.now() / 1000, spent } = given;
  const floor = { ...FLOOR, ...given.floor };
  const terms = { ...given, floor, now, receipt: given.receipt.trim === undefined ? "" : given.receipt };
  const course = { steps: Object.create(null), decision: null, claims: null, effective: null, refusal: null, signers: [] };
  if (directory) readDirectory(directory);
  try {
    await walk(terms, course);
    course.decision = "approved";
    if (spent) {
      const used = spent.some(({ jti, action }) => jti === course.claims.jti || action === course.claims.req.id);
      require(!used, 12, "already_spent", "this approval was used before");
      course.steps[12] = ["holds", ""];
    }
  } catch (error) {
    if (error instanceof Denied) Object.assign(course, { decision: error.decision, denial: { decision: error.decision, reason: error.reason, note: error.note } });
    else if (error instanceof Refused) course.refusal = { step: error.step, code: error.code, message: error.message };
    else throw error;
  }
  const issuer = given.issuer ?? pin.issuer ?? null;
  return { ...course, steps: listed(course, floor, expect), ...told(course, { ...terms, issuer }) };
}

async function walk({ receipt, pin, issuer, audience, expect, directory, now, floor }, course) {
  const held = (step, detail = "") => (course.steps[step] = ["holds", detail]);
  const segments = takenApart(receipt);
  held(1);
  const header = readHeader(segments);
  held(2);
  const key = await pinnedKey(header.kid, pin);
  held(3, header.kid);
  require(await ed25519(key.x, segments.signature, segments.signed), 4, "bad_signature", "the signature does not hold");
  held(4);
  const claims = readClaims(segments, issuer ?? pin.issuer, expect?.audience ?? audience);
  course.claims = claims;
  held(5, `${claims.iss}, to ${claims.aud}`);
  const denied = header.typ === DENIAL;
  checkTimes(claims, denied, now, floor.max_life_seconds);
  held(6);
  await checkAsk(claims.req, expect);
  if (expect) held(7);
  if (denied) raiseDenial(claims);
  held(8, "this is no denial");
  const detail = checkPermission(claims, floor);
  held(9, `${detail.method} ${isText(detail.name) ? detail.name : ""}, once`);
  if (expect) {
    course.effective = await checkObject(detail, expect);
    held(10);
  }
  require(floor.level === 1 || floor.level === 2, 11, "level_unsupported", "there are two levels: 1 and 2");
  if (floor.level === 2) {
    course.signers = await checkReviews(claims, detail.dig, directory, floor.roles ?? null);
    held(11, course.signers.join(", "));
  }
}

function listed({ steps, refusal, denial }, floor, expect) {
  const left = {
    7: "give the ask to have it compared", 10: "give the ask to have its digest compared",
    11: "level 1: the console's word is taken for who reviewed", 12: "only the server that acts can know",
  };
  return Object.entries(STEPS).map(([name, [title, proves]]) => {
    const step = Number(name);
    const said = { step, title, proves };
    if (refusal?.step === step) return { ...said, result: "refused", detail: `${refusal.code}: ${refusal.message}` };
    if (refusal && step > refusal.step) return { ...said, result: "not reached", detail: "" };
    if (denial && step === 8) return { ...said, result: "holds", detail: `the console says ${denial.decision}` };
    if (denial && step > 8) return { ...said, result: "left out", detail: "a denial grants nothing" };
    if (!steps[step]) return { ...said, result: "left out", detail: left[step] ?? "" };
    return { ...said, result: steps[step][0], detail: steps[step][1] };
  });
}

const RESTS = {
  policy: "a standing rule, and on nobody's review",
  grant: "a grant that somebody gave beforehand, and on nobody's review of this ask",
  break_glass: "one person alone, who broke the glass in an emergency",
};

function told({ claims, decision, refusal, signers }, { issuer, audience, expect, floor }) {
  if (!decision || refusal) return { proven: [], unproven: ["Anything: a check failed, so this proves nothing."] };
  const stated = isArray(claims.reviews) ? claims.reviews.filter((review) => isObject(review?.stmt)).map(({ stmt }) => stmt) : [];
  const named = stated.filter(({ sub, verdict }) => isText(sub) && isText(verdict));
  const names = named.map(({ sub, verdict }) => `${sub} (${verdict})`).join(", ") || "nobody";
  const proven = [
    `A pinned key of ${claims.iss} signed exactly these claims: action ${claims.req.id} is ${decision}.`,
    `It is addressed to ${claims.aud}.`, `It names as reviewers: ${names}.`,
  ];
  const rests = decision === "approved" && RESTS[claims.basis];
  if (rests) proven.push(`It rests on ${rests}.`);
  const unproven = [];
  if (expect) proven.push("It answers the given ask: same nonce, same bytes.");
  else unproven.push("Which bytes were decided on: the receipt holds their digest. Give the ask, or a proof pack with the body.");
  if (!issuer) unproven.push("That the issuer is the console you mean: only its key is pinned.");
  if (!audience && !expect) unproven.push("That it was meant for your server.");
  if (floor.level === 2 && decision === "approved") {
    proven.push(`Passkeys of ${[...new Set(signers)].sort().join(", ")}, pinned in the directory, signed these reviews in person, in roles they held.`);
    unproven.push("That they read what they signed, or that the pinned directory is true and of today.");
  } else unproven.push("That the reviewers themselves said so: this is the console's word (level 1).");
  if (decision === "approved") unproven.push("That it was not used before.");
  return { proven, unproven };
}
