"""One console with something on every page, and hostile and endless text wherever somebody else writes."""

from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from accounts import absences, invitations, notices, roles
from accounts.models import Server, User
from approvals import changes, erasing, findings, grants, reviews, sequencing, simulating, tallying
from approvals.models import Entry
from approvals.sightings import listed
from tests.approvals import answering
from tests.approvals.trying.granting import BOUNDS, TERMS
from tests.asks import ask, identity, submit
from tests.publishing import publish, rule

from . import corpus

ENDLESS = "drop_\u202etable<script>alert(1)</script>" + "x" * 110
DUTIES = {"approval": "payments-owner", "logging": "payments-owner", "exceptions": "data-owner"}
#: Addresses of each page by who may see it; with what of the page has to be there before it is looked at.
type Pages = dict[str, list[str]]


def furnish(shop: Server, people: dict[str, User], *, at) -> Pages:
    """`people` are alice, bob, carol and dana; alice becomes an admin, ann is the second."""
    alice, bob = people["alice"], people["bob"]
    alice.is_staff = True
    alice.save()
    people["ann"] = User.objects.create_user("ann" + "n" * 120, is_staff=True, first_name=ENDLESS[:100])
    roles.give(role="data-owner", user=alice, at=at)
    actions = [*_asked(shop, alice, bob, at=at), *(reverse("action", args=[made.pk]) for made in _hostile(shop, at=at))]
    session = f"{reverse('session', args=['shop'])}?id=s-81"
    own = [
        "/", "/?part=mine", "/?view=decided", "/?q=nothing", "/?view=decided&state=denied&since=2020-01-01",
        "/actions/none/", *actions, session, "/insights/", "/insights/?weeks=4&sort=slow", "/ledger/",
        "/ledger/?q=nobody", reverse("entry", args=[_line(bob, at=at).pk]), "/verify/", "/log/", "/answers/",
        "/password/", "/sign-out/", "/confirm/", "/you/", "/you/passkeys/", "/you/passkeys/new/", "/you/channels/",
        "/you/second-factor/",
        "/away/", "/drills/", "/sign-in/inactive/",
        *_governed(shop, alice, people["ann"], at=at), *_trying(shop, alice, bob, at=at), *_people(people, at=at),
    ]  # fmt: skip
    return {
        "": ["/sign-in/", _invited(alice, at=at), "/offline/", "/offline/?sent"],
        "alice": own,
        **_answering(shop, alice, at=at),
    }


def _asked(shop, alice, bob, *, at) -> list[str]:
    """Refunds: one half approved, one denied, one approved, a large one, one edited, one erased; then a session."""
    publish(
        checkpoint="shop/refund", pattern="refund", need=2, roles=DUTIES, deadline_seconds=600, edit=["/amount"],
        consequence=ENDLESS, at=at,
    )  # fmt: skip
    large = ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": {"log": "a  b\n" * 1_000}}})
    half, denied, approved, erased = (submit(shop, ask(session="s-81"), key=f"t{n}", at=at).action for n in range(4))
    big = submit(shop, large, key="large", at=at).action
    for action in (half, approved):
        reviews.record(action_id=action.pk, reviewer=bob, verdict="approve", note=ENDLESS, at=at)
    reviews.record(action_id=approved.pk, reviewer=alice, verdict="approve", at=at)
    for action in (denied, erased):
        reviews.record(action_id=action.pk, reviewer=bob, verdict="deny", note=ENDLESS, at=at)
    reviews.comment(action_id=half.pk, author=bob, text=ENDLESS * 5, at=at)
    erasing.erase(action_id=erased.pk, person=alice, reason=ENDLESS, at=at)
    here, more = reverse("action", args=[half.pk]), reverse("action", args=[big.pk])
    return [
        here, more, f"{more}?deny=1", f"{more}?open=*", f"{here}?as=bytes", f"{here}?told=stale_view",
        f"/?action={half.pk}", f"{reverse('several')}?{urlencode([('action', half.pk), ('action', big.pk)])}",
        reverse("edit", args=[half.pk]), reverse("action", args=[denied.pk]),
        reverse("action", args=[approved.pk]), reverse("action", args=[erased.pk]),
        reverse("erase", args=[denied.pk]),
    ]  # fmt: skip


def _hostile(shop, *, at):
    """The corpus in every field of every kind, and a question for nobody of a tool whose definition changed."""
    for kind in ("sampling", "sampling_result", "elicitation_form", "elicitation_url"):
        publish(checkpoint=f"shop/{kind}", kind=kind, pattern="*", deadline_seconds=600, roles=DUTIES, at=at)
    publish(checkpoint="shop/hostile", pattern="<*", deadline_seconds=600, roles=DUTIES, at=at)
    made = [submit(shop, value, key=f"h{n}", at=at).action for n, value in enumerate(corpus.asks())]
    schema = {"type": "object", "properties": {"reason": {"type": "string"}}}
    definition = {"dig": "A" * 43, "approved": "B" * 42 + "A"}
    odd = answering.form({"message": "?", "requestedSchema": schema}, subject="nobody", definition=definition)
    return [*made, submit(shop, odd, key="nobody", at=at).action]


def _line(bob, *, at) -> Entry:
    """The days counted and a head signed; returns the line of a decision."""
    tallying.run(at=at)
    sequencing.run(at=at)
    return Entry.objects.filter(event="action.denied").latest("pk")


def _governed(shop, alice, ann, *, at) -> list[str]:
    """Gaps, what fell through, a rule in two revisions, a change that waits, and servers."""
    submit(shop, ask(tool="export"), key="gap", at=at)
    Server.objects.filter(pk=shop.pk).update(tools=["refund", "voucher"], per_minute=600)
    listed(server=identity(shop), names=["refund", "a\u202eb", ENDLESS], at=at)
    place = publish(checkpoint="shop/payout", pattern="payout", roles=DUTIES, at=at, by=alice).checkpoint
    publish(checkpoint="shop/payout", pattern="payout", need=2, passkey="required", roles=DUTIES, at=at, by=alice)
    failed = {"code": "outcome_failed", "checkpoint_id": place.pk, "server_id": shop.pk, "kind": "tool_call"}
    findings.record([findings.Noted(**failed, about=ENDLESS[:120], detail=ENDLESS)], at=at)
    document = rule(checkpoint="shop/payout", pattern="payout", when='signals.env == "prod"', roles=DUTIES).document
    change = changes.propose(author=ann, about="checkpoint", subject="shop/payout", proposed=document, at=at)
    one, edit = (reverse(name, args=[place.pk]) for name in ("checkpoint", "checkpoint_edit"))
    return [
        "/boundaries/", "/boundaries/?server=shop", "/exceptions/", "/exceptions/?state=resolved", "/checkpoints/",
        f"{one}?then=2026-11-23T10:00", edit, "/checkpoints/new/", "/changes/", f"/changes/{change.pk}/", "/map/",
        "/servers/", "/servers/_new/", "/servers/shop/", "/servers/shop/stop/",
    ]  # fmt: skip


def _trying(shop, alice, bob, *, at) -> list[str]:
    """A grant given, one about to be, a draft on the record, an ask followed."""
    publish(checkpoint="shop/voucher", pattern="voucher", grants=BOUNDS, deadline_seconds=600, roles=DUTIES, at=at)
    done = []
    for n in (1, 2):
        value = ask(
            mcp={"method": "tools/call", "params": {"name": "voucher", "arguments": {"order": "A1", "amount": n}}}
        )
        action = submit(shop, value, key=f"v{n}", at=at).action
        reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=at)
        done.append(action)
    given = grants.create(action_id=done[0].pk, person=alice, terms=TERMS, at=at)
    run = simulating.start(author=alice, rule=rule(checkpoint="x", pattern="re*"), days=3, at=at)
    return [
        "/try/?name=refund", "/simulations/?checkpoint=shop/voucher", reverse("simulation", args=[run.pk]), "/grants/",
        reverse("grant", args=[given.pk]), reverse("grant_new", args=[done[1].pk]),
    ]  # fmt: skip


def _people(people, *, at) -> list[str]:
    """Somebody away, somebody told something endless, and a role with an endless name."""
    carol, dana = people["carol"], people["dana"]
    roles.give(role="r" * 150, user=dana, at=at)
    absences.declare(person=carol, delegates={"data-owner": dana}, note=ENDLESS, at=at)
    notices.tell(person=people["alice"], code="new_place", text=ENDLESS * 3, at=at)
    return [
        "/people/", "/people/alice/", f"/people/{people['ann'].username}/",
        f"/roles/payments-owner/?at={at - timedelta(days=1):%Y-%m-%dT%H:%M}", f"/roles/{'r' * 150}/",
    ]  # fmt: skip


def _invited(alice, *, at) -> str:
    newcomer = User.objects.create_user("newcomer" + "n" * 90)
    return reverse("invitation", args=[invitations.issue(person=newcomer, by=alice, at=at)])


def _answering(shop, alice, *, at) -> Pages:
    """What dana is asked: a form of everything, a link, and one she answered."""
    released = [
        answering.released(shop, alice, value, key=f"q{n}", at=at)
        for n, value in enumerate((answering.form(HOSTILE_FORM), answering.link(), answering.form()))
    ]
    pages = [reverse("answer", args=[action.pk]) for action in released]
    return {"dana": ["/answers/", *pages, reverse("connect", args=[released[1].pk]), "/"]}


HOSTILE_FORM = {
    "message": f"Please say. {ENDLESS}",
    "requestedSchema": {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "title": "Age", "minimum": 1},
            "call": {"type": "string", "title": "Call me at", "format": "date-time"},
            "color": {"type": "string", "title": ENDLESS, "enum": ["r", "g"], "enumNames": [ENDLESS, "Green"]},
            "day": {"type": "string", "title": "Day", "format": "date"},
            "many": {"type": "array", "title": "Toppings", "items": {"enum": ["a", ENDLESS]}, "minItems": 1},
            "news": {"type": "boolean", "title": "Newsletter", "default": True},
            "story": {"type": "string", "title": ENDLESS, "description": ENDLESS, "maxLength": 4000},
        },
        "required": ["many"],
    },
}
