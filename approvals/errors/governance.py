"""Refusals about the map: rules, changes, findings, grants, and breaking glass."""

from accounts.errors import Refusal
from accounts.words import said


class BadPolicy(Refusal):
    code = "bad_policy"
    message = said("This policy cannot be published.")


class BadCondition(BadPolicy):
    """A condition that cannot be read, or does what none may. `line` and `column` count from 1."""

    code = "bad_condition"

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message, pointer="/when")
        self.line, self.column = line, column


class BadSchema(BadPolicy):
    """A schema that says nothing, something we do not check, or more than may be looked at; `pointer` says where."""

    code = "bad_schema"


class ConditionFailed(Exception):
    """Nobody can say whether a condition or schema holds of an ask, so it is denied. Says no values of the ask."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AlreadyResolved(Refusal):
    code = "already_resolved"
    message = said("Somebody has resolved this already.")


class OwnGlass(Refusal):
    code = "own_glass"
    message = said("You broke the glass here, so another exceptions owner has to look at it.")


class NotAnAdmin(Refusal):
    code = "not_an_admin"
    message = said("Only admins change the map.")


class BadChange(Refusal):
    """What is proposed cannot be: `pointer` says where."""

    code = "bad_change"
    message = said("This cannot be proposed.")


class NothingToChange(Refusal):
    code = "nothing_to_change"
    message = said("This is what stands already.")


class OwnChange(Refusal):
    code = "own_change"
    message = said("You proposed this, so another admin has to confirm it.")


class StaleChange(Refusal):
    code = "stale_change"
    message = said("What stands is no longer what this was proposed on. Propose it again on what stands now.")


class ChangeOver(Refusal):
    code = "change_over"
    message = said("This change is decided.")

    def __init__(self, *, state: str) -> None:
        super().__init__(said("This change is {state} already.", state=said(state)))
        self.state = state


class BadDrills(Refusal):
    """Drills that cannot be set up so."""

    code = "bad_drills"
    message = said("Drills cannot be set up so.")


class OwnFinding(Refusal):
    code = "own_finding"
    message = said("This is about you, so another exceptions owner has to look at it.")


class LastAdmin(Refusal):
    code = "last_admin"
    message = said("This would leave the console without an admin. Make another one first.")


class Unsatisfiable(BadPolicy):
    """Too few people: the rule could never be met by those who hold its roles now."""

    code = "unsatisfiable"
    message = said("Too few people could ever say yes.")


class NoBreakGlass(Refusal):
    code = "no_break_glass"
    message = said("Breaking the glass is not your duty here.")


class TooManyBroken(Refusal):
    code = "too_many_broken"
    message = said("You have broken as many glasses as one person may within an hour.")


class BadMap(Refusal):
    """The file cannot be read; `line` counts from 1, and is None where no single line is at fault."""

    code = "bad_map"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(said("Line {line}: {message}", line=line, message=message) if line else message)
        self.line = line


class BadGrant(Refusal):
    """The grant's own terms make no sense, or go beyond what the rule allows."""

    code = "bad_grant"
    message = said("A grant covers asks like one that was approved, in number, time and rate.")


class NotGrantable(Refusal):
    """No grant can be made of this action by this person. The message says why."""

    code = "not_grantable"
    message = said("This cannot be granted beforehand.")


class AlreadyRevoked(Refusal):
    code = "already_revoked"
    message = said("This grant was revoked already.")
