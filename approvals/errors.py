"""Every anticipated no of the approvals rooms. The code is public and stable; doors map it to a status."""

from accounts.errors import Refusal, Unauthenticated

__all__ = ["Refusal", "Unauthenticated"]


class NotAnAsk(Refusal):
    """The submission is not an ask. `code` is more exact than the class: duplicate_key, unknown_kind, wrong_type …"""

    def __init__(self, code: str, message: str, *, pointer: str | None = None) -> None:
        super().__init__(message, pointer=pointer)
        self.code = code


class TooLarge(Refusal):
    code = "too_large"
    message = "An ask has at most 262144 bytes."


class BadIdempotencyKey(Refusal):
    code = "bad_idempotency_key"
    message = "Send an Idempotency-Key header of 1 to 200 visible ASCII characters."


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    message = "This idempotency key was used for another ask. Use a new key for a new ask."


class NotFound(Refusal):
    """Not there, or not yours: nobody can tell which."""

    code = "not_found"
    message = "There is no such action here."


class AlreadySettled(Refusal):
    """Somebody was faster. Says how it ended, by whom and when, so that a page can tell."""

    code = "already_terminal"
    message = "This action has been decided."

    def __init__(self, *, state: str, at: object = None, by: tuple[str, ...] = ()) -> None:
        super().__init__(f"This action is {state} already.")
        self.state, self.at, self.by = state, at, by


class AlreadyReviewed(Refusal):
    code = "already_reviewed"
    message = "You have said yes to this already. It waits for others."


class OwnAsk(Refusal):
    code = "own_ask"
    message = "This happens on your behalf, so another owner has to decide it."


class NotAnOwner(Refusal):
    code = "not_an_owner"
    message = "You may see this, but deciding it is not your duty."


class StaleView(Refusal):
    code = "stale_view"
    message = "What you saw is not what would be signed. Look at it again, then decide."


class UnknownVerdict(Refusal):
    code = "unknown_verdict"
    message = "A verdict is approve or deny."


class TextTooLong(Refusal):
    code = "text_too_long"
    message = "Keep it under 2000 characters."


class TextMissing(Refusal):
    code = "text_missing"
    message = "There is nothing written yet."


class BadValidity(Refusal):
    code = "bad_validity"
    message = "An approval is valid for 1 to 600 seconds."


class NotApproved(Refusal):
    code = "not_approved"
    message = "Only an approved action can be used."


class AlreadyConsumed(Refusal):
    code = "already_consumed"
    message = "This approval was used already. An approval is good for one use."


class ApprovalExpired(Refusal):
    code = "approval_expired"
    message = "This approval has expired. Ask again."


class NotConsumed(Refusal):
    code = "not_consumed"
    message = "Use the approval before you report what came of it."


class OutcomeConflict(Refusal):
    code = "outcome_conflict"
    message = "Another outcome was reported for this action already."


class BadOutcome(Refusal):
    code = "bad_outcome"
    message = "An outcome's status is succeeded or failed."


class BadPolicy(Refusal):
    code = "bad_policy"
    message = "This policy cannot be published."


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


class TooMany(Refusal):
    """A bound of the server or of a rule is reached. Nothing was stored; `seconds` says when to try again."""

    code = "too_many"

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class NotReleased(Refusal):
    code = "not_released"
    message = "Only an approved elicitation that was submitted with answer: console is answered here."


class AnswerOver(Refusal):
    code = "answer_over"
    message = "The time to answer this is over, or its answer was erased."


class AlreadyAnswered(Refusal):
    code = "already_answered"
    message = "This was answered already. The first answer stands."


class UnknownAnswer(Refusal):
    code = "unknown_answer"
    message = "An answer is accept, decline or cancel."


class InvalidAnswer(Refusal):
    """The content breaks the form's rules. `wrong` says how: the blank's key ("" for the whole) -> a sentence."""

    code = "invalid_answer"
    message = "Some answers do not fit yet."

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__()
        self.wrong = wrong


class AlreadyResolved(Refusal):
    code = "already_resolved"
    message = "Somebody has resolved this already."


class OwnGlass(Refusal):
    code = "own_glass"
    message = "You broke the glass here, so another exceptions owner has to look at it."


class NotAnAdmin(Refusal):
    code = "not_an_admin"
    message = "Only admins change the map."


class BadChange(Refusal):
    """What is proposed cannot be: `pointer` says where."""

    code = "bad_change"
    message = "This cannot be proposed."


class NothingToChange(Refusal):
    code = "nothing_to_change"
    message = "This is what stands already."


class OwnChange(Refusal):
    code = "own_change"
    message = "You proposed this, so another admin has to confirm it."


class StaleChange(Refusal):
    code = "stale_change"
    message = "What stands is no longer what this was proposed on. Propose it again on what stands now."


class ChangeOver(Refusal):
    code = "change_over"
    message = "This change is decided."

    def __init__(self, *, state: str) -> None:
        super().__init__(f"This change is {state} already.")
        self.state = state


class LastAdmin(Refusal):
    code = "last_admin"
    message = "This would leave the console without an admin. Make another one first."


class Unsatisfiable(BadPolicy):
    """Too few people: the rule could never be met by those who hold its roles now."""

    code = "unsatisfiable"
    message = "Too few people could ever say yes."


class NoBreakGlass(Refusal):
    code = "no_break_glass"
    message = "Breaking the glass is not your duty here."


class TooManyBroken(Refusal):
    code = "too_many_broken"
    message = "You have broken as many glasses as one person may within an hour."


class BadMap(Refusal):
    """The file cannot be read; `line` counts from 1, and is None where no single line is at fault."""

    code = "bad_map"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(f"Line {line}: {message}" if line else message)
        self.line = line


class BadGrant(Refusal):
    """The grant's own terms make no sense, or go beyond what the rule allows."""

    code = "bad_grant"
    message = "A grant covers asks like one that was approved, in number, time and rate."


class NotGrantable(Refusal):
    """No grant can be made of this action by this person. The message says why."""

    code = "not_grantable"
    message = "This cannot be granted beforehand."


class AlreadyRevoked(Refusal):
    code = "already_revoked"
    message = "This grant was revoked already."
