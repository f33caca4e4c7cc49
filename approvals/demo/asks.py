"""What the servers of Kiln & Lantern ask for on an ordinary day, made up from a seeded source of chance."""

from random import Random
from typing import Any

type Ask = dict[str, Any]
type Asked = tuple[str, Ask]  # (server, submission)

NONCE = "ZGVtby1ub25jZS0xMjgtYml0cw"
DESK = ("dana@example.org", "femke@example.org", "samuel@example.org")
BUYERS = ("omar@example.org", "nina@example.org")
CUSTOMERS = (
    "Jonas Weber",
    "Amira Haddad",
    "Eva Lund",
    "佐藤 花子",
    "Nils Aas",
    "Ελένη Παππά",
    "Chidi Eze",
)
GOODS = ("two cups", "a reading lamp", "the blue teapot", "a lantern", "four bowls", "a lamp shade", "a set of saucers")
HARM = (
    "arrived broken",
    "never arrived",
    "came twice",
    "has the wrong colour",
    "flickers",
    "is too small",
)
SUPPLIERS = {
    "Atelier Brandt": "DE89370400440532013000", "Lumen AS": "NO9386011117947",
    "Kyoto Wares": "GB29NWBK60161331926819", "Nordlicht Handel GmbH": "DE02120300000000202051",
    "Fornace Rossi": "IT60X0542811101000000123456",
}  # fmt: skip
SERVICES = ("checkout", "api-gateway", "catalogue", "search", "mailer")
QUESTIONS = (
    "Which of our suppliers still ship by sea?",
    "How long may a customer return a lamp with a broken seal?",
    "What did we promise for deliveries before the holidays?",
    "Which cups are safe in a dishwasher, by their data sheets?",
    "Summarise what changed in the packing rules since August.",
)
#: The definition of `refund` was another one until the fourteenth day before today.
OLD_TOOL, NEW_TOOL = "p2s1cTGhJQfYVYVQxE8cG0iZ0hYwOQ1n3bH2mS4kT5A", "b7kWq0R3nVfYV8uQxE8cG0iZ0hYwOQ1n3bH2mS4kT5E"


def refund(chance: Random, *, days_ago: int, amount: int | None = None, ticket: str = "") -> Asked:
    who, what, harm = chance.choice(CUSTOMERS), chance.choice(GOODS), chance.choice(HARM)
    amount = amount or chance.randrange(9, 180)
    said = {"order": f"A-{chance.randrange(400, 1040)}", "amount": amount, "currency": "EUR"}
    said["reason"] = f"{what[:1].upper()}{what[1:]} {harm}."
    definition = {"dig": NEW_TOOL if days_ago <= 14 else OLD_TOOL}
    return "shop", tool(
        "refund", said, subject=chance.choice(DESK), session=ticket or _ticket(chance), definition=definition,
        origin={"method": "tools/call", "name": "close_ticket", "principal": "user:dana"},
        identity={"host": "desk-assistant 2.1", "model": "assistant-large"},
        claims={"title": f"Refund for {who}", "reasoning": f"{who} sent a photograph.", "risk": "low"},
    )  # fmt: skip


def payout(chance: Random, *, amount: int | None = None) -> Asked:
    supplier = chance.choice(list(SUPPLIERS))
    amount = amount or 10 * chance.randrange(240, 2400)
    said = {"invoice": f"R-{chance.randrange(300, 770)}", "amount": amount, "currency": "EUR", "supplier": supplier}
    said["iban"] = SUPPLIERS[supplier]
    claims = {"title": f"Pay {supplier}", "risk": "medium"}
    return "shop", tool("payout", said, subject=chance.choice(BUYERS), session=f"books-{amount}", claims=claims)


def voucher(chance: Random) -> Asked:
    said = {"customer": chance.choice(CUSTOMERS), "amount": 5 * chance.randrange(1, 6), "currency": "EUR"}
    return "shop", tool("issue_voucher", said, subject=chance.choice(DESK), session=_ticket(chance))


def form(chance: Random, *, ticket: str = "") -> Asked:
    who = chance.choice(CUSTOMERS)
    schema = {
        "type": "object",
        "properties": {
            "outcome": {"type": "string", "enum": ["refund", "replace", "apologise"], "default": "replace"},
            "notify": {"type": "boolean", "title": "Tell the customer by mail", "default": True},
        },
        "required": ["outcome"],
    }
    params = {"message": f"{who} waits for an answer. How is it settled?", "requestedSchema": schema}
    return "crm", elicitation(
        "elicitation_form", params, subject=chance.choice(DESK), session=ticket or _ticket(chance)
    )


def link(chance: Random) -> Asked:
    url = f"https://connect.crm-suite.example/oauth/authorize?client_id=crm-desk&state={chance.randrange(10**6)}"
    params = {"mode": "url", "message": "Reconnect your CRM account.", "url": url}
    return "crm", elicitation("elicitation_url", params, subject=chance.choice(DESK), session=_ticket(chance))


def sampling(chance: Random, *, ticket: str = "") -> Asked:
    """A question to the model, with so much of the documents as makes some of them long to read."""
    pages = "\n".join(
        f"{n}. {chance.choice(GOODS)}: {chance.choice(HARM)}, {chance.randrange(90)} cases."
        for n in range(chance.choice((2, 4, 30, 200)))
    )
    text = f"{chance.choice(QUESTIONS)}\n{pages}"
    return "docs-search", create_message(
        [{"role": "user", "content": {"type": "text", "text": text}}], subject=chance.choice(DESK),
        session=ticket or f"question-{chance.randrange(10**4)}",
    )  # fmt: skip


def sampling_result(of: str, *, subject: str, session: str) -> Ask:
    """What the model answered to a question that was allowed, on its way back."""
    text = "By the two dated documents: Lumen AS and Kyoto Wares ship by sea; the third document is undated."
    params = {"role": "assistant", "content": {"type": "text", "text": text}, "model": "assistant-large"}
    mcp = {"revision": "2025-11-25", "method": "sampling/createMessage", "params": params}
    return {
        "kind": "sampling_result", "mcp": mcp, "sampling_action": of, "subject": subject, "session": session,
        "nonce": NONCE,
    }  # fmt: skip


def deploy(chance: Random) -> Asked:
    version = chance.randrange(380, 413)
    said = {"service": chance.choice(SERVICES), "to": f"v{version}", "regions": ["eu-west"]}
    claims = {"title": f"Release v{version}", "reasoning": "All checks are green.", "risk": "low"}
    return "deploy-bot", tool(
        "deploy.release", said, subject="petra@example.org", session=f"release-{version}", signals={"env": "prod"},
        claims=claims,
    )  # fmt: skip


def delete(chance: Random) -> Asked:
    said = {"service": chance.choice(SERVICES), "older_than": "30d"}
    return "deploy-bot", tool("deploy.delete_images", said, session=f"cleaning-{chance.randrange(99)}")


def search(chance: Random, *, ticket: str = "") -> Asked:
    said = {"query": chance.choice(QUESTIONS).rstrip("?.").lower(), "limit": chance.choice((10, 20, 20, 50))}
    return "deploy-bot", tool("search_documents", said, subject=chance.choice(DESK), session=ticket or _ticket(chance))


def tool(name: str, arguments: dict[str, Any], **more: Any) -> Ask:
    mcp = {"revision": "2026-07-28", "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return {"kind": "tool_call", "mcp": mcp, "nonce": NONCE, **more}


def elicitation(kind: str, params: dict[str, Any], **more: Any) -> Ask:
    mcp = {"revision": "2026-07-28", "method": "elicitation/create", "params": params}
    return {"kind": kind, "mcp": mcp, "nonce": NONCE, **more}


def create_message(messages: list[dict[str, Any]], **more: Any) -> Ask:
    params = {
        "messages": messages,
        "systemPrompt": "Answer from the given documents only. Say so when they do not tell.",
        "modelPreferences": {"hints": [{"name": "assistant-large"}], "intelligencePriority": 0.7},
        "includeContext": "none",
        "temperature": 0.2,
        "maxTokens": 1200,
    }
    mcp = {"revision": "2025-11-25", "method": "sampling/createMessage", "params": params}
    return {"kind": "sampling", "mcp": mcp, "nonce": NONCE, **more}


def _ticket(chance: Random) -> str:
    return f"ticket-{chance.randrange(300, 512)}"
