"""Admins propose, confirm, refuse and withdraw in any order, come and go, and time passes.

Whatever happens, what stands is what two admins agreed on (or one who had no second), each on what stood before, and
every no has the name that a plain model of it foretells.
"""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts import roles
from accounts.models import User
from approvals import changes, errors
from approvals.models import Change, Entry, Policy

ADMINS, PLACES = ("ann", "ben", "cleo"), ("shop/refund", "shop/payout")
WHO, PLACE, SECONDS = (
    st.sampled_from(ADMINS),
    st.sampled_from([*PLACES[:1] * 3, *PLACES]),
    st.sampled_from([60, 90, None]),
)
LATER = st.sampled_from([0, 0, 40])
OPEN = ("proposed", "confirmed")


def document(place, seconds):
    said = {"checkpoint": place, "kind": "tool_call", "pattern": place, "deadline_seconds": seconds}
    return said | {"needs": [{"role": "payments-owner"}]} if seconds else None


class Governing(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.sid = transaction.savepoint_create()
        self.at = datetime(2026, 11, 23, 9, tzinfo=UTC)
        self.people = {name: User.objects.create_user(name, is_staff=name != "cleo") for name in ADMINS}
        roles.give(role="payments-owner", user=User.objects.create_user("alice"), at=self.at)
        self.staff, self.active = {"ann", "ben"}, set(ADMINS)
        self.stands, self.made = dict.fromkeys(PLACES), []
        for who, seconds in (("ann", 60), ("ben", 90)):
            self._propose(who, PLACES[0], seconds, 0)

    def teardown(self):
        if hasattr(self, "sid"):
            transaction.savepoint_rollback(self.sid)

    # ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────
    @rule(who=WHO, place=PLACE, seconds=SECONDS, later=LATER)
    def propose(self, who, place, seconds, later):
        self._propose(who, place, seconds, later)

    def _propose(self, who, place, seconds, later):
        said = {"place": place, "seconds": seconds, "base": self.stands[place], "author": who, "state": "proposed"}
        made = self.tried(
            errors.NotAnAdmin if not self.admin(who) else errors.NothingToChange if seconds == said["base"] else None,
            changes.propose, author=self.people[who], about="checkpoint", subject=place,
            proposed=document(place, seconds), effective_at=self.at + timedelta(seconds=later),
        )  # fmt: skip
        if made:
            said |= {"pk": made.pk, "starts": made.effective_at, "alone": self.alone()}
            self.made.append(said)
            if said["alone"]:
                self.agree(said, who)

    @precondition(lambda self: self.made)
    @rule(who=WHO, data=st.data())
    def confirm(self, who, data):
        one = self.drawn(data)
        own = who == one["author"]
        refusal = self.over(who, one, ("proposed",)) or (errors.OwnChange if own and not self.alone() else None)
        if refusal is None and one["base"] != self.stands[one["place"]]:
            refusal = errors.StaleChange
        if self.tried(refusal, changes.confirm, change_id=one["pk"], by=self.people[who]):
            one["alone"] = own
            self.agree(one, who)

    @precondition(lambda self: self.made)
    @rule(who=WHO, data=st.data(), withdrawn=st.booleans())
    def stop(self, who, data, withdrawn):
        one = self.drawn(data)
        wrong = (who == one["author"]) != withdrawn
        refusal = self.over(who, one, OPEN) or (errors.OwnChange if wrong else None)
        verb, note = (changes.withdraw, {}) if withdrawn else (changes.refuse, {"note": "no"})
        if self.tried(refusal, verb, change_id=one["pk"], by=self.people[who], **note):
            one["state"] = "withdrawn" if withdrawn else "refused"

    @rule(seconds=st.sampled_from([1, 50]))
    def wait(self, seconds):
        self.at += timedelta(seconds=seconds)
        changes.due(at=self.at)
        waiting = [one for one in self.made if one["state"] == "confirmed" and one["starts"] <= self.at]
        for one in sorted(waiting, key=lambda one: (one["starts"], one["pk"])):
            fresh = one["base"] == self.stands[one["place"]]
            one["state"] = "applied" if fresh else "failed"
            self.stands[one["place"]] = one["seconds"] if fresh else self.stands[one["place"]]

    @rule(who=WHO, what=st.sampled_from(["staff", "active"]))
    def come_and_go(self, who, what):
        """However an account is changed: by a change, in the admin, from a shell."""
        held = getattr(self, what)
        held.symmetric_difference_update({who})
        User.objects.filter(username=who).update(**{f"is_{what}": who in held})

    def drawn(self, data):
        """One that is open rather than one that is over."""
        return data.draw(st.sampled_from([*[one for one in self.made if one["state"] in OPEN] * 5, *self.made]))

    # ── What is foretold ─────────────────────────────────────────────────────────────────────────────────────────
    def admin(self, who):
        return who in self.staff and who in self.active

    def alone(self):
        return len(self.staff) <= 1

    def over(self, who, one, states):
        if not self.admin(who):
            return errors.NotAnAdmin
        return errors.ChangeOver if one["state"] not in states else None

    def agree(self, one, who):
        now = one["starts"] <= self.at
        one |= {"state": "applied" if now else "confirmed", "by": who}
        self.stands[one["place"]] = one["seconds"] if now else self.stands[one["place"]]

    def tried(self, refusal, verb, **said):
        if refusal is None:
            return verb(**said, at=self.at) or True
        with pytest.raises(refusal), transaction.atomic():
            verb(**said, at=self.at)
        return None

    # ── What always holds ────────────────────────────────────────────────────────────────────────────────────────
    @invariant()
    def what_stands_was_agreed_on(self):
        for place, seconds in getattr(self, "stands", {}).items():
            assert changes.current(about="checkpoint", subject=place, at=self.at) == document(place, seconds)
        states = dict(Change.objects.values_list("pk", "state"))
        assert states == {one["pk"]: one["state"] for one in getattr(self, "made", ())}

    @invariant()
    def nobody_agreed_with_themselves(self):
        for change in Change.objects.filter(state__in=("confirmed", "applied")):
            assert change.alone == (change.decided_by_id == change.author_id)
        for made in Policy.objects.all():
            assert made.created_by_id != made.confirmed_by_id
        applied = Change.objects.filter(state="applied").count()
        assert Policy.objects.count() == applied == Entry.objects.filter(event="change.applied").count()


@pytest.mark.django_db
def test_no_reachable_state_holds_a_rule_that_nobody_agreed_on():
    from hypothesis.stateful import run_state_machine_as_test

    quick = settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Governing, settings=quick)
    assert not Change.objects.exists(), "each run leaves nothing behind"
