"""From hits to the refusal that says so: the rule, the place, what to do instead; never the value."""

from collections.abc import Collection, Iterable
from typing import Any

from ...errors import SecretFound
from .. import links
from . import asking, values
from .hits import Hit
from .patterns import RULES as VALUE_RULES
from .words import RULES as FORM_RULES

INSTEAD = "Placet keeps no secrets: refer to it by name, or have the person enter it on your own page (URL mode)."


def in_ask(kind: str, value: dict[str, Any]) -> tuple[Hit, ...]:
    """All hits in a submission; its nonce and the digests of definitions are not looked at."""
    said = {member: each for member, each in value.items() if member not in ("nonce", "definition")}
    found = values.held(said)
    params = value["mcp"]["params"]
    if kind == "elicitation_form":
        found += asking.asked(params)
    if kind == "elicitation_url" and links.carries(params["url"]):
        found.append(Hit("url-credential", "/mcp/params/url"))
    return tuple(found)


def first(hits: Iterable[Hit], *, off: Collection[str]) -> SecretFound | None:
    """The refusal for the first hit whose rule is not switched off; None for none."""
    hit = next((each for each in hits if each.rule not in off), None)
    return None if hit is None else _refusal(hit)


def _refusal(hit: Hit) -> SecretFound:
    if hit.is_form:
        what = FORM_RULES[hit.rule]
        words = f"This form asks for {what} (rule {hit.rule}). Ask for secrets in URL mode, never in a form."
        return SecretFound("asks_for_secret", words, rule=hit.rule, pointer=hit.place)
    where = f", at character {hit.offset}" if hit.offset >= 0 else ""
    words = f"This looks like {VALUE_RULES[hit.rule]} (rule {hit.rule}{where}). {INSTEAD}"
    return SecretFound("holds_secret", words, rule=hit.rule, pointer=hit.place, offset=hit.offset)
