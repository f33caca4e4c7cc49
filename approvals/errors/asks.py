"""Refusals about asks: submitting, deciding, using and answering them."""

from accounts.errors import Refusal
from accounts.words import said


class NotAnAsk(Refusal):
    """The submission is not an ask. `code` is more exact than the class: duplicate_key, unknown_kind, wrong_type …"""

    def __init__(self, code: str, message: str, *, pointer: str | None = None) -> None:
        super().__init__(message, pointer=pointer)
        self.code = code


class SecretFound(Refusal):
    """A form that asks for a secret, or a text that holds one. `rule` names the check, `offset` the character; the
    secret itself is nowhere in here.
    """

    code = "holds_secret"

    def __init__(self, code: str, message: str, *, rule: str, pointer: str, offset: int = -1) -> None:
        super().__init__(message, pointer=pointer)
        self.code, self.rule, self.offset = code, rule, offset


class TooLarge(Refusal):
    code = "too_large"
    message = said("An ask has at most 262144 bytes.")


class BadIdempotencyKey(Refusal):
    code = "bad_idempotency_key"
    message = said("Send an Idempotency-Key header of 1 to 200 visible ASCII characters.")


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"
    message = said("This idempotency key was used for another ask. Use a new key for a new ask.")


class NotFound(Refusal):
    """Not there, or not yours: nobody can tell which."""

    code = "not_found"
    message = said("There is no such action here.")


class AlreadySettled(Refusal):
    """Somebody was faster. Says how it ended, by whom and when, so that a page can tell."""

    code = "already_terminal"
    message = said("This action has been decided.")

    def __init__(self, *, state: str, at: object = None, by: tuple[str, ...] = ()) -> None:
        super().__init__(said("This action is {state} already.", state=said(state)))
        self.state, self.at, self.by = state, at, by


class AlreadyReviewed(Refusal):
    code = "already_reviewed"
    message = said("You have said yes to this already. It waits for others.")


class OwnAsk(Refusal):
    code = "own_ask"
    message = said("This happens on your behalf, so another owner has to decide it.")


class OwnServer(Refusal):
    code = "own_server"
    message = said("Your own server asks this, so another owner has to decide it.")


class NotYourTurn(Refusal):
    code = "not_your_turn"
    message = said("Others decide before you. You are asked when it is your turn.")


class AlreadySpokenFor(Refusal):
    """Two voices of one authority: somebody who was away, and who stood in for them."""

    code = "already_spoken_for"
    message = said("The same voice has said yes already: one person and who stands in for them count once.")


class EnoughOfYourRole(Refusal):
    code = "enough_of_your_role"
    message = said("Your role has said all the yes that are needed of it. It waits for others.")


class AlreadyPassedOn(Refusal):
    code = "already_passed_on"
    message = said("You have passed this on already. Take it over if it is yours after all.")


class NotEligible(Refusal):
    code = "not_eligible"
    message = said("This person may not decide it.")


class BadHandover(Refusal):
    code = "bad_handover"
    message = said("Name somebody else, or take it over yourself.")


class NothingToEscalate(Refusal):
    code = "nothing_to_escalate"
    message = said("Its rule names no further step of escalation.")


class NotAnOwner(Refusal):
    code = "not_an_owner"
    message = said("You may see this, but deciding it is not your duty.")


class PasskeyMissing(Refusal):
    code = "passkey_missing"
    message = said("The rule wants each yes signed with a passkey, on the page of the ask. A no needs none.")


class PasskeyNotTaken(Refusal):
    code = "passkey_not_taken"
    message = said("So many people decide this that a receipt has no room for their passkeys. Decide it without one.")


class LookedTooShort(Refusal):
    """The rule wants it looked at for a while first: so long after this person first saw this view."""

    code = "too_soon"
    message = said("The rule wants this looked at for longer before a yes.")


class Unopened(Refusal):
    code = "unopened"
    message = said("Not everything was open. Open what is large and read it before a yes.")


class StaleView(Refusal):
    code = "stale_view"
    message = said("What you saw is not what would be signed. Look at it again, then decide.")


class UnknownVerdict(Refusal):
    code = "unknown_verdict"
    message = said("A verdict is approve or deny.")


class TextTooLong(Refusal):
    code = "text_too_long"
    message = said("Keep it under 2000 characters.")


class TextMissing(Refusal):
    code = "text_missing"
    message = said("There is nothing written yet.")


class BadValidity(Refusal):
    code = "bad_validity"
    message = said("An approval is valid for 1 to 600 seconds.")


class NotApproved(Refusal):
    code = "not_approved"
    message = said("Only an approved action can be used.")


class AlreadyConsumed(Refusal):
    code = "already_consumed"
    message = said("This approval was used already. An approval is good for one use.")


class ApprovalExpired(Refusal):
    code = "approval_expired"
    message = said("This approval has expired. Ask again.")


class NotConsumed(Refusal):
    code = "not_consumed"
    message = said("Use the approval before you report what came of it.")


class OutcomeConflict(Refusal):
    code = "outcome_conflict"
    message = said("Another outcome was reported for this action already.")


class BadOutcome(Refusal):
    code = "bad_outcome"
    message = said("An outcome's status is succeeded or failed.")


class TooMany(Refusal):
    """A bound of the server or of a rule is reached. Nothing was stored; `seconds` says when to try again.

    `whole` says that it holds for all that the server asks, until then; `every` how many seconds later the next may
    come after the first that is admitted again.
    """

    code = "too_many"

    def __init__(self, message: str, *, seconds: int, whole: bool = False, every: float = 1.0) -> None:
        super().__init__(message)
        self.seconds, self.whole, self.every = seconds, whole, every


class NotReleased(Refusal):
    code = "not_released"
    message = said("Only an approved elicitation that was submitted with answer: console is answered here.")


class AnswerOver(Refusal):
    code = "answer_over"
    message = said("The time to answer this is over, or its answer was erased.")


class ConnectOver(Refusal):
    code = "connect_over"
    message = said("This link was opened as often as it may be, or its time is over.")


class AlreadyAnswered(Refusal):
    code = "already_answered"
    message = said("This was answered already. The first answer stands.")


class UnknownAnswer(Refusal):
    code = "unknown_answer"
    message = said("An answer is accept, decline or cancel.")


class InvalidAnswer(Refusal):
    """The content breaks the form's rules. `wrong` says how: the blank's key ("" for the whole) -> a sentence."""

    code = "invalid_answer"
    message = said("Some answers do not fit yet.")

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__()
        self.wrong = wrong


class NotAnEditor(Refusal):
    code = "not_an_editor"
    message = said("Changing this before a yes is not your right. You may decide it as it is.")


class NotEditable(Refusal):
    code = "not_editable"
    message = said("The rule does not let this be changed, or the ask does not have it.")


class BadEdit(Refusal):
    code = "bad_edit"
    message = said("This cannot stand there.")


class NothingEdited(Refusal):
    code = "nothing_edited"
    message = said("Nothing would change. Approve it as it is, or change a value.")


class EditLeavesRule(Refusal):
    """The edited ask would not be stopped where this one was, or not let through at all."""

    code = "edit_leaves_rule"
    message = said("Changed so, it would be another rule's.")
