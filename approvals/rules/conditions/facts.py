"""What conditions know of an ask, and whether a rule's condition and schema hold of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..policies import Rule
from .language import Condition, condition
from .schemas import Schema, schema

type Facts = Mapping[str, Any]


def facts(
    *, kind: str, name: str, server: str, environment: str, params: dict[str, Any], signals: dict[str, Any],
    subject: str, principal: str, at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """Return the variables of a condition. `args` is what a tool is called with, and for other kinds all `params`."""
    args = params.get("arguments", {}) if kind == "tool_call" else params
    return {
        "kind": kind, "name": name, "server": server, "environment": environment, "args": args, "params": params,
        "signals": signals, "subject": subject, "principal": principal, "now": at,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judge:
    """What a rule wants of an ask's facts, ready to be asked often."""

    when: Condition | None
    arguments: Schema | None

    def holds(self, known: Facts) -> bool:
        """Whether the ask fits; ConditionFailed when nobody can say."""
        if self.arguments is not None and not self.arguments.fits(known["args"]):
            return False
        return self.when is None or self.when.holds(known)


def judge(rule: Rule) -> Judge:
    """Make a rule's condition and schema ready. BadCondition or BadSchema when they are none."""
    return Judge(
        condition(rule.when) if rule.when else None,
        schema(rule.arguments) if rule.arguments is not None else None,
    )


def holds(rule: Rule, known: Facts) -> bool:
    """Whether a rule's schema and condition hold of these facts; ConditionFailed when nobody can say."""
    return judge(rule).holds(known)
