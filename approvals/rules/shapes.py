"""What an ask of each kind has to look like (MCP 2025-11-25 and 2026-07-28), and nothing about whether it is wise."""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from accounts.words import said

from ..errors import NotAnAsk
from . import links

METHODS = {
    "sampling": "sampling/createMessage",
    "sampling_result": "sampling/createMessage",
    "elicitation_form": "elicitation/create",
    "elicitation_url": "elicitation/create",
    "tool_call": "tools/call",
}
PRIMITIVES = {"string", "number", "integer", "boolean", "array"}
ROLES = {"user", "assistant"}
ANSWERED = {"elicitation_form", "elicitation_url"}
#: 32 bytes as base64url without padding: the last character carries four bits.
DIGEST = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
MAX_NAME = 256
MOST_NAMES = 32  # values for which a server may send a name along


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool's definition by its digest, and by that of the one approved last, "" when its submitter knows of none."""

    tool: str
    dig: str
    approved: str


def require_object(value: Any, pointer: str) -> dict[str, Any]:
    return _typed(value, dict, pointer, "an object")


def refuse_unknown(value: dict[str, Any], known: set[str], pointer: str) -> None:
    for member in value.keys() - known:
        raise NotAnAsk("unknown_member", said("This member is not known here."), pointer=f"{pointer}/{_escape(member)}")


def text(value: dict[str, Any], member: str, *, limit: int, at: str = "") -> str:
    """Return an optional text, "" when absent; refused when it is no string, empty, or too long."""
    if member not in value:
        return ""
    return _short(value[member], f"{at}/{member}", limit)


def mcp(value: dict[str, Any]) -> dict[str, Any]:
    """Return the MCP part: method as the kind wants it, params an object."""
    part = require_object(_required(value, "mcp", ""), "/mcp")
    refuse_unknown(part, {"revision", "method", "params"}, "/mcp")
    text(part, "revision", limit=32, at="/mcp")
    method, wanted = _required(part, "method", "/mcp"), METHODS[value["kind"]]
    if method != wanted:
        raise NotAnAsk(
            "wrong_method",
            said("A {value} has the method {wanted}.", value=value["kind"], wanted=wanted),
            pointer="/mcp/method",
        )
    params = require_object(_required(part, "params", "/mcp"), "/mcp/params")
    CHECKS[value["kind"]](params, "/mcp/params")
    return part


def name_of(kind: str, part: dict[str, Any]) -> str:
    """What policy patterns match: the tool's name, the URL's host, or else the method."""
    if kind == "tool_call":
        return part["params"]["name"]
    if kind == "elicitation_url":
        return links.host(part["params"]["url"])
    return part["method"]


def origin(value: dict[str, Any]) -> dict[str, str]:
    """Return the client request that caused the ask: short texts only."""
    part = require_object(value.get("origin", {}), "/origin")
    refuse_unknown(part, {"method", "name", "dig", "principal"}, "/origin")
    return {member: text(part, member, limit=256, at="/origin") for member in part}


def claims(value: dict[str, Any]) -> None:
    part = require_object(value.get("claims", {}), "/claims")
    refuse_unknown(part, {"title", "reasoning", "risk", "names"}, "/claims")
    text(part, "title", limit=300, at="/claims")
    text(part, "reasoning", limit=20000, at="/claims")
    text(part, "risk", limit=100, at="/claims")
    names = require_object(part.get("names", {}), "/claims/names")
    if len(names) > MOST_NAMES:
        raise NotAnAsk(
            "bad_length", said("At most {most_names} values are named.", most_names=MOST_NAMES), pointer="/claims/names"
        )
    for place in names:
        if not 1 <= len(place) <= 200 or not place.startswith("/"):
            raise NotAnAsk(
                "bad_place", said("Name a value by its JSON pointer, such as /customer."), pointer="/claims/names"
            )
        _short(names[place], f"/claims/names/{_escape(place)}", 200)


def identity(value: dict[str, Any]) -> None:
    part = require_object(value.get("identity", {}), "/identity")
    refuse_unknown(part, {"host", "model", "chain"}, "/identity")
    text(part, "host", limit=256, at="/identity")
    text(part, "model", limit=256, at="/identity")
    for index, link in enumerate(_typed(part.get("chain", []), list, "/identity/chain", "an array")):
        _short(link, f"/identity/chain/{index}", 256)


def bundle(value: dict[str, Any]) -> str:
    """Return the bundle's id; its key and size stay in the context."""
    if "bundle" not in value:
        return ""
    part = require_object(value["bundle"], "/bundle")
    refuse_unknown(part, {"id", "key", "size"}, "/bundle")
    _short(_required(part, "id", "/bundle"), "/bundle/id", 128)
    text(part, "key", limit=256, at="/bundle")
    size = part.get("size", 1)
    if type(size) is not int or not 1 <= size <= 1000:
        raise NotAnAsk("wrong_type", said("size must be a whole number from 1 to 1000."), pointer="/bundle/size")
    return part["id"]


def definition(value: dict[str, Any]) -> Definition | None:
    """Return the tool's definition as its submitter saw it, by digest (kind `tool_definition`)."""
    if "definition" not in value:
        return None
    part = require_object(value["definition"], "/definition")
    refuse_unknown(part, {"dig", "approved"}, "/definition")
    dig = _digest(_required(part, "dig", "/definition"), "/definition/dig")
    before = part.get("approved")
    approved = "" if before is None else _digest(before, "/definition/approved")
    tool = value["mcp"]["params"]["name"] if value["kind"] == "tool_call" else origin(value).get("name", "")
    return Definition(tool, dig, approved)


def tool(value: Any, at: str) -> str:
    """One tool of a server's list: its name; a digest that is none is refused."""
    said = require_object(value, at)
    refuse_unknown(said, {"name", "dig"}, at)
    if "dig" in said:
        _digest(said["dig"], f"{at}/dig")
    return _short(_required(said, "name", at), f"{at}/name", MAX_NAME)


def answered_here(value: dict[str, Any]) -> bool:
    """Whether the subject answers a released elicitation on the console, instead of where the server asks them."""
    if "answer" not in value:
        return False
    if value["kind"] not in ANSWERED:
        raise NotAnAsk("bad_answer", said("Only an elicitation has an answer."), pointer="/answer")
    if value["answer"] != "console":
        raise NotAnAsk("bad_answer", said("answer must be console, or left out."), pointer="/answer")
    if "subject" not in value:
        raise NotAnAsk(
            "missing_member", said("Who answers on the console is the subject: name one."), pointer="/subject"
        )
    return True


def _digest(value: Any, pointer: str) -> str:
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise NotAnAsk(
            "bad_digest", said("This must be a SHA-256 digest in base64url: 43 characters."), pointer=pointer
        )
    return value


def _tool_call(params: dict[str, Any], at: str) -> None:
    _short(_required(params, "name", at), f"{at}/name", MAX_NAME)
    require_object(params.get("arguments", {}), f"{at}/arguments")


def _sampling(params: dict[str, Any], at: str) -> None:
    messages = _typed(_required(params, "messages", at), list, f"{at}/messages", "an array")
    for index, message in enumerate(messages):
        _message(message, f"{at}/messages/{index}")
    most = _required(params, "maxTokens", at)
    if type(most) is not int or most < 1:
        raise NotAnAsk("wrong_type", said("maxTokens must be a whole number of at least 1."), pointer=f"{at}/maxTokens")
    _typed(params.get("systemPrompt", ""), str, f"{at}/systemPrompt", "a string")
    _typed(params.get("tools", []), list, f"{at}/tools", "an array")


def _sampling_result(params: dict[str, Any], at: str) -> None:
    _message(params, at)
    _short(_required(params, "model", at), f"{at}/model", 256)


def _message(message: Any, at: str) -> None:
    require_object(message, at)
    if not _is_one_of(_required(message, "role", at), ROLES):
        raise NotAnAsk("wrong_type", said("role must be user or assistant."), pointer=f"{at}/role")
    content = _required(message, "content", at)
    blocks = content if isinstance(content, list) else [content]
    for index, block in enumerate(blocks):
        where = f"{at}/content/{index}" if isinstance(content, list) else f"{at}/content"
        _short(_required(require_object(block, where), "type", where), f"{where}/type", 64)


def _form(params: dict[str, Any], at: str) -> None:
    _mode(params, {None, "form"}, at)
    _typed(_required(params, "message", at), str, f"{at}/message", "a string")
    schema = require_object(_required(params, "requestedSchema", at), f"{at}/requestedSchema")
    if schema.get("type") != "object":
        raise NotAnAsk(
            "not_flat", said("requestedSchema must be of type object."), pointer=f"{at}/requestedSchema/type"
        )
    where = f"{at}/requestedSchema/properties"
    for field, rule in require_object(schema.get("properties", {}), where).items():
        pointer = f"{where}/{_escape(field)}"
        if not _is_one_of(require_object(rule, pointer).get("type"), PRIMITIVES):
            raise NotAnAsk(
                "not_flat", said("A form asks for plain values only, one level deep."), pointer=f"{pointer}/type"
            )


def _url(params: dict[str, Any], at: str) -> None:
    _mode(params, {"url"}, at)
    _typed(_required(params, "message", at), str, f"{at}/message", "a string")
    url = _short(_required(params, "url", at), f"{at}/url", links.MAX_BYTES)
    try:
        links.host(url)
    except ValueError as error:
        raise NotAnAsk("bad_url", str(error), pointer=f"{at}/url") from None


CHECKS = {
    "sampling": _sampling,
    "sampling_result": _sampling_result,
    "elicitation_form": _form,
    "elicitation_url": _url,
    "tool_call": _tool_call,
}


def _mode(params: dict[str, Any], wanted: set[str | None], at: str) -> None:
    if not _is_one_of(params.get("mode"), wanted):
        raise NotAnAsk("wrong_mode", said("The elicitation's mode does not fit its kind."), pointer=f"{at}/mode")


def _required(value: dict[str, Any], member: str, at: str) -> Any:
    if member not in value:
        raise NotAnAsk("missing_member", said("{member} is missing.", member=member), pointer=f"{at}/{member}")
    return value[member]


def _short(value: Any, pointer: str, limit: int) -> str:
    found = _typed(value, str, pointer, "a string")
    if not 1 <= len(found) <= limit:
        raise NotAnAsk("bad_length", said("This must have 1 to {limit} characters.", limit=limit), pointer=pointer)
    if "\0" in found:
        raise NotAnAsk("bad_character", said("This may not hold U+0000: no text column can."), pointer=pointer)
    return found


def _is_one_of(value: Any, known: Set[str | None]) -> bool:
    """Whether it is one of these words. Anything may stand where a word belongs, a list too, which no set can hold."""
    return isinstance(value, str | None) and value in known


def _typed[T](value: Any, kind: type[T], pointer: str, words: str) -> T:
    if not isinstance(value, kind):
        raise NotAnAsk("wrong_type", said("This must be {words}.", words=words), pointer=pointer)
    return value


def _escape(member: str) -> str:
    return member.replace("~", "~0").replace("/", "~1")
