// Asks the independent verifier: `node verifier.mjs WHAT` reads one JSON value and writes the answer.

import { readFileSync } from "node:fs";
import * as packs from "../../static/js/packs.js";
import * as verifier from "../../static/js/verifier.js";

/** Each vector's outcome, in the vector's own words. */
async function vectors(given) {
  const outcomes = [];
  for (const vector of given) {
    const { receipt, pin, expect, now, floor, directory, spent = [] } = vector;
    const said = await verifier.verifyReceipt({ receipt, pin, expect, now, floor, directory, spent });
    if (said.refusal) outcomes.push({ refused: { step: said.refusal.step, code: said.refusal.code } });
    else outcomes.push(said.denial ? { denied: said.denial } : { verified: said.effective });
  }
  return outcomes;
}

/** The same of whatever it may be: a directory that is none, or one of them falling over, is an outcome too. */
async function tried(given) {
  const outcomes = [];
  for (const vector of given) {
    try {
      outcomes.push((await vectors([vector]))[0]);
    } catch (error) {
      outcomes.push(error.message.startsWith("This is no directory") ? { bad: "directory" } : { crashed: String(error) });
    }
  }
  return outcomes;
}

/** What each text is, read strictly and written canonically, or why it is refused. */
function texts(given) {
  return given.map((base64) => {
    try {
      const value = verifier.parseStrict(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
      return { canonical: verifier.canonical(value) };
    } catch (error) {
      if (error instanceof verifier.NotCanonical) return { refused: error.code };
      throw error;
    }
  });
}

/** Whether each signature holds: {x, bytes, signature} in base64url. */
const signatures = (given) =>
  Promise.all(given.map(({ x, bytes, signature }) => verifier.ed25519(x, verifier.fromBase64url(signature), verifier.fromBase64url(bytes))));

/** Whether each proof of inclusion holds. */
const proofs = (given) =>
  Promise.all(given.map(async ({ leaf, size, hash, root, hashes }) => {
    const read = verifier.fromBase64;
    try {
      await packs.verifyInclusion({ leaf, size, hash: read(hash), root: read(root), hashes: hashes.map(read) });
      return true;
    } catch {
      return false;
    }
  }));

/** Why each assertion does not hold for its challenge; null when it does. */
const assertions = (given) =>
  Promise.all(given.map(async ({ webauthn, challenge, passkey, rp }) => {
    try {
      await verifier.checkAssertion(webauthn, challenge, passkey, rp);
      return null;
    } catch (error) {
      return error.code ?? String(error);
    }
  }));

const pack = (given) => packs.verifyPack(given);

/** Of each pack its parts' results; whatever is thrown is an outcome too. */
async function packed(given) {
  const said = [];
  for (const each of given) {
    try {
      said.push((await packs.verifyPack(each)).parts.map(({ part, result }) => [part, result]));
    } catch (error) {
      said.push(String(error));
    }
  }
  return said;
}

const ways = { vectors, tried, texts, signatures, proofs, assertions, pack, packed };
console.log(JSON.stringify(await ways[process.argv[2]](JSON.parse(readFileSync(0)))));
