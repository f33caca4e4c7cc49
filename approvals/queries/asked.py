"""What one person has to do with the actions of a list, as conditions on its rows."""

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User

from ..models import Action, Assignment, Edit, Review, Why

BESIDE = 200  # asks that reached somebody beside their duties among which those that wait for them are looked for


def by_name(user: User) -> QuerySet[Assignment]:
    """That they were asked about it by name."""
    return Assignment.objects.filter(action=OuterRef("pk"), owner=user)


def beside(user: User) -> QuerySet[Action]:
    """The latest actions about which this person was asked though their roles may hold no duty there."""
    asked = Assignment.objects.filter(owner=user, why__in=(Why.ESCALATED, Why.REASSIGNED))
    return Action.objects.filter(pk__in=asked.order_by("-action_id").values("action_id")[:BESIDE])


def reached(user: User) -> QuerySet[Assignment]:
    """That it reached them beside their duties: by escalation, or because somebody handed it to them."""
    return by_name(user).filter(why__in=(Why.ESCALATED, Why.REASSIGNED))


def said(user: User) -> QuerySet[Review]:
    """That they have said yes or no to it, as it is now: what was said before an edit counts no more."""
    said = Review.objects.filter(action=OuterRef("pk"), reviewer=user)
    return said.exclude(Exists(later_edit()))


def later_edit() -> QuerySet[Edit]:
    """Of a review: that other bytes were put in the place of those it is about."""
    return Edit.objects.filter(action=OuterRef("action"), number__gt=OuterRef("edit"))
