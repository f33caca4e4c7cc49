// A person's passkey, at the places where one is used: signing a yes, making a new one, signing in.
//
// What is signed is a statement that the console made. This page signs it only when it is about what the page shows:
// it reads the payload back from what is drawn, and computes the challenge from the statement itself.

const said = (form) => form.querySelector("[data-said]") ?? form.parentElement?.querySelector("[data-said]");
// English stands here; another language comes with the page.
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const tell = (text) => words[text] ?? text;
const CANCELLED = tell("Cancelled, or it took too long.");

class No extends Error {}

// ── Bytes and digests ────────────────────────────────────────────────────────────────────────────────────────────────
function text(bytes) {
  let letters = "";
  for (const byte of new Uint8Array(bytes)) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
const bytes = (said) => Uint8Array.from(atob(said.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const sha256 = (what) => crypto.subtle.digest("SHA-256", what);
async function challengeOf(value) {
  const { canonical } = await import("placet/verifier");
  return new Uint8Array(await sha256(new TextEncoder().encode(canonical(value))));
}

// ── Ceremonies ───────────────────────────────────────────────────────────────────────────────────────────────────────
const described = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function ceremony(run) {
  if (!window.PublicKeyCredential || !navigator.credentials) throw new No(tell("This browser has no passkeys. Use another one."));
  try {
    return await run();
  } catch (error) {
    if (error instanceof No) throw error;
    if (error.name === "InvalidStateError") throw new No(tell("This device has a passkey of yours already."));
    if (error.name === "NotAllowedError" || error.name === "AbortError") throw new No(CANCELLED);
    if (error.name === "SecurityError") throw new No(tell("Passkeys do not work under this address."));
    throw new No(tell("The passkey could not be used ({name}).").replace("{name}", error.name));
  }
}

async function make(options) {
  const publicKey = {
    ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
  return ceremony(() => navigator.credentials.create({ publicKey }));
}

async function use(options, challenge) {
  const publicKey = { ...options, challenge, allowCredentials: described(options.allowCredentials) };
  return ceremony(() => navigator.credentials.get({ publicKey }));
}

function told(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id, rawId: credential.id, type: credential.type, response, clientExtensionResults: {},
  });
}

// ── Signing a yes ────────────────────────────────────────────────────────────────────────────────────────────────────
// Everything a person sees and the statement says has to agree; else nothing is signed.
async function agree(form, stmt, raw) {
  const { canonical } = await import("placet/verifier");
  const held = form.closest("[data-action]") ?? document.querySelector("[data-action]");
  const wanted = {
    "@type": "placet.review.v1", verdict: "approve", sub: form.dataset.signer, basis: form.dataset.basis,
    ...(form.dataset.eff ? { eff: form.dataset.eff } : { shown: form.elements.seen.value }),
  };
  if (canonical(stmt) !== raw || Object.entries(wanted).some(([name, value]) => stmt[name] !== value)) {
    throw new No(tell("The console asked to sign something else than this page shows."));
  }
  if (stmt.req?.id !== (held?.dataset.action ?? form.dataset.action)) throw new No(tell("The statement is about another ask."));
  const { shownBy } = await import("placet/faithful");
  let drawn;
  try {
    drawn = await shownBy(held, stmt.req.dig);
  } catch {
    throw new No(tell("This page cannot read back all that it shows. Reload it."));
  }
  const agrees = drawn.body === stmt.eff && drawn.policy === stmt.pol?.dig && drawn.shown === stmt.shown;
  if (!agrees) throw new No(tell("What would be signed is not what this page shows. Reload it."));
}

function look(form, code) {
  const held = form.closest("[data-address]");
  const address = new URL(held?.dataset.address ?? window.location.href, window.location.href);
  address.searchParams.set("told", code);
  if (document.querySelector("#pane")?.contains(form)) {
    window.htmx.ajax("GET", address.pathname + address.search, { target: "#pane", swap: "innerHTML" });
  } else window.location.assign(address);
}

async function sign(form, button) {
  const answer = await fetch(form.dataset.statement, {
    method: "POST", body: new FormData(form, button), headers: { Accept: "application/json" },
  });
  const found = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
  if (answer.status === 409 && found) { look(form, found.told); return; }
  if (!answer.ok || !found) throw new No(tell("The console did not answer. Reload the page."));
  const stmt = JSON.parse(found.stmt);
  await agree(form, stmt, found.stmt);
  const credential = await use(found.options, await challengeOf(stmt));
  if (!form.isConnected) return;  // somebody decided it meanwhile, and the page says so
  put(form, "statement", found.token);
  put(form, "assertion", told(credential));
  form.dataset.signed = "1";
  form.requestSubmit(button);
  window.setTimeout(() => { delete form.dataset.signed; }, 0);
}

function put(form, name, value) {
  let field = form.elements[name];
  if (!field) {
    field = document.createElement("input");
    Object.assign(field, { type: "hidden", name });
    form.append(field);
  }
  field.value = value;
}

// ── Making one ───────────────────────────────────────────────────────────────────────────────────────────────────────
async function register(form) {
  const answer = await fetch(form.dataset.register, {
    method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
  });
  const begun = await answer.json();
  if (begun.again) { window.location.assign(begun.again); return; }
  if (!answer.ok) throw new No(begun.message);
  const made = await make(begun.creation);
  put(form, "credential", told(made));
  put(form, "introduced", "");
  if (begun.introduction && form.querySelector("[data-vouched]")?.checked) {
    const stated = {
      "@type": "placet.introduction.v1", iss: begun.issuer, sub: begun.sub, challenge: begun.creation.challenge,
      attestation: text(await sha256(made.response.attestationObject)),
    };
    try {
      put(form, "introduced", told(await use(begun.introduction, await challengeOf(stated))));
    } catch (error) {
      throw error instanceof No ? new No(form.dataset.alone) : error;  // nothing is sent: nothing waits for an admin
    }
  }
  form.submit();
}

// ── Signing in, and confirming who one is ────────────────────────────────────────────────────────────────────────────
async function enter(form) {
  let options = form.dataset.options ? JSON.parse(form.dataset.options) : null;
  if (!options) {
    const answer = await fetch(form.dataset.enter, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (!answer.ok) throw new No(tell("Too many tries. Wait a minute."));
    options = (await answer.json()).request_options;
  }
  const publicKey = options.publicKey ?? options;
  // Not the console's bytes as they came: they could be the digest of a yes.
  const entering = { "@type": "placet.entering.v1", challenge: publicKey.challenge };
  put(form, "credential", told(await use(publicKey, await challengeOf(entering))));
  form.submit();
}

// ── Where it begins ──────────────────────────────────────────────────────────────────────────────────────────────────
function begun(form, button) {
  if (form.dataset.signed || button?.hasAttribute("data-plain")) return null;
  if (form.dataset.register !== undefined) return () => register(form);
  if (form.dataset.enter !== undefined) return () => enter(form);
  const signs = form.dataset.statement !== undefined && button?.value !== "deny" && button?.value !== "look";
  return signs ? () => sign(form, button) : null;
}

document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  const run = begun(form, button);
  if (!run) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.classList.contains("signing")) return;
  const place = said(form);
  if (place) place.hidden = true;
  form.classList.add("signing");
  button?.setAttribute("aria-busy", "true");
  try {
    await run();
  } catch (error) {
    if (!(error instanceof No)) console.error(error);
    if (place) {
      const sentence = error instanceof No ? error.message : tell("Something went wrong here. Reload the page.");
      const strong = document.createElement("b");
      strong.textContent = sentence;
      place.replaceChildren(strong, ` ${place.dataset.said || tell("Nothing was done.")}`);
      place.hidden = false;
    }
  } finally {
    form.classList.remove("signing");
    button?.removeAttribute("aria-busy");
  }
}, true);
