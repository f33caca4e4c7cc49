"""Lists that a person keeps under a name. They are theirs alone: nobody else sees, changes or removes them."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User

from .errors import NotFound, ViewNameMissing, ViewNameTaken, ViewsFull
from .models import SavedView

MOST = 20  # views of one person
LONGEST = 40  # characters of a name


def save(*, person: User, name: str, query: str, at: datetime) -> SavedView:
    """Keep this list under this name. Kept twice, as by a double click, it is there once."""
    named = _named(name)
    with transaction.atomic():
        _lock(person)
        if same := _theirs(person).filter(name=named, query=query).first():
            return same
        if _theirs(person).count() >= MOST:
            raise ViewsFull()
        return _write(SavedView(person=person, name=named, query=query, created_at=at))


def rename(*, person: User, view_id: int, name: str) -> SavedView:
    named = _named(name)
    with transaction.atomic():
        view = _one(_theirs(person), view_id)
        view.name = named
        return _write(view)


def remove(*, person: User, view_id: int, at: datetime) -> SavedView:
    """Take it off the shelf. Only the last one that was removed can be put back."""
    with transaction.atomic():
        view = _one(SavedView.objects.filter(person=person), view_id)
        if view.removed_at:
            return view
        SavedView.objects.filter(person=person, removed_at__isnull=False).delete()
        view.removed_at = at
        view.save(update_fields=["removed_at"])
    return view


def restore(*, person: User, view_id: int) -> SavedView:
    """Put it back where it stood."""
    with transaction.atomic():
        _lock(person)
        view = _one(SavedView.objects.filter(person=person), view_id)
        if view.removed_at is None:
            return view
        if _theirs(person).count() >= MOST:
            raise ViewsFull()
        view.removed_at = None
        return _write(view)


def removed(*, person: User, view_id: int) -> SavedView | None:
    """The view of theirs that was removed and can be put back."""
    return SavedView.objects.filter(person=person, pk=view_id, removed_at__isnull=False).first()


def _theirs(person: User):
    return SavedView.objects.filter(person=person, removed_at=None)


def _one(views, view_id: int) -> SavedView:
    view = views.select_for_update().filter(pk=view_id).first()
    if view is None:
        raise NotFound()
    return view


def _lock(person: User) -> None:
    """One after the other, so that two who save at once do not pass the bound together."""
    User.objects.select_for_update().only("pk").get(pk=person.pk)


def _named(name: str) -> str:
    named = " ".join(name.replace("\0", "").split())[:LONGEST]
    if not named or not named.isprintable():
        raise ViewNameMissing()
    return named


def _write(view: SavedView) -> SavedView:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise ViewNameTaken() from error
    return view
