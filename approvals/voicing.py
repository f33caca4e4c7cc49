"""As whom somebody speaks: whose yes counts in which role, and when it is their turn."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from accounts.roles import Holder
from accounts.words import said

from . import access
from .assignment import names_of
from .errors import AlreadySpokenFor, EnoughOfYourRole, NotYourTurn, OwnAsk, OwnServer
from .models import Action, Review
from .rules import quorum


def theirs(action: Action, voices: Sequence[Holder]) -> list[Holder]:
    """Those of the voices that may decide this ask; never none. Nobody decides what is asked for whom they stand in."""
    names, rule, owner = names_of(action), action.policy.rule, action.server.owner_id
    others = [each for each in voices if not access.is_theirs(each, names=names)]
    if not others:
        raise OwnAsk(
            said(
                "This happens on behalf of {on_behalf_of}, for whom you stand in. Another owner decides.",
                on_behalf_of=voices[0].on_behalf_of,
            )
        )
    left = [each for each in others if not access.is_their_server(each, rule=rule, server_owner_id=owner)]
    if not left:
        raise OwnServer()
    return left


def votes_of(reviews: Iterable[Review]) -> list[quorum.Vote]:
    """What was said, as the quorum counts it."""
    return [quorum.Vote(r.reviewer_id, r.on_behalf_of_id or r.reviewer_id, r.role, r.verdict) for r in reviews]


def in_turn(terms: quorum.Terms, votes: Sequence[quorum.Vote], voices: Sequence[Holder]) -> list[Holder]:
    """Return those of one person's voices whose turn it is; NotYourTurn when a sequence has not come to them."""
    named = quorum.turn(terms, quorum.count(terms, votes))
    asked = [each for each in voices if each.role in named]
    if not asked and terms.sequential:
        raise NotYourTurn(
            said(
                "{named} decides now. You are asked when it is your turn, if your yes is still needed.", named=named[0]
            )
        )
    return asked


def voice(
    terms: quorum.Terms, votes: Sequence[quorum.Vote], asked: Sequence[Holder],
    *, others: Callable[[quorum.Terms], Mapping[int, set[str]]],
) -> Holder:  # fmt: skip
    """Return that of one person's voices by which their yes counts best; a refusal when none would count.

    `others` tells who else could say yes; it is asked for only when there is a choice.
    """
    mine = {quorum.Vote(each.user_id, each.on_behalf_of_id or each.user_id, each.role): each for each in asked}
    counting = [vote for vote in mine if quorum.counts(terms, votes, vote)]
    if len(counting) > 1:
        counting = [quorum.best_role(terms, votes, counting, others(terms))]
    if counting:
        return mine[counting[0]]
    spoken = {vote.authority for vote in votes if vote.verdict == "approve"}
    if any(vote.authority in spoken for vote in mine):
        raise AlreadySpokenFor()
    raise EnoughOfYourRole()
