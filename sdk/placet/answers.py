"""What the subject of a released elicitation said on the console, as the console tells it. Nothing here is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

type Said = Literal["accept", "decline", "cancel"]

SAID = ("accept", "decline", "cancel")


@dataclass(frozen=True, slots=True)
class Answer:
    """An MCP `ElicitResult`, and when it was given. `content` is there for an accepted form only."""

    action: Said
    content: dict[str, Any] | None
    answered_at: datetime

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Raises ValueError when this is no answer."""
        action, content, at = said.get("action"), said.get("content"), said.get("answered_at")
        if action not in SAID or not isinstance(at, str) or not isinstance(content, dict | None):
            raise ValueError("this is no answer")
        if content is not None and action != "accept":
            raise ValueError("only what was accepted has content")
        return cls(action, content, datetime.fromisoformat(at))
